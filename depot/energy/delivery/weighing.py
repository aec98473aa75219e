"""Pure: is one set of profiles so near to another that a message about it would be for nothing?"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from chargers.commands import RateUnit
from chargers.profiles import Circumstances, InstalledProfiles, compose
from depot.energy.worst import bound_of

# Less than this, over all that is left of a stay, no vehicle misses: a tenth of an ampere for hours, a step a moment
# earlier. Chargers write each profile to their flash, and each message moves the room of others.
WORTH_WH = 60.0
# Of a part of a plan, what others leave of it: their room changes with each look, and each step of it would be told.
PART_WORTH = 0.03
# Of what it gets soon less is worth a message: what is later will have been looked at again by then.
SOON, PART_SOON_WH = timedelta(hours=1), 150.0
HOUR = timedelta(hours=1)


def moved_wh(
    before: InstalledProfiles,
    after: InstalledProfiles,
    where: Circumstances,
    *,
    evse: int,
    since: datetime,
    until: datetime,
    most_w: float,
) -> tuple[float, float]:
    """What it would be given more, and what less, in the time from one moment to another."""
    courses = [_watts(each, where, evse, since, until, most_w) for each in (before, after)]
    edges = sorted({since, until, *(at for course in courses for at, _ in course)})
    more = less = 0.0
    for begins, ends in pairwise(edges):
        old, new = (_at(course, begins) for course in courses)
        wh = (new - old) * ((ends - begins) / HOUR)
        more, less = more + max(0.0, wh), less + max(0.0, -wh)
    return more, less


def given_wh(
    installed: InstalledProfiles, where: Circumstances, *, evse: int, since: datetime, until: datetime, most_w: float
) -> float:
    """What it is given from one moment to another."""
    course = [(at, w) for at, w in _watts(installed, where, evse, since, until, most_w) if at < until]
    ends = [*(at for at, _ in course[1:]), until]
    return sum(max(0.0, w) * ((end - at) / HOUR) for (at, w), end in zip(course, ends, strict=True))


def _watts(
    installed: InstalledProfiles, where: Circumstances, evse: int, since: datetime, until: datetime, most_w: float
) -> list[tuple[datetime, float]]:
    slices = compose(installed, where, evse=evse, since=since, until=until, unit=RateUnit.WATT)
    bounds = [(max(since, each.start_at), bound_of(each.level, RateUnit.WATT)) for each in slices]
    return [(at, most_w if bound is None else min(most_w, bound)) for at, bound in bounds]


def _at(course: Sequence[tuple[datetime, float]], moment: datetime) -> float:
    return [w for at, w in course if at <= moment][-1]
