"""Where a word belongs: the charger's turn, the session it is about, the EVSE and the cable it names."""

from dataclasses import dataclass
from zlib import crc32

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from chargers import queries
from chargers.choices import CommandState, EffectState, Protocol
from chargers.models import Charger, Connector, Evse, IssuedCommand
from chargers.prepared import Prepared
from sessions.lifecycle import Phase
from sessions.models import ClosedBy, IdToken, Session
from sessions.quality import fit

# These set the locks of a charger's turn, and of a card's, apart from other advisory locks.
TURN, TURN_OF_CARDS = 0x5E55, 0x5E56
# What chargers say in 1.6 where they have no transaction id (quirk 36).
NO_ID = frozenset({"", "0", "-1"})
# A charger's own count of its EVSEs may be wrong (quirk 47), but none has more than this.
EVSES_AT_MOST = 1000
# How a session is keyed that was not told by its start.
STOP_ALONE, SEEN_ONLY = "stop:", "seen:"
REFERENCE_LENGTH = 36
# A command whose effect may still show.
MAY_SHOW = (CommandState.REQUESTED, CommandState.SENT, CommandState.ACCEPTED, CommandState.UNANSWERED)
NOT_SHOWN = (EffectState.AWAITED, EffectState.NONE_EXPECTED)


def take_turn(charger_id: int) -> None:
    """Until the caller's transaction ends, nobody else opens or closes a session of this charger.

    Its messages come one after another, but two of its sockets may be open, and PostgreSQL lets both write. SQLite
    has one writer at a time anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [TURN, charger_id & 0x7FFFFFFF])


def take_turn_of_card(row: IdToken | None) -> None:
    """Until the caller's transaction ends, nobody else starts by a card that shares its limit with this one.

    Taken after the charger's turn, and only one of a kind: nobody waits in a ring.
    """
    if row is None or connection.vendor != "postgresql":
        return
    of_group = bool(row.group) and getattr(row, "group_max_concurrent", None) is not None
    if of_group or is_limited(row):
        shared = f"group {row.group}" if of_group else f"card {row.pk}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [TURN_OF_CARDS, crc32(shared.encode()) & 0x7FFFFFFF])


def is_limited(row: IdToken) -> bool:
    """Does it matter how many charges run by this card? Credit can be promised only once."""
    return row.max_concurrent is not None or row.prepaid_balance is not None


def names_its_sessions(charger: Charger) -> bool:
    """From 2.0.1 on the charger calls a session by a name of its own; in 1.6 it is given a number by us."""
    return charger.protocol in (Protocol.V201, Protocol.V21)


def reference_of(told: str) -> str:
    return fit(told, REFERENCE_LENGTH)


def locked() -> QuerySet[Session]:
    """Sessions to be changed, with what is looked at when they are."""
    # The batch writes running sessions too; whoever holds the row has its newest state.
    return Session.objects.select_for_update(of=("self",), no_key=True).select_related(
        "charger", "evse", "connector", "token__vehicle", "vehicle"
    )


def _called(charger_id: int, reference: str) -> QuerySet[Session]:
    asked = IssuedCommand.objects.filter(
        charger=OuterRef("charger"),
        kind="stop",
        reference=OuterRef("reference"),
        state__in=MAY_SHOW,
        effect__in=NOT_SHOWN,
    )
    return (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("evse", "connector", "token__vehicle", "vehicle")
        .filter(charger=charger_id, reference=reference)
        .annotate(stop_was_asked=Exists(asked))
        .order_by()
    )


_sessions_called = Prepared(_called, int, str)


def called(charger: Charger, reference: str) -> Session | None:
    """The session that the charger calls so, locked; with `stop_was_asked`: by us, and not seen yet."""
    found = _sessions_called(charger.pk, reference_of(reference))
    for session in found:
        session.charger = charger
    return found[0] if found else None


def running_at(evse: Evse | None) -> Session | None:
    return None if evse is None else locked().filter(evse=evse, ended_at=None).first()


def phase_of(session: Session | None) -> Phase:
    if session is None:
        return Phase.UNHEARD_OF
    match session.closed_by:
        case ClosedBy.OPEN:
            return Phase.RUNNING
        case ClosedBy.EVIDENCE:
            return Phase.ESTIMATED
        case _:
            return Phase.ENDED


def start_is_known(session: Session) -> bool:
    return not session.start_key.startswith((STOP_ALONE, SEEN_ONLY))


@dataclass(frozen=True, slots=True)
class Cable:
    """The EVSE and connector that a charger names; None where it names none."""

    evse: Evse | None = None
    connector: Connector | None = None
    connectors: tuple[Connector, ...] = ()  # all of the EVSE
    start_was_asked: bool = False  # by us, of this charger, and not seen yet


def _connectors(charger_id: int, evse_number: int) -> QuerySet[Connector]:
    asked = IssuedCommand.objects.filter(
        charger=OuterRef("evse__charger"), kind="start", state__in=MAY_SHOW, effect__in=NOT_SHOWN
    )
    return (
        Connector.objects.filter(evse__charger=charger_id, evse__number=evse_number)
        .select_related("evse")
        .annotate(start_was_asked=Exists(asked))
    )


_connectors_of = Prepared(_connectors, int, int)


def cable_of(charger: Charger, evse_number: int | None, connector_number: int | None = None) -> Cable:
    """Grown from what the charger says. Never guessed: an EVSE of several cables names none by itself."""
    if evse_number is None or not 1 <= evse_number <= EVSES_AT_MOST:
        return Cable()
    known = _connectors_of(charger.pk, evse_number)
    wanted = connector_number if connector_number is not None and 1 <= connector_number <= EVSES_AT_MOST else None
    found = next((connector for connector in known if connector.number == wanted), None)
    if not known or (wanted is not None and found is None):
        evse = queries.evse_of(charger.pk, evse_number)
        grown = queries.connector_of(evse, wanted or 1)
        return Cable(evse, grown, (*known, grown), asked_of(charger).exists())
    if wanted is None and len(known) == 1:
        found = known[0]
    return Cable(known[0].evse, found, tuple(known), getattr(known[0], "start_was_asked", False))


def asked_of(charger: Charger, kind: str = "start") -> QuerySet[IssuedCommand]:
    return IssuedCommand.objects.filter(charger=charger, kind=kind, state__in=MAY_SHOW, effect__in=NOT_SHOWN)
