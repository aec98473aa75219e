from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from billing import services
from billing.models import FeedCounter, Tariff, Transaction
from billing.services import StillCharging, settle_session
from billing.services.facts import facts_of
from billing.services.price import price_session
from sessions.models import ClosedBy, Session
from tests.billing.yard import FOUR, NOW, PEAK, connector, ended_session, open_session, readings, tariff, van

pytestmark = pytest.mark.django_db


def settled(**facts: Any) -> Transaction:
    return settle_session(ended_session(**facts), now=NOW)


def codes(row: Transaction) -> list[str]:
    return [note["code"] for note in row.facts["quality"]["notes"]]


def test_a_settled_session_is_told_with_all_its_facts() -> None:
    prices = tariff(name="Day and night", periods=[PEAK], price_per_session="1.00", tax_percent="19")
    session = ended_session(
        started_at=FOUR - timedelta(minutes=30),
        connector=connector(),
        vehicle=van(),
        driver="Ada",
        tariff_key=prices.pk,
        soc_start_percent=20.5,
        soc_percent=80.0,
    )
    readings(session, (10, 52_000), (30, 55_000), (45, 60_000), (60, 60_000))

    row = settle_session(session, now=NOW)

    assert row.facts == {
        "session": session.pk,
        "depot": {"id": 7, "name": "North"},
        "bay": "A07",
        "charger": "CP-A07",
        "evse": 1,
        "connector": 1,
        "vehicle": {"id": van().pk, "unit_number": "131", "vin": "WV1ZZZSYZK9012345", "cost_centre": "4711"},
        "id_token": "VAN131",
        "driver": "Ada",
        "started_at": "2026-03-05T14:30:00Z",
        "ended_at": "2026-03-05T15:30:00Z",
        "time_zone": "Europe/Berlin",
        "meter_start_wh": 50_000,
        "meter_stop_wh": 60_000,
        "energy_kwh": "10.000",
        "energy_exported_kwh": None,
        "soc_start": 20.5,
        "soc_stop": 80.0,
        "charging_seconds": 2700,
        "idle_seconds": 900,
        "cost": "4.88",
        "cost_before_tax": "4.10",
        "tax": "0.78",
        "tax_percent": "19",
        "cost_parts": [
            {
                "kind": "energy",
                "label": "",
                "energy_kwh": "5.000",
                "price_per_kwh": "0.20000",
                "amount": "1.00",
            },
            {
                "kind": "energy",
                "label": "Peak",
                "energy_kwh": "5.000",
                "price_per_kwh": "0.42000",
                "amount": "2.10",
            },
            {"kind": "session", "label": "", "energy_kwh": None, "price_per_kwh": None, "amount": "1.00"},
            {"kind": "tax", "label": "19 %", "energy_kwh": None, "price_per_kwh": None, "amount": "0.78"},
        ],
        "currency": "EUR",
        "tariff": {"id": prices.pk, "name": "Day and night", "version": 1},
        "stop_reason": "EVDisconnected",
        "quality": {"energy": "measured", "times": "measured", "cost": "measured", "notes": []},
    }


def test_what_is_selected_and_summed_by_stands_in_columns_of_its_own() -> None:
    session = ended_session(vehicle=van(), tariff_key=tariff().pk)

    row = settle_session(session, now=NOW)

    row.refresh_from_db()
    assert (row.seq, row.kind, row.replaces) == (1, "final", None)
    assert (row.depot_key, row.vehicle_key, row.session) == (7, van().pk, session)
    assert (row.energy_wh, row.cost, row.currency) == (10_000, Decimal("2.00"), "EUR")
    assert row.recorded_at == NOW


def test_numbers_follow_each_other() -> None:
    assert [settled().seq, settled().seq, settled().seq] == [1, 2, 3]


def test_a_session_is_settled_once() -> None:
    session = ended_session()

    first = settle_session(session, now=NOW)
    again = settle_session(session, now=NOW + timedelta(hours=1))

    assert again == first
    assert Transaction.objects.count() == 1


def test_a_session_that_lost_its_mark_of_being_settled_gets_it_back() -> None:
    session = ended_session()
    settle_session(session, now=NOW)
    Session.objects.filter(pk=session.pk).update(settled_at=None)

    settle_session(session, now=NOW + timedelta(hours=1))

    session.refresh_from_db()
    assert session.settled_at == NOW
    assert Transaction.objects.count() == 1


def test_a_session_that_runs_is_not_settled() -> None:
    with pytest.raises(StillCharging):
        settle_session(open_session(), now=NOW)

    assert not Transaction.objects.exists()


def test_a_settled_session_is_not_due_any_more() -> None:
    session = ended_session()
    assert list(services.sessions_due(NOW)) == [session]

    settle_session(session, now=NOW)

    assert not services.sessions_due(NOW).exists()


def test_a_session_that_may_still_change_is_not_due_yet() -> None:
    ended_session(settle_after=NOW + timedelta(seconds=1))

    assert not services.sessions_due(NOW).exists()


# When the price cannot be computed.


def test_without_a_tariff_there_is_a_row_without_a_cost() -> None:
    row = settled()

    assert (row.seq, row.cost, row.facts["cost"], row.facts["cost_parts"]) == (1, None, None, [])
    assert (row.currency, row.facts["tariff"]) == ("EUR", None)
    assert row.facts["quality"]["cost"] == "unknown"
    assert codes(row) == ["no_tariff"]


def test_without_energy_there_is_a_row_without_a_cost() -> None:
    told = [{"code": "energy_unknown", "note": "No register was told."}]

    row = settled(tariff_key=tariff().pk, energy_wh=None, meter_stop_wh=None, quality=told)

    assert (row.energy_wh, row.facts["energy_kwh"], row.cost) == (None, None, None)
    assert row.facts["quality"] == {"energy": "unknown", "times": "measured", "cost": "unknown", "notes": told}


@pytest.mark.parametrize(
    "terms",
    [
        {"periods": [{"price_per_kwh": "cheap"}]},
        {"periods": [{"price_per_kwh": "0.1", "from": "noon"}]},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../etc"},
    ],
)
def test_a_tariff_that_cannot_be_read_gives_a_row_without_a_cost(terms: dict[str, Any]) -> None:
    row = settled(tariff_key=tariff(**terms).pk)

    assert row.cost is None
    assert codes(row) == ["tariff_unreadable"]


def test_a_depot_in_a_zone_that_is_not_known_gets_its_row_too() -> None:
    row = settled(tariff_key=tariff().pk, time_zone="Mars/Olympus")

    assert row.cost is None
    assert row.booked_on == NOW.date()


def test_a_price_larger_than_the_column_gives_a_row_without_a_cost() -> None:
    row = settled(tariff_key=tariff(price_per_kwh="99999.99999").pk, energy_wh=2**62, meter_stop_wh=2**62)

    assert row.cost is None
    assert codes(row) == ["price_failed"]


def test_a_fault_of_ours_gives_a_row_without_a_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("billing.services.price.make_bill", fail)

    row = settled(tariff_key=tariff().pk)

    assert row.cost is None
    assert codes(row) == ["price_failed"]


# Which price.


def test_energy_is_priced_in_the_zone_of_the_depot() -> None:
    prices = tariff(periods=[PEAK])

    # From 16:00 to 17:00 in Berlin, and from 15:00 to 16:00 in London.
    assert settled(tariff_key=prices.pk).cost == Decimal("4.20")
    assert settled(tariff_key=prices.pk, time_zone="Europe/London").cost == Decimal("2.00")


def test_a_tariff_may_have_a_zone_of_its_own() -> None:
    prices = tariff(periods=[PEAK], time_zone="Europe/London")

    assert settled(tariff_key=prices.pk).cost == Decimal("2.00")


def test_a_session_has_the_prices_that_held_when_it_started() -> None:
    old = tariff(name="T")
    tariff(name="T", version=2, price_per_kwh="0.3", created_at=FOUR)
    tariff(name="T", version=3, price_per_kwh="0.4", created_at=FOUR + timedelta(minutes=1))

    row = settled(tariff_key=old.pk)

    assert row.cost == Decimal("3.00")
    assert row.facts["tariff"]["version"] == 2


def test_a_price_that_was_announced_holds_when_its_day_has_come() -> None:
    old = tariff(name="T")
    tariff(name="T", version=2, price_per_kwh="0.3", valid_from=FOUR + timedelta(days=1))

    assert settled(tariff_key=old.pk).cost == Decimal("2.00")
    assert settled(tariff_key=old.pk, started_at=FOUR + timedelta(days=1)).cost == Decimal("3.00")


def test_the_first_version_holds_for_what_started_before_it_was_made() -> None:
    first = tariff(created_at=NOW)

    assert settled(tariff_key=first.pk).cost == Decimal("2.00")


def test_a_split_without_readings_is_marked_as_estimated() -> None:
    row = settled(tariff_key=tariff(periods=[PEAK]).pk, started_at=FOUR - timedelta(minutes=30))

    assert [part["energy_kwh"] for part in row.facts["cost_parts"]] == ["5.000", "5.000"]
    assert row.facts["quality"]["cost"] == "estimated"
    assert codes(row) == ["split_estimated"]
    assert row.facts["charging_seconds"] is None


def test_readings_that_contradict_the_registers_are_told() -> None:
    session = ended_session(tariff_key=tariff().pk)
    readings(session, (10, 51_000), (20, 7_900_000), (30, 55_000))

    row = settle_session(session, now=NOW)

    assert row.cost == Decimal("2.00")
    assert codes(row) == ["readings_left_out"]


def test_a_session_closed_by_evidence_is_marked_as_estimated() -> None:
    told = [{"code": "stop_estimated", "note": "The connector was free."}]

    row = settled(tariff_key=tariff().pk, closed_by=ClosedBy.EVIDENCE, quality=told)

    assert row.facts["quality"] == {"energy": "estimated", "times": "estimated", "cost": "estimated", "notes": told}


def test_what_is_no_number_is_not_told() -> None:
    session = ended_session()
    session.soc_percent = float("nan")

    facts = facts_of(session, price_session(session, ends=NOW))

    assert facts["soc_stop"] is None


def test_what_was_told_stays_when_the_vehicle_changes() -> None:
    row = settled(vehicle=van())
    van().delete()

    row.refresh_from_db()

    assert row.facts["vehicle"]["unit_number"] == "131"


# When it is booked.


def test_the_day_of_booking_is_that_of_the_depot() -> None:
    late = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)

    assert settle_session(ended_session(), now=late).booked_on.isoformat() == "2026-03-06"
    assert (
        settle_session(ended_session(time_zone="America/Los_Angeles"), now=late).booked_on.isoformat() == "2026-03-05"
    )


def test_nothing_is_booked_before_what_is_booked_already() -> None:
    settle_session(ended_session(), now=NOW)

    row = settle_session(ended_session(), now=NOW - timedelta(days=1))

    assert row.recorded_at == NOW
    assert row.booked_on == NOW.date()


def test_a_settling_that_fails_leaves_no_gap() -> None:
    def fail(rows: list[Transaction]) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        settle_session(ended_session(), now=NOW, tell=fail)

    assert settled().seq == 1


def test_a_settling_that_is_rolled_back_after_it_leaves_no_gap() -> None:
    settled()
    session = ended_session()
    with transaction.atomic():
        settle_session(session, now=NOW)
        transaction.set_rollback(True)

    assert settle_session(session, now=NOW).seq == 2
    assert FeedCounter.objects.get().last_seq == 2


def test_what_others_write_into_the_commit_comes_before_the_number() -> None:
    told: list[tuple[int | None, str]] = []

    row = settle_session(
        ended_session(), now=NOW, tell=lambda rows: told.extend((told.seq, told.kind) for told in rows)
    )

    assert told == [(None, "final")]
    assert row.seq == 1


# So far.


def test_an_open_session_shows_its_cost_so_far() -> None:
    session = open_session(
        tariff_key=tariff(periods=[PEAK]).pk,
        started_at=FOUR - timedelta(minutes=30),
        energy_wh=6000,
        last_reading_at=FOUR + timedelta(minutes=10),
    )
    readings(session, (30, 54_000), (40, 56_000))

    bill = services.cost_so_far(session, NOW)

    assert bill is not None
    assert [(part.energy_wh, part.amount) for part in bill.parts] == [(4000, Decimal("0.80")), (2000, Decimal("0.84"))]


def test_an_open_session_without_a_tariff_shows_none() -> None:
    assert services.cost_so_far(open_session(), NOW) is None


def test_pricing_does_not_grow_with_the_versions_that_are_not_its_own(django_assert_num_queries: Any) -> None:
    mine = tariff(name="T")
    for number in range(5):
        tariff(name="Others", version=number + 1)
    session = ended_session(tariff_key=mine.pk)
    FeedCounter.objects.create(epoch="e")

    # The savepoint, the session, a final row, the tariff, the curve, the mark, the number, the row, the savepoint.
    with django_assert_num_queries(9):
        settle_session(session, now=NOW)
    assert Tariff.objects.count() == 6
