"""API keys: generated machine secrets, kept as HMAC-SHA-256, so that a stolen database opens nothing."""

import hmac
import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from chargers.credentials import keyed_hash
from depot.access.models import ApiKey, Scope, User
from depot.models import Depot

PREFIX = "dk_"  # lets scanners and people recognise one that has leaked
HINT_LENGTH = 8
LAST_USE_EVERY = timedelta(minutes=1)


class KeyNameTaken(Exception):
    """A living key has this name; two keys of one name cannot be told apart."""


class NoScope(Exception):
    """A key without a scope could do nothing."""


@transaction.atomic
def make_key(
    name: str,
    *,
    scopes: Collection[Scope],
    all_depots: bool = False,
    depots: Iterable[Depot] = (),
    made_by: User | None,
    now: datetime,
) -> tuple[ApiKey, str]:
    """A key with a service account of its own, and the secret, which is in no database: show it once."""
    if not scopes:
        raise NoScope
    if ApiKey.objects.filter(name=name, revoked_at=None).exists():
        raise KeyNameTaken(name)
    secret = PREFIX + secrets.token_urlsafe(32)
    hint = secret[:HINT_LENGTH]
    account = User(username=f"{name} (key {hint})", is_service=True, all_depots=all_depots)
    account.set_unusable_password()
    account.save()
    account.depots.set(depots)
    key = ApiKey.objects.create(
        user=account,
        name=name,
        scopes=sorted(Scope(scope).value for scope in scopes),
        hmac=keyed_hash(secret.encode()),
        hint=hint,
        created_at=now,
        created_by=made_by,
    )
    return key, secret


@transaction.atomic
def revoke_key(key: ApiKey, *, now: datetime) -> ApiKey:
    """From now on the key opens nothing; what was done with it keeps its author."""
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        User.objects.filter(pk=key.user_id).update(is_active=False)
    return key


def find_key(presented: str) -> ApiKey | None:
    """The living key that was presented, with its account."""
    if not presented.startswith(PREFIX) or not presented.isascii():
        return None
    digest = keyed_hash(presented.encode())
    key = ApiKey.objects.select_related("user").filter(hmac=digest, revoked_at=None, user__is_active=True).first()
    # The index found it by an HMAC that nobody can steer without our key; the comparison tells nothing by its time.
    if key is None or not hmac.compare_digest(key.hmac, digest):
        return None
    return key


def note_use(key: ApiKey, *, address: str, now: datetime) -> None:
    """Once a minute at most: a busy ERP must not write a row for each of its reads."""
    before = now - LAST_USE_EVERY
    if key.last_used_at is not None and before < key.last_used_at <= now:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lte=before) | Q(last_used_at__gt=now)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now, last_used_from=address[:60])
