from typing import Any

import pytest

from billing.serializers import TariffSerializer
from tests.billing.yard import PEAK, tariff

TERMS = {"name": "Day and night", "currency": "EUR", "price_per_kwh": "0.2"}


def errors(**said: Any) -> Any:
    serializer = TariffSerializer(data=TERMS | said)
    serializer.is_valid()
    return serializer.errors


def test_a_tariff_needs_a_name_a_currency_and_a_price() -> None:
    assert errors() == {}
    assert set(TariffSerializer(data={}).fields) >= set(TERMS)
    empty = TariffSerializer(data={})
    assert not empty.is_valid()
    assert set(empty.errors) == set(TERMS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", "Euro"),
        ("currency", "eur"),
        ("price_per_kwh", "-0.1"),
        ("price_per_kwh", "1.123456"),
        ("price_per_session", "-1"),
        ("tax_percent", "101"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "Europe"),
        ("periods", "night"),
        ("periods", [PEAK] * 101),
        ("valid_from", "soon"),
    ],
)
def test_what_makes_no_sense_is_refused(field: str, value: object) -> None:
    assert set(errors(**{field: value})) == {field}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price_per_kwh", None),
        ("price_per_kwh", "-1"),
        ("weekdays", []),
        ("weekdays", [8]),
        ("months", [0]),
        ("from", "24:00"),
        ("from", "7:00"),
        ("to", "25:00"),
        ("label", "x" * 41),
    ],
)
def test_a_period_without_sense_is_refused(field: str, value: object) -> None:
    wrong = errors(periods=[PEAK, PEAK | {field: value}])["periods"]

    assert {number: set(period) for number, period in wrong.items()} == {1: {field}}


def test_a_period_is_stored_as_it_is_read() -> None:
    period = {
        "label": "Night",
        "price_per_kwh": "0.10000",
        "weekdays": [1, 5],
        "months": [12],
        "from": "22:00",
        "to": "24:00",
    }
    serializer = TariffSerializer(data=TERMS | {"periods": [period]})

    assert serializer.is_valid()

    assert serializer.validated_data["periods"] == [period]


@pytest.mark.django_db
def test_a_change_tells_each_period_as_a_whole() -> None:
    serializer = TariffSerializer(tariff(), data={"periods": [{"label": "Night"}]}, partial=True)

    assert not serializer.is_valid()
    assert set(serializer.errors["periods"][0]) == {"price_per_kwh"}


@pytest.mark.django_db
def test_all_versions_have_one_name() -> None:
    made = tariff(name="T")

    assert TariffSerializer(made, data={"name": "T"}, partial=True).is_valid()
    assert not TariffSerializer(made, data={"name": "U"}, partial=True).is_valid()
