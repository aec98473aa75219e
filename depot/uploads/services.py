"""Ask for a log, let it in once, and forget it when it is old."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath, PureWindowsPath

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from chargers.commands import LogKind, UploadDiagnostics, UploadLog
from chargers.commands.base import Command
from chargers.credentials import keyed_hash
from chargers.models import Charger
from chargers.queries import link_of
from chargers.services import ChargerOffline, issue_command
from depot.access.models import User
from depot.uploads import store
from depot.uploads.models import AwaitedUpload, LogSort

# A charger zips its logs for a while, and tries again for a while.
AWAITED_FOR = timedelta(hours=24)
# A transfer that is silent for longer is over: another may begin.
RECEIVING_FOR = timedelta(minutes=10)
RETRIES, RETRY_INTERVAL_S = 3, 60
KEY = re.compile(r"[A-Za-z0-9_-]{43}")
# Longer than what 1.6's GetDiagnostics would take is nobody's name for a file.
NAME_LENGTH = 255


class NotAwaited(Exception):
    """Nothing of this address is expected: never asked for, here already, or too late."""


def ask_for_log(
    charger: Charger,
    sort: LogSort,
    *,
    base_url: str,
    asked_by: User,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
) -> AwaitedUpload:
    """Have `charger` send its log to an address of ours that is good for one upload (1.6 §5.9, 2.x N01).

    Raises what `issue_command` raises; then nothing is awaited.
    """
    link = link_of(charger.pk)
    if not link.is_online:
        raise ChargerOffline(charger, link.last_heard_at)
    key = secrets.token_urlsafe(32)
    with transaction.atomic():
        awaited = AwaitedUpload.objects.create(
            charger=charger,
            sort=sort,
            key_hmac=keyed_hash(key.encode()),
            asked_by=asked_by,
            asked_at=now,
            expires_at=datetime.now(UTC) + AWAITED_FOR,
            max_bytes=settings.UPLOAD_MAX_MB * 1024 * 1024,
        )
        location = f"{base_url.rstrip('/')}/uploads/{key}/"
        command = _command(link.protocol, sort, location, awaited.pk, since, until)
        awaited.command = issue_command(charger, command, issued_by=asked_by, now=now)
        awaited.save(update_fields=["command"])
    return awaited


def _command(
    protocol: str, sort: LogSort, location: str, request_id: int, since: datetime | None, until: datetime | None
) -> Command:
    if protocol == "ocpp1.6" and sort == LogSort.DIAGNOSTICS:
        # Every charger with 1.6 has it; GetLog only those with the security extension.
        return UploadDiagnostics(
            location=location, since=since, until=until, retries=RETRIES, retry_interval_s=RETRY_INTERVAL_S
        )
    return UploadLog(
        log=LogKind.SECURITY if sort == LogSort.SECURITY else LogKind.DIAGNOSTICS,
        request_id=request_id,
        location=location,
        since=since,
        until=until,
        retries=RETRIES,
        retry_interval_s=RETRY_INTERVAL_S,
    )


def begin_receiving(key: str) -> AwaitedUpload:
    """Claim the one upload of this address. Raises NotAwaited."""
    if not KEY.fullmatch(key):
        raise NotAwaited
    real = datetime.now(UTC)
    open_now = AwaitedUpload.objects.filter(
        Q(receiving_since=None) | Q(receiving_since__lt=real - RECEIVING_FOR),
        key_hmac=keyed_hash(key.encode()),
        received_at=None,
        expires_at__gt=real,
    )
    if not open_now.update(receiving_since=real):
        raise NotAwaited
    return AwaitedUpload.objects.get(key_hmac=keyed_hash(key.encode()))


def break_off(awaited: AwaitedUpload) -> None:
    """It did not come to its end: the charger may try again."""
    AwaitedUpload.objects.filter(pk=awaited.pk, received_at=None).update(receiving_since=None)


def finish_receiving(awaited: AwaitedUpload, stored: store.Stored, told_name: str) -> None:
    """The file is on the disk; from now on the address is good for nothing. Raises NotAwaited where it was late."""
    done = AwaitedUpload.objects.filter(pk=awaited.pk, received_at=None).update(
        received_at=datetime.now(UTC),
        receiving_since=None,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        stored_as=stored.name,
        told_name=plain_name(told_name),
    )
    if not done:
        raise NotAwaited


def plain_name(told: str) -> str:
    """The last part of whatever a charger calls its file, without what a terminal or a header could stumble over."""
    last = PureWindowsPath(PurePosixPath(told).name).name
    return "".join(sign for sign in last if sign.isprintable())[-NAME_LENGTH:]


def forget_old_uploads(real: datetime) -> int:
    """Rows and files of what came, or should have come, long ago, and what is left of files that never came whole."""
    store.drop_old_parts(real - AWAITED_FOR)
    old = list(AwaitedUpload.objects.filter(expires_at__lt=real - timedelta(days=settings.UPLOADS_KEPT_DAYS))[:500])
    for awaited in old:
        awaited.delete()
        if awaited.stored_as:
            store.forget(awaited.stored_as)
    return len(old)
