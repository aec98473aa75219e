"""A tariff of ours as a charger takes it (2.1 TariffType), where that can say it. Pure."""

from collections.abc import Iterator
from decimal import Decimal

from billing.pricing import ALL_MONTHS, ALL_WEEKDAYS, MINUTES_A_DAY, Period, PriceList
from chargers.commands import KwhPrice, StationTariff


class TariffNotExpressible(Exception):
    """OCPP 2.1 has no words for this tariff; the text says for what of it."""


def as_station_tariff(
    prices: PriceList,
    *,
    tariff_id: str,
    currency: str,
    price_per_session: Decimal,
    tax_percent: Decimal,
    station_zone: str,
    words: str = "",
) -> StationTariff:
    """The same prices in the charger's words: there too the first that fits a moment holds.

    Raises TariffNotExpressible: a price of certain months has no words that hold for more than one year, and a charger
    reads the clock of its own zone only.
    """
    if prices.periods and str(prices.zone) != station_zone:
        raise TariffNotExpressible(f"Its hours are those of {prices.zone}, and the charger's clock is {station_zone}.")
    kwh_prices = [price for period in prices.periods for price in _prices(period)]
    return StationTariff(
        tariff_id=tariff_id,
        currency=currency,
        kwh_prices=(*kwh_prices, KwhPrice(price=prices.price_per_kwh)),
        price_per_session=price_per_session or None,
        tax_percent=tax_percent or None,
        words=words,
    )


def _prices(period: Period) -> Iterator[KwhPrice]:
    """One price, or two for a window over midnight: it belongs to the day on which it begins, in OCPP to each."""
    if period.months != ALL_MONTHS:
        raise TariffNotExpressible("Prices by month cannot be said to a charger: it knows dates of one year only.")
    days = period.weekdays
    if period.begins_min < period.ends_min:
        yield _price(period, days, period.begins_min, period.ends_min)
        return
    yield _price(period, days, period.begins_min, MINUTES_A_DAY)
    if period.ends_min:
        yield _price(period, frozenset(day % 7 + 1 for day in days), 0, period.ends_min)


def _price(period: Period, days: frozenset[int], begins_min: int, ends_min: int) -> KwhPrice:
    is_whole_day = (begins_min, ends_min) == (0, MINUTES_A_DAY)
    return KwhPrice(
        price=period.price_per_kwh,
        weekdays=() if days == ALL_WEEKDAYS else tuple(sorted(days)),
        begins="" if is_whole_day else _clock(begins_min),
        ends="" if is_whole_day else _clock(ends_min),
    )


def _clock(minutes: int) -> str:
    """Midnight at the end of a day is 00:00, as at its beginning (2.1 part 2, TariffConditionsType)."""
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
