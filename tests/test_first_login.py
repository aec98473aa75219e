"""The first administrator of an install."""

import stat
from pathlib import Path

import pytest

from depot.access.models import Role, User
from depot.first_login import FirstLogin, find_or_make

pytestmark = pytest.mark.django_db


def test_a_fresh_install_gets_one_administrator(tmp_path: Path) -> None:
    login = find_or_make(tmp_path)

    user = User.objects.get()
    assert login
    assert user.check_password(login.password)
    assert (user.username, user.role, user.all_depots) == (login.user_name, Role.ADMIN, True)


def test_the_note_is_for_the_owner_only(tmp_path: Path) -> None:
    find_or_make(tmp_path)

    mode = (tmp_path / "first-login.txt").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_it_is_told_again_until_the_password_is_changed(tmp_path: Path) -> None:
    first = find_or_make(tmp_path)
    told_again = find_or_make(tmp_path)
    user = User.objects.get()
    user.set_password("a word of my own")
    user.save()

    told_after = find_or_make(tmp_path)

    assert told_again == first
    assert told_after is None
    assert not (tmp_path / "first-login.txt").exists()


def test_a_note_without_its_user_is_thrown_away(tmp_path: Path) -> None:
    User.objects.create_user("someone", password="long enough")
    (tmp_path / "first-login.txt").write_text("admin\nabcd\n")

    login = find_or_make(tmp_path)

    assert login is None
    assert not (tmp_path / "first-login.txt").exists()


def test_a_note_from_a_lost_database_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "first-login.txt").write_text("admin\nabcd\n")

    login = find_or_make(tmp_path)

    assert login != FirstLogin("admin", "abcd")
    assert User.objects.get().check_password(login.password if login else "")
