"""Control totals: what a mirror of the books is held against, day by day."""

import json

import pytest
from rest_framework.test import APIClient

from billing.services import feed_head
from tests.billing.feed_api.reading import FEED, book, rich_rows
from tests.billing.yard import tariff
from tests.conftest import BusinessTime

pytestmark = pytest.mark.django_db


def test_control_totals_are_told(erp: APIClient) -> None:
    book(2, tariff_key=tariff().pk)

    answer = erp.get(f"{FEED}control-totals/", {"date": "2026-03-05"})

    assert answer.json() == {
        "date": "2026-03-05",
        "through_seq": 2,
        "epoch": feed_head().epoch,
        "final": False,
        "depots": [
            {
                "depot": {"id": 7, "name": "North"},
                "currency": "EUR",
                "count": 2,
                "without_cost": 0,
                "energy_kwh": "20.000",
                "cost": "4.00",
                "final": False,
            }
        ],
    }


def test_control_totals_are_final_when_the_day_is_over(erp: APIClient, business_time: BusinessTime) -> None:
    book()
    business_time.move(hours=6)

    totals = erp.get(f"{FEED}control-totals/", {"date": "2026-03-05"}).json()

    assert [depot["final"] for depot in totals["depots"]] == [True]


@pytest.mark.parametrize("query", ["", "date=", "date=today", "date=2026-02-30", "date=9999-12-31", "date=1-1-1"])
def test_control_totals_need_a_day(erp: APIClient, query: str) -> None:
    answer = erp.get(f"{FEED}control-totals/?{query}")

    assert answer.status_code == 400
    assert "date" in json.dumps(answer.json()["errors"])


def test_control_totals_check_a_mirror(erp: APIClient) -> None:
    rich_rows()
    rows = erp.get(FEED).json()["results"]

    totals = erp.get(f"{FEED}control-totals/", {"date": "2026-03-05"}).json()

    mine = [row for row in rows if row["depot"] and row["seq"] <= totals["through_seq"]]
    [told] = [depot for depot in totals["depots"] if depot["depot"]]
    assert told["count"] == len(mine) == 3
    assert float(told["energy_kwh"]) == sum(float(row["energy_kwh"]) for row in mine)
    assert float(told["cost"]) == pytest.approx(sum(float(row["cost"]) for row in mine))
