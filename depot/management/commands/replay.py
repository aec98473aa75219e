"""manage.py replay FILE: tell the frames of a recording again."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from depot.replay import BadRecording, replay


class Command(BaseCommand):
    help = "Tells recorded frames again (JSON lines, as `python -m simulator record` and the trace's export write them)"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tally = replay(options["file"])
        except (OSError, BadRecording) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{tally.told} facts told, {tally.settled} transactions settled;"
            f" {tally.left_out} frames left out, {tally.unknown_charger} of chargers not known here"
        )
