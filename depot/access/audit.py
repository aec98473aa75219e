"""Who did what, when, to what; written in the transaction of the deed. Kept two years."""

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.http import HttpRequest
from rest_framework.request import Request

from chargers import models as chargers
from depot import clock
from depot.access.models import ApiKey, AuditEntry, User
from depot.models import Bay, Depot
from sessions.models import IdToken, Session, Vehicle

SECRET_NAME = re.compile(r"password|passwd|secret|authorization|private|hmac|\bpin\b|\bkey\b", re.IGNORECASE)


def note(
    who: HttpRequest | Request | User, act: str, subject: Model | str, *, depot: Depot | None = None, **detail: Any
) -> AuditEntry:
    """Keep that `who` did `act` to `subject`. Where no depot is named, it is the one that the subject belongs to."""
    request = who._request if isinstance(who, Request) else who if isinstance(who, HttpRequest) else None
    user = who if isinstance(who, User) else who.user
    if not isinstance(user, User):
        raise TypeError("the audit knows only users; whoever is not signed in can have done nothing")
    return AuditEntry.objects.create(
        at=clock.now(),
        user=user,
        user_name=user.username,
        depot_id=depot.pk if depot else _depot_key_of(subject),
        act=act[:60],
        subject=str(subject)[:120],
        detail=_storable(detail),
        address=address_of(request) if request else "",
    )


def address_of(request: HttpRequest) -> str:
    """Where the request came from; behind our TLS proxy that is what the proxy noted last."""
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded[:60]
    return str(request.META.get("REMOTE_ADDR") or "")[:60]


def _depot_key_of(subject: Model | str) -> int | None:
    """The depot whose people may read about it."""
    match subject:
        case Depot():
            return subject.pk
        case Bay():
            return subject.depot_id
        case Session() | Vehicle() | IdToken():
            return _existing(subject.depot_key)
        case chargers.IssuedCommand():
            return _depot_key_of(subject.charger)
        case chargers.Charger():
            return Bay.objects.filter(evse__charger=subject).values_list("depot_id", flat=True).first()
        case chargers.Evse():
            return Bay.objects.filter(evse=subject).values_list("depot_id", flat=True).first()
        case User():
            return _only_depot(subject)
        case ApiKey():
            return _only_depot(subject.user)
    return None


def _existing(depot_key: int | None) -> int | None:
    # A session keeps the number of a depot that may be gone.
    return Depot.objects.filter(pk=depot_key).values_list("pk", flat=True).first() if depot_key else None


def _only_depot(user: User) -> int | None:
    if user.all_depots:
        return None
    keys = list(user.depots.values_list("pk", flat=True)[:2])
    return keys[0] if len(keys) == 1 else None


def _storable(value: Any) -> Any:
    """As JSON, without secrets: an audit is read by more people than may know them."""
    if isinstance(value, Mapping):
        return {
            str(name): "***" if SECRET_NAME.search(str(name)) else _storable(inner) for name, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_storable(inner) for inner in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Model):
        return str(value)
    try:
        return DjangoJSONEncoder().default(value)
    except TypeError:
        return str(value)
