"""This process as a holder of sockets: its lease, and what it looks after while it lives.

Every ten seconds the lease is renewed and what was heard on each socket is noted; every two seconds commands whose
nudge was lost are picked up, and sockets that a newer one of the same charger has replaced are closed when idle.
"""

import os
import secrets
import socket
import threading
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Max

from chargers.choices import CommandState
from chargers.models import Connection, Gateway, IssuedCommand
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
    """This process's row; made at its first socket."""
    global _own
    with _lock:
        if _own is None or _own[0] != os.getpid():
            now = datetime.now(UTC)
            name = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"
            _own = (os.getpid(), Gateway.objects.create(name=name, started_at=now, renewed_at=now).pk)
        return _own[1]


def forget() -> None:
    """The next socket opens a new lease; for tests, whose databases come and go."""
    global _own
    with _lock:
        _own = None


def renew_lease(heard: dict[int, datetime]) -> None:
    """Say that this process lives, and when each of its sockets (by connection id) last had a frame."""
    with transaction.atomic():
        Gateway.objects.filter(pk=own_id()).update(renewed_at=datetime.now(UTC))
        update_rows(Connection, "id", ["last_frame_at"], list(heard.items()))


def superseded(connection_ids: Collection[int]) -> set[int]:
    """Which of these sockets have a newer, authenticated or equally trusted, open one of the same charger."""
    mine = dict(Connection.objects.filter(pk__in=connection_ids).values_list("pk", "charger"))
    newest = dict(
        Connection.objects.filter(charger__in=set(mine.values()), closed_at=None)
        .values("charger")
        .annotate(newest=Max("id"))
        .values_list("charger", "newest")
    )
    return {pk for pk, charger in mine.items() if newest.get(charger, pk) > pk}


def commands_waiting(connection_ids: Collection[int]) -> list[tuple[int, int]]:
    """(connection, command) of commands whose nudge did not reach us, for chargers whose newest socket is ours."""
    open_ones = (
        IssuedCommand.objects.filter(
            state=CommandState.REQUESTED,
            asked_at__lt=datetime.now(UTC) - NUDGE_LOST_AFTER,
            charger__connections__in=connection_ids,
        )
        .order_by("pk")
        .values_list("charger__connections", "pk")
    )
    return [(connection, command) for connection, command in open_ones if connection in connection_ids]
