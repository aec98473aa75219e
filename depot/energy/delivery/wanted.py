"""Pure: what is wanted of an EVSE, as limits on its power at the grid's side; below 0 it gives back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

DAY_S = int(timedelta(days=1).total_seconds())


@dataclass(frozen=True, slots=True, order=True)
class Step:
    starts_at: datetime
    limit_w: int


@dataclass(frozen=True, slots=True)
class Lead:
    """A limit of the moment, such as the sun's, above what was planned; from `until` on that holds again."""

    limit_w: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Limits one after the other, the last until `until`; after that the charger falls back."""

    evse_id: int
    steps: tuple[Step, ...]
    until: datetime
    lead: Lead | None = None

    @property
    def ends_at(self) -> datetime:
        return self.until if self.lead is None else max(self.until, self.lead.until)


@dataclass(frozen=True, slots=True)
class Window:
    """Each day between two times of the depot's clock, in seconds since midnight: at most so much."""

    from_s: int
    to_s: int  # not after the start: on the next day
    limit_w: int


def limit_at(steps: Iterable[Step], until: datetime, at: datetime) -> int | None:
    """None: nothing is wanted at that moment."""
    begun = [step.limit_w for step in steps if step.starts_at <= at]
    return begun[-1] if begun and at < until else None


def next_step_at(steps: Iterable[Step], at: datetime) -> datetime | None:
    """When another limit begins."""
    return next((later.starts_at for _, later in pairwise(merged(steps)) if later.starts_at > at), None)


def led(steps: Iterable[Step], until: datetime, lead: Lead | None) -> tuple[Step, ...]:
    """The steps with the limit of the moment in them."""
    steps = tuple(sorted(steps))
    if lead is None:
        return steps
    begun = [step for step in steps if step.starts_at <= lead.until]
    later = [step for step in steps if step.starts_at > lead.until]
    then = [Step(lead.until, begun[-1].limit_w)] if begun and until > lead.until else []
    return (Step(lead.since, lead.limit_w), *then, *later)


def merged(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Equal neighbours as one."""
    kept: list[Step] = []
    for step in sorted(steps):
        if not kept or kept[-1].limit_w != step.limit_w:
            kept.append(step)
    return tuple(kept)


def kept_steps(steps: Iterable[Step]) -> list[list[object]]:
    """As JSON-able values; `read_steps` is the way back."""
    return [[step.starts_at.isoformat(), step.limit_w] for step in steps]


def read_steps(rows: Iterable[list[object]]) -> tuple[Step, ...]:
    return tuple(Step(datetime.fromisoformat(str(at)), int(str(limit_w))) for at, limit_w in rows)
