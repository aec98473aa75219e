"""From rows to the planner's values, for one depot and moment."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from chargers.commands import ProfilePurpose
from chargers.queries import links_of
from depot.energy import instance as planner
from depot.energy.delivery.abilities import abilities_of_all
from depot.energy.delivery.giving import most_given_w
from depot.energy.delivery.ladder import read_rung
from depot.energy.delivery.models import Fallback, Target
from depot.energy.delivery.standing import Obedience
from depot.energy.delivery.wanted import limit_at
from depot.energy.instance import Held, Need, Series
from depot.energy.models import Circuit, Control, ManualLimit, PlannedStay, StoredPlan, Wiring
from depot.energy.needs import EnergySource
from depot.energy.queries.memory import most_kw
from depot.energy.queries.site import Surroundings, import_limit_kw
from depot.energy.queries.stays import StayHere
from depot.energy.rules import Ruling, Scene, Sentence, Stay, rule_stay
from depot.energy.slots import SLOT, share_left, slot_at, start_of
from depot.models import Depot
from sessions.models import EnergyState, Session

# A start/stop-only charger runs so long once it has started.
MINIMUM_RUN = timedelta(minutes=15)
BY_HAND = "hand"
ONE_AT_A_TIME = "together"


def stay_key(stay: StayHere, zone: ZoneInfo) -> Stay:
    return Stay(str(stay.wiring.evse_id), stay.key, stay.wish.departs_at.astimezone(zone))


class Builder:
    def __init__(
        self,
        depot: Depot,
        now: datetime,
        slots: int,
        circuits: Sequence[Circuit],
        wirings: Sequence[Wiring],
        around: Surroundings,
    ) -> None:
        self.depot, self.now, self.slots = depot, now, slots
        self.rows, self.wirings, self.around = circuits, wirings, around
        self.zone = ZoneInfo(depot.time_zone)
        self.first = slot_at(now)
        chargers = {wiring.evse.charger_id: wiring.evse.charger for wiring in wirings}
        self.links = links_of(chargers)
        self.abilities = abilities_of_all(list(chargers.values()))
        self.held = held_before(depot, self.first, slots)
        of_evse = Target.objects.filter(evse__in=[wiring.evse_id for wiring in wirings])
        running = list(Session.objects.running().filter(evse__in=[wiring.evse_id for wiring in wirings]))
        self.charging = {session.evse_id for session in running}
        self.given_w = most_given_w(wirings, running)
        self.targets = {target.evse_id: target for target in of_evse}

    def import_limits(self, root: Circuit) -> Series:
        """Where no limit is told, what everything together can draw."""
        most = sum(wiring.rating_w for wiring in self.wirings) / 1000 + max(self.around.building_kw) + 1.0
        limits = import_limit_kw(self.depot, root, self.now, self.slots)
        return tuple(most if limit is None else limit for limit in limits)

    def circuits_of(self, import_limit: Series, root: Circuit) -> list[planner.Circuit]:
        circuits = []
        for row in self.rows:
            limit: Series | None = None
            if row.pk == root.pk:
                # The reserve counts against the connection, and the sun is never counted on to keep it.
                limit = import_limit
            elif row.limit_w is not None:
                limit = (row.limit_w / 1000,) * self.slots
            line = None if row.limit_a is None else (float(row.limit_a) * row.voltage_v / 1000,) * self.slots
            circuits.append(
                planner.Circuit(
                    key=str(row.pk),
                    feeds_from=None if row.feeds_from_id is None else str(row.feeds_from_id),
                    limit_kw=limit,
                    line_limit_kw=line,
                    other_load_kw=self.around.other_kw[row.pk],
                )
            )
        return circuits

    def manual_limits(self) -> dict[int, ManualLimit]:
        """The newest that holds now or within the horizon, by EVSE."""
        rows = ManualLimit.objects.filter(
            evse__in=[wiring.evse_id for wiring in self.wirings],
            taken_back_at=None,
            ends_at__gt=self.now,
            starts_at__lt=start_of(self.first + self.slots),
        ).select_related("set_by")
        return {row.evse_id: row for row in rows.order_by("pk")}

    def circuits_by_hand(self, hands: Mapping[int, ManualLimit]) -> list[planner.Circuit]:
        """A limit set by a person is as hard as a cable."""
        circuits = []
        for wiring in self.wirings:
            hand = hands.get(wiring.evse_id)
            if hand is not None:
                limit = tuple(
                    hand.limit_w / 1000
                    if hand.starts_at < start_of(self.first + slot + 1) and hand.ends_at > start_of(self.first + slot)
                    else wiring.rating_w / 1000
                    for slot in range(self.slots)
                )
                above = self._group_of(wiring) or str(wiring.circuit_id)
                circuits.append(planner.Circuit(key=f"{BY_HAND} {wiring.evse_id}", feeds_from=above, limit_kw=limit))
        return circuits

    def circuits_of_groups(self) -> list[planner.Circuit]:
        """EVSEs of which only one charges at a time share what the largest can draw."""
        groups: dict[str, list[Wiring]] = {}
        for wiring in self.wirings:
            key = self._group_of(wiring)
            if key is not None:
                groups.setdefault(key, []).append(wiring)
        return [
            planner.Circuit(
                key=key,
                feeds_from=str(wirings[0].circuit_id),
                limit_kw=(max(wiring.rating_w for wiring in wirings) / 1000,) * self.slots,
            )
            for key, wirings in groups.items()
        ]

    def _group_of(self, wiring: Wiring) -> str | None:
        if not wiring.evse.exclusion_group:
            return None
        return f"{ONE_AT_A_TIME} {wiring.evse.charger_id} {wiring.evse.exclusion_group} {wiring.circuit_id}"

    def evses(self, hands: Mapping[int, ManualLimit]) -> tuple[planner.Evse, ...]:
        return tuple(self._evse(wiring, wiring.evse_id in hands) for wiring in self.wirings)

    def _evse(self, wiring: Wiring, by_hand: bool) -> planner.Evse:
        is_dc, lines = wiring.evse.is_dc, wiring.site_lines
        least = 0.0 if is_dc else float(wiring.min_current_a) * wiring.circuit.voltage_v * len(lines) / 1000
        above = self._group_of(wiring) or str(wiring.circuit_id)
        held = self._held(wiring)
        return planner.Evse(
            key=str(wiring.evse_id),
            circuit=f"{BY_HAND} {wiring.evse_id}" if by_hand else above,
            max_kw=wiring.rating_w / 1000,
            min_kw=least,
            lines=lines,
            control=planner.Control.START_STOP if self._clicks(wiring) else planner.Control.MANAGED,
            efficiency=wiring.efficiency,
            max_discharge_kw=self.given_w.get(wiring.evse_id, 0) / 1000,
            discharge_efficiency=wiring.discharge_efficiency,
            held_kw=None if held is None else self._reserved(wiring, held),
            held=held,
            fallback_kw=self._fallback(wiring),
        )

    def _fallback(self, wiring: Wiring) -> Series:
        """What the ledger keeps free for a charger that has its own plan for each charge, should it lose that."""
        target = self.targets.get(wiring.evse_id)
        if target is None or wiring.control != Control.MANAGED or target.fallback_w is None:
            return (0.0,) * self.slots
        if target.sends_plan and read_rung(target.rung).purpose is not ProfilePurpose.TX:
            # Its plan stands in the fallback's place.
            return (0.0,) * self.slots
        return (min(wiring.rating_w, target.fallback_w) / 1000,) * self.slots

    def _clicks(self, wiring: Wiring) -> bool:
        """It is only started and stopped: by choice, or because it has refused every kind of limit."""
        takes_none = self.abilities[wiring.evse.charger_id].rung is None
        return wiring.control == Control.START_STOP or (wiring.control == Control.MANAGED and takes_none)

    def _held(self, wiring: Wiring) -> Held | None:
        if wiring.control == Control.UNCONTROLLABLE:
            return Held.UNCONTROLLABLE
        if not self.links[wiring.evse.charger_id].is_online:
            return Held.OFFLINE
        target = self.targets.get(wiring.evse_id)
        disobeys = target is not None and target.obedience in (Obedience.COUNTED, Obedience.STOPPED)
        if disobeys:
            return Held.REFUSES
        # As the ledger counts it, or others would be promised what it cannot let them have.
        may_start = (
            wiring.evse_id not in self.charging and not self.abilities[wiring.evse.charger_id].asks_before_starts
        )
        return Held.UNASKED if self._clicks(wiring) and may_start else None

    def _reserved(self, wiring: Wiring, held: Held) -> Series:
        """The most that it may draw while it is out of our hands: its rating, where nothing tells less.

        An offline charger goes on with the night that it was told, and then with its fallback. Should it hold more than
        we told, the ledger knows, and keeps the others' raises back.
        """
        rating, target = wiring.rating_w / 1000, self.targets.get(wiring.evse_id)
        if held is not Held.OFFLINE or target is None or target.fallback_state != Fallback.HELD:
            return (rating,) * self.slots
        after = rating if target.fallback_w is None else min(rating, target.fallback_w / 1000)
        steps, until = target.course(), target.until
        series = []
        for slot in range(self.slots):
            told = None if until is None else limit_at(steps, until, max(self.now, start_of(self.first + slot)))
            series.append(after if told is None else min(rating, max(0, told) / 1000))
        return tuple(series)

    def needs(
        self, stays: Sequence[StayHere], sentences: Sequence[Sentence], scene: Scene
    ) -> tuple[list[tuple[Need, StayHere]], dict[Stay, Ruling]]:
        needs, rulings = [], {}
        for stay in stays:
            ruled = stay_key(stay, self.zone)
            rulings[ruled] = rule_stay(sentences, ruled, scene)
            need = self._need(stay, rulings[ruled])
            if need is not None:
                needs.append((need, stay))
        return needs, rulings

    def _need(self, stay: StayHere, ruling: Ruling) -> Need | None:
        wish, wiring = stay.wish, stay.wiring
        start = start_of(self.first)
        departs = max(1, (wish.departs_at - start) // SLOT)
        arrives = 0 if stay.arrives_at is None else ceil((stay.arrives_at - start) / SLOT)
        if arrives >= departs or arrives >= self.slots:
            return None
        is_first = ruling.is_first or wish.priority == 0
        most = most_kw(wiring, stay.vehicle)
        need = Need(
            vehicle=stay.key,
            evse=str(wiring.evse_id),
            arrives=arrives,
            departs=departs,
            energy_kwh=wish.energy_kwh,
            had_kwh=wish.had_kwh,
            could_have_had_kwh=stay.hours_here(self.now) * most * wiring.efficiency,
            grain_kwh=_grain_kwh(stay),
            max_kw=most,
            priority=0 if is_first else wish.priority,
            window_kw=ruling.window_kw,
            may_lift_rules=is_first,
            installed_kw=self.held.get((wiring.evse_id, None if stay.session is None else stay.session.pk)),
            battery=_battery_of(stay, self.given_w.get(wiring.evse_id, 0)),
            is_charging=self._is_charging(stay),
            must_run_slots=self._must_run(stay),
            may_start=stay.visit is None or stay.visit.may_start,
        )
        return self._at_once(need, wiring) if stay.is_now else need

    def _is_charging(self, stay: StayHere) -> bool:
        session = stay.session
        return session is not None and not stay.is_paused and session.energy_state == EnergyState.CHARGING

    def _must_run(self, stay: StayHere) -> int:
        session = stay.session
        if not self._clicks(stay.wiring) or session is None or not self._is_charging(stay):
            return 0
        if stay.visit is not None and not stay.visit.may_start:
            # It was started as often as may be: it goes on until it has what it needs.
            return self._quarters(stay.wish.energy_kwh, most_kw(stay.wiring, stay.vehicle), stay.wiring)
        started = session.energy_state_at or session.started_at
        return int(self.now - started < MINIMUM_RUN)

    def _quarters(self, energy_kwh: float, power_kw: float, wiring: Wiring) -> int:
        """In how many slots from now on it has its energy."""
        quarters = energy_kwh / (power_kw * wiring.efficiency * SLOT / timedelta(hours=1)) + 1 - share_left(self.now)
        return max(1, ceil(quarters - 1e-6))

    def _at_once(self, need: Need, wiring: Wiring) -> Need:
        """As if it left as soon as it can have what it needs: then it takes what it can from now on.

        But for the last one, no slot leaves anything to choose, or it would wait for a cheaper one next to it.
        """
        power_kw = need.max_kw or wiring.rating_w / 1000
        departs = min(need.departs, self._quarters(need.energy_kwh, power_kw, wiring))
        hours = (departs - 1 + share_left(self.now)) * (SLOT / timedelta(hours=1))
        most_kwh = power_kw * wiring.efficiency * hours
        return replace(
            need,
            departs=departs,
            energy_kwh=most_kwh if departs > 1 else min(need.energy_kwh, most_kwh),
            priority=0,
            window_kw=None,
            may_lift_rules=True,
            installed_kw=None,
        )


def _grain_kwh(stay: StayHere) -> float:
    """A vehicle tells its level in whole percents: its need falls in steps, and is right to one of them."""
    vehicle = stay.vehicle
    if stay.wish.energy_source is not EnergySource.LEVEL or vehicle is None or not vehicle.battery_kwh:
        return 0.0
    return float(vehicle.battery_kwh) / 100


def _battery_of(stay: StayHere, most_given_w: int) -> planner.Battery | None:
    """Told only of vehicles that may give energy back; of others the need says all."""
    session, vehicle, habit = stay.session, stay.vehicle, stay.habit
    if vehicle is None or not vehicle.battery_kwh or habit is None or not habit.gives_back:
        return None
    if session is None or session.soc_percent is None or not most_given_w:
        return None
    if stay.wish.energy_source is EnergySource.HAS_ENOUGH:
        return None
    battery_kwh = float(vehicle.battery_kwh)
    level = session.soc_percent / 100 * battery_kwh
    return planner.Battery(
        level_kwh=level,
        highest_kwh=max(level, battery_kwh),
        lowest_kwh=min(level, habit.lowest_soc_percent / 100 * battery_kwh),
        max_discharge_kw=most_given_w / 1000,
        wear_per_kwh=float(habit.wear_per_kwh),
    )


def newest_plan(depot: Depot) -> StoredPlan | None:
    return StoredPlan.objects.filter(depot=depot).order_by("-pk").first()


def held_before(depot: Depot, first: int, slots: int) -> dict[tuple[int, int | None], Series]:
    """By EVSE and session: what its charger was told last, from slot `first` on; beyond its end nothing."""
    plan = newest_plan(depot)
    if plan is None:
        return {}
    held = {}
    for stay in PlannedStay.objects.filter(plan=plan, is_expected=False).only("evse", "session", "held"):
        if stay.held:
            kw, skip = stay.held["kw"], first - stay.held["first_slot"]
            ahead = kw[skip : skip + slots] if skip >= 0 else []
            held[stay.evse_id, stay.session_id] = tuple(ahead) + (0.0,) * (slots - len(ahead))
    return held
