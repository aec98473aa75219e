"""The feed, page after page and with filters: none is left out, and none comes twice."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from billing.services import correct_session, feed_head
from sessions.models import Session
from tests.billing.feed_api.reading import FEED, book, rich_rows, seqs
from tests.billing.yard import NOW, van

pytestmark = pytest.mark.django_db


def test_the_feed_starts_with_the_oldest(erp: APIClient) -> None:
    book(3)

    answer = erp.get(FEED)

    assert answer.status_code == 200
    assert seqs(answer) == [1, 2, 3]
    assert {name: answer.json()[name] for name in ("next_after", "has_more", "epoch")} == {
        "next_after": 3,
        "has_more": False,
        "epoch": feed_head().epoch,
    }


def test_pages_follow_each_other_without_gap_or_overlap(erp: APIClient) -> None:
    book(5)

    first = erp.get(FEED, {"limit": 2}).json()
    second = erp.get(FEED, {"limit": 2, "after": first["next_after"]}).json()
    third = erp.get(FEED, {"limit": 2, "after": second["next_after"]}).json()

    assert [[row["seq"] for row in page["results"]] for page in (first, second, third)] == [[1, 2], [3, 4], [5]]
    assert [page["has_more"] for page in (first, second, third)] == [True, True, False]


def test_a_full_last_page_has_no_more(erp: APIClient) -> None:
    book(2)

    assert erp.get(FEED, {"limit": 2}).json()["has_more"] is False


def test_behind_the_end_there_is_nothing_yet(erp: APIClient) -> None:
    book(2)

    page = erp.get(FEED, {"after": 2}).json()

    assert (page["results"], page["next_after"], page["has_more"]) == ([], 2, False)


def test_an_empty_feed_begins_at_nought(erp: APIClient) -> None:
    page = erp.get(FEED).json()

    assert (page["results"], page["next_after"], page["has_more"]) == ([], 0, False)
    assert page["epoch"] == feed_head().epoch


def test_the_next_page_is_linked_with_its_filters(erp: APIClient) -> None:
    book(2)

    answer = erp.get(FEED, {"limit": 1, "kind": "final"})

    assert answer["Link"] == '<http://testserver/api/v1/transactions/?limit=1&kind=final&after=1>; rel="next"'
    assert "Link" not in erp.get(FEED, {"limit": 1, "after": 1})


def test_a_page_has_five_hundred_rows_unless_asked_otherwise(erp: APIClient) -> None:
    [row] = book()
    copies = range(2, 502)
    Session.objects.bulk_create(
        Session(
            charger=row.session.charger,
            start_key=f"copy {n}",
            started_at=NOW,
            started_heard_at=NOW,
            last_heard_at=NOW,
            ended_at=NOW,
            closed_by="charger",
        )
        for n in copies
    )
    sessions = Session.objects.exclude(pk=row.session_id)
    for seq, session in zip(copies, sessions, strict=True):
        row.pk, row.seq, row.session = None, seq, session  # type: ignore[assignment]
        row.save(force_insert=True)
    head = feed_head()
    head.last_seq = 501
    head.save()

    page = erp.get(FEED).json()

    assert (len(page["results"]), page["next_after"], page["has_more"]) == (500, 500, True)


def test_with_a_filter_the_reader_goes_on_behind_what_was_looked_at(erp: APIClient) -> None:
    book(2, depot_key=7)
    book(3, depot_key=8)

    page = erp.get(FEED, {"depot": 7, "limit": 10}).json()

    assert [row["seq"] for row in page["results"]] == [1, 2]
    assert (page["next_after"], page["has_more"]) == (5, False)


def test_a_full_page_of_a_filter_ends_with_its_last_row(erp: APIClient) -> None:
    for depot_key in (7, 8, 7, 7):
        book(depot_key=depot_key)

    page = erp.get(FEED, {"depot": 7, "limit": 2}).json()

    assert [row["seq"] for row in page["results"]] == [1, 3]
    assert (page["next_after"], page["has_more"]) == (3, True)


def test_rows_are_selected_by_vehicle_kind_and_moment(erp: APIClient) -> None:
    book(vehicle=van())
    [second] = book()
    Session.objects.filter(pk=second.session_id).update(driver="Ada")
    correct_session(second.session, reason="r", author="a", now=NOW + timedelta(hours=1))

    assert seqs(erp.get(FEED, {"vehicle": van().pk})) == [1]
    assert seqs(erp.get(FEED, {"kind": "credit"})) == [3]
    assert seqs(erp.get(FEED, {"recorded_since": "2026-03-05T19:00:00Z"})) == [3, 4]
    assert seqs(erp.get(FEED, {"recorded_since": "2026-03-05T20:00:00+01:00"})) == [3, 4]
    # As it arrives from who does not encode the "+".
    assert seqs(erp.get(f"{FEED}?recorded_since=2026-03-05T20:00:00.000001+01:00")) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("after", "-1"),
        ("after", "ten"),
        ("after", "1.0"),
        ("after", ""),
        ("after", "²"),
        ("after", str(2**63)),
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", ""),
        ("depot", "north"),
        ("vehicle", "9" * 40),
        ("kind", "refund"),
        ("recorded_since", "yesterday"),
        ("recorded_since", "2026-03-05T19:00:00"),
        ("recorded_since", "0001-01-01T00:00:00+14:00"),
        ("afer", "10"),
    ],
)
def test_a_value_without_sense_is_refused_and_its_parameter_named(erp: APIClient, name: str, value: str) -> None:
    answer = erp.get(FEED, {name: value})

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert [error["parameter"] for error in answer.json()["errors"]] == [name]


def test_the_largest_number_is_a_number(erp: APIClient) -> None:
    book()

    page = erp.get(FEED, {"after": 2**63 - 1}).json()

    assert (page["results"], page["next_after"]) == ([], 2**63 - 1)


def test_a_page_takes_as_many_statements_as_it_has_to(erp: APIClient, django_assert_num_queries: Any) -> None:
    rich_rows()
    erp.get(FEED)

    # The head and the rows; and how far the reader has come: two, within a savepoint.
    with django_assert_num_queries(6):
        erp.get(FEED)
