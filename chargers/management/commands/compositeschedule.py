"""manage.py compositeschedule FILE: what chargers will do with the profiles they hold."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargers.commands import ChargingProfile, RateUnit
from chargers.ocpp.v2x.charging_profiles import read_profile as read_profile_2x
from chargers.ocpp.v16.smart_charging import read_profile as read_profile_16
from chargers.ocpp.values import told_moment
from chargers.profiles import (
    Circumstances,
    HeldProfile,
    InstalledProfiles,
    Level,
    RunningTransaction,
    Supply,
    compose,
    hold_offline,
)
from chargers.profiles.installed import OCPP_16

Told = dict[str, Any]
READERS: dict[str, Callable[[Told], ChargingProfile]] = {
    "1.6": read_profile_16,
    "2.0.1": read_profile_2x,
    "2.1": read_profile_2x,
}


class Command(BaseCommand):
    help = "Prints the composite schedules of a JSON list of chargers' profiles and queries, as a JSON list"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            asked = json.loads(options["file"].read_text())
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        if not isinstance(asked, list):
            raise CommandError("The file holds no JSON list")
        answers = []
        for number, each in enumerate(asked):
            try:
                answers.append(answer(each))
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                name = each.get("id", number) if isinstance(each, dict) else number
                raise CommandError(f"{name} cannot be read: {error!r}") from error
        self.stdout.write(json.dumps(answers, indent=1))


def answer(asked: Told) -> Told:
    """A charger's profiles, transactions and a query; the schedule that follows from them."""
    query, defaults = asked["query"], asked["defaults"]
    since = needed_moment(query, "start")
    until = max(since, needed_moment(query, "end"))
    installed = read_installed(asked, since)
    if query.get("offline_s") or query.get("offline"):
        installed = hold_offline(installed, query.get("offline_s", 0))
    default = defaults[f"limit_{query['unit']}"]
    slices = compose(
        installed,
        Circumstances(
            evses=tuple(range(1, asked["evse_count"] + 1)),
            transactions={each["evse"]: read_transaction(each, since) for each in asked["transactions"]},
            assumed_since=since if query.get("assume_tx_active") else None,
            supply=Supply(voltage_v=defaults["voltage"], phases=defaults["phases"]),
        ),
        evse=query["evse"],
        since=since,
        until=until,
        unit=RateUnit(query["unit"]),
        evse_max=default,
    )
    periods = [
        {"startPeriod": round((each.start_at - since).total_seconds())} | write_level(each.level, default)
        for each in slices
    ]
    return {
        "duration": round((until - since).total_seconds()),
        "unit": query["unit"],
        # Of a stretch without any value there is nothing to report.
        "periods": [each for each in periods if len(each) > 1],
    }


def needed_moment(told: Told, name: str) -> datetime:
    at = told_moment(told, name)
    if at is None:
        raise ValueError(f"{name} is missing")
    return at


def read_installed(asked: Told, since: datetime) -> InstalledProfiles:
    """What is listed is held; only a later one on the same place of 1.6 has put an earlier one away."""
    read, protocol = READERS[asked["protocol"]], f"ocpp{asked['protocol']}"
    held: dict[object, HeldProfile] = {}
    for number, each in enumerate(asked["profiles"]):
        profile = read(each["profile"])
        place = (each["evse"], profile.purpose, profile.stack_level) if protocol == OCPP_16 else number
        held.pop(place, None)
        held[place] = HeldProfile(evse=each["evse"], profile=profile, installed_at=since)
    return InstalledProfiles(protocol=protocol, held=tuple(held.values()))


def read_transaction(told: Told, since: datetime) -> RunningTransaction:
    start = None if told["start"] is None else told_moment(told, "start")
    return RunningTransaction(reference=str(told["id"]), charging_since=start or since)


def write_level(level: Level, default: float | None) -> Told:
    limit = (default,) if level.limit is None and default is not None else level.limit
    written: Told = {}
    for name, values in (
        ("limit", limit),
        ("setpoint", level.setpoint),
        ("dischargeLimit", level.discharge_limit),
    ):
        for suffix, value in zip(("", "_L2", "_L3"), values or (), strict=False):
            written[name + suffix] = round(value, 6)
    if level.phases is not None:
        written["numberPhases"] = level.phases
    if level.phase_to_use is not None:
        written["phaseToUse"] = level.phase_to_use
    return written
