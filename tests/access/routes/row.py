"""A row of the table of routes: who may do one thing at one address."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from depot.access.models import Role, Scope


class Nobody(StrEnum):
    """What happens to whoever is not signed in and shows no key."""

    REFUSED = "refused"  # 401
    SENT_TO_SIGN_IN = "sent to sign in"
    LET_IN = "let in"


@dataclass(frozen=True, slots=True)
class Row:
    method: str
    route: str
    roles: frozenset[Role]
    scopes: frozenset[Scope] = frozenset()
    nobody: Nobody = Nobody.SENT_TO_SIGN_IN
    shows_all_depots: bool = False  # what it shows, or changes, belongs to no depot

    def __str__(self) -> str:
        return f"{self.method} /{self.route}"


EVERYONE = frozenset(Role)
DISPATCHERS = frozenset({Role.DISPATCHER, Role.FLEET_MANAGER, Role.ENGINEER, Role.ADMIN})
MANAGERS = frozenset({Role.FLEET_MANAGER, Role.ADMIN})
ENGINEERS = frozenset({Role.ENGINEER, Role.ADMIN})
MANAGERS_AND_ENGINEERS = MANAGERS | ENGINEERS
ADMINS = frozenset({Role.ADMIN})

ALL_KEYS = frozenset(Scope)
LOOKING_KEYS = frozenset({Scope.READ, Scope.OPERATE, Scope.ENGINEER, Scope.ADMIN})
OPERATING_KEYS = frozenset({Scope.OPERATE, Scope.ENGINEER, Scope.ADMIN})
CARD_KEYS = OPERATING_KEYS | {Scope.ERP}
ENGINEERING_KEYS = frozenset({Scope.ENGINEER, Scope.ADMIN})
BILLING_KEYS = frozenset({Scope.ERP, Scope.ADMIN})
ADMIN_KEYS = frozenset({Scope.ADMIN})


def page(method: str, route: str, roles: Collection[Role], **more: bool) -> Row:
    """For people; a key opens no page."""
    return Row(method, route, frozenset(roles), **more)  # type: ignore[arg-type]


def open_page(method: str, route: str) -> Row:
    return Row(method, route, EVERYONE, ALL_KEYS, Nobody.LET_IN)


def api(method: str, route: str, roles: Collection[Role], scopes: Collection[Scope], **more: bool) -> Row:
    full = f"api/v1/{route}"
    return Row(method, full, frozenset(roles), frozenset(scopes), Nobody.REFUSED, **more)  # type: ignore[arg-type]
