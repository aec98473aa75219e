"""Our tariffs in the words of a charger that counts by itself."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from billing.onsite.tariffs import TariffNotExpressible, as_station_tariff
from billing.pricing import Period, PriceList
from chargers.commands import KwhPrice, StationTariff

BERLIN = "Europe/Berlin"


def said(*periods: Period, station_zone: str = BERLIN) -> StationTariff:
    prices = PriceList(zone=ZoneInfo(BERLIN), price_per_kwh=Decimal("0.30"), periods=periods)
    return as_station_tariff(
        prices,
        tariff_id="T1",
        currency="EUR",
        price_per_session=Decimal(0),
        tax_percent=Decimal(19),
        station_zone=station_zone,
    )


def test_the_base_price_comes_last_and_without_conditions() -> None:
    peak = Period(price_per_kwh=Decimal("0.45"), begins_min=16 * 60, ends_min=21 * 60)

    assert said(peak).kwh_prices == (
        KwhPrice(price=Decimal("0.45"), begins="16:00", ends="21:00"),
        KwhPrice(price=Decimal("0.30")),
    )


def test_a_night_that_begins_on_friday_ends_on_saturday() -> None:
    night = Period(price_per_kwh=Decimal("0.20"), weekdays=frozenset({5}), begins_min=22 * 60, ends_min=6 * 60)

    assert said(night).kwh_prices[:2] == (
        KwhPrice(price=Decimal("0.20"), weekdays=(5,), begins="22:00", ends="00:00"),
        KwhPrice(price=Decimal("0.20"), weekdays=(6,), begins="00:00", ends="06:00"),
    )


def test_a_night_that_begins_on_sunday_ends_on_monday() -> None:
    night = Period(price_per_kwh=Decimal("0.20"), weekdays=frozenset({7}), begins_min=22 * 60, ends_min=6 * 60)

    assert said(night).kwh_prices[1].weekdays == (1,)


def test_prices_by_month_are_not_said() -> None:
    with pytest.raises(TariffNotExpressible, match="by month"):
        said(Period(price_per_kwh=Decimal("0.20"), months=frozenset({6})))


def test_hours_of_another_zone_are_not_said() -> None:
    with pytest.raises(TariffNotExpressible, match="clock"):
        said(Period(price_per_kwh=Decimal("0.20"), begins_min=60, ends_min=120), station_zone="Europe/Lisbon")


def test_no_fee_is_said_where_there_is_none() -> None:
    assert (said().price_per_session, said().tax_percent) == (None, Decimal(19))
