"""Does what a vehicle means to draw keep within the profile that it was given (K15.FR.11, FR.12)? Pure."""

from datetime import datetime, timedelta

from chargers.commands import ChargingProfile, ChargingSchedule, RateUnit, SchedulePeriod
from chargers.profiles import Supply
from chargers.profiles.rates import convert
from chargers.profiles.timing import Anchors, Timeline

# A vehicle's schedule without an end is looked at this far.
LOOKED_AT_S = 24 * 3600
# Rates are told with one decimal; between two units more than that is lost.
LEEWAY = 1.01


def is_within(schedule: ChargingSchedule, base_at: datetime, profile: ChargingProfile, supply: Supply) -> bool:
    """One of the profile's schedules allows all of it; where that says nothing, nothing is exceeded."""
    return any(_keeps(schedule, base_at, profile, given, supply) for given in profile.schedules)


def _keeps(
    wanted: ChargingSchedule, base_at: datetime, profile: ChargingProfile, given: ChargingSchedule, supply: Supply
) -> bool:
    line = Timeline(profile, given, Anchors(charging_since=base_at, installed_at=base_at))
    until = base_at + timedelta(seconds=wanted.duration_s if wanted.duration_s is not None else LOOKED_AT_S)
    periods = sorted(wanted.periods, key=lambda period: period.start_s)
    moments = {base_at + timedelta(seconds=period.start_s) for period in periods} | set(line.edges(base_at, until))
    for moment in moments:
        if not base_at <= moment < until:
            continue
        since_s = (moment - base_at).total_seconds()
        mine = next((period for period in reversed(periods) if period.start_s <= since_s), None)
        allowed = line.period_at(moment)
        if mine is not None and allowed is not None and _exceeds(mine, wanted.unit, allowed, given.unit, supply):
            return False
    return True


def _exceeds(mine: SchedulePeriod, unit: RateUnit, allowed: SchedulePeriod, given: RateUnit, supply: Supply) -> bool:
    if mine.limit is None or allowed.limit is None:
        return False
    phases = allowed.phases or mine.phases or supply.phases
    (limit,) = convert((allowed.limit,), given, unit, phases, supply)
    return mine.limit > limit * LEEWAY
