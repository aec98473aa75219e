"""The first administrator of an install: a generated password, told at each start until the person changes it."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from depot.access.models import Role, User

USER_NAME = "admin"
# No letters that a person mistakes for others; 16 of them are 79 bits.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


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
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))
    login = FirstLogin(USER_NAME, "-".join(groups))
    note.unlink(missing_ok=True)
    # Written first: a login that is noted and does not hold is thrown away, one that holds and is lost locks out.
    with os.fdopen(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{login.user_name}\n{login.password}\n")
    User.objects.create_user(login.user_name, password=login.password, role=Role.ADMIN, all_depots=True)
    return login
