from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from depot.board import figures

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 5, 22, 46, 10, tzinfo=UTC)


def plain(words: str) -> str:
    return words.replace(figures.NBSP, " ")


@pytest.mark.parametrize(
    ("power_w", "words"),
    [(7_134, "7.1 kW"), (0, "0 kW"), (30, "0 kW"), (106_400, "106 kW"), (None, ""), (-1_500, "-1.5 kW")],
)
def test_power_is_said_with_its_unit_and_missing_power_not_at_all(power_w: int | None, words: str) -> None:
    assert plain(figures.kw(power_w)) == words


@pytest.mark.parametrize(
    ("energy_wh", "words"),
    [(12_440, "12.4 kWh"), (0, "0 kWh"), (None, ""), (118_926, "119 kWh"), (2_629_000, "2,629 kWh")],
)
def test_energy_keeps_a_decimal_while_it_is_small(energy_wh: int | None, words: str) -> None:
    assert plain(figures.kwh(energy_wh)) == words


def test_a_number_and_its_unit_are_not_torn_apart() -> None:
    assert figures.kw(7_100) == "7.1\N{NO-BREAK SPACE}kW"


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (Decimal("22.60"), "EUR", "€22.60"),
        (Decimal("-3.1"), "USD", "−$3.10"),
        (Decimal(12), "SEK", "SEK 12.00"),
        (None, "EUR", ""),
    ],
)
def test_money_is_said_in_its_currency(amount: Decimal | None, currency: str, words: str) -> None:
    assert plain(figures.money(amount, currency)) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59, "59 s"), (61, "1 m"), (7_300, "2 h"), (200_000, "2 d"), (-3, "0 s")]
)
def test_an_age_is_short_and_never_negative(seconds: int, words: str) -> None:
    assert plain(figures.age(timedelta(seconds=seconds))) == words


def test_a_moment_of_today_is_said_by_its_time_alone() -> None:
    assert figures.moment(NOW, now=NOW, zone=BERLIN) == "23:46"


def test_a_moment_of_another_day_names_the_day_of_the_depot() -> None:
    # 23:30 UTC is past midnight in Berlin.
    late = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)

    assert plain(figures.moment(late, now=NOW, zone=BERLIN)) == "00:30"
    assert plain(figures.moment(late - timedelta(hours=1), now=NOW, zone=BERLIN)) == "4 Mar 23:30"


def test_a_moment_of_another_year_names_the_year() -> None:
    assert plain(figures.moment(datetime(2025, 3, 4, 12, 0, tzinfo=UTC), now=NOW, zone=BERLIN)) == "4 Mar 2025 13:00"
