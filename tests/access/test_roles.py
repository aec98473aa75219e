"""Roles and scopes, and what `user.has_perm` answers."""

import pytest
from django.apps import apps
from django.contrib.auth import authenticate

from depot.access import keys, roles
from depot.access.models import Role, Scope, User
from depot.access.services import the_depot
from tests.access import actors
from tests.factories import PASSWORD, make_bay, make_depot

pytestmark = pytest.mark.django_db

FLOORS = {"chargers", "sessions", "billing", "depot"}


def known_permissions() -> set[str]:
    """Of every room of ours; what packages bring is nobody's to give."""
    return {
        f"{model._meta.app_label}.{codename}"
        for room in apps.get_app_configs()
        if room.name.partition(".")[0] in FLOORS
        for model in room.get_models()
        for codename in [
            *(f"{act}_{model._meta.model_name}" for act in model._meta.default_permissions),
            *(codename for codename, _ in model._meta.permissions),
        ]
    }


@pytest.mark.parametrize("table", [roles.OF_ROLE, roles.OF_SCOPE], ids=["roles", "scopes"])
def test_every_permission_that_is_given_exists(table: dict[str, frozenset[str]]) -> None:
    given = frozenset[str]().union(*table.values())

    assert given - known_permissions() == set()


def test_every_role_and_every_scope_has_its_permissions() -> None:
    assert set(roles.OF_ROLE) == set(Role)
    assert set(roles.OF_SCOPE) == set(Scope)


@pytest.mark.parametrize("role", Role)
def test_a_person_has_what_the_role_gives(role: Role) -> None:
    user = User.objects.get(pk=actors.person(role).pk)

    assert user.get_all_permissions() == roles.OF_ROLE[role]


def test_a_change_of_role_holds_at_once() -> None:
    user = actors.person(Role.VIEWER)
    user.role = Role.DISPATCHER

    assert user.has_perm("charging_sessions.stop_session")


def test_a_deactivated_person_may_nothing() -> None:
    user = actors.person(Role.ADMIN, is_active=False)

    assert user.get_all_permissions() == set()


def test_a_key_has_what_all_its_scopes_give() -> None:
    key, _ = actors.key(Scope.READ, Scope.ERP)

    assert key.user.get_all_permissions() == roles.OF_SCOPE[Scope.READ] | roles.OF_SCOPE[Scope.ERP]


def test_the_role_of_a_keys_account_gives_nothing() -> None:
    key, _ = actors.key(Scope.READ)
    key.user.role = Role.ADMIN

    assert not key.user.has_perm("access.manage_users")


def test_a_revoked_key_may_nothing() -> None:
    key, _ = actors.key(Scope.ADMIN)

    keys.revoke_key(key, now=actors.NOON)

    assert User.objects.get(pk=key.user_id).get_all_permissions() == set()


def test_the_depot_itself_asks_for_no_permission_and_has_none() -> None:
    assert the_depot().get_all_permissions() == set()


def test_a_permission_on_a_row_ends_where_the_reach_ends() -> None:
    here, there = make_depot("Here"), make_depot("There")
    user = actors.person(Role.VIEWER, depots=[here])

    assert user.has_perm("depot.view_bay", make_bay(here))
    assert not user.has_perm("depot.view_bay", make_bay(there))


def test_the_name_of_a_permission_says_which_roles_have_it() -> None:
    assert roles.roles_with("chargers.call_raw") == [Role.ENGINEER, Role.ADMIN]


async def test_permissions_are_the_same_for_code_that_awaits() -> None:
    user = User(username="anna", role=Role.VIEWER)

    assert await user.ahas_perm("chargers.view_charger")
    assert not await user.ahas_perm("chargers.call_raw")


def test_a_person_signs_in_with_the_password() -> None:
    user = actors.person(Role.VIEWER, name="anna")

    assert authenticate(username="anna", password=PASSWORD) == user
    assert authenticate(username="anna", password="another") is None


def test_a_service_account_never_signs_in() -> None:
    account = the_depot()
    account.set_password("somebody set one")
    account.save()

    assert authenticate(username=account.username, password="somebody set one") is None
