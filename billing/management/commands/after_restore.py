"""manage.py after_restore: run once after the database was restored from a backup, before chargers connect."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.services import NoNumbersLeft, jump_after_restore
from billing.services.restore import JUMP


class Command(BaseCommand):
    help = (
        "After a restore from backup: transaction numbers and session ids jump ahead of those given out since the "
        "backup, and the feed's epoch changes, so that an ERP knows to compare its mirror."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--jump", type=int, default=JUMP, help=f"how far to jump (default {JUMP})")

    def handle(self, *args: Any, jump: int, **options: Any) -> None:
        if jump < 1:
            raise CommandError("--jump: a number above 0 is expected")
        try:
            restored = jump_after_restore(jump)
        except NoNumbersLeft as error:
            raise CommandError(f"No numbers are left to jump to: {error}. A smaller --jump may do.") from error
        self.stdout.write(f"New epoch:             {restored.epoch}")
        self.stdout.write(f"Next transaction seq:  {restored.last_seq + 1}")
        self.stdout.write(f"Next session id:       {restored.last_session_id + 1}")
