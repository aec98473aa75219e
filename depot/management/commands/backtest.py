"""manage.py backtest FILE: live through the days of a file with the depot's own planner, or with a simple policy."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from depot.energy.backtest import backtest
from depot.energy.policies import Policy
from depot.energy.scenario import read_scenarios


class Command(BaseCommand):
    help = "Lives through the days of a scenario file again and prints, as a JSON list, what each depot would have paid"
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--policy", choices=[policy.value for policy in Policy], default=Policy.PLANNER.value)
        parser.add_argument("--timetable", choices=["known", "unknown"], default="unknown")

    def handle(self, *args: Any, **options: Any) -> None:
        policy, known = Policy(options["policy"]), options["timetable"] == "known"
        try:
            written = json.loads(options["file"].read_bytes())
            results = [backtest(scenario, policy, timetable_known=known) for scenario in read_scenarios(written)]
        except (OSError, ValueError) as error:  # of which a file that is no JSON, no scenario, no possible depot
            raise CommandError(f"{options['file']}: {error}") from error
        self.stdout.write(json.dumps([asdict(result) for result in results], indent=1))
