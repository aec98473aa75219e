"""Who asks, in tests of what they may: people of each role, keys of each scope, and nobody."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rest_framework.test import APIClient

from depot.access.keys import make_key
from depot.access.models import ApiKey, Role, Scope, User
from depot.models import Depot
from tests import factories

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


def person(role: Role = Role.ADMIN, *, depots: Iterable[Depot] | None = None, name: str = "", **fields: Any) -> User:
    """Sees all depots, unless some are named."""
    wanted = None if depots is None else list(depots)
    return factories.make_user(name or f"{role}.{User.objects.count()}", role, depots=wanted, **fields)


def key(*scopes: Scope, depots: Iterable[Depot] | None = None, name: str = "") -> tuple[ApiKey, str]:
    return make_key(
        name or f"key {ApiKey.objects.count()}",
        scopes=scopes or (Scope.ADMIN,),
        all_depots=depots is None,
        depots=depots or (),
        made_by=None,
        now=NOON,
    )


def browser_of(user: User | None) -> APIClient:
    """A browser in which `user` is signed in."""
    client = APIClient()
    if user is not None:
        client.force_login(user)
    return client


def program_with(secret: str, **options: Any) -> APIClient:
    """A program that shows its key."""
    client = APIClient(**options)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def program(*scopes: Scope, depots: Iterable[Depot] | None = None) -> APIClient:
    return program_with(key(*scopes, depots=depots)[1])
