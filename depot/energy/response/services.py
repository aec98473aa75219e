"""What a cap changes is planned with it and without it; what it came to is read off the meters."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import mean
from typing import Any

from django.db import transaction

from depot.energy.models import GridCap, MeterKind, MeterSample, SiteInterval
from depot.energy.plan import Plan
from depot.energy.planner import Planner
from depot.energy.queries.instance import Frame, frame_of
from depot.energy.response.models import CapEffect
from depot.energy.services.planning import names_of
from depot.energy.slots import HORIZON_SLOTS, SLOT, slot_at, start_of

HORIZON = HORIZON_SLOTS * SLOT
# Early foresight is looked at again shortly before the window: vehicles have come and gone.
LOOKS_AGAIN = timedelta(minutes=20)
# A quarter is summed once its readings are there.
SUMMED_WITHIN = timedelta(minutes=5)
WORTH_NAMING_KWH = 0.1
HOUR = timedelta(hours=1)


def heed_caps(now: datetime) -> int:
    """Foresee those to come, measure those that are over. How many were looked at."""
    looked = 0
    caps = GridCap.objects.filter(taken_back_at=None, starts_at__lt=now + HORIZON).select_related("depot")
    for cap in caps.filter(ends_at__gt=now).select_related("effect"):
        if _is_to_be_foreseen(cap, now):
            foresee(cap, now=now)
            looked += 1
    over = caps.filter(ends_at__lte=now - SUMMED_WITHIN, ends_at__gt=now - timedelta(days=2))
    for cap in over.exclude(effect__measured_at__isnull=False):
        measure(cap, now=now)
        looked += 1
    return looked


def _is_to_be_foreseen(cap: GridCap, now: datetime) -> bool:
    seen = CapEffect.objects.filter(cap=cap).values_list("foreseen_at", flat=True).first()
    if seen is None:
        return True
    return now < cap.starts_at <= now + LOOKS_AGAIN and seen < cap.starts_at - LOOKS_AGAIN


def foresee(cap: GridCap, *, now: datetime) -> CapEffect:
    """The site's night planned with it and without it; nothing of that is kept but the difference."""
    effect, _ = CapEffect.objects.get_or_create(cap=cap)
    effect.foreseen_at = now
    capped, free = frame_of(cap.depot, now), _frame_without(cap, now)
    if capped is not None and free is not None:
        # Planners of their own: the depot's stays as warm as it was.
        with_it, without = Planner().plan(capped.instance), Planner().plan(free.instance)
        slots = [slot for slot in range(capped.instance.slots) if _is_within(cap, capped.instance.first_slot + slot)]
        if slots:
            effect.without_kw = max(without.grid_kw[slot] for slot in slots)
            effect.with_kw = max(with_it.grid_kw[slot] for slot in slots)
        effect.gave_way = _gave_way(capped, with_it, without, slots)
        effect.will_miss = _will_miss(capped, with_it, without)
    effect.save()
    return effect


def _frame_without(cap: GridCap, now: datetime) -> Frame | None:
    with transaction.atomic():
        GridCap.objects.filter(pk=cap.pk).update(taken_back_at=now)
        frame = frame_of(cap.depot, now)
        transaction.set_rollback(True)
    return frame


def _is_within(cap: GridCap, slot: int) -> bool:
    return start_of(slot) < cap.ends_at and start_of(slot + 1) > cap.starts_at


def _gave_way(frame: Frame, with_it: Plan, without: Plan, slots: Sequence[int]) -> list[dict[str, Any]]:
    names, free = names_of(frame).vehicles, {planned.need.key: planned for planned in without.needs}
    found = []
    for planned in with_it.needs:
        before = free.get(planned.need.key)
        if before is None:
            continue
        hours = {slot: frame.instance.hours(slot) for slot in slots}
        took = sum(planned.kw[slot] * hours[slot] for slot in slots)
        would = sum(before.kw[slot] * hours[slot] for slot in slots)
        if would - took > WORTH_NAMING_KWH:
            name = names[planned.need.vehicle]
            found.append({"name": name, "without_kwh": round(would, 2), "with_kwh": round(took, 2)})
    return sorted(found, key=lambda each: each["with_kwh"] - each["without_kwh"])


def _will_miss(frame: Frame, with_it: Plan, without: Plan) -> list[dict[str, Any]]:
    names, free = names_of(frame).vehicles, {planned.need.key: planned.unmet_kwh for planned in without.needs}
    return [
        {"name": names[planned.need.vehicle], "unmet_kwh": round(planned.unmet_kwh, 2)}
        for planned in with_it.needs
        if planned.unmet_kwh - free.get(planned.need.key, 0.0) > WORTH_NAMING_KWH
    ]


def measure(cap: GridCap, *, now: datetime) -> CapEffect:
    """What the site took in the window: by quarters of an hour, as the utility counts it, and at its highest moment."""
    effect, _ = CapEffect.objects.get_or_create(cap=cap)
    effect.measured_at = now
    samples = list(
        MeterSample.objects.filter(
            source__depot=cap.depot_id, source__kind=MeterKind.GRID, at__gte=cap.starts_at, at__lt=cap.ends_at
        ).values_list("at", "value")
    )
    if samples:
        quarters: dict[int, list[float]] = {}
        for at, value in samples:
            quarters.setdefault((at - cap.starts_at) // SLOT, []).append(float(value) / 1000)
        effect.highest_kw = max(mean(values) for values in quarters.values())
        effect.highest_moment_kw = max(max(values) for values in quarters.values())
        effect.is_metered = True
    else:
        within = SiteInterval.objects.filter(
            depot=cap.depot_id, starts_at__gte=start_of(slot_at(cap.starts_at)), starts_at__lt=cap.ends_at
        )
        # A quarter that lies in the window only in part says little of it, unless there is no other.
        whole = [row for row in within if row.starts_at >= cap.starts_at and row.starts_at + SLOT <= cap.ends_at]
        kws = [row.grid_wh / 1000 * (HOUR / SLOT) for row in whole or within]
        effect.highest_kw = max(kws, default=None)
        effect.is_metered = any(row.is_metered for row in within)
    effect.save()
    return effect
