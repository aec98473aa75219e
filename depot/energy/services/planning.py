"""A new plan: the books are read, the programme is solved, the answer is kept and told to the chargers."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from depot import live
from depot.energy.deadband import to_send
from depot.energy.instance import Need, NeedKey
from depot.energy.models import PlanMark, PlannedStay, StoredPlan
from depot.energy.plan import Plan, PlannedNeed
from depot.energy.planner import Planner
from depot.energy.queries.instance import Frame, frame_of
from depot.energy.queries.stays import StayHere
from depot.energy.reasons import Reason, explain
from depot.energy.rules import Ruling
from depot.energy.services.delivering import tell_chargers
from depot.energy.slots import share_left, start_of
from depot.energy.steady import unnoticed_kwh
from depot.energy.wording import Names, reason_in_words, sentence_in_words
from depot.models import Depot

KW_DIGITS = 3
NEAR_ENOUGH_KWH = 0.01


class _Planners:
    """The planner of each depot, kept warm in this process; one thread at a time has it."""

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.kept: dict[int, tuple[threading.Lock, Planner]] = {}

    @contextmanager
    def of(self, depot_id: int) -> Iterator[Planner]:
        with self.guard:
            lock, planner = self.kept.setdefault(depot_id, (threading.Lock(), Planner()))
        with lock:
            yield planner


planners = _Planners()


def replan(depot: Depot, *, now: datetime, why: str) -> StoredPlan | None:
    """None where the depot has no circuits with EVSEs of ours. Raises InstanceInvalid, and keeps what it said."""
    with planners.of(depot.pk) as planner:
        frame = frame_of(depot, now)
        if frame is None:
            return None
        started = time.thread_time()
        plan = planner.plan(frame.instance)
        took_s = time.thread_time() - started
        reasons = explain(frame.instance, plan)
        with transaction.atomic():
            told = to_send(frame.instance, plan)
            stored = _store(frame, plan, reasons, why, took_s, told)
            # A wish that came while this plan was made stays: it may know what this plan does not.
            PlanMark.objects.update_or_create(depot=depot, defaults={"planned_at": now, "failed": ""})
        # Within the planner's lock: two plans of one depot reach its chargers in the order in which they were made.
        tell_chargers(frame, told)
    live.tell(what="plan")
    return stored


def _store(
    frame: Frame,
    plan: Plan,
    reasons: Mapping[NeedKey, Sequence[Reason]],
    why: str,
    took_s: float,
    told: Sequence[PlannedNeed],
) -> StoredPlan:
    instance = frame.instance
    stored = StoredPlan.objects.create(
        depot=frame.depot,
        made_at=frame.now,
        why=why[:120],
        first_slot=instance.first_slot,
        slots=instance.slots,
        grid_kw=_series(plan.grid_kw),
        limit_kw=_series(instance.site.import_limit_kw),
        building_kw=_series(instance.site.building_kw),
        solar_kw=_series(instance.site.solar_kw),
        import_price=list(instance.site.import_price),
        export_price=list(instance.site.export_price),
        peak=_peaks(frame, plan),
        costs=_costs(plan),
        was_short=plan.was_short,
        unmet_kwh=round(sum(missing_kwh(frame, each, frame.stays[each.need.key]) for each in plan.needs), KW_DIGITS),
        took_s=round(took_s, 4),
    )
    names = names_of(frame)
    must_hear = {planned.need.key for planned in told}
    PlannedStay.objects.bulk_create(
        _row(stored, frame, planned, reasons[planned.need.key], names, planned.need.key in must_hear)
        for planned in plan.needs
    )
    return stored


def _row(
    stored: StoredPlan, frame: Frame, planned: PlannedNeed, reasons: Sequence[Reason], names: Names, was_told: bool
) -> PlannedStay:
    need, stay = planned.need, frame.stays[planned.need.key]
    kw = _series(planned.kw)
    held = {"first_slot": stored.first_slot, "kw": kw}
    if not was_told:
        held["kw"] = _series(need.installed_kw) if need.installed_kw is not None else None
    return PlannedStay(
        plan=stored,
        evse_id=int(need.evse),
        session=stay.session,
        vehicle=stay.vehicle,
        arrives_at=stay.arrives_at,
        departs_at=stay.wish.departs_at,
        departure_source=stay.wish.departure_source,
        needs_kwh=round(stay.wish.energy_kwh, KW_DIGITS),
        needs_source=stay.wish.energy_source,
        unmet_kwh=round(missing_kwh(frame, planned, stay), KW_DIGITS),
        priority=need.priority,
        is_expected=stay.arrives_at is not None,
        is_now=stay.is_now,
        kw=kw,
        reasons=list(_runs(reasons, frame.rulings[need.key], names)),
        ready_at=ready_at(frame, need, planned, stay),
        held=held if held["kw"] is not None else None,
        was_told=was_told,
    )


def ready_at(frame: Frame, need: Need, planned: PlannedNeed, stay: StayHere) -> datetime | None:
    """When the plan has given it what it needs; None where it does not.

    What a plan that was told already leaves unnoticed does not count as missing: it is there when its last power ends.
    """
    left, share = stay.wish.energy_kwh - NEAR_ENOUGH_KWH, share_left(frame.now)
    if left <= 0:
        return frame.now if stay.arrives_at is None else stay.arrives_at
    efficiency = frame.wirings[need.evse].efficiency
    last: datetime | None = None
    for slot, kw in enumerate(planned.kw):
        hours = frame.instance.slot_h * (share if slot == 0 else 1.0)
        gives = max(0.0, kw) * hours * efficiency
        begins = frame.now if slot == 0 else start_of(frame.instance.first_slot + slot)
        if gives > 0 and gives >= left:
            return begins + timedelta(hours=hours * left / gives)
        left -= gives
        last = begins + timedelta(hours=hours) if gives > 0 else last
    if stay.is_now:
        begins = max(frame.now, _planned_until(frame, need))
        ready = begins + timedelta(hours=left / _full_kw(frame, need))
        return ready if ready <= stay.wish.departs_at else None
    is_held = need.installed_kw is not None and planned.unmet_kwh <= NEAR_ENOUGH_KWH
    return last if is_held and left <= unnoticed_kwh(need) else None


def missing_kwh(frame: Frame, planned: PlannedNeed, stay: StayHere) -> float:
    """What it leaves without. One that charges now is planned as if it left at once: it goes on after that."""
    need = planned.need
    if not stay.is_now:
        return planned.unmet_kwh
    got = sum(max(0.0, kw) * frame.instance.hours(slot) for slot, kw in enumerate(planned.kw))
    left = stay.wish.energy_kwh - got * frame.wirings[need.evse].efficiency
    more_h = (stay.wish.departs_at - _planned_until(frame, need)) / timedelta(hours=1)
    return max(0.0, left - max(0.0, more_h) * _full_kw(frame, need))


def _planned_until(frame: Frame, need: Need) -> datetime:
    return start_of(frame.instance.first_slot + min(need.departs, frame.instance.slots))


def _full_kw(frame: Frame, need: Need) -> float:
    """Into the battery, where it stands."""
    wiring = frame.wirings[need.evse]
    return (need.max_kw or wiring.rating_w / 1000) * wiring.efficiency


def _runs(reasons: Sequence[Reason], ruling: Ruling, names: Names) -> Iterator[dict[str, Any]]:
    """Slots in a row with one reason, as one."""
    told = [
        (reason.why.value, reason_in_words(reason, names, ruling.speaks[slot]), reason.vehicle)
        for slot, reason in enumerate(reasons)
    ]
    for (why, text, vehicle), run in groupby(enumerate(told), key=lambda item: item[1]):
        slots = [slot for slot, _ in run]
        row = {"from": slots[0], "to": slots[-1] + 1, "why": why, "text": text}
        yield row | ({"vehicle": names.vehicles[vehicle]} if vehicle in names.vehicles else {})


def names_of(frame: Frame) -> Names:
    zone = frame.depot.time_zone
    vehicles = {stay.key: str(stay.vehicle or stay.session) for stay in frame.stays.values()}
    circuits = {key: circuit.name for key, circuit in frame.circuits.items()}
    for key, limit in frame.manual_limits.items():
        ends = _wall(limit.ends_at, zone)
        circuits[key] = f"limit of {limit.limit_w / 1000:g} kW until {ends}, by {limit.set_by or 'another system'}"
    rules = {sentence.key: sentence_in_words(sentence, "of this bay") for sentence in frame.sentences}
    return Names(
        vehicles=vehicles,
        circuits=circuits,
        rules=rules,
        time_of=lambda slot: _wall(start_of(frame.instance.first_slot + slot), zone),
    )


def _wall(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"


def _peaks(frame: Frame, plan: Plan) -> dict[str, dict[str, float]]:
    return {
        window.key: {
            "kw": round(plan.peak_kw[window.key], KW_DIGITS),
            "incurred_kw": round(window.incurred_kw, KW_DIGITS),
            "price_per_kw": window.price_per_kw,
            "days_left": window.days_left,
        }
        for window in frame.instance.demand
    }


def _costs(plan: Plan) -> dict[str, float]:
    costs = plan.costs
    return {
        "energy": round(costs.energy, 4),
        "export": round(costs.export, 4),
        "demand": round(costs.demand, 4),
        "wear": round(costs.wear, 4),
        "total": round(costs.total, 4),
    }


def _series(kw: Sequence[float]) -> list[float]:
    return [round(value, KW_DIGITS) for value in kw]
