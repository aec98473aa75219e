"""Queries and rows whose SQL is made once do what the ORM does."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from chargers.choices import Standing
from chargers.models import Charger, Connector, Evse
from chargers.prepared import Prepared, among, insert_row, numbers, update_row

pytestmark = [pytest.mark.django_db, pytest.mark.storage]

NOON = datetime(2026, 3, 5, 12, 0, 0, 123456, tzinfo=UTC)

connectors_of = Prepared(
    lambda charger_id, number: Connector.objects.filter(evse__charger=charger_id, evse__number=number).select_related(
        "evse__charger"
    ),
    int,
    int,
)
charger_called = Prepared(
    lambda identity: Charger.objects.filter(identity=identity).values_list("pk", "created_at"), str
)
evses_of = Prepared(lambda ids: among(Evse.objects.order_by("number"), "charger", ids), str)


@pytest.fixture
def charger(db: None) -> Charger:
    charger = Charger.objects.create(identity="CP-A07", standing=Standing.ADOPTED, created_at=NOON)
    for number in (1, 2):
        evse = Evse.objects.create(charger=charger, number=number)
        Connector.objects.create(evse=evse, number=1, status_at=NOON, heard_at=None)
    return charger


def test_rows_come_with_what_they_join(charger: Charger, django_assert_num_queries: Any) -> None:
    connectors_of(charger.pk, 2)  # made

    with django_assert_num_queries(1):
        (connector,) = connectors_of(charger.pk, 2)
        assert (connector.evse.number, connector.evse.charger.identity) == (2, "CP-A07")

    assert connector == Connector.objects.get(evse__number=2)
    assert (connector.status_at, connector.heard_at) == (NOON, None)


def test_each_call_has_its_own_values(charger: Charger) -> None:
    assert [connectors_of(charger.pk, number)[0].evse.number for number in (1, 2, 1)] == [1, 2, 1]
    assert connectors_of(charger.pk, 3) == []


def test_tuples_hold_what_the_orm_would_give(charger: Charger) -> None:
    assert charger_called("CP-A07") == [(charger.pk, NOON)]
    assert charger_called("'; --") == []


def test_one_of_a_list_is_asked_for_in_one_query(charger: Charger) -> None:
    other = Charger.objects.create(identity="CP-A08", created_at=NOON)
    Evse.objects.create(charger=other, number=3)

    assert [evse.number for evse in evses_of(numbers([charger.pk, other.pk]))] == [1, 2, 3]
    assert [evse.number for evse in evses_of(numbers([other.pk]))] == [3]
    assert evses_of(numbers([])) == []


def test_a_sample_that_is_not_in_the_query_is_a_mistake(db: None) -> None:
    forgets = Prepared(lambda one, other: Charger.objects.filter(pk=one), int, int)

    with pytest.raises(AssertionError, match="not in the query"):
        forgets(1, 2)


@pytest.mark.django_db(transaction=True)
def test_every_thread_runs_it_on_its_own_connection(charger: Charger) -> None:
    def ask(_: int) -> int:
        try:
            return len(connectors_of(charger.pk, 1))
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(ask, range(12))) == [1] * 12


def test_a_row_is_inserted_with_its_defaults_and_knows_its_number(charger: Charger) -> None:
    evse = Evse(charger=charger, number=9, max_w=22_000)

    insert_row(evse)

    assert Evse.objects.get(number=9) == evse
    assert Evse.objects.get(number=9).is_dc is False
    assert not evse._state.adding


def test_a_row_is_updated_whole_or_in_part(charger: Charger) -> None:
    evse = Evse.objects.get(number=1)
    evse.max_w, evse.power_w, evse.power_at = 22_000, 7_000, NOON

    update_row(evse, "power_w", "power_at")
    in_part = Evse.objects.get(number=1)
    assert (in_part.max_w, in_part.power_w, in_part.power_at) == (None, 7_000, NOON)

    update_row(evse)
    assert Evse.objects.get(number=1).max_w == 22_000
    assert Evse.objects.get(number=2).max_w is None
