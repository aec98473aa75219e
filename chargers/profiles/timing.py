"""When a profile speaks: the runs of its schedule, and which period holds at a moment. Pure."""

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from chargers.commands import ChargingProfile, ChargingSchedule, ProfileKind, ProfilePurpose, Recurrency, SchedulePeriod

SECOND = timedelta(seconds=1)
DAY_S, WEEK_S = 86_400, 604_800
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
OF_A_TRANSACTION = frozenset({ProfilePurpose.TX, ProfilePurpose.TX_DEFAULT, ProfilePurpose.PRIORITY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """What the moments of a schedule hang on, where it does not say so itself."""

    charging_since: datetime | None = None  # the power path of its transaction closed (2.x K01.FR.42)
    installed_at: datetime | None = None
    offline_since: datetime | None = None
    zone: tzinfo = UTC  # of the charger's own clock


class Timeline:
    """One schedule of a profile, laid out on the clock."""

    def __init__(self, profile: ChargingProfile, schedule: ChargingSchedule, anchors: Anchors) -> None:
        self.profile = profile
        self.schedule = schedule
        self.periods = tuple(sorted(schedule.periods, key=lambda period: period.start_s))
        self._starts = [period.start_s for period in self.periods]
        self._anchors = anchors
        self._recurs_s: int | None = None
        if profile.kind is ProfileKind.RECURRING:
            self._recurs_s = WEEK_S if profile.recurrency is Recurrency.WEEKLY else DAY_S
        # What lies beyond the day or week is never reached (1.6 errata 3.43); without a duration it lasts for ever.
        duration_s = math.inf if schedule.duration_s is None else schedule.duration_s
        self._lasts_s = min(duration_s, math.inf if self._recurs_s is None else self._recurs_s)
        self._is_local = schedule.use_local_time and profile.kind in (ProfileKind.ABSOLUTE, ProfileKind.RECURRING)
        self._start = self._find_start()
        self._ends_offline: datetime | None = None
        if anchors.offline_since is not None and profile.max_offline_s is not None:
            self._ends_offline = anchors.offline_since + timedelta(seconds=profile.max_offline_s)

    def _find_start(self) -> datetime | None:
        profile, anchors = self.profile, self._anchors
        if profile.kind is ProfileKind.DYNAMIC:
            # Holds from its last update on, at once (2.1 K28.FR.02).
            return profile.updated_at or anchors.installed_at or LONG_AGO
        if profile.kind is not ProfileKind.RELATIVE and self.schedule.start_at is not None:
            return self.schedule.start_at
        self._is_local = False
        # 1.6 §7.13 lets even an absolute one do without a start: it is relative then.
        if anchors.charging_since is not None or profile.purpose in OF_A_TRANSACTION:
            return anchors.charging_since
        return anchors.installed_at

    def period_at(self, at: datetime) -> SchedulePeriod | None:
        """The period that is defined at a moment; None in a gap, outside of its validity, and too long offline."""
        profile = self.profile
        if profile.valid_from is not None and at < profile.valid_from:
            return None
        if profile.valid_to is not None and at >= profile.valid_to:
            return None
        if self._ends_offline is not None and at >= self._ends_offline:
            return None
        since_s = self._elapsed_s(at)
        if since_s is None or not 0 <= since_s < self._lasts_s:
            return None
        index = bisect_right(self._starts, since_s) - 1
        return self.periods[index] if index >= 0 else None

    def _elapsed_s(self, at: datetime) -> float | None:
        if self._start is None:
            return None
        elapsed_s = (self._shown(at) - self._start) / SECOND
        # The start tells when in the day or week it recurs: a run before the first told one is a run as well.
        return elapsed_s if self._recurs_s is None else elapsed_s % self._recurs_s

    def _shown(self, at: datetime) -> datetime:
        """The moment as this schedule counts: of local time the digits on the charger's wall, skips and all."""
        return at.astimezone(self._anchors.zone).replace(tzinfo=UTC) if self._is_local else at

    def runs(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """The starts of all runs that touch the window, on the clock that the schedule counts by."""
        if self._start is None:
            return
        first, last = self._shown(since), self._shown(until)
        if self._recurs_s is None:
            if self._start <= last:
                yield self._start
            return
        recurs = timedelta(seconds=self._recurs_s)
        run = self._start + (first - self._start) // recurs * recurs
        while run <= last:
            yield run
            run += recurs

    def edges(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """Every moment in the window at which what it says may change; more than those does no harm."""
        profile = self.profile
        found = [profile.valid_from, profile.valid_to, self._ends_offline]
        offsets = self._starts if math.isinf(self._lasts_s) else [*self._starts, self._lasts_s]
        # A clock that is set back shows some moments twice, one that is set forward skips some.
        slack = timedelta(days=1) if self._is_local else timedelta(0)
        for run in self.runs(since - slack, until + slack):
            latest_s = (until + slack - run) / SECOND
            for offset_s in offsets:
                if offset_s <= latest_s:
                    found += self._unshown(run + timedelta(seconds=offset_s))
        if self._is_local:
            found += clock_changes(self._anchors.zone, since, until)
        return (edge for edge in found if edge is not None and since < edge < until)

    def _unshown(self, shown: datetime) -> list[datetime]:
        if not self._is_local:
            return [shown]
        wall = [shown.replace(tzinfo=self._anchors.zone, fold=fold) for fold in (0, 1)]
        return [at.astimezone(UTC) for at in wall]


def clock_changes(zone: tzinfo, since: datetime, until: datetime) -> Iterator[datetime]:
    """The moments, to the second, at which the offset of a zone changes."""
    step = timedelta(hours=12)
    before = since
    while before < until:
        after = min(before + step, until)
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            yield _find_change(zone, before, after)
        before = after


def _find_change(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    offset = before.astimezone(zone).utcoffset()
    before, steps = before.replace(microsecond=0), math.ceil((after - before) / SECOND) + 1
    low, high = 0, steps
    while high - low > 1:
        middle = (low + high) // 2
        if (before + middle * SECOND).astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return before + high * SECOND
