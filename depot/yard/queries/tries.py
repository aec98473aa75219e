"""How a charger's tries to connect went: refused handshakes and sockets, as steps."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from chargers.choices import Standing
from chargers.models import Charger, Connection, RefusedHandshake, TracedCall
from depot import clock
from depot.access.models import User
from depot.access.reach import within_reach
from depot.yard.diagnosis import LetIn, Refused, Try, explain_let_in, explain_refused, looks_like, newest_first

TRIES_SHOWN = 6
BOOTS_READ = 50
# A handshake that is kept longer tells nothing any more.
HANDSHAKES_SHOWN = timedelta(days=30)
# How far back a stranger with a similar name may be the charger that was meant.
STRANGERS_WITHIN = timedelta(hours=2)
STRANGERS_READ = 200


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody who tried under a name like this charger's."""

    identity: str
    address: str
    at: datetime
    waits_as: int | None = None  # the charger in the waiting room


def tries_of(charger: Charger) -> list[Try]:
    """The newest tries of this charger, the newest first."""
    refused = RefusedHandshake.objects.filter(identity__iexact=charger.identity).order_by("-at")[:TRIES_SHOWN]
    sockets = list(Connection.objects.filter(charger=charger).order_by("-id")[:TRIES_SHOWN])
    tries = [explain_refused(_refused(row)) for row in refused]
    heard = _heard_on(charger, sockets)
    for socket in sockets:
        booted, spoke = heard[socket.pk]
        waits = charger.standing == Standing.WAITING
        tries.append(explain_let_in(_let_in(socket, spoke=spoke, booted=booted, waits=waits), charger.identity))
    return newest_first(tries)[:TRIES_SHOWN]


def _refused(row: RefusedHandshake) -> Refused:
    return Refused(row.at, row.identity, row.address, row.path, row.offered, row.reason, row.answered_with, row.detail)


def _let_in(socket: Connection, *, spoke: bool, booted: bool, waits: bool) -> LetIn:
    return LetIn(
        at=socket.opened_at,
        address=socket.address,
        protocol=socket.protocol,
        authenticated=socket.authenticated,
        closed_at=socket.closed_at,
        close_reason=socket.close_reason,
        heard=spoke,
        booted=booted,
        waits=waits,
    )


def _heard_on(charger: Charger, sockets: list[Connection]) -> dict[int, tuple[bool, bool]]:
    """Socket -> (did it boot on it, did it say anything)."""
    if not sockets:
        return {}
    boot_calls = TracedCall.objects.filter(charger=charger, action="BootNotification").order_by("-id")[:BOOTS_READ]
    boots = [_real(at) for at in boot_calls.values_list("at", flat=True)]
    heard = {}
    for socket in sockets:
        until = socket.closed_at or datetime.now(UTC)
        booted = any(socket.opened_at <= at <= until for at in boots)
        heard[socket.pk] = (booted, booted or socket.last_frame_at > socket.opened_at)
    return heard


def _real(at: datetime) -> datetime:
    """A message's business moment as a real one, for sockets keep real time; right since the clock was last set."""
    pace = clock.current_pace()
    if pace is None or not pace.rate:
        return at
    return pace.real_at + (at - pace.business_at) / pace.rate


def strangers_like(user: User, charger: Charger) -> list[Stranger]:
    """Who tried lately under a name that may be this one mistyped; only for who may see those that belong nowhere."""
    since = datetime.now(UTC) - STRANGERS_WITHIN
    refused = within_reach(user, RefusedHandshake.objects.filter(at__gte=since)).order_by("-at")[:STRANGERS_READ]
    waiting = within_reach(user, Charger.objects.filter(standing=Standing.WAITING).exclude(pk=charger.pk))
    found: dict[str, Stranger] = {}
    for row in refused:
        name = row.identity or row.path.rstrip("/").rpartition("/")[2]
        if name.casefold() != charger.identity.casefold() and looks_like(name, charger.identity):
            found.setdefault(name, Stranger(name, row.address, row.at))
    for other in waiting:
        if looks_like(other.identity, charger.identity):
            newest = Connection.objects.filter(charger=other).order_by("-id").first()
            at = newest.opened_at if newest else other.created_at
            found[other.identity] = Stranger(other.identity, newest.address if newest else "", at, other.pk)
    return sorted(found.values(), key=lambda stranger: stranger.at, reverse=True)[:3]


def handshakes(user: User, *, reason: str, q: str) -> QuerySet[RefusedHandshake]:
    """All refused handshakes of 30 days within reach, the newest first."""
    since = datetime.now(UTC) - HANDSHAKES_SHOWN
    rows = within_reach(user, RefusedHandshake.objects.filter(at__gte=since)).order_by("-at", "-id")
    if reason:
        rows = rows.filter(reason=reason)
    for word in q.split():
        rows = rows.filter(Q(identity__icontains=word) | Q(address__icontains=word) | Q(path__icontains=word))
    return rows
