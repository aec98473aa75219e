"""Charging profiles as the three versions define them, read into one form: which period holds when. Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulator.clock import Moment, read_moment

PERIOD_OF = {"Daily": 86_400.0, "Weekly": 604_800.0}


class Purpose(StrEnum):
    """The words of 2.1; the earlier versions have the first ones of them."""

    STATION_MAX = "ChargingStationMaxProfile"
    TX_DEFAULT = "TxDefaultProfile"
    TX = "TxProfile"
    EXTERNAL = "ChargingStationExternalConstraints"
    PRIORITY = "PriorityCharging"
    LOCAL_GENERATION = "LocalGeneration"


class Kind(StrEnum):
    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"
    DYNAMIC = "Dynamic"


class BadProfile(Exception):
    """The profile contradicts itself or asks for what no profile may ask; its text is a reason code."""


# One value for all phases together, or one for each of the three.
PerPhase = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Period:
    start_s: float
    limit: PerPhase | None
    phases: int | None
    setpoint: PerPhase | None = None
    discharge_limit: PerPhase | None = None
    operation_mode: str = "ChargingOnly"

    @property
    def says_something(self) -> bool:
        return self.limit is not None or self.setpoint is not None


@dataclass(frozen=True, slots=True)
class Profile:
    id: int
    evse: int
    purpose: Purpose
    kind: Kind
    stack_level: int
    periods: tuple[Period, ...]
    unit: str
    start_at: Moment | None
    duration_s: float
    recurs_s: float | None
    valid_from: Moment
    valid_to: Moment
    transaction: str | None
    max_offline_s: float
    dies_offline: bool
    told: Mapping[str, Any]

    def is_valid(self, at: Moment) -> bool:
        return self.valid_from <= at < self.valid_to

    def begins_before(self, at: Moment, tx_start: Moment | None) -> Moment | None:
        """The start of the schedule's run that `at` falls into; None where it has none."""
        start = tx_start if self.kind is Kind.RELATIVE or self.start_at is None else self.start_at
        if start is None:
            return None
        if self.recurs_s is None:
            return start
        # A daily profile that is to begin tomorrow holds today as well, where its validity allows.
        return start + math.floor((at - start) / self.recurs_s) * self.recurs_s

    def _lasts_s(self) -> float:
        return min(self.duration_s, self.recurs_s if self.recurs_s is not None else math.inf)

    def period_at(self, at: Moment, tx_start: Moment | None) -> Period | None:
        start = self.begins_before(at, tx_start)
        if start is None or not self.is_valid(at) or not 0 <= at - start < self._lasts_s():
            return None
        found = None
        for period in self.periods:
            if period.start_s <= at - start:
                found = period
        return found

    def runs(self, since: Moment, until: Moment, tx_start: Moment | None) -> Iterator[Moment]:
        """The starts of all runs that touch the window."""
        start = self.begins_before(since, tx_start)
        while start is not None and start <= until:
            yield start
            start = start + self.recurs_s if self.recurs_s is not None else None

    def occurrences(
        self, index: int, since: Moment, until: Moment, tx_start: Moment | None
    ) -> Iterator[tuple[Moment, Moment]]:
        """When one of the periods holds, within the profile's validity."""
        after = self.periods[index + 1].start_s if index + 1 < len(self.periods) else math.inf
        for start in self.runs(since, until, tx_start):
            begins = max(start + self.periods[index].start_s, self.valid_from)
            ends = min(start + min(after, self._lasts_s()), self.valid_to)
            if begins < ends:
                yield begins, ends

    def edges(self, since: Moment, until: Moment, tx_start: Moment | None) -> Iterator[Moment]:
        """Every moment in the window at which what it says may change."""
        for edge in (self.valid_from, self.valid_to):
            if since < edge < until:
                yield edge
        for start in self.runs(since, until, tx_start):
            for offset in (*(period.start_s for period in self.periods), self._lasts_s()):
                if since < start + offset < until:
                    yield start + offset


def read_phases(told: Mapping[str, Any], name: str) -> PerPhase | None:
    if name not in told:
        return None
    first = float(told[name])
    if f"{name}_L2" not in told and f"{name}_L3" not in told:
        return (first,)
    return (first, float(told.get(f"{name}_L2", first)), float(told.get(f"{name}_L3", first)))


def _read_period(told: Mapping[str, Any]) -> Period:
    return Period(
        start_s=float(told["startPeriod"]),
        limit=read_phases(told, "limit"),
        phases=told.get("numberPhases"),
        setpoint=read_phases(told, "setpoint"),
        discharge_limit=read_phases(told, "dischargeLimit"),
        operation_mode=told.get("operationMode", "ChargingOnly"),
    )


def _read_start(told: Mapping[str, Any]) -> Moment | None:
    """Of a dynamic profile, from whose last value on it lasts; else of a schedule."""
    start = told.get("dynUpdateTime", told.get("startSchedule"))
    return None if start is None else read_moment(start)


def read_profile(told: Mapping[str, Any], evse: int) -> Profile:
    """Read a profile of any version; 2.x may offer several schedules, of which the first is followed."""
    schedule = told["chargingSchedule"]
    if not isinstance(schedule, dict):
        schedule = schedule[0]
    purpose = told["chargingProfilePurpose"]
    kind = Kind(told["chargingProfileKind"])
    transaction = told.get("transactionId")
    return Profile(
        id=told["chargingProfileId"] if "chargingProfileId" in told else told["id"],
        evse=evse,
        purpose=Purpose.STATION_MAX if purpose == "ChargePointMaxProfile" else Purpose(purpose),
        kind=kind,
        stack_level=told["stackLevel"],
        periods=tuple(_read_period(each) for each in schedule["chargingSchedulePeriod"]),
        unit=schedule["chargingRateUnit"],
        start_at=_read_start(told if kind is Kind.DYNAMIC else schedule),
        duration_s=float(schedule.get("duration", math.inf)),
        recurs_s=PERIOD_OF[told.get("recurrencyKind", "Daily")] if kind is Kind.RECURRING else None,
        valid_from=read_moment(told["validFrom"]) if "validFrom" in told else -math.inf,
        valid_to=read_moment(told["validTo"]) if "validTo" in told else math.inf,
        transaction=None if transaction is None else str(transaction),
        max_offline_s=float(told.get("maxOfflineDuration", math.inf)),
        dies_offline=bool(told.get("invalidAfterOfflineDuration", False)),
        told=told,
    )


def check_periods(profile: Profile) -> None:
    """What holds for every profile, whoever installs it."""
    starts = [period.start_s for period in profile.periods]
    if not starts or starts[0] != 0 or starts != sorted(set(starts)):
        raise BadProfile("InvalidSchedule")
    if profile.kind is Kind.RECURRING and profile.start_at is None:
        raise BadProfile("InvalidSchedule")
    if profile.purpose is Purpose.STATION_MAX and (profile.evse != 0 or profile.kind is Kind.RELATIVE):
        raise BadProfile("InvalidProfile")
    for period in profile.periods:
        if period.setpoint and period.limit and period.setpoint[0] > period.limit[0]:
            raise BadProfile("InvalidSchedule")
        if period.setpoint and period.discharge_limit and period.setpoint[0] < period.discharge_limit[0]:
            raise BadProfile("InvalidSchedule")
