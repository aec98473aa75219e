"""One writer lock for the process, so that a depot on SQLite is never told "database is locked"."""

import threading
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from depot.models import Depot
from tests.factories import THURSDAY

pytestmark = pytest.mark.skipif("connection.vendor != 'sqlite'")


@pytest.mark.django_db(transaction=True)
def test_writers_in_many_threads_take_turns_and_all_get_through() -> None:
    failures: list[DatabaseError] = []

    def write(number: int) -> None:
        try:
            for n in range(10):
                with transaction.atomic():
                    Depot.objects.count()
                    Depot.objects.create(name=f"{number}-{n}", created_at=THURSDAY)
        except DatabaseError as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert Depot.objects.count() == 80


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_block_gives_the_lock_back() -> None:
    with transaction.atomic():
        Depot.objects.create(name="never", created_at=THURSDAY)
        transaction.set_rollback(True)

    done = threading.Event()

    def write() -> None:
        with transaction.atomic():
            Depot.objects.create(name="after", created_at=THURSDAY)
        connection.close()
        done.set()

    threading.Thread(target=write).start()
    assert done.wait(10)


def create() -> None:
    Depot.objects.create(name="new", created_at=THURSDAY)


def update() -> None:
    Depot.objects.filter(name="old").update(currency="SEK")


def delete() -> None:
    Depot.objects.get(name="old").delete()


def save() -> None:
    Depot.objects.get(name="old").save()


def say_it_in_sql() -> None:
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE depot_depot SET currency = %s WHERE name = %s", [("SEK", "old"), ("SEK", "new")])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("write", [create, update, delete, save, say_it_in_sql])
def test_a_write_outside_of_any_block_waits_for_its_turn_too(write: Callable[[], None]) -> None:
    Depot.objects.create(name="old", created_at=THURSDAY)
    came_of_it: list[str] = []
    is_done = threading.Event()

    def write_at_once() -> None:
        try:
            # Without a patience of SQLite's own, the statement fails where the turn is not waited for.
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout = 0")
            write()
            came_of_it.append("written")
        except DatabaseError as error:
            came_of_it.append(str(error))
        finally:
            connection.close()
            is_done.set()

    with transaction.atomic():
        Depot.objects.create(name="another", created_at=THURSDAY)
        threading.Thread(target=write_at_once).start()
        was_done_meanwhile = is_done.wait(0.05)
    assert is_done.wait(10)

    assert came_of_it == ["written"]
    assert not was_done_meanwhile


@pytest.mark.django_db(transaction=True)
def test_what_such_a_write_returns_keeps_nobody_out_while_it_is_unread() -> None:
    for name in ("old", "new"):
        Depot.objects.create(name=name, created_at=THURSDAY)
    failures: list[DatabaseError] = []

    def write() -> None:
        try:
            with connection.cursor() as other:
                other.execute("PRAGMA busy_timeout = 0")
            update()
        except DatabaseError as error:
            failures.append(error)
        finally:
            connection.close()

    with connection.cursor() as cursor:
        cursor.execute("UPDATE depot_depot SET language = 'sv' RETURNING name")
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        returned = [cursor.fetchone(), *cursor.fetchmany(5), cursor.fetchone()]

    assert failures == []
    assert sorted(returned[:2]) == [("new",), ("old",)]
    assert returned[2] is None
