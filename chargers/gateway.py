"""This process as a holder of sockets: its lease, and what it looks after while it lives.

Every ten seconds the lease is renewed and what was heard on each socket is noted; every two seconds commands whose
nudge was lost are picked up, and sockets that a newer one of the same charger has replaced are closed when idle.
"""

import os
import secrets
import socket
import threading
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q

from chargers.choices import CommandState, Standing
from chargers.inbox import Caller
from chargers.models import Connection, Gateway, IssuedCommand
from chargers.queries import LEASE
from chargers.rows import update_rows

LEASE_EVERY_S = 10.0
LOOK_EVERY_S = 2.0
# An older socket of the same charger is still read; it is closed after this long without a frame.
SUPERSEDED_IDLE = timedelta(seconds=30)
# A nudge normally arrives within milliseconds.
NUDGE_LOST_AFTER = timedelta(seconds=1.5)

_lock = threading.Lock()
_own: tuple[int, int] | None = None  # (process id, row id): a forked process is another gateway


def own_id() -> int:
    """This process's row; made at its first socket, and never within a transaction that may still be rolled back."""
    global _own
    with _lock:
        if _own is None or _own[0] != os.getpid():
            now = datetime.now(UTC)
            name = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"
            _own = (os.getpid(), Gateway.objects.create(name=name, started_at=now, renewed_at=now).pk)
        return _own[1]


def forget(gateway_id: int | None = None) -> None:
    """The next socket opens a new lease: this one is no longer in the books, which were restored or cleaned."""
    global _own
    with _lock:
        # Whoever comes second with the same complaint must not throw away what the first one has got instead.
        if gateway_id is None or (_own is not None and _own[1] == gateway_id):
            _own = None


def renew_lease(heard: dict[int, datetime]) -> None:
    """Say that this process lives, and when each of its sockets (by connection id) last had a frame."""
    gateway_id = own_id()
    with transaction.atomic():
        Gateway.objects.filter(pk=gateway_id).update(renewed_at=datetime.now(UTC))
        update_rows(Connection, "id", ["last_frame_at"], list(heard.items()))


@dataclass(frozen=True, slots=True)
class Books:
    """What the books say of this process's sockets."""

    standings: dict[int, Standing]  # of the chargers of our sockets, by connection
    closed: set[int]  # of our sockets, those that are closed there
    ghosts: list[Caller]  # sockets that are open there, and were closed when that could not be noted


def look_into_books(connection_ids: Collection[int]) -> Books:
    """Compare the sockets that this process holds with what is noted of them."""
    mine = set(connection_ids)
    noted = Connection.objects.filter(Q(gateway=own_id(), closed_at=None) | Q(pk__in=mine))
    # One that was let in a moment ago may not be among those that we hold yet.
    settled_before = datetime.now(UTC) - LEASE
    standings: dict[int, Standing] = {}
    closed, ghosts = set(), []
    for row in noted.select_related("charger"):
        standing = Standing(row.charger.standing)
        if row.pk in mine:
            standings[row.pk] = standing
            if row.closed_at is not None:
                closed.add(row.pk)
        elif row.opened_at < settled_before:
            ghosts.append(Caller(row.charger_id, row.charger.identity, row.pk, row.protocol, standing))
    return Books(standings, closed, ghosts)


def superseded(connection_ids: Collection[int]) -> set[int]:
    """Which of these sockets have a newer, authenticated or equally trusted, open one of the same charger."""
    mine = dict(Connection.objects.filter(pk__in=connection_ids).values_list("pk", "charger"))
    newest = newest_open(set(mine.values()))
    return {pk for pk, charger in mine.items() if newest.get(charger, pk) > pk}


def commands_waiting(connection_ids: Collection[int]) -> list[tuple[int, int]]:
    """(connection, command) of commands whose nudge did not reach us, for chargers whose newest socket is ours."""
    waiting = list(
        IssuedCommand.objects.filter(state=CommandState.REQUESTED, asked_at__lt=datetime.now(UTC) - NUDGE_LOST_AFTER)
        .order_by("pk")
        .values_list("charger", "pk")
    )
    if not waiting:
        return []
    mine = set(connection_ids)
    newest = newest_open({charger for charger, _ in waiting})
    return [(newest[charger], command) for charger, command in waiting if newest.get(charger) in mine]


def newest_open(charger_ids: Collection[int]) -> dict[int, int]:
    """The newest open socket of each charger that has one: commands go there."""
    rows = Connection.objects.filter(charger__in=charger_ids, closed_at=None).values("charger")
    return dict(rows.annotate(newest=Max("id")).values_list("charger", "newest"))
