"""What a change would do tonight: planned beside what is planned without it, and nothing kept of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from depot.energy.plan import Plan
from depot.energy.planner import Planner
from depot.energy.queries.instance import Frame, frame_of
from depot.energy.reasons import explain
from depot.energy.rules import Clash, clashes
from depot.energy.services.planning import missing_kwh, names_of, ready_at
from depot.energy.wording import reason_in_words
from depot.models import Depot

MISSES_KWH = 0.05


class _Undone(Exception):
    """Carries nothing: it takes the change back."""


@dataclass(frozen=True, slots=True)
class StayAhead:
    name: str
    evse_id: int
    departs_at: datetime
    ready_at: datetime | None
    unmet_kwh: float
    why: str  # of the first slot in which it does not get all it could take

    @property
    def will_miss(self) -> bool:
        return self.unmet_kwh > MISSES_KWH


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """One plan, as a manager compares it."""

    grid_kw: tuple[float, ...]
    peak_kw: float
    cost: float
    energy_kwh: float
    unmet_kwh: float
    stays: tuple[StayAhead, ...]
    clashes: tuple[Clash, ...]

    @property
    def will_miss(self) -> tuple[StayAhead, ...]:
        return tuple(stay for stay in self.stays if stay.will_miss)


@dataclass(frozen=True, slots=True)
class Preview:
    first_slot: int
    old: Ahead
    new: Ahead

    @property
    def costs_more(self) -> float:
        return self.new.cost - self.old.cost

    @property
    def peak_rises_kw(self) -> float:
        return self.new.peak_kw - self.old.peak_kw


def preview(depot: Depot, change: Callable[[], object], *, now: datetime) -> Preview | None:
    """`change` writes rows as if it were meant (rules, needs, limits, a tariff): all of it is rolled back.

    None where there is nothing to plan. Nothing is told to a charger, and nobody hears of it.
    """
    old = frame_of(depot, now)
    new = frame_after(depot, change, now)
    if old is None or new is None:
        return None
    return Preview(old.instance.first_slot, ahead_of(old), ahead_of(new))


def frame_after(depot: Depot, change: Callable[[], object], now: datetime) -> Frame | None:
    frame: Frame | None = None
    try:
        with transaction.atomic():
            change()
            frame = frame_of(Depot.objects.get(pk=depot.pk), now)
            raise _Undone
    except _Undone:
        return frame


def ahead_of(frame: Frame, planner: Planner | None = None, *, says_why: bool = True) -> Ahead:
    """`planner`: of one who tries many changes, each from where the last ended."""
    # A planner of its own: the depot's stays as warm as it was, and nobody waits for a preview.
    plan = (planner or Planner()).plan(frame.instance)
    hours = [frame.instance.hours(slot) for slot in range(frame.instance.slots)]
    drawn = sum(max(0.0, kw) * h for planned in plan.needs for kw, h in zip(planned.kw, hours, strict=True))
    return Ahead(
        grid_kw=plan.grid_kw,
        peak_kw=max(plan.grid_kw),
        cost=plan.costs.total,
        energy_kwh=drawn,
        unmet_kwh=sum(missing_kwh(frame, each, frame.stays[each.need.key]) for each in plan.needs),
        stays=_stays(frame, plan, says_why),
        clashes=tuple(clashes(frame.sentences)),
    )


def _stays(frame: Frame, plan: Plan, says_why: bool) -> tuple[StayAhead, ...]:
    reasons, names = explain(frame.instance, plan) if says_why else {}, names_of(frame)
    found = []
    for planned in plan.needs:
        need, stay = planned.need, frame.stays[planned.need.key]
        told = reasons.get(need.key, ())
        slot = next((n for n in range(need.arrives, min(need.departs, len(told))) if told[n].why != "full_power"), None)
        speaks = frame.rulings[need.key].speaks
        found.append(
            StayAhead(
                name=names.vehicles[stay.key],
                evse_id=int(need.evse),
                departs_at=stay.wish.departs_at,
                ready_at=ready_at(frame, need, planned, stay),
                unmet_kwh=missing_kwh(frame, planned, stay),
                why="" if slot is None else reason_in_words(told[slot], names, speaks[slot]),
            )
        )
    return tuple(sorted(found, key=lambda stay: (stay.departs_at, stay.name)))
