"""Who follows the sun now, and what the meters leave for them."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chargers.queries import links_of
from depot.energy.delivery.abilities import Abilities, abilities_of_all
from depot.energy.delivery.wanted import limit_at
from depot.energy.models import (
    ChargeNow,
    Circuit,
    Control,
    Habit,
    ManualLimit,
    MeterKind,
    PlannedStay,
    StoredPlan,
    Wiring,
)
from depot.energy.queries.building import newest_plan
from depot.energy.queries.instance import wirings_of
from depot.energy.queries.memory import most_kw
from depot.energy.queries.ruling import Yard, rules_in_force, sentence_of
from depot.energy.queries.site import Shown
from depot.energy.queries.visits import MOST_STARTS, Visit, visits_of
from depot.energy.rules import Kind, Scene, Sentence, Stay, rule_stay
from depot.energy.slots import slot_at, start_of
from depot.energy.solar.controller import READING_HOLDS
from depot.models import Bay, Depot
from sessions.models import EnergyState, MeterReading, Session

# A line that carries less is not charged on.
CARRIES_A = 1.0
# Of direct current there is no least by a standard; below this the charger's own losses eat it.
LEAST_DC_W = 1_500.0
NIGHT = timedelta(hours=12)
# Of a session whose power nobody has told yet.
MAY_DRAW = (EnergyState.UNKNOWN, EnergyState.CHARGING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A vehicle that follows the sun where it stands now."""

    wiring: Wiring
    session: Session  # its newest; over where we have paused it by ending its charge
    stay: PlannedStay | None
    phases: int
    min_w: float
    max_w: float
    visit: Visit | None = None
    clicks: bool = False  # its charger is only started and stopped: `min_w` is what it draws then

    @property
    def evse_id(self) -> int:
        return self.wiring.evse_id

    @property
    def is_running(self) -> bool:
        return self.session.ended_at is None

    @property
    def charges(self) -> tuple[Session, ...]:
        """Of this stay."""
        return self.visit.sessions if self.visit is not None else (self.session,)

    def may_start(self, *, kept: int) -> bool:
        """In one stay it is started again a few times only, of which `kept` are for its plan."""
        return self.is_running or self.visit is None or self.visit.starts + kept < MOST_STARTS

    def told_w(self, limit_w: float) -> int:
        """As a limit of the EVSE: a vehicle on one of its three lines takes a third of what that lets through."""
        if self.clicks:
            return self.wiring.rating_w if limit_w > 0 else 0
        return round(limit_w * (1 if self.wiring.evse.is_dc else len(self.wiring.lines) / self.phases))


def has_roof(depot: Depot, shown: Sequence[Shown]) -> bool:
    return any(meter.source.kind == MeterKind.SOLAR for meter in shown)


def chosen_of(depot: Depot, plan: StoredPlan | None, now: datetime) -> list[Chosen]:
    """In the order of their departures."""
    wirings = [wiring for wiring in wirings_of(depot) if wiring.control in (Control.MANAGED, Control.START_STOP)]
    running = Session.objects.running().filter(evse__in=[wiring.evse_id for wiring in wirings])
    visits = visits_of([wiring.evse_id for wiring in wirings], now)
    sessions = {evse_id: visit.session for evse_id, visit in visits.items() if visit.is_paused}
    sessions |= {session.evse_id: session for session in running.select_related("vehicle") if session.evse_id}
    if not sessions:
        return []
    vehicles = {session.vehicle_id for session in sessions.values() if session.vehicle_id}
    follows = set(Habit.objects.filter(vehicle__in=vehicles, follows_sun=True).values_list("vehicle", flat=True))
    sentences = _sentences(depot, wirings, now)
    if not follows and not any(sentence.kind is Kind.SOLAR_ONLY for sentence in sentences):
        return []
    links = links_of({wiring.evse.charger_id for wiring in wirings})
    abilities = abilities_of_all([wiring.evse.charger for wiring in wirings if wiring.evse_id in sessions])
    stays = {stay.evse_id: stay for stay in PlannedStay.objects.filter(plan=plan, is_expected=False)} if plan else {}
    at_once = set(
        ChargeNow.objects.filter(session__in=[s.pk for s in sessions.values()], taken_back_at=None)
        .values_list("session", flat=True)
    )  # fmt: skip
    at_once |= {visit.session.pk for visit in visits.values() if visit.is_now}
    hands = _limits_by_hand(sessions, now)
    found = []
    for wiring in wirings:
        session = sessions.get(wiring.evse_id)
        if session is None or session.pk in at_once or not links[wiring.evse.charger_id].is_online:
            continue
        its = abilities[wiring.evse.charger_id]
        if session.ended_at is not None and not _pauses_by_stopping(wiring, its):
            continue
        visit = visits.get(wiring.evse_id)
        charges = {each.pk for each in visit.sessions} if visit is not None else {session.pk}
        stay = stays.get(wiring.evse_id)
        stay = stay if stay is not None and stay.session_id in charges else None
        by_rule, window_kw = _ruled(depot, sentences, wiring, session, stay, plan, now)
        if by_rule or session.vehicle_id in follows:
            chosen = _chosen(wiring, session, visit, stay, window_kw, hands.get(wiring.evse_id))
            found.append(_as_it_clicks(chosen) if _clicks(wiring, its) else chosen)
    return sorted(found, key=lambda each: (each.stay.departs_at if each.stay else now + NIGHT, each.evse_id))


def _clicks(wiring: Wiring, abilities: Abilities) -> bool:
    """By choice, or because its charger has refused every kind of limit."""
    return wiring.control == Control.START_STOP or abilities.rung is None


def _pauses_by_stopping(wiring: Wiring, abilities: Abilities) -> bool:
    """Else a charge that we ended is one of a vehicle that is being woken: that comes first."""
    pause = abilities.traits.pause
    return _clicks(wiring, abilities) or (pause is not None and pause.value == "remote_stop")


def _as_it_clicks(chosen: Chosen) -> Chosen:
    """All that it can take there, or nothing, where a rule or a hand leaves it less."""
    wiring = chosen.wiring
    share = 1.0 if wiring.evse.is_dc else chosen.phases / len(wiring.lines)
    draws_w = min(wiring.rating_w * share, most_kw(wiring, chosen.session.vehicle) * 1000)
    return replace(chosen, clicks=True, min_w=draws_w, max_w=draws_w if chosen.max_w >= draws_w else 0.0)


def _sentences(depot: Depot, wirings: Sequence[Wiring], now: datetime) -> list[Sentence]:
    rules = rules_in_force(depot, now)
    if not rules:
        return []
    yard = Yard(wirings, list(Bay.objects.filter(depot=depot)), list(Circuit.objects.filter(depot=depot)))
    return [sentence_of(rule, yard) for rule in rules]


def _limits_by_hand(evses: Collection[int], now: datetime) -> dict[int, int]:
    held = ManualLimit.objects.filter(evse__in=evses, taken_back_at=None, starts_at__lte=now, ends_at__gt=now)
    return dict(held.order_by("pk").values_list("evse", "limit_w"))


def _ruled(
    depot: Depot,
    sentences: Sequence[Sentence],
    wiring: Wiring,
    session: Session,
    stay: PlannedStay | None,
    plan: StoredPlan | None,
    now: datetime,
) -> tuple[bool, float | None]:
    """Whether a rule lets it have the sun only; else the most that another rule lets it have now, in kW."""
    zone = ZoneInfo(depot.time_zone)
    key = f"vehicle {session.vehicle_id}" if session.vehicle_id else f"session {session.pk}"
    leaves = (stay.departs_at if stay is not None else now + NIGHT).astimezone(zone)
    price = _at(plan.import_price, slot_at(now) - plan.first_slot) if plan is not None else 0.0
    scene = Scene((start_of(slot_at(now)),), zone, (price,), (0.0,))
    ruling = rule_stay(sentences, Stay(str(wiring.evse_id), key, leaves), scene)
    kinds = {sentence.key: sentence.kind for sentence in sentences}
    (speaker,) = ruling.speaks
    if speaker is not None and kinds[speaker] is Kind.SOLAR_ONLY:
        return True, None
    return False, None if ruling.window_kw is None else ruling.window_kw[0]


def _at(series: Sequence[float], slot: int) -> float:
    return series[slot] if 0 <= slot < len(series) else 0.0


def _chosen(
    wiring: Wiring,
    session: Session,
    visit: Visit | None,
    stay: PlannedStay | None,
    window_kw: float | None,
    by_hand_w: int | None,
) -> Chosen:
    is_dc, lines = wiring.evse.is_dc, len(wiring.lines)
    phases = lines if is_dc else phases_of(visit.sessions if visit is not None else (session,), lines)
    share = 1.0 if is_dc else phases / lines
    most = [wiring.rating_w * share, most_kw(wiring, session.vehicle) * 1000]
    most += [window_kw * 1000] if window_kw is not None else []
    most += [by_hand_w * share] if by_hand_w is not None else []
    least_w = LEAST_DC_W if is_dc else float(wiring.min_current_a) * wiring.circuit.voltage_v * phases
    return Chosen(wiring=wiring, session=session, visit=visit, stay=stay, phases=phases, min_w=least_w, max_w=min(most))


def phases_of(charges: Sequence[Session], lines: int) -> int:
    """The lines that carry its current by the newest sample of its stay; all of the EVSE's as long as none tells."""
    newest = (
        MeterReading.objects.filter(session__in=charges, samples__contains="Current.Import")
        .order_by("-at", "-pk")
        .values_list("samples", flat=True)
        .first()
    )
    amperes = dict(_amperes(json.loads(newest))) if newest else {}
    carrying = sum(1 for value in amperes.values() if value >= CARRIES_A)
    return carrying if len(amperes) > 1 and 0 < carrying <= lines else lines


def _amperes(samples: Sequence[Sequence[object]]) -> list[tuple[str, float]]:
    found = []
    for measurand, value, _unit, phase, *_ in samples:
        line = str(phase or "").removesuffix("-N")
        if measurand == "Current.Import" and line in ("L1", "L2", "L3"):
            found.append((line, float(str(value))))
    return found


@dataclass(frozen=True, slots=True)
class Light:
    """What the meters leave for all who follow, or which of them says nothing."""

    surplus_w: float
    at: datetime | None
    lacks: str = ""


def light_of(
    depot: Depot, shown: Sequence[Shown], chosen: Sequence[Chosen], courses_w: Mapping[int, float], now: datetime
) -> Light:
    """`courses_w`: what each follower may draw, for a charger's own samples come too late to count it by.

    One that is to stop and has not done so yet counts as the others do.
    """
    roof = [meter for meter in shown if meter.source.kind == MeterKind.SOLAR]
    building = [meter for meter in shown if meter.source.kind == MeterKind.BUILDING]
    grid = [meter for meter in shown if meter.source.kind == MeterKind.GRID]
    if not building and grid:
        # Who measures only the connection: what it takes there, less what goes into those who follow.
        surplus_w = sum(courses_w.values()) - sum(meter.value_w or 0.0 for meter in grid)
        return _light(surplus_w, grid, now)
    ours = {each.session.pk for each in chosen if not each.clicks or courses_w[each.evse_id] > 0}
    running = Session.objects.running().filter(evse__wiring__circuit__depot=depot).exclude(pk__in=ours)
    others = running.select_related("evse__wiring", "evse__limit_target")
    others_w = sum(_draws_w(session, now) for session in others)
    solar_w = sum(meter.value_w or 0.0 for meter in roof)
    building_w = sum(meter.value_w or 0.0 for meter in building)
    if not building:
        building_w = sum(Circuit.objects.filter(depot=depot).values_list("reserved_w", flat=True))
    return _light(solar_w - building_w - others_w, [*roof, *building], now)


def _draws_w(session: Session, now: datetime) -> int:
    """By its charger's samples; before the first, as much as it may draw by what its charger was told."""
    if session.power_w is not None:
        return session.power_w
    if session.evse is None or session.energy_state not in MAY_DRAW:
        return 0
    target = getattr(session.evse, "limit_target", None)
    told_w = None if target is None or target.until is None else limit_at(target.course(), target.until, now)
    rating_w = session.evse.wiring.rating_w
    return rating_w if told_w is None else min(rating_w, max(0, told_w))


def _light(surplus_w: float, meters: Sequence[Shown], now: datetime) -> Light:
    for meter in meters:
        if meter.is_stale or (meter.at is not None and now - meter.at > READING_HOLDS):
            return Light(0.0, None, f"{meter.source.name} has said nothing for {_age(meter, now)}")
    # A constant is as old as it likes.
    return Light(surplus_w, min((meter.at for meter in meters if meter.at is not None), default=now))


def _age(meter: Shown, now: datetime) -> str:
    return "ever" if meter.at is None else f"{(now - meter.at).total_seconds():.0f} s"


__all__ = ["Chosen", "Light", "chosen_of", "has_roof", "light_of", "newest_plan", "phases_of"]
