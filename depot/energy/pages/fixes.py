"""What would help one vehicle, each tried in the planner before it is offered; and done, when somebody says so."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import ceil
from typing import Any

from django.db import models

from chargers.models import Evse
from depot.access.models import User
from depot.energy.instance import InstanceInvalid
from depot.energy.models import ManualLimit, NeedSource, PlannedStay, StoredPlan
from depot.energy.pages.compare import Moved, moved_by
from depot.energy.pages.other_bays import free_bays, pretend_moved
from depot.energy.pages.readiness import SHORT_SHARE, SMALL_KWH
from depot.energy.planner import Planner
from depot.energy.queries.instance import frame_of
from depot.energy.queries.memory import most_kw
from depot.energy.queries.planned import newest_plan, stays_in
from depot.energy.reasons import Why
from depot.energy.services import hands, tell_need
from depot.energy.services.preview import Ahead, Preview, StayAhead, ahead_of, frame_after
from depot.energy.slots import SLOT, SLOT_S
from depot.models import Bay, Depot
from sessions.models import Session, Vehicle
from sessions.reserving.services.asking import reserve_place
from sessions.services import issue_own_token

# Each costs a solve: so many are tried, and no new one after so long (CPU time).
TRIED_AT_MOST = 10
SECONDS_AT_MOST = 2.0
BAYS_TRIED = 3
OTHERS_TRIED = 3
EARLIER_BY = timedelta(minutes=5)


class FixKind(models.TextChoices):
    FIRST = "first", "Serve it first"
    NOW = "now", "Charge it now"
    LIFT = "lift", "More power: lift the limit set by hand"
    BAY = "bay", "Move it"
    WAITS = "waits", "Let another wait"
    LATER = "later", "Leave later"
    LESS = "less", "Less is enough"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    kind: FixKind
    words: str
    evse_id: int | None = None
    limit_id: int | None = None
    departs_at: datetime | None = None
    energy_wh: int | None = None
    target_soc_percent: int | None = None
    bay: str = ""  # to which people have to move it

    def told(self) -> dict[str, Any]:
        """What a form has to say again."""
        more: dict[str, Any] = {"evse": self.evse_id, "limit": self.limit_id, "energy_wh": self.energy_wh}
        more |= {"target": self.target_soc_percent, "kind": self.kind.value}
        at = {"departs_at": self.departs_at.isoformat()} if self.departs_at is not None else {}
        return {name: value for name, value in more.items() if value is not None} | at


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    fix: Fix
    ready_at: datetime | None
    short_kwh: float
    costs_more: float
    peak_rises_kw: float
    moved: Sequence[Moved]  # the others
    newly_missing: int

    @property
    def helps_fully(self) -> bool:
        return self.ready_at is not None


@dataclass(frozen=True, slots=True)
class Trial:
    """The night as it is, and the planner that was left where that ended."""

    planner: Planner
    old: Ahead
    first_slot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A vehicle, or a session of which nobody knows the vehicle."""

    key: str
    depot: Depot
    vehicle: Vehicle | None
    session: Session | None

    @property
    def name(self) -> str:
        return str(self.vehicle or self.session)

    def stay_in(self, plan: StoredPlan | None) -> PlannedStay | None:
        if self.session is not None:
            return next((stay for stay in stays_in(plan) if stay.session_id == self.session.pk), None)
        known = self.vehicle.pk if self.vehicle is not None else 0
        return next((stay for stay in stays_in(plan) if stay.vehicle_id == known), None)


def find_fixes(subject: Subject, *, now: datetime) -> list[Tried]:
    """Those that help, the best first: who else moves, then the peak, then the cost."""
    frame = frame_of(subject.depot, now)
    stay = subject.stay_in(newest_plan(subject.depot))
    if frame is None or stay is None:
        return []
    # Somebody waits for the page, and many changes are tried.
    planner = Planner(may_search=False)
    old = ahead_of(frame, planner, says_why=False)
    mine = _find(old, subject)
    if mine is None:
        return []
    deadline = time.thread_time() + SECONDS_AT_MOST
    tried: list[Tried] = []
    for number, fix in enumerate(_candidates(subject, stay, mine, now)):
        if number >= TRIED_AT_MOST or time.thread_time() > deadline:
            break
        if any(one.fix.kind == fix.kind == FixKind.LATER and one.helps_fully for one in tried):
            continue
        result = _try(subject, fix, mine, Trial(planner, old, frame.instance.first_slot), now)
        if result is not None:
            tried.append(result)
    return sorted(tried, key=rank)


def rank(tried: Tried) -> tuple[bool, int, bool, int, float, float]:
    gives_up = tried.fix.kind in (FixKind.LESS, FixKind.LATER)
    peak = round(tried.peak_rises_kw, 1)
    return not tried.helps_fully, tried.newly_missing, gives_up, len(tried.moved), peak, round(tried.costs_more, 2)


def _find(ahead: Ahead, subject: Subject) -> StayAhead | None:
    return next((stay for stay in ahead.stays if stay.name == subject.name), None)


def _try(subject: Subject, fix: Fix, before: StayAhead, trial: Trial, now: datetime) -> Tried | None:
    old = trial.old
    try:
        frame = frame_after(subject.depot, lambda: _pretend(subject, fix, now), now)
        new = ahead_of(frame, trial.planner, says_why=False) if frame is not None else None
    except InstanceInvalid:
        return None
    mine = _find(new, subject) if new is not None else None
    if new is None or mine is None or not _is_better(before, mine):
        return None
    others = [one for one in moved_by(Preview(trial.first_slot, old, new)) if one.name != subject.name]
    return Tried(
        fix=fix,
        ready_at=None if mine.will_miss else mine.ready_at,
        short_kwh=mine.unmet_kwh,
        costs_more=new.cost - old.cost,
        peak_rises_kw=new.peak_kw - old.peak_kw,
        moved=others,
        newly_missing=sum(one.after is None and one.before is not None for one in others),
    )


def _is_better(before: StayAhead, after: StayAhead) -> bool:
    if before.unmet_kwh > SMALL_KWH:
        return after.unmet_kwh < before.unmet_kwh - max(SMALL_KWH, SHORT_SHARE * before.unmet_kwh)
    if before.ready_at is None or after.ready_at is None or after.will_miss:
        return False
    spare, more = before.departs_at - before.ready_at, after.departs_at - after.ready_at
    return more >= spare + EARLIER_BY


def _candidates(subject: Subject, stay: PlannedStay, mine: StayAhead, now: datetime) -> Iterator[Fix]:
    session = subject.session
    if session is not None:
        limit = ManualLimit.objects.filter(evse=stay.evse, taken_back_at=None, ends_at__gt=now).first()
        if limit is not None:
            words = f"Lift the limit of {limit.limit_w / 1000:g} kW set by hand at {_bay_of(stay.evse)}"
            yield Fix(kind=FixKind.LIFT, words=words, limit_id=limit.pk)
        yield from _other_bays(subject, stay)
    yield from _less(subject, stay, mine)
    yield from _later(stay, mine)
    if _is_at_full_power(stay):
        return
    yield Fix(kind=FixKind.FIRST, words="Serve it first: rules and others give way")
    if session is not None:
        yield Fix(kind=FixKind.NOW, words="Charge it now, whatever it costs")
    yield from _others_wait(subject, stay)


def _is_at_full_power(stay: PlannedStay) -> bool:
    """Nobody who gives way could help it: its own bay is what is too slow."""
    told = [run["why"] for run in stay.reasons if run["why"] not in (Why.NOT_HERE, Why.DONE)]
    return bool(told) and all(why in (Why.FULL_POWER, Why.HELD) for why in told)


def _bay_of(evse: Evse) -> str:
    return Bay.objects.filter(evse=evse).values_list("name", flat=True).first() or str(evse)


def _other_bays(subject: Subject, stay: PlannedStay) -> Iterator[Fix]:
    if subject.vehicle is None:
        return
    for bay, wiring in islice(free_bays(subject.depot, subject.vehicle, stay), BAYS_TRIED):
        words = f"Move it to {bay} ({most_kw(wiring, subject.vehicle):g} kW)"
        yield Fix(kind=FixKind.BAY, words=words, evse_id=wiring.evse_id, bay=bay.name)


def _others_wait(subject: Subject, stay: PlannedStay) -> Iterator[Fix]:
    """Those who draw most before it leaves and have the most time after it."""
    rivals = []
    for other in stays_in(newest_plan(subject.depot)):
        if other.pk == stay.pk or other.is_expected or other.session_id is None:
            continue
        draws = sum(kw for kw in other.kw[: _slots_until(stay)] if kw > 0)
        spare = other.departs_at - other.ready_at if other.ready_at is not None else timedelta()
        if draws > 1:
            rivals.append((spare, draws, other))
    rivals.sort(key=lambda one: (-one[0].total_seconds(), -one[1], one[2].pk))
    for _, _, other in rivals[:OTHERS_TRIED]:
        name = other.vehicle or _bay_of(other.evse)
        words = f"{name} waits until {subject.name} leaves"
        yield Fix(kind=FixKind.WAITS, words=words, evse_id=other.evse_id, departs_at=stay.departs_at)


def _slots_until(stay: PlannedStay) -> int:
    return max(1, int((stay.departs_at - stay.plan.made_at).total_seconds() // SLOT_S))


def _later(stay: PlannedStay, mine: StayAhead) -> Iterator[Fix]:
    wiring = getattr(stay.evse, "wiring", None)
    if wiring is None or mine.unmet_kwh <= SMALL_KWH:
        return
    power = most_kw(wiring, stay.vehicle) * wiring.efficiency
    quarters = ceil(mine.unmet_kwh / power * 4 + 0.01)
    for count in dict.fromkeys((quarters, 2 * quarters)):
        minutes = 15 * count
        words = f"Leave {minutes // 60} h {minutes % 60:02d} later" if minutes >= 60 else f"Leave {minutes} min later"
        yield Fix(kind=FixKind.LATER, words=words, departs_at=stay.departs_at + count * SLOT)


def _less(subject: Subject, stay: PlannedStay, mine: StayAhead) -> Iterator[Fix]:
    gets = max(0.0, stay.needs_kwh - mine.unmet_kwh)
    if mine.unmet_kwh <= SMALL_KWH:
        return
    vehicle, session = subject.vehicle, subject.session
    if vehicle is not None and vehicle.battery_kwh and session is not None and session.soc_percent is not None:
        target = int(session.soc_percent + 100 * gets / float(vehicle.battery_kwh))
        yield Fix(kind=FixKind.LESS, words=f"{target} % is enough this time", target_soc_percent=target)
        return
    wiring = getattr(stay.evse, "wiring", None)
    share = wiring.efficiency if wiring is not None and not stay.evse.is_dc else 1.0
    energy_wh = int(gets / share * 1000)
    yield Fix(kind=FixKind.LESS, words=f"{gets:.0f} kWh are enough this time", energy_wh=energy_wh)


def _pretend(subject: Subject, fix: Fix, now: datetime) -> None:
    """As `apply`; a move, which people make with their hands, as if it had been made."""
    if fix.kind == FixKind.BAY and fix.evse_id is not None and subject.session is not None:
        pretend_moved(subject.session, Evse.objects.select_related("charger").get(pk=fix.evse_id), now)
    else:
        apply(subject, fix, by=None, now=now)


def apply(subject: Subject, fix: Fix, *, by: User | None, now: datetime) -> str:
    """What was done, in words. Raises what the services raise."""
    session = subject.session
    match fix.kind:
        case FixKind.FIRST:
            _tell(subject, by, now, priority=0)
        case FixKind.NOW if session is not None:
            hands.charge_now(session, asked_by=by, now=now)
        case FixKind.LIFT if fix.limit_id is not None:
            hands.lift_limit(ManualLimit.objects.get(pk=fix.limit_id), now=now)
        case FixKind.BAY if fix.evse_id is not None and by is not None:
            return _keep_bay(subject, fix.evse_id, by, now)
        case FixKind.WAITS if fix.evse_id is not None and fix.departs_at is not None:
            evse = Evse.objects.get(pk=fix.evse_id)
            hands.limit_by_hand(evse, 0, until=fix.departs_at, set_by=by, now=now)
        case FixKind.LATER:
            _tell(subject, by, now, departs_at=fix.departs_at)
        case FixKind.LESS:
            _tell(subject, by, now, energy_wh=fix.energy_wh, target_soc_percent=fix.target_soc_percent)
    return f"{subject.name}: {fix.kind.label.lower()}. A new plan is being made."


def _tell(subject: Subject, by: User | None, now: datetime, **said: Any) -> None:
    tell_need(
        subject.depot,
        source=NeedSource.DISPATCHER,
        now=now,
        vehicle=subject.vehicle,
        session=None if subject.vehicle is not None else subject.session,
        told_by=by,
        **said,
    )


def _keep_bay(subject: Subject, evse_id: int, by: User, now: datetime) -> str:
    evse = Evse.objects.select_related("charger").get(pk=evse_id)
    vehicle = subject.vehicle
    assert vehicle is not None
    if not vehicle.tokens.filter(is_ours=True).exists():
        issue_own_token(vehicle, now)
    stay = subject.stay_in(newest_plan(subject.depot))
    until = stay.departs_at if stay is not None and stay.departs_at > now else now + timedelta(hours=12)
    reserve_place(vehicle, charger=evse.charger, evse=evse, until=until, asked_by=by, now=now)
    return f"{_bay_of(evse)} is kept for {vehicle}. Move it there: what is planned follows the cable."
