"""People and what they may: made, changed, locked out. Nobody gives away more than he has."""

import secrets
from collections.abc import Iterable

from django.db import IntegrityError, transaction

from depot.access.models import Role, User
from depot.access.reach import may_change
from depot.models import Depot

# Without letters and digits that look alike: somebody reads it out on the phone.
PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
# People's names hold no blanks: nobody can be called that.
NAME_OF_THE_DEPOT = "the depot"


class UserNameTaken(Exception):
    """Somebody has this user name, or had it and is deactivated."""


class LastAdmin(Exception):
    """Without an administrator who sees all depots, nobody could let anybody in again."""


class BeyondOwnReach(Exception):
    """Who sees some depots only cannot give, or take, what lies beyond them."""


def generate_password() -> str:
    return "-".join("".join(secrets.choice(PASSWORD_LETTERS) for _ in range(4)) for _ in range(4))


@transaction.atomic
def create_user(
    username: str,
    *,
    role: Role,
    all_depots: bool = False,
    depots: Iterable[Depot] = (),
    first_name: str = "",
    last_name: str = "",
    created_by: User | None = None,
) -> tuple[User, str]:
    """A person, and the password to begin with, which is told once. Who has no `created_by` was made by a program."""
    depots = list(depots)
    _refuse_beyond(created_by, all_depots, depots)
    password = generate_password()
    user = User(username=username, role=role, all_depots=all_depots, first_name=first_name, last_name=last_name)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise UserNameTaken(username) from error
    user.depots.set(depots)
    return user, password


@transaction.atomic
def rename(user: User, first_name: str, last_name: str, *, changed_by: User | None = None) -> User:
    _refuse_for(changed_by, user)
    user.first_name, user.last_name = first_name, last_name
    user.save(update_fields=["first_name", "last_name"])
    return user


@transaction.atomic
def change_role(user: User, role: Role, *, changed_by: User | None = None) -> User:
    _refuse_for(changed_by, user)
    if role != Role.ADMIN:
        _keep_an_admin(user)
    user.role = role
    user.save(update_fields=["role"])
    return user


@transaction.atomic
def change_depots(user: User, *, all_depots: bool, depots: Iterable[Depot], changed_by: User | None = None) -> User:
    depots = list(depots)
    _refuse_for(changed_by, user)
    _refuse_beyond(changed_by, all_depots, depots)
    if not all_depots:
        _keep_an_admin(user)
    user.all_depots = all_depots
    user.save(update_fields=["all_depots"])
    user.depots.set(depots)
    return user


@transaction.atomic
def reset_password(user: User, *, changed_by: User | None = None) -> str:
    """A new password, told once; whoever is signed in with the old one no longer is."""
    _refuse_for(changed_by, user)
    password = generate_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    return password


@transaction.atomic
def deactivate(user: User, *, changed_by: User | None = None) -> User:
    """Lets the user in no more, at once; what he did keeps its author."""
    _refuse_for(changed_by, user)
    _keep_an_admin(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    return user


@transaction.atomic
def reactivate(user: User, *, changed_by: User | None = None) -> User:
    _refuse_for(changed_by, user)
    user.is_active = True
    user.save(update_fields=["is_active"])
    return user


def the_depot() -> User:
    """The account that the depot itself acts as: the planner, autostart, the waiting room. It has no key."""
    user, _made = User.objects.get_or_create(
        username=NAME_OF_THE_DEPOT, defaults={"is_service": True, "all_depots": True, "password": "!"}
    )
    return user


def _keep_an_admin(leaving: User) -> None:
    # Locked, so that two administrators who remove each other at the same moment do not both succeed.
    admins = User.objects.select_for_update().filter(role=Role.ADMIN, all_depots=True, is_active=True, is_service=False)
    keys = set(admins.order_by("pk").values_list("pk", flat=True))
    if keys == {leaving.pk}:
        raise LastAdmin(leaving.username)


def _refuse_beyond(giver: User | None, all_depots: bool, depots: list[Depot]) -> None:
    if giver is None or giver.all_depots:
        return
    own = set(giver.depots.values_list("pk", flat=True))
    if all_depots or not {depot.pk for depot in depots} <= own:
        raise BeyondOwnReach(giver.username)


def _refuse_for(giver: User | None, user: User) -> None:
    if giver is not None and not may_change(giver, user):
        raise BeyondOwnReach(user.username)
