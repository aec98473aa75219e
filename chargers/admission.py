"""The door: may this identity, password and subprotocol come in? Every refusal is kept with its reason."""

import logging
import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection, transaction

from chargers import gateway, queries
from chargers.certificates.judging import NotProven
from chargers.certificates.shown import Channel, read_channel
from chargers.choices import Refusal, Standing
from chargers.inbox import Caller
from chargers.models import Charger, Connection, RefusedHandshake
from chargers.ocpp.dialects import DIALECTS
from chargers.prepared import insert_row
from chargers.proof import prove

logger = logging.getLogger(__name__)

# Where chargers connect; what stands before the last part is free, and old addresses of other systems are taken too.
PREFIXES = ("/ocpp/", "/steve/websocket/centralsystemservice/")
IDENTITY = re.compile(r"[^\x00-\x1f\x7f]{1,48}")
STATUS = {
    Refusal.BUSY: 503,
    Refusal.FULL: 503,
    Refusal.DATABASE_AWAY: 503,
    Refusal.BAD_PATH: 404,
    Refusal.BAD_IDENTITY: 404,
    Refusal.UNKNOWN: 404,
    Refusal.WAITING_ROOM_FULL: 404,
    Refusal.REFUSED_BY_US: 404,
    # Not 401, which would ask for a password on a line that must not have it, or from one who has another proof.
    Refusal.SPOOFED_PROXY: 403,
    Refusal.NOT_ENCRYPTED: 403,
    Refusal.NO_CERTIFICATE: 403,
    Refusal.CERTIFICATE_FOREIGN: 403,
    Refusal.CERTIFICATE_EXPIRED: 403,
    Refusal.CERTIFICATE_EARLY: 403,
    Refusal.CERTIFICATE_REVOKED: 403,
    Refusal.CERTIFICATE_OTHER: 403,
    Refusal.CERTIFICATE_OWNER: 403,
    Refusal.CERTIFICATE_UNFIT: 403,
    Refusal.NO_PASSWORD: 401,
    Refusal.WRONG_USER: 401,
    Refusal.WRONG_PASSWORD: 401,
    # OCPP-J: the handshake is completed without a subprotocol, and the socket closed at once (1.6 §3.1.2, 2.x part 4).
    Refusal.NO_SUBPROTOCOL: 1002,
    Refusal.WRONG_SUBPROTOCOL: 1002,
}


class TurnedAway(Exception):
    """The handshake is refused; `status` is the HTTP status to answer with, or above 1000 the close code."""

    def __init__(self, reason: Refusal, detail: str = "") -> None:
        super().__init__(reason.label)
        self.reason = reason
        self.detail = detail
        self.status = STATUS[reason]


@dataclass(frozen=True, slots=True)
class Knock:
    """What a handshake shows."""

    path: str
    identity: str
    channel: Channel
    subprotocols: tuple[str, ...]
    authorization: bytes | None

    @property
    def address(self) -> str:
        return self.channel.address


@dataclass(frozen=True, slots=True)
class Admitted:
    caller: Caller
    subprotocol: str  # to answer with; "" where the charger offered none and is pinned to a version
    clock_offset_s: float | None


def read_knock(scope: dict[str, Any], transport: Any = None) -> Knock:
    """The handshake in our words. The identity comes from the raw path: a server decodes a percent-encoded slash."""
    raw = scope.get("raw_path") or scope["path"].encode()
    path = raw.partition(b"?")[0].decode("latin-1")
    folded = path.casefold()
    identity = ""
    if folded.startswith(PREFIXES):
        parts = [part for part in path.split("/") if part]
        prefix_length = next(
            len([p for p in prefix.split("/") if p]) for prefix in PREFIXES if folded.startswith(prefix)
        )
        if len(parts) > prefix_length:
            identity = unquote(parts[-1], errors="replace").strip()
    headers = dict(scope.get("headers") or ())
    channel = read_channel(scope, transport)
    return Knock(path, identity, channel, tuple(scope.get("subprotocols") or ()), headers.get(b"authorization"))


class Turnstile:
    """Counts handshakes per address and minute, in this process; a bounded table, so that it cannot be flooded."""

    ADDRESSES_KEPT = 10_000

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def passes(self, address: str, limit: int) -> bool:
        minute = int(time.monotonic() // 60)
        counted_in, count = self._seen.pop(address, (minute, 0))
        count = count + 1 if counted_in == minute else 1
        self._seen[address] = (minute, count)
        while len(self._seen) > self.ADDRESSES_KEPT:
            self._seen.popitem(last=False)
        return count <= limit


turnstile = Turnstile()


def admit(knock: Knock, channel: str, sockets_open: int) -> Admitted:
    """Let the charger in and note its socket, or raise TurnedAway with the reason kept. Runs in a database thread."""
    try:
        if not turnstile.passes(knock.address, settings.HANDSHAKES_PER_MINUTE_PER_ADDRESS):
            # Not kept: a flood of rows is what it would be after.
            raise TurnedAway(Refusal.BUSY)
        is_full = sockets_open >= settings.CHARGER_SOCKETS_MAX
        reason = Refusal.FULL if is_full else _before_the_database(knock)
        if reason is not None:
            raise TurnedAway(reason)
        return _let_in_by_a_fresh_connection(knock, channel)
    except TurnedAway as refused:
        if refused.reason != Refusal.BUSY:
            _keep(knock, refused)
        raise
    except NotProven as error:
        unproven = TurnedAway(error.refusal, error.words)
        _keep(knock, unproven)
        raise unproven from error
    except (DatabaseError, InterfaceError) as error:
        logger.warning("%s could not be looked up: %s", knock.identity, error)
        raise TurnedAway(Refusal.DATABASE_AWAY) from error


def _before_the_database(knock: Knock) -> Refusal | None:
    if knock.channel.is_spoofed:
        return Refusal.SPOOFED_PROXY
    if not knock.identity:
        return Refusal.BAD_PATH
    return None if IDENTITY.fullmatch(knock.identity) else Refusal.BAD_IDENTITY


def _let_in_by_a_fresh_connection(knock: Knock, channel: str) -> Admitted:
    is_new = connection.connection is None
    try:
        return _let_in(knock, channel)
    except (OperationalError, InterfaceError):
        if is_new:
            raise
        # This thread's connection may be from before the database went away and came back.
        connection.close()
        return _let_in(knock, channel)


def _let_in(knock: Knock, channel: str) -> Admitted:
    gateway_id = gateway.own_id()
    try:
        with transaction.atomic():
            return _at_the_desk(knock, channel, gateway_id)
    except IntegrityError:
        # Our own lease is no longer in the books (they were restored, or cleaned): take a new one.
        gateway.forget(gateway_id)
        gateway_id = gateway.own_id()
        with transaction.atomic():
            return _at_the_desk(knock, channel, gateway_id)


def _at_the_desk(knock: Knock, channel: str, gateway_id: int) -> Admitted:
    charger = queries.charger_called(knock.identity)
    if charger is None:
        charger = _seat_in_waiting_room(knock)
    if charger.standing == Standing.REFUSED:
        raise TurnedAway(Refusal.REFUSED_BY_US)
    now = datetime.now(UTC)
    authenticated = prove(charger, knock.channel, knock.authorization, at=now)
    protocol, answer = _choose_protocol(charger, knock)
    connection = Connection(
        charger=charger,
        gateway_id=gateway_id,
        channel=channel,
        protocol=protocol,
        address=knock.address,
        authenticated=authenticated,
        opened_at=now,
        last_frame_at=now,
    )
    insert_row(connection)
    if charger.protocol != protocol:
        Charger.objects.filter(pk=charger.pk).update(protocol=protocol)
    caller = Caller(charger.pk, charger.identity, connection.pk, protocol, Standing(charger.standing))
    return Admitted(caller, answer, charger.clock_offset_s)


def _seat_in_waiting_room(knock: Knock) -> Charger:
    if not settings.WAITING_ROOM_OPEN:
        raise TurnedAway(Refusal.UNKNOWN)
    if Charger.objects.filter(standing=Standing.WAITING).count() >= settings.WAITING_ROOM_SIZE:
        raise TurnedAway(Refusal.WAITING_ROOM_FULL)
    charger, _ = Charger.objects.get_or_create(
        identity=knock.identity, defaults={"standing": Standing.WAITING, "created_at": datetime.now(UTC)}
    )
    return charger


def _choose_protocol(charger: Charger, knock: Knock) -> tuple[str, str]:
    """The version to speak, and the subprotocol to answer with: the pinned one, else the first offered of ours."""
    pinned = charger.pinned_protocol
    if not knock.subprotocols:
        if pinned:
            return pinned, ""  # a person said so for this charger (quirk 1)
        raise TurnedAway(Refusal.NO_SUBPROTOCOL)
    for offered in knock.subprotocols:
        if offered == pinned or (not pinned and offered in DIALECTS):
            return offered, offered
    raise TurnedAway(Refusal.WRONG_SUBPROTOCOL)


def _keep(knock: Knock, refused: TurnedAway) -> None:
    try:
        with transaction.atomic():
            RefusedHandshake.objects.create(
                identity=knock.identity.replace("\x00", "")[:120],
                address=knock.address[:60],
                path=knock.path.replace("\x00", "")[:300],
                offered=", ".join(knock.subprotocols)[:200],
                reason=refused.reason,
                detail=refused.detail.replace("\x00", "")[:200],
                answered_with=refused.status,
                at=datetime.now(UTC),
            )
    except (DatabaseError, InterfaceError) as error:
        raise TurnedAway(Refusal.DATABASE_AWAY) from error
