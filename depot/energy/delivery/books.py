"""The depot's rows as the ledger's values: circuits with what else flows, chargers with what they may hold."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chargers.choices import CommandState
from chargers.commands import Command, ProfileKind, ProfilePurpose, RateUnit
from chargers.held.models import Holding
from chargers.held.possible import Possible, ask, candidates, nothing_held, read_from_row
from chargers.held.services import ASKED, KEEPS_THROUGH_BOOT, change_of
from chargers.models import Capability, Charger, IssuedCommand
from chargers.profiles.installed import OCPP_21
from chargers.queries import Link, links_of
from chargers.quirks import Traits
from depot.energy.delivery.abilities import Abilities, abilities_of, shown_of
from depot.energy.delivery.giving import SWITCH, refuses
from depot.energy.delivery.ladder import Rung
from depot.energy.delivery.leading import can_lead
from depot.energy.delivery.models import Target
from depot.energy.delivery.periods import most_periods_of
from depot.energy.delivery.schedule import Shape
from depot.energy.delivery.voltage import measured_voltages
from depot.energy.instance import Control
from depot.energy.ledger import CLOCK_ERROR_S, Cap, Ledger, Node, OtherLoad
from depot.energy.models import Circuit, GridCap, MeterKind, Wiring
from depot.energy.queries.site import Shown as Reading
from depot.energy.queries.site import meters_of, settings_of
from depot.energy.worst import Point, Unit
from depot.models import Depot
from sessions.models import Session

# A raise on what a meter shows holds so long without us; then the building's most counts again.
LIVE_LEASE = timedelta(minutes=15)
# What the building may add between two samples, as a share of what it draws.
LIVE_MARGIN = 0.05
UNSEEN_START = timedelta(minutes=3)
BETWEEN_RAISES_S, THROTTLED_S = 60, 300
OBEYS = "obeys "  # and the number of the EVSE: a capability
MOST_CLOCK_ERROR_S = 600.0
DEFAULT_PERIODS = 24


@dataclass(slots=True)
class Station:
    """A charger, with everything about it that a delivery needs."""

    charger: Charger
    link: Link
    abilities: Abilities
    possible: Possible | None
    wirings: tuple[Wiring, ...]
    sessions: dict[int, Session]  # by EVSE
    unit: Unit
    settings: dict[str, str]  # variable or component.variable in lower case
    measured_v: dict[int, float]  # by EVSE
    is_in_proof: bool
    most_periods: dict[int, int]  # by EVSE: no vehicle there takes more in a schedule (K15.FR.07)
    follows_updates: bool  # it has words for a limit of the moment above a plan
    gives_back: bool  # it has words for what flows out of a vehicle, and has not refused them

    @property
    def is_being_proven(self) -> bool:
        """Restarted on purpose: to tell it its limits now would spoil the proof. A vehicle that charges comes first."""
        return self.is_in_proof and not self.sessions

    @property
    def between_raises(self) -> timedelta:
        """Chargers write profiles to their flash, some throttle them (quirk 63), and one with 2.1 may say how much."""
        told = self.settings.get("smartchargingctrlr.updateratelimit", "")
        least_s = THROTTLED_S if self.traits.throttles_profiles else BETWEEN_RAISES_S
        return timedelta(seconds=max(least_s, int(told) if told.isdecimal() else 0))

    @property
    def rung(self) -> Rung | None:
        return self.abilities.rung

    @property
    def traits(self) -> Traits:
        return self.abilities.traits

    @property
    def takes_zero(self) -> bool:
        """Does a limit of nothing pause it? One that does not take it is stopped, and started again (quirk 60)."""
        return self.traits.pause is None or self.traits.pause.value != "remote_stop"

    def rung_for(self, purpose: ProfilePurpose) -> Rung | None:
        """The best level for this purpose that it has not refused."""
        every = [each for each in self.abilities.rungs if each.refusal not in self.abilities.refused]
        return next((each for each in every if each.purpose is purpose), None)

    @property
    def protocol(self) -> str:
        return self.link.protocol or self.charger.protocol or "ocpp1.6"

    @property
    def is_open(self) -> bool:
        return self.possible is not None and self.possible.is_open

    def shape(self, wiring: Wiring, rung: Rung, fallback_w: int) -> Shape:
        evse, traits = wiring.evse, self.traits
        own_ids_to = self.settings.get("smartchargingctrlr.maxexternalconstraintsid", "")
        unit = RateUnit.WATT if evse.is_dc else traits.rate_unit or RateUnit.AMPERE
        return Shape(
            protocol=self.protocol,
            evse=evse.number,
            unit=unit,
            purpose=rung.purpose,
            stack_level=rung.stack_level,
            phases=None if evse.is_dc else len(wiring.lines),
            voltage_v=float(wiring.circuit.voltage_v),
            measured_v=self.measured_v.get(evse.pk) if unit is RateUnit.WATT and not evse.is_dc else None,
            knows_phases=unit is RateUnit.AMPERE or evse.phases is not None,
            kind=ProfileKind.RELATIVE if traits.kind is ProfileKind.RELATIVE else ProfileKind.ABSOLUTE,
            min_a=max(float(wiring.min_current_a), traits.min_current_a),
            max_periods=min(
                traits.periods_used or DEFAULT_PERIODS,
                traits.max_periods or DEFAULT_PERIODS,
                self.most_periods.get(evse.pk, DEFAULT_PERIODS),
            ),
            tells_phases=bool(traits.number_phases) and not evse.is_dc,
            takes_zero=self.takes_zero,
            fallback_w=fallback_w,
            own_ids_to=int(own_ids_to) if own_ids_to.isdecimal() else 0,
        )

    def with_asked(self, command: Command, now: datetime) -> Unit:
        """The charger as it would count with one more command on its way."""
        change = change_of(self.protocol, command, self.charger.pk)
        assert change is not None, "only what changes profiles is delivered"
        start = self.possible or nothing_held(self.protocol)
        asked = ask(start, change, command_id=0, at=now)
        return replace(self.unit, candidates=candidates(asked), is_known=asked.is_known)


@dataclass(slots=True)
class Books:
    ledger: Ledger
    stations: dict[int, Station]
    by_evse: dict[int, Station]
    asked_to_start: set[tuple[int, int]]  # charger and number of EVSE


def nodes_of(depot: Depot, now: datetime) -> dict[int, Node]:
    circuits = list(Circuit.objects.filter(depot=depot))
    settings = settings_of(depot)
    caps = tuple(
        Cap(since=cap.starts_at, until=cap.ends_at, limit_w=float(cap.limit_w))
        for cap in GridCap.objects.filter(depot=depot, taken_back_at=None, ends_at__gt=now)
    )
    live = _live_loads(depot, now)
    nodes = {}
    for circuit in circuits:
        is_root = circuit.feeds_from_id is None
        limit_w = None if circuit.limit_w is None else float(circuit.limit_w)
        if is_root and depot.site_limit_w is not None:
            limit_w = min(limit_w or float(depot.site_limit_w), float(depot.site_limit_w))
        if is_root and limit_w is not None:
            limit_w *= 1 - settings.margin_percent / 100
        nodes[circuit.pk] = Node(
            key=circuit.pk,
            name=circuit.name,
            feeds_from=circuit.feeds_from_id,
            limit_a=None if circuit.limit_a is None else float(circuit.limit_a),
            limit_w=limit_w,
            voltage_v=float(circuit.voltage_v),
            other=_other(circuit, live, is_root),
            caps=caps if is_root else (),
        )
    return nodes


def _live_loads(depot: Depot, now: datetime) -> dict[int | None, tuple[float, datetime]]:
    """What fresh meters that may count show, by circuit; None: the grid connection. One that is silent speaks for all
    of its circuit."""
    found: dict[int | None, list[Reading]] = {}
    for shown in meters_of(depot, now):
        if shown.source.kind == MeterKind.BUILDING and shown.source.counts_live:
            found.setdefault(shown.source.circuit_id, []).append(shown)
    loads = {}
    for circuit_id, meters in found.items():
        known = [(max(0.0, each.value_w), each.at) for each in meters if each.value_w is not None and each.at]
        if len(known) == len(meters):
            loads[circuit_id] = (sum(w for w, _ in known), min(at for _, at in known))
    return loads


def _other(circuit: Circuit, live: dict[int | None, tuple[float, datetime]], is_root: bool) -> tuple[OtherLoad, ...]:
    reserved_w = float(circuit.reserved_w)
    shown = live.get(circuit.pk) or (live.get(None) if is_root else None)
    if shown is None:
        return (OtherLoad(w=reserved_w),)
    measured_w, at = shown
    drawn_w = measured_w * (1 + LIVE_MARGIN)
    # More than was ever reserved is what it may be later too.
    return (OtherLoad(w=drawn_w), OtherLoad(w=max(reserved_w, drawn_w), since=at + LIVE_LEASE))


def open_books(depot: Depot, now: datetime) -> Books:
    nodes = nodes_of(depot, now)
    wirings = list(
        Wiring.objects.filter(circuit__depot=depot).select_related("evse__charger", "circuit").order_by("evse__number")
    )
    by_charger: dict[int, list[Wiring]] = {}
    for wiring in wirings:
        by_charger.setdefault(wiring.evse.charger_id, []).append(wiring)
    ids = list(by_charger)
    links, rows = links_of(ids), {row.charger_id: row for row in Holding.objects.filter(charger__in=ids)}
    capabilities, settings = shown_of(ids)
    sessions = {
        session.evse_id: session
        for session in Session.objects.running()
        .filter(evse__in=[wiring.evse_id for wiring in wirings])
        .select_related("evse")
        if session.evse_id is not None
    }
    asked, most_periods = _asked_to_start(ids, now), most_periods_of(sessions)
    starting = asked | _about_to_start(ids, now)
    stations = {}
    for charger_id, its in by_charger.items():
        possible = read_from_row(rows[charger_id].possible) if charger_id in rows else None
        stations[charger_id] = _station(
            its, links[charger_id], possible, capabilities.get(charger_id, []), settings.get(charger_id, {}), sessions,
            starting, most_periods,
        )  # fmt: skip
    offsets = [abs(station.charger.clock_offset_s or 0.0) + 5 for station in stations.values()]
    clock_error_s = min(MOST_CLOCK_ERROR_S, max([CLOCK_ERROR_S, *offsets]))
    ledger = Ledger(
        nodes.values(), [station.unit for station in stations.values()], now=now, clock_error_s=clock_error_s
    )
    by_evse = {wiring.evse_id: station for station in stations.values() for wiring in station.wirings}
    return Books(ledger, stations, by_evse, asked)


def _about_to_start(ids: list[int], now: datetime) -> set[tuple[int, int]]:
    soon = Target.objects.filter(evse__charger__in=ids, starting_since__gt=now - UNSEEN_START)
    return set(soon.values_list("evse__charger", "evse__number"))


def _asked_to_start(ids: list[int], now: datetime) -> set[tuple[int, int]]:
    """EVSEs that were asked to start, and of which nothing is seen yet."""
    asked = IssuedCommand.objects.filter(
        charger__in=ids,
        kind="start",
        issued_at__gt=now - UNSEEN_START,
        state__in=[CommandState.REQUESTED, CommandState.SENT, CommandState.ACCEPTED, CommandState.UNANSWERED],
    ).exclude(effect="seen")
    return {(charger_id, number) for charger_id, number in asked.values_list("charger", "evse_number") if number}


def _station(
    wirings: Iterable[Wiring],
    link: Link,
    possible: Possible | None,
    shown: list[Capability],
    settings: dict[str, str],
    sessions: dict[int, Session],
    starting: set[tuple[int, int]],
    most_periods: dict[int, int],
) -> Station:
    wirings = tuple(wirings)
    charger = wirings[0].evse.charger
    abilities = abilities_of(charger, shown, settings)
    can_hold = abilities.rung is not None
    # Another firmware may obey.
    ignored = {
        each.name.removeprefix(OBEYS)
        for each in shown
        if each.name.startswith(OBEYS) and each.value == "no" and each.firmware == charger.firmware
    }
    points = tuple(_point(wiring, sessions, starting, ignored, can_hold=can_hold) for wiring in wirings)
    unit = Unit(
        key=charger.pk,
        name=str(charger),
        points=points,
        candidates=() if possible is None else candidates(possible),
        is_known=possible is not None and possible.is_known,
        is_online=link.is_online,
        starts_unasked=not abilities.asks_before_starts,
    )
    mine = {wiring.evse_id: sessions[wiring.evse_id] for wiring in wirings if wiring.evse_id in sessions}
    takes_watts = abilities.traits.rate_unit is RateUnit.WATT
    may_give = link.protocol == OCPP_21 and not refuses(shown, charger.firmware)
    gives_back = may_give and settings.get(SWITCH, "").lower() != "false"
    follows_updates = can_lead(link.protocol, abilities, shown, charger.firmware)
    measured_v = measured_voltages([one for one in mine.values() if takes_watts and not one.evse.is_dc])  # type: ignore[union-attr]
    in_proof = any((each.name, each.value) == (KEEPS_THROUGH_BOOT, ASKED) for each in shown)
    return Station(
        charger, link, abilities, possible, wirings, mine, unit, settings, measured_v, in_proof,
        most_periods, follows_updates, gives_back,
    )  # fmt: skip


def _point(
    wiring: Wiring, sessions: dict[int, Session], starting: set[tuple[int, int]], ignored: set[str], *, can_hold: bool
) -> Point:
    evse, session = wiring.evse, sessions.get(wiring.evse_id)
    control = str(wiring.control)
    if control == Control.MANAGED and not can_hold:
        control = str(Control.START_STOP)
    return Point(
        key=evse.pk,
        number=evse.number,
        circuit=wiring.circuit_id,
        rating_w=float(wiring.rating_w),
        lines=wiring.site_lines,
        control=control,
        voltage_v=float(wiring.circuit.voltage_v),
        is_dc=evse.is_dc,
        min_a=float(wiring.min_current_a),
        exclusion=evse.exclusion_group,
        transaction=None if session is None else reference_of(session),
        charging_since=None if session is None else session.started_at,
        is_starting=session is None and (evse.charger_id, evse.number) in starting,
        ignores_limits=str(evse.number) in ignored,
    )


def reference_of(session: Session) -> str:
    """What the charger calls the transaction; in 1.6 by the number that we gave it."""
    return session.reference or str(session.pk)


__all__ = ["Books", "Station", "nodes_of", "open_books", "reference_of"]
