"""`seq` is gapless and rises in the order of the commits, whoever settles at the same time."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from billing.models import FeedCounter, Transaction
from billing.queries import feed_page
from billing.services import correct_session, feed_head, settle_session
from sessions.models import Session
from tests.billing.yard import NOW, ended_session, tariff

pytestmark = [pytest.mark.storage, pytest.mark.django_db(transaction=True)]

PATIENCE_S = 30


def in_thread(function: Callable[[], object]) -> object:
    try:
        return function()
    finally:
        connection.close()


def test_many_settle_at_once_without_gap_and_a_reader_sees_no_hole() -> None:
    key = tariff().pk
    sessions = [ended_session(tariff_key=key) for _ in range(40)]
    stop = threading.Event()
    pages: list[list[int]] = []

    def read_until_stopped() -> None:
        after = 0
        while not stop.is_set() or after < len(sessions):
            page = feed_page(Transaction.objects.all(), feed_head(), after=after, limit=7)
            pages.append([row.seq for row in page.rows])
            after = page.next_after

    with ThreadPoolExecutor(9) as pool:
        reader = pool.submit(in_thread, read_until_stopped)
        settling = [
            pool.submit(in_thread, lambda session=session: settle_session(session, now=NOW)) for session in sessions
        ]
        for work in settling:
            work.result(PATIENCE_S)
        stop.set()
        reader.result(PATIENCE_S)

    # What was read page by page while others wrote is everything, once, in order.
    assert [seq for page in pages for seq in page] == list(range(1, 41))
    assert list(Transaction.objects.values_list("seq", flat=True)) == list(range(1, 41))


def test_numbers_are_taken_in_the_order_of_the_commits() -> None:
    first, second = ended_session(), ended_session()
    feed_head()
    has_number, may_commit = threading.Event(), threading.Event()

    def settle_slowly() -> None:
        with transaction.atomic():
            settle_session(first, now=NOW)
            has_number.set()
            assert may_commit.wait(PATIENCE_S)

    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(in_thread, settle_slowly)
        assert has_number.wait(PATIENCE_S)
        quick = pool.submit(in_thread, lambda: settle_session(second, now=NOW))
        # Whoever comes later waits for the first to commit, and nothing can be read before.
        assert feed_page(Transaction.objects.all(), feed_head(), after=0, limit=10).rows == []
        assert not quick.done()
        may_commit.set()
        slow.result(PATIENCE_S)
        quick.result(PATIENCE_S)

    assert list(Transaction.objects.values_list("seq", "session")) == [(1, first.pk), (2, second.pk)]


def test_one_session_settled_by_many_at_once_has_one_row() -> None:
    session = ended_session()

    with ThreadPoolExecutor(6) as pool:
        rows = [pool.submit(in_thread, lambda: settle_session(session, now=NOW)) for _ in range(6)]
        seqs = {getattr(row.result(PATIENCE_S), "seq", None) for row in rows}

    assert seqs == {1}
    assert FeedCounter.objects.get().last_seq == 1


def test_one_correction_asked_for_by_many_at_once_is_booked_once() -> None:
    session = ended_session()
    settle_session(session, now=NOW)
    Session.objects.filter(pk=session.pk).update(driver="Ada")

    with ThreadPoolExecutor(4) as pool:
        work = [
            pool.submit(in_thread, lambda: correct_session(session, reason="r", author="a", now=NOW + timedelta(1)))
            for _ in range(4)
        ]
        for done in work:
            done.result(PATIENCE_S)

    assert list(Transaction.objects.values_list("kind", flat=True)) == ["final", "credit", "replacement"]
