"""A tariff that is written in the midst of a month, or after months: their peaks were metered all the same."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from depot.access.models import Role
from depot.energy.models import MonthPeak, SiteTariff
from depot.energy.services import count_peaks
from depot.models import Depot
from tests.conftest import BusinessTime
from tests.energy.rows import make_circuit, make_interval, make_peak, make_tariff
from tests.factories import make_depot, make_user

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
TERMS: dict[str, Any] = {
    "energy": [{"price_per_kwh": "0.2"}],
    "demand": [{"name": "any time", "price_per_kw": "10"}, {"name": "peak", "price_per_kw": "5", "from": "16:00"}],
}


@pytest.fixture
def depot(business_time: BusinessTime) -> Depot:
    """It took 40 kW at ten on 5 March, 30 kW at five in the afternoon, and 60 kW on 20 February."""
    business_time.set(NOON)
    depot = make_depot(time_zone="UTC")
    make_circuit(depot)
    for at, kw in ((NOON.replace(day=5, hour=10), 40), (NOON.replace(day=5, hour=17), 30), (NOON.replace(month=2), 60)):
        make_interval(depot, starts_at=at, grid_wh=kw * 250)
    return depot


def peaks() -> dict[tuple[str, date], float]:
    return {(row.window, row.starts_on): float(row.kw) for row in MonthPeak.objects.all()}


MARCH, FEBRUARY = date(2026, 3, 1), date(2026, 2, 1)


def test_the_peaks_of_the_month_and_of_those_before_are_counted_by_it(depot: Depot) -> None:
    assert count_peaks(make_tariff(depot, TERMS), now=NOON) == 3

    assert peaks() == {("any time", MARCH): 40, ("peak", MARCH): 30, ("any time", FEBRUARY): 60}


def test_what_other_terms_counted_this_month_is_counted_anew_and_before_it_is_left(depot: Depot) -> None:
    for month in (MARCH, FEBRUARY):
        make_peak(depot, window="any time", starts_on=month, kw=99, at=NOON)

    count_peaks(make_tariff(depot, TERMS), now=NOON)

    assert (peaks()["any time", MARCH], peaks()["any time", FEBRUARY]) == (40, 99)
    assert MonthPeak.objects.get(window="any time", starts_on=MARCH).at == NOON.replace(day=5, hour=10)


def test_a_version_that_does_not_hold_yet_counts_nothing(depot: Depot) -> None:
    later = make_tariff(depot, TERMS, valid_from=NOON.date() + timedelta(days=1))

    assert count_peaks(later, now=NOON) == 0
    assert peaks() == {}


def test_who_writes_a_tariff_by_rest_finds_the_months_peak_in_it(depot: Depot, client: Client) -> None:
    client.force_login(make_user("manager", Role.FLEET_MANAGER, depots=[depot]))
    told = {"depot": depot.pk, "name": "Utility", "valid_from": "2026-01-01", "terms": TERMS}

    answer = client.post("/api/v1/site-tariffs/", told, content_type="application/json")

    assert answer.status_code == 201, answer.content
    assert peaks()["any time", MARCH] == 40
    row = SiteTariff.objects.get()
    terms = {**TERMS, "demand": [{"name": "any time", "price_per_kw": "10", "from": "16:00"}]}
    client.patch(f"/api/v1/site-tariffs/{row.pk}/", {"terms": terms}, content_type="application/json")
    assert peaks()["any time", MARCH] == 30


def test_a_tariff_that_is_deleted_counts_nothing(depot: Depot, client: Client) -> None:
    client.force_login(make_user("manager", Role.FLEET_MANAGER, depots=[depot]))
    row = make_tariff(depot, TERMS)

    assert client.delete(f"/api/v1/site-tariffs/{row.pk}/").status_code == 204
    assert peaks() == {}
