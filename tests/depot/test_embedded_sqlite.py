"""One writer lock for the process, so that a depot on SQLite is never told "database is locked"."""

import threading

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
