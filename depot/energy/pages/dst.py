"""Pure: the nights on which the clock on the wall jumps, and what a rule of that hour does then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LOOK_AHEAD_DAYS = 370
DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True)
class Jump:
    on: date
    begins: time  # of the hour that is missing, or comes twice
    ends: time
    is_missing: bool

    @property
    def words(self) -> str:
        hour = f"{self.begins:%H:%M}–{self.ends:%H:%M}"
        return f"On {self.on.day} {self.on:%B} {hour} {'does not exist' if self.is_missing else 'comes twice'}."


def next_jumps(zone: ZoneInfo, now: datetime) -> list[Jump]:
    """Within a year from now; none in a zone that does not jump."""
    jumps = []
    day = now.astimezone(zone).date()
    for ahead in range(LOOK_AHEAD_DAYS):
        today = day + timedelta(days=ahead)
        before, after = _offset(today, zone), _offset(today + timedelta(days=1), zone)
        if before != after:
            jumps.append(_jump_within(today, zone, before, after))
    return jumps


def _offset(day: date, zone: ZoneInfo) -> timedelta:
    return datetime.combine(day, time(0), zone).utcoffset() or timedelta()


def _jump_within(day: date, zone: ZoneInfo, before: timedelta, after: timedelta) -> Jump:
    at = datetime.combine(day, time(0), zone).astimezone(UTC)
    while (at.astimezone(zone).utcoffset() or timedelta()) == before:
        at += timedelta(minutes=15)
    # By the clock as it was until then.
    wall = (at + before).replace(tzinfo=None)
    other = wall + (after - before)
    begins, ends = min(wall, other), max(wall, other)
    return Jump(day, begins.time(), ends.time(), is_missing=after > before)


def touched(jumps: Sequence[Jump], from_time: time | None, to_time: time | None) -> list[Jump]:
    """Those that a window of these hours meets."""
    if from_time is None or to_time is None:
        return []
    begins = from_time.hour * 60 + from_time.minute
    length = (to_time.hour * 60 + to_time.minute - begins) % DAY_MIN or DAY_MIN
    window = {(begins + minute) % DAY_MIN for minute in range(length)}
    return [
        jump
        for jump in jumps
        if window & set(range(jump.begins.hour * 60 + jump.begins.minute, jump.ends.hour * 60 + jump.ends.minute))
    ]
