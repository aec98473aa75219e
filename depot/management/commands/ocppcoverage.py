"""manage.py ocppcoverage: what of OCPP is done, a line per version and action."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from depot import coverage

DOCUMENT = Path("docs") / "ocpp-coverage.md"


class Command(BaseCommand):
    help = (
        "Prints a line per OCPP version and action: direction, handler or command, effect, test; what is not done too"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help=f"write {DOCUMENT} instead")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["write"]:
            (Path(settings.BASE_DIR) / DOCUMENT).write_text(coverage.as_document())
            return
        for line in coverage.lines():
            self.stdout.write(str(line))
