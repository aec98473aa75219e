"""What of OCPP is spoken: for each version and action, who says it and what reads or writes it. Found, not declared.

Whatever stands here is looked up in the dialects; an action that nobody reads or says has a line without a speaker.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from chargers.commands import (
    ChangeAvailability,
    ChangeSettings,
    ChargingProfile,
    ChargingSchedule,
    ClearCache,
    ClearProfiles,
    Command,
    InstallProfile,
    ProfileKind,
    ProfilePurpose,
    Rates,
    RateUnit,
    ReadSettings,
    ReportSettings,
    ResetCharger,
    SchedulePeriod,
    StartCharging,
    StopCharging,
    TriggerMessage,
    UnlockConnector,
    UpdateDynamicSchedule,
)
from chargers.events import Setting
from chargers.ocpp import schemas
from chargers.ocpp.dialect import CommandNotSpoken, Dialect, Teller
from chargers.ocpp.dialects import DIALECTS


class Direction(StrEnum):
    UP = "charger tells"
    DOWN = "we ask"
    BOTH = "both ways"


@dataclass(frozen=True, slots=True)
class Spoken:
    """One action of one version."""

    version: str
    action: str
    direction: Direction
    teller: Teller | None = None
    commands: tuple[type[Command], ...] = ()

    @property
    def is_spoken(self) -> bool:
        is_told, is_asked = self.teller is not None, bool(self.commands)
        return {
            Direction.UP: is_told,
            Direction.DOWN: is_asked,
            Direction.BOTH: is_told and is_asked,
        }[self.direction]


# A message without an answer, whose schema is no request's (2.1 part 4 §4.2.5).
SENDS = {"ocpp2.1": frozenset({"NotifyPeriodicEventStream"})}

_HEARTBEAT_INTERVAL = Setting("HeartbeatInterval", component="OCPPCommCtrlr")
_PROFILE = ChargingProfile(
    profile_id=1,
    stack_level=0,
    purpose=ProfilePurpose.STATION_MAX,
    kind=ProfileKind.RECURRING,
    schedules=(ChargingSchedule(unit=RateUnit.AMPERE, periods=(SchedulePeriod(start_s=0, limit=16),)),),
)
# One of each command, said to learn by which action a version says it; a trigger is two actions in 1.6.
SAMPLES: tuple[Command, ...] = (
    ChangeAvailability(operative=True),
    ChangeSettings(values=((_HEARTBEAT_INTERVAL, "60"),)),
    ClearCache(),
    ClearProfiles(profile_id=1),
    InstallProfile(evse=0, profile=_PROFILE),
    ReadSettings(settings=(_HEARTBEAT_INTERVAL,)),
    ReportSettings(request_id=1),
    ResetCharger(),
    StartCharging(evse=1, token="VAN12", remote_start_id=1),
    StopCharging(reference="1"),
    TriggerMessage(message="Heartbeat"),
    TriggerMessage(message="LogStatusNotification"),
    UnlockConnector(evse=1),
    UpdateDynamicSchedule(profile_id=1, rates=Rates(limit=16)),
)


def spoken(told_by_chargers: Collection[str]) -> list[Spoken]:
    """Every action of every version, the oldest version first. The schemas do not say which of them chargers tell."""
    return [
        _spoken(dialect, action, told_by_chargers)
        for dialect in sorted(DIALECTS.values(), key=lambda dialect: dialect.version)
        for action in sorted(schemas.actions(dialect.subprotocol) | SENDS.get(dialect.subprotocol, frozenset()))
    ]


def _spoken(dialect: Dialect, action: str, told_by_chargers: Collection[str]) -> Spoken:
    if action == "DataTransfer":
        direction = Direction.BOTH
    else:
        direction = Direction.UP if action in told_by_chargers else Direction.DOWN
    return Spoken(
        version=dialect.version,
        action=action,
        direction=direction,
        teller=dialect.tellers.get(action),
        commands=said_by(dialect).get(action, ()),
    )


def said_by(dialect: Dialect) -> dict[str, tuple[type[Command], ...]]:
    """By which of our commands each action is said."""
    return _said_by(dialect.subprotocol)


@cache
def _said_by(subprotocol: str) -> dict[str, tuple[type[Command], ...]]:
    said: dict[str, tuple[type[Command], ...]] = {}
    for sample in SAMPLES:
        try:
            action = DIALECTS[subprotocol].say(sample).action
        except CommandNotSpoken:
            continue
        said[action] = tuple(dict.fromkeys((*said.get(action, ()), type(sample))))
    return said


def name_of(function: Any) -> str:
    """Where a function stands, without the name of the package that all stand in."""
    return f"{function.__module__}.{function.__qualname__}".removeprefix("chargers.ocpp.")
