"""The first administrator of an install: a generated password, told at each start until the person changes it."""

import os
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from depot.access import services
from depot.access.models import Role, User

USER_NAME = "admin"


@dataclass(frozen=True, slots=True)
class FirstLogin:
    user_name: str
    password: str


def find_or_make(var_dir: Path) -> FirstLogin | None:
    """The login that still holds, made when nobody can sign in yet; None once the password is the person's own."""
    note = var_dir / "first-login.txt"
    if not User.objects.filter(is_service=False).exists():
        return _make(note)
    if not note.is_file():
        return None
    login = FirstLogin(*note.read_text().split("\n")[:2])
    user = User.objects.filter(username=login.user_name).first()
    if user is None or not user.check_password(login.password):
        note.unlink()
        return None
    return login


def _make(note: Path) -> FirstLogin:
    note.unlink(missing_ok=True)
    # Inside the transaction: a password that could not be noted is not set either, and locks nobody out.
    with transaction.atomic():
        _, password = services.create_user(USER_NAME, role=Role.ADMIN, all_depots=True)
        with os.fdopen(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{USER_NAME}\n{password}\n")
    return FirstLogin(USER_NAME, password)
