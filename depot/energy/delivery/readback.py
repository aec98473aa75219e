"""Pure: what a charger says that it will do, beside what we think that it will do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from chargers.commands import RateUnit
from chargers.ocpp.values import moment
from chargers.profiles import Circumstances, InstalledProfiles, compose
from depot.energy.worst import bound_of

NEAR = {RateUnit.AMPERE: 0.15, RateUnit.WATT: 120.0}
# Closer to a change than this both may be right.
EDGE = timedelta(seconds=40)


@dataclass(frozen=True, slots=True)
class Told:
    """A composite schedule as the charger told it: limits from moments on, until its end."""

    unit: RateUnit
    steps: tuple[tuple[datetime, float], ...]
    until: datetime


def read_schedule(answer: Mapping[str, Any] | None, heard_at: datetime) -> Told | None:
    """1.6 and 2.x GetCompositeSchedule; None where the answer has no schedule, or one that cannot be read."""
    if not answer or answer.get("status") != "Accepted":
        return None
    schedule = answer.get("schedule") or answer.get("chargingSchedule")
    if not isinstance(schedule, dict):
        return None
    start = schedule.get("scheduleStart") or answer.get("scheduleStart") or schedule.get("startSchedule")
    begins = moment(start) or heard_at
    try:
        unit = RateUnit(schedule["chargingRateUnit"])
        steps = tuple(
            (begins + timedelta(seconds=period["startPeriod"]), float(period.get("limit", 0.0)))
            for period in schedule["chargingSchedulePeriod"]
        )
        lasts_s = float(schedule.get("duration") or 0)
    except (KeyError, TypeError, ValueError):
        return None
    if not steps:
        return None
    return Told(unit, steps, begins + timedelta(seconds=lasts_s))


def agrees(
    told: Told, installed: InstalledProfiles, where: Circumstances, *, evse: int, most: float
) -> tuple[bool, bool]:
    """Is it the same, and if not: does the charger mean to give more than we think? `most`: in the told unit."""
    since = told.steps[0][0]
    ours = compose(installed, where, evse=evse, since=since, until=told.until, unit=told.unit)
    edges = sorted({since, told.until, *(at for at, _ in told.steps), *(each.start_at for each in ours)})
    same, more = True, False
    for begins, ends in pairwise(edges):
        if ends - begins <= 2 * EDGE:
            continue
        middle = begins + (ends - begins) / 2
        theirs = min(most, [limit for at, limit in told.steps if at <= middle][-1])
        bound = bound_of([each.level for each in ours if each.start_at <= middle][-1], told.unit)
        expected = most if bound is None else min(most, bound)
        if abs(theirs - expected) > NEAR[told.unit]:
            same = False
            more = more or theirs > expected
    return same, more
