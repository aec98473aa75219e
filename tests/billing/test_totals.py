from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.models import Transaction
from billing.services import DayTotals, control_totals, correct_session, feed_head, settle_session
from sessions.models import Session
from tests.billing.yard import NOW, ended_session, tariff

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 5)
BERLIN_MIDNIGHT = datetime(2026, 3, 5, 23, tzinfo=UTC)
EVERYWHERE_OVER = datetime(2026, 3, 6, 12, tzinfo=UTC)


def settled(now: datetime = NOW, **facts: Any) -> Transaction:
    return settle_session(ended_session(**facts), now=now)


def totals(now: datetime, day: date = DAY) -> DayTotals:
    return control_totals(Transaction.objects.all(), day, now=now)


def test_a_day_is_summed_up_by_depot() -> None:
    price = tariff().pk
    for energy_wh in (10_000, 5500):
        settled(tariff_key=price, energy_wh=energy_wh)
    settled(depot_key=8, depot_name="South")
    settled(depot_key=None, depot_name="")

    told = totals(NOW)

    assert (told.day, told.through_seq, told.epoch) == (DAY, 4, feed_head().epoch)
    assert {
        (depot.depot_key, depot.depot_name): (depot.count, depot.energy_wh, str(depot.cost), depot.without_cost)
        for depot in told.depots
    } == {
        (7, "North"): (2, 15_500, "3.10", 0),
        (8, "South"): (1, 10_000, "0.00", 1),
        (None, ""): (1, 10_000, "0.00", 1),
    }


def test_a_correction_counts_on_the_day_on_which_it_is_booked() -> None:
    session = ended_session(tariff_key=tariff().pk)
    settle_session(session, now=NOW)
    Session.objects.filter(pk=session.pk).update(energy_wh=4000)
    correct_session(session, reason="r", author="a", now=NOW + timedelta(days=1))

    [today], [tomorrow] = (totals(NOW, DAY + timedelta(days=n)).depots for n in (0, 1))

    assert (today.count, today.energy_wh, today.cost) == (1, 10_000, Decimal("2.00"))
    assert (tomorrow.count, tomorrow.energy_wh, tomorrow.cost) == (2, -6000, Decimal("-1.20"))


def test_two_currencies_of_a_depot_are_not_added() -> None:
    settled(tariff_key=tariff(currency="EUR").pk)
    settled(tariff_key=tariff(currency="JPY", price_per_kwh="31.55").pk)

    assert [(depot.currency, str(depot.cost)) for depot in totals(NOW).depots] == [("EUR", "2.00"), ("JPY", "316")]


def test_a_depot_has_the_name_that_it_had_last() -> None:
    settled(depot_name="North")
    settled(depot_name="Harbour")

    [depot] = totals(NOW).depots

    assert (depot.depot_name, depot.count) == ("Harbour", 2)


def test_a_day_is_final_when_it_is_over_at_the_depot() -> None:
    settled()

    before, after = totals(BERLIN_MIDNIGHT - timedelta(seconds=1)), totals(BERLIN_MIDNIGHT)

    assert [depot.is_final for depot in before.depots] == [False]
    assert [depot.is_final for depot in after.depots] == [True]
    assert after.is_final is False


def test_a_day_is_final_as_a_whole_when_it_is_over_everywhere() -> None:
    assert totals(EVERYWHERE_OVER - timedelta(seconds=1)).is_final is False
    assert totals(EVERYWHERE_OVER).is_final is True


def test_nothing_is_booked_into_a_day_that_was_called_final() -> None:
    settled()
    called_final = totals(BERLIN_MIDNIGHT)

    # Its settling had read the clock before midnight.
    late = settled(now=BERLIN_MIDNIGHT - timedelta(seconds=1))

    assert late.booked_on == DAY + timedelta(days=1)
    assert totals(BERLIN_MIDNIGHT).depots == called_final.depots


def test_a_day_that_has_not_come_is_empty_and_closes_nothing() -> None:
    told = totals(NOW, DAY + timedelta(days=30))

    assert (told.depots, told.is_final) == ([], False)
    assert settled().recorded_at == NOW


def test_what_another_may_not_see_is_not_summed_up() -> None:
    settled()
    settled(depot_key=8)

    told = control_totals(Transaction.objects.filter(depot_key=8), DAY, now=NOW)

    assert [depot.depot_key for depot in told.depots] == [8]
