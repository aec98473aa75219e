"""The rows of the board: every bay within reach with its charger, session and command, in few queries."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery

from chargers.choices import CommandState, ConnectorStatus, EffectState, Standing
from chargers.models import Capability, Connector, Evse, IssuedCommand
from chargers.queries import Link, links_of
from depot.access.models import User
from depot.access.reach import within_reach
from depot.board.buttons import Button, button_for
from depot.board.figures import natural
from depot.board.state import WITH_VEHICLE, Asked, Scene, SessionFacts, Shape, State, state_of
from depot.energy.queries.after import BY_THE_VEHICLE
from depot.energy.queries.visits import visits_of
from depot.models import Bay, Depot
from sessions.models import EnergyState, Session, Vehicle
from sessions.reserving.queries import live_by_evse
from sessions.services.asking import RESTARTS_WITHOUT_REPLUG
from sessions.standing import MAY_STAND, still_stands

NO_ZONE = "Bays"
NOT_PLACED = "No bay yet"
# A charger has many columns that no row shows; reading them for 500 is a fifth of the page's time.
NEEDED_OF_EVSE = ("number", "max_w", "charger__identity", "charger__name", "charger__heartbeat_interval_s")
# A vehicle that has not been moved for longer is looked up nowhere.
ENDED_LOOK_BACK = timedelta(days=7)

# Of several cables at one EVSE, the one that says most about it counts.
MOST_TELLING = (
    ConnectorStatus.FAULTED,
    ConnectorStatus.CHARGING,
    ConnectorStatus.SUSPENDED_EV,
    ConnectorStatus.SUSPENDED_EVSE,
    ConnectorStatus.FINISHING,
    ConnectorStatus.OCCUPIED,
    ConnectorStatus.PREPARING,
    ConnectorStatus.RESERVED,
    ConnectorStatus.AVAILABLE,
    ConnectorStatus.UNAVAILABLE,
    ConnectorStatus.UNKNOWN,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BayRow:
    key: str
    name: str
    zone: str
    charger_id: int | None = None
    charger_name: str = ""
    charger_identity: str = ""
    evse_id: int | None = None
    evse_number: int | None = None
    max_w: int | None = None
    state: State
    info: str = ""  # what the charger says of its fault
    status_since: datetime | None = None
    vehicle: str = ""
    vehicle_id: int | None = None
    session_id: int | None = None
    session_reference: str = ""
    session_started_at: datetime | None = None
    soc_percent: float | None = None
    target_percent: int | None = None
    power_w: int | None = None
    energy_wh: int | None = None
    link: Link | None = None
    late_after_s: int = 0
    reservation_id: int | None = None
    reserved_until: datetime | None = None
    button: Button | None = None
    is_paused: bool = False  # by the plan, which goes on with it later

    @property
    def shape(self) -> Shape:
        return self.state.shape

    @property
    def is_gone(self) -> bool:
        return self.state.shape == Shape.GONE

    @property
    def has_vehicle(self) -> bool:
        return bool(self.vehicle) or self.session_id is not None or self.state.shape in WITH_VEHICLE

    @property
    def power_now_w(self) -> int:
        """What counts into a sum: a number that is not known any more does not."""
        return 0 if self.is_gone or self.power_w is None else self.power_w

    @property
    def soc_tick(self) -> int:
        return min(98, self.target_percent or 0)


def rows_of(
    user: User, depot: Depot | None, *, now: datetime, charger_ids: Collection[int] | None = None
) -> list[BayRow]:
    """The rows that `user` sees of `depot`, in the order of the yard; of some chargers only, where those are told."""
    bays = _bays(user, depot, charger_ids)
    unplaced = _unplaced(user, charger_ids)
    evses = [bay.evse for bay in bays if bay.evse] + unplaced
    facts = _Facts(evses, now)
    rows = [_row(user, facts, bay.evse, key=f"bay-{bay.pk}", name=bay.name, zone=bay.zone or NO_ZONE) for bay in bays]
    rows.sort(key=lambda row: (natural(row.zone), natural(row.name)))
    rows += [_row(user, facts, evse, key=f"evse-{evse.pk}", name=_name_of(evse), zone=NOT_PLACED) for evse in unplaced]
    return rows


def row_of_evse(user: User, evse: Evse, *, now: datetime) -> BayRow:
    """The row of one EVSE within reach, whichever depot is looked at."""
    bay = Bay.objects.filter(evse=evse).first()
    facts = _Facts([evse], now)
    if bay is None:
        return _row(user, facts, evse, key=f"evse-{evse.pk}", name=_name_of(evse), zone=NOT_PLACED)
    return _row(user, facts, evse, key=f"bay-{bay.pk}", name=bay.name, zone=bay.zone or NO_ZONE)


def row_called(user: User, key: str, *, now: datetime) -> BayRow:
    """The row of a key such as `bay-12` or `evse-7`. Raises ObjectDoesNotExist where it is not within reach."""
    kind, _, number = key.partition("-")
    if kind == "evse" and user.all_depots:
        return row_of_evse(user, Evse.objects.select_related("charger").get(pk=number, bay=None), now=now)
    bay = within_reach(user, Bay.objects.select_related("evse__charger")).get(pk=number)
    if bay.evse is not None:
        return row_of_evse(user, bay.evse, now=now)
    return _row(user, _Facts([], now), None, key=key, name=bay.name, zone=bay.zone or NO_ZONE)


def _name_of(evse: Evse) -> str:
    return evse.charger.identity if evse.number == 1 else f"{evse.charger.identity}/{evse.number}"


def _cables(lookup: str) -> "Prefetch[str, QuerySet[Connector], str]":
    return Prefetch(lookup, Connector.objects.order_by("number"))


def _bays(user: User, depot: Depot | None, charger_ids: Collection[int] | None) -> list[Bay]:
    bays = within_reach(user, Bay.objects.filter(depot=depot)).order_by()
    if charger_ids is not None:
        bays = bays.filter(evse__charger__in=charger_ids)
    needed = ("name", "zone", "depot", "evse", *(f"evse__{name}" for name in NEEDED_OF_EVSE))
    rows = bays.select_related("evse__charger").only(*needed)
    return list(rows.prefetch_related(_cables("evse__connectors")))


def _unplaced(user: User, charger_ids: Collection[int] | None) -> list[Evse]:
    """EVSEs of ours that nobody has given a bay; only who sees all depots sees them."""
    if not user.all_depots:
        return []
    evses = Evse.objects.filter(bay=None, charger__standing=Standing.ADOPTED).order_by("charger__identity", "number")
    if charger_ids is not None:
        evses = evses.filter(charger__in=charger_ids)
    rows = evses.select_related("charger").only(*NEEDED_OF_EVSE)
    return list(rows.prefetch_related(_cables("connectors")))


class _Facts:
    """What else is known of some EVSEs, each kind by one query."""

    def __init__(self, evses: Sequence[Evse], now: datetime) -> None:
        self.now = now
        charger_ids = {evse.charger_id for evse in evses}
        self.links = links_of(charger_ids) if charger_ids else {}
        self.open = {session.evse_id: session for session in _open_sessions(evses)}
        self.ended = {session.evse_id: session for session in _ended_sessions(evses, self.open.keys(), now)}
        visits = visits_of([evse.pk for evse in evses if evse.pk not in self.open], now) if evses else {}
        self.paused = {evse_id: visit.session for evse_id, visit in visits.items() if visit.is_paused}
        self.commands = list(_commands_in_progress(charger_ids)) if charger_ids else []
        self.reservations = live_by_evse([evse.pk for evse in evses]) if evses else {}
        self.replug = (
            set(
                Capability.objects.filter(
                    charger__in=charger_ids, name=RESTARTS_WITHOUT_REPLUG, value="no"
                ).values_list("charger_id", flat=True)
            )
            if charger_ids
            else set()
        )

    def asked_of(self, evse: Evse, session: Session | None) -> Asked | None:
        for command in self.commands:
            if command.charger_id == evse.charger_id and _is_about(command, evse, session):
                return Asked(kind=command.kind, state=CommandState(command.state), effect=EffectState(command.effect))
        return None


def _is_about(command: IssuedCommand, evse: Evse, session: Session | None) -> bool:
    if command.evse_number:
        return command.evse_number == evse.number
    if command.reference:
        return session is not None and command.reference in (session.reference, str(session.pk))
    return True  # the whole charger


def _open_sessions(evses: Iterable[Evse]) -> QuerySet[Session]:
    ids = [evse.pk for evse in evses]
    return Session.objects.running().filter(evse__in=ids).select_related("vehicle").order_by("started_at", "pk")


def _ended_sessions(evses: Iterable[Evse], with_open: Collection[int | None], now: datetime) -> Iterable[Session]:
    """The last session of each EVSE at which a vehicle still stands after it."""
    ids = [evse.pk for evse in evses if evse.pk not in with_open and _telling(evse).status in MAY_STAND]
    if not ids:
        return []
    newest = (
        Session.objects.filter(evse=OuterRef("pk"), started_at__gt=now - ENDED_LOOK_BACK)
        .order_by("-started_at", "-pk")
        .values("pk")[:1]
    )
    last = Evse.objects.filter(pk__in=ids).order_by().annotate(last=Subquery(newest)).values("last")
    return Session.objects.filter(pk__in=last).select_related("vehicle")


def _commands_in_progress(charger_ids: Collection[int]) -> QuerySet[IssuedCommand]:
    waiting = Q(state__in=[CommandState.REQUESTED, CommandState.SENT]) | Q(effect=EffectState.AWAITED)
    return IssuedCommand.objects.filter(waiting, charger__in=charger_ids).order_by("-pk")


def _telling(evse: Evse) -> Connector:
    cables = list(evse.connectors.all())
    if not cables:
        return Connector(status=ConnectorStatus.UNKNOWN)
    return min(cables, key=lambda cable: MOST_TELLING.index(ConnectorStatus(cable.status)))


def _facts_of(session: Session | None) -> SessionFacts | None:
    if session is None:
        return None
    return SessionFacts(
        energy_state=EnergyState(session.energy_state),
        energy_state_since=session.energy_state_at,
        has_accepted_token=session.token_status == "Accepted",
        power_w=session.power_w,
        energy_wh=session.energy_wh,
        soc_percent=session.soc_percent,
        target_percent=session.vehicle.target_soc_percent if session.vehicle else None,
        stopped_by_vehicle=session.stop_reason in BY_THE_VEHICLE,
    )


def _row(user: User, facts: _Facts, evse: Evse | None, *, key: str, name: str, zone: str) -> BayRow:
    if evse is None:
        return BayRow(key=key, name=name, zone=zone, state=State(Shape.OFF, "No charger"))
    charger = evse.charger
    cable = _telling(evse)
    link = facts.links[charger.pk]
    session = facts.open.get(evse.pk)
    paused = facts.paused.get(evse.pk)
    ended = paused or facts.ended.get(evse.pk)
    if ended and paused is None and not still_stands(ended, cable):
        ended = None
    reservation = facts.reservations.get(evse.pk)
    state = state_of(
        Scene(
            now=facts.now,
            is_online=link.is_online,
            status=ConnectorStatus(cable.status),
            status_since=cable.heard_at,
            session=_facts_of(session),
            ended=_facts_of(ended),
            needs_replug=charger.pk in facts.replug,
            is_paused=paused is not None,
            reserved_for=reservation.name if reservation is not None and reservation.state != "asked" else "",
            asked=facts.asked_of(evse, session),
        )
    )
    # Without contact it stands there, as far as anybody knows.
    seen = session or (ended if state.shape in (*WITH_VEHICLE, Shape.GONE) else None)
    vehicle: Vehicle | None = seen.vehicle if seen else None
    return BayRow(
        key=key,
        name=name,
        zone=zone,
        charger_id=charger.pk,
        charger_name=str(charger),
        charger_identity=charger.identity,
        evse_id=evse.pk,
        evse_number=evse.number,
        max_w=evse.max_w,
        state=state,
        info=_fault_words(cable) if cable.status == ConnectorStatus.FAULTED else "",
        status_since=cable.heard_at,
        vehicle=vehicle.unit_number if vehicle else "",
        vehicle_id=vehicle.pk if vehicle else None,
        session_id=session.pk if session else None,
        session_reference=session.reference if session else "",
        session_started_at=session.started_at if session else None,
        soc_percent=seen.soc_percent if seen else None,
        target_percent=vehicle.target_soc_percent if vehicle else None,
        power_w=session.power_w if session else None,
        energy_wh=seen.energy_wh if seen else None,
        link=link,
        late_after_s=2 * (charger.heartbeat_interval_s or settings.HEARTBEAT_INTERVAL_S),
        button=button_for(user, state, evse, session, link, reservation=reservation),
        reservation_id=reservation.pk if reservation is not None else None,
        reserved_until=reservation.until if reservation is not None else None,
        is_paused=paused is not None,
    )


def _fault_words(cable: Connector) -> str:
    words = [word for word in (cable.error_code, cable.vendor_error_code, cable.info) if word and word != "NoError"]
    return ", ".join(words)
