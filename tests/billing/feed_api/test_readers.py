"""Who may read the feed, and how far each reader has come."""

import pytest
from rest_framework.test import APIClient

from billing.models import FeedReader
from billing.queries import readers
from billing.services import jump_after_restore
from depot.access.models import Role
from depot.models import Depot
from tests.billing.feed_api.reading import FEED, book, client_of
from tests.billing.yard import NOW, manager
from tests.conftest import BusinessTime

pytestmark = pytest.mark.django_db


def test_who_sees_some_depots_reads_their_rows_and_goes_on_behind_all() -> None:
    north = Depot.objects.create(name="North", created_at=NOW)
    mine, _ = book(depot_key=north.pk), book(depot_key=north.pk + 1)
    user = manager(all_depots=False)
    user.depots.add(north)
    client = client_of(user)

    page = client.get(FEED).json()

    assert [row["seq"] for row in page["results"]] == [mine[0].seq]
    assert page["next_after"] == 2
    assert client.get(f"{FEED}2/").status_code == 404
    totals = client.get(f"{FEED}control-totals/", {"date": "2026-03-05"}).json()
    assert [(depot["depot"]["id"], depot["count"]) for depot in totals["depots"]] == [(north.pk, 1)]


@pytest.mark.parametrize("address", [FEED, f"{FEED}1/", f"{FEED}control-totals/?date=2026-03-05"])
def test_a_viewer_reads_no_transactions(address: str) -> None:
    book()
    viewer = manager("vera", role=Role.VIEWER)

    assert client_of(viewer).get(address).status_code == 403
    assert APIClient().get(address).status_code == 401


def test_the_feed_is_read_only(erp: APIClient) -> None:
    book()

    assert [getattr(erp, verb)(FEED).status_code for verb in ("post", "put", "patch", "delete")] == [405] * 4
    assert erp.delete(f"{FEED}1/").status_code == 405


def test_how_far_a_reader_has_come_is_kept(erp: APIClient, business_time: BusinessTime) -> None:
    book(3)
    erp.get(FEED, {"limit": 2})

    [pulled] = readers()

    assert (pulled.reader.user.username, pulled.reader.through_seq, pulled.reader.pulled_at) == ("mara", 2, NOW)
    assert (pulled.behind, pulled.has_to_start_over) == (1, False)


def test_reading_an_old_page_again_takes_nothing_back(erp: APIClient, business_time: BusinessTime) -> None:
    book(3)
    erp.get(FEED)
    later = business_time.move(minutes=5)

    erp.get(FEED, {"limit": 1})

    [pulled] = readers()
    assert (pulled.reader.through_seq, pulled.reader.pulled_at) == (3, later)


def test_after_a_restore_a_reader_starts_over(erp: APIClient) -> None:
    book(2)
    erp.get(FEED)
    jump_after_restore(1000)

    [before] = readers()
    erp.get(FEED, {"after": 0, "limit": 1})
    [after] = readers()

    assert (before.behind, before.has_to_start_over) == (2, True)
    assert (after.behind, after.has_to_start_over) == (1, False)


def test_looking_at_the_head_alone_is_no_pull(erp: APIClient) -> None:
    book()

    assert erp.head(FEED).status_code == 200
    assert not FeedReader.objects.exists()
