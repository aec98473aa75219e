"""`manage.py make_admin`."""

import stat
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from depot.access.models import Role, User

pytestmark = pytest.mark.django_db


def make_admin(*arguments: str) -> str:
    said = StringIO()
    call_command("make_admin", *arguments, stdout=said)
    return said.getvalue()


def test_it_prints_a_password_that_lets_an_administrator_in() -> None:
    said = make_admin("--username", "chief")

    user = User.objects.get(username="chief")
    assert user.check_password(said.split()[-1])
    assert (user.role, user.all_depots) == (Role.ADMIN, True)


def test_the_second_time_it_changes_nothing_and_tells_no_password() -> None:
    make_admin()
    before = User.objects.get().password

    said = make_admin()

    assert said == "admin is there already\n"
    assert User.objects.get().password == before


def test_the_password_is_written_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("an older one")
    path.chmod(0o644)

    make_admin("--password-file", str(path))

    assert User.objects.get().check_password(path.read_text().strip())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_where_the_password_cannot_be_written_nobody_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        make_admin("--password-file", str(tmp_path / "no" / "such" / "place"))

    assert not User.objects.exists()


def test_it_lets_somebody_in_again_who_is_locked_out() -> None:
    make_admin()
    User.objects.update(role=Role.VIEWER, is_active=False)

    said = make_admin("--reset-password")

    user = User.objects.get()
    assert user.check_password(said.split()[-1])
    assert (user.role, user.is_active) == (Role.ADMIN, True)
