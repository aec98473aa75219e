"""Every published tariff figure by figure: bills of days that are reckoned by hand, and what the planner is told.

A day of 100 kW is 100 kWh for each hour of a window, so each line of a bill is hours times 100 times its price. Lines
are rounded once, half to even.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.energy.billing_month import EPOCH, Metered, MonthCost, cost_of
from depot.energy.demand_windows import demand_windows
from depot.energy.instance import DemandWindow
from depot.energy.tariff import Tariff
from depot.energy.terms import read_terms
from tests.energy import tariffs as published
from tests.energy.tariffs import BRISBANE, LOS_ANGELES, SYDNEY, Terms

OSLO, BRUSSELS = ZoneInfo("Europe/Oslo"), ZoneInfo("Europe/Brussels")
SUMMER_MONDAY, SUMMER_SATURDAY = date(2026, 7, 6), date(2026, 7, 4)
WINTER_MONDAY, WINTER_SUNDAY = date(2026, 1, 5), date(2026, 1, 4)
SPRING_FORWARD, FALL_BACK = date(2026, 3, 8), date(2026, 11, 1)  # Sundays, in Los Angeles
INDEPENDENCE_DAY_OBSERVED = date(2026, 7, 3)  # a Friday
KW = 100.0


def moment(zone: ZoneInfo, *wall: int) -> datetime:
    return datetime(*wall, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type, misc]


def steady(zone: ZoneInfo, wall: tuple[int, ...], *, kw: float, minutes: int) -> list[Metered]:
    start = moment(zone, *wall)
    return [Metered(start + timedelta(minutes=n), kw / 4) for n in range(0, minutes, 15)]


def whole_day(zone: ZoneInfo, day: date, kw: float = KW) -> list[Metered]:
    start = datetime.combine(day, time(), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    return [Metered(start + n * timedelta(minutes=15), kw / 4) for n in range((end - start) // timedelta(minutes=15))]


def lines(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {label: str(amount) for label, amount in amounts.items()}


def bill(terms: Terms, zone: ZoneInfo, day: date, kw: float = KW) -> MonthCost:
    return cost_of(read_terms(terms, zone), whole_day(zone, day, kw))


@dataclass(frozen=True)
class Day:
    """A day of 100 kW and the lines of its bill."""

    terms: Terms
    zone: ZoneInfo
    day: date
    energy: dict[str, str]
    demand: dict[str, str]


DAYS = {
    "PG&E BEV-2-S, any day": Day(
        published.PGE_BEV_2_S, LOS_ANGELES, SUMMER_SATURDAY,
        # 16-21: 500 x 0.41522; 09-14: 500 x 0.17872; the other 14 h: 1400 x 0.20199 = 282.786
        {"Peak": "207.61", "Super off-peak": "89.36", "Off-peak": "282.79"},
        {"subscription": "191.12"},  # 100 kW are two blocks: 2 x 95.56
    ),
    "PG&E BEV-2-S, prices of another year": Day(
        published.PGE_BEV_2_S_OF_ANOTHER_YEAR, LOS_ANGELES, SUMMER_MONDAY,
        # 500 x 0.36977 = 184.885; 500 x 0.13327 = 66.635; 1400 x 0.15654 = 219.156
        {"Peak": "184.88", "Super off-peak": "66.64", "Off-peak": "219.16"},
        {"subscription": "191.12"},
    ),
    "PG&E BEV-2-S, the day of 23 hours": Day(
        published.PGE_BEV_2_S, LOS_ANGELES, SPRING_FORWARD,
        # Of the 14 h off-peak one is missing: 1300 x 0.20199 = 262.587
        {"Peak": "207.61", "Super off-peak": "89.36", "Off-peak": "262.59"},
        {"subscription": "191.12"},
    ),
    "SCE TOU-EV-8 2024, a workday in summer": Day(
        published.SCE_TOU_EV_8_2024, LOS_ANGELES, SUMMER_MONDAY,
        # 500 x 0.69592; 19 h: 1900 x 0.23294 = 442.586
        {"On-peak": "347.96", "Off-peak": "442.59"},
        {},
    ),
    "SCE TOU-EV-8 2024, a Saturday in summer": Day(
        published.SCE_TOU_EV_8_2024, LOS_ANGELES, SUMMER_SATURDAY,
        # 500 x 0.39786
        {"Mid-peak": "198.93", "Off-peak": "442.59"},
        {},
    ),
    "SCE TOU-EV-8 2024, a workday in winter": Day(
        published.SCE_TOU_EV_8_2024, LOS_ANGELES, WINTER_MONDAY,
        # 500 x 0.44997 = 224.985; 08-16: 800 x 0.12406 = 99.248; 11 h: 1100 x 0.24897 = 273.867
        {"Mid-peak": "224.98", "Super off-peak": "99.25", "Off-peak": "273.87"},
        {},
    ),
    "SCE TOU-EV-8 2026, a workday in summer": Day(
        published.SCE_TOU_EV_8_2026, LOS_ANGELES, SUMMER_MONDAY,
        # 500 x 0.60946; 1900 x 0.22986 = 436.734
        {"On-peak": "304.73", "Off-peak": "436.73"},
        {"any time": "325.80"},  # 100 x 3.258
    ),
    "SCE TOU-EV-8 2026, a Saturday in summer": Day(
        published.SCE_TOU_EV_8_2026, LOS_ANGELES, SUMMER_SATURDAY,
        # 500 x 0.3114
        {"Mid-peak": "155.70", "Off-peak": "436.73"},
        {"any time": "325.80"},
    ),
    "SCE TOU-EV-8 2026, a Sunday in winter": Day(
        published.SCE_TOU_EV_8_2026, LOS_ANGELES, WINTER_SUNDAY,
        # 500 x 0.3635; 800 x 0.15939 = 127.512; 1100 x 0.24589 = 270.479
        {"Mid-peak": "181.75", "Super off-peak": "127.51", "Off-peak": "270.48"},
        {"any time": "325.80"},
    ),
    "SCE TOU-EV-8 2026, the day of 23 hours": Day(
        published.SCE_TOU_EV_8_2026, LOS_ANGELES, SPRING_FORWARD,
        # Of the 11 h off-peak one is missing: 1000 x 0.24589
        {"Mid-peak": "181.75", "Super off-peak": "127.51", "Off-peak": "245.89"},
        {"any time": "325.80"},
    ),
    "SCE TOU-EV-8 2026, the day of 25 hours": Day(
        published.SCE_TOU_EV_8_2026, LOS_ANGELES, FALL_BACK,
        # One hour off-peak comes twice: 1200 x 0.24589 = 295.068
        {"Mid-peak": "181.75", "Super off-peak": "127.51", "Off-peak": "295.07"},
        {"any time": "325.80"},
    ),
    "SCE TOU-EV-8 at its launch, a workday in summer": Day(
        published.SCE_TOU_EV_8_2018, LOS_ANGELES, SUMMER_MONDAY,
        # 500 x 0.49619 = 248.095; 1900 x 0.12597 = 239.343
        {"On-peak": "248.10", "Off-peak": "239.34"},
        {},
    ),
    "SCE TOU-EV-8 at its launch, winter": Day(
        published.SCE_TOU_EV_8_2018, LOS_ANGELES, WINTER_MONDAY,
        # 500 x 0.297; 800 x 0.07724 = 61.792; 1100 x 0.13568 = 149.248
        {"Mid-peak": "148.50", "Super off-peak": "61.79", "Off-peak": "149.25"},
        {},
    ),
    "SCE TOU-EV-9 2026, a workday in summer": Day(
        published.SCE_TOU_EV_9_2026, LOS_ANGELES, SUMMER_MONDAY,
        {"On-peak": "244.00", "": "0.00"},  # 500 x 0.488; of the other hours nothing is published
        {"any time": "370.00"},  # 100 x 3.70
    ),
    "SCE TOU-EV-9 2026, winter": Day(
        published.SCE_TOU_EV_9_2026, LOS_ANGELES, WINTER_MONDAY,
        {"Super off-peak": "109.60", "": "0.00"},  # 800 x 0.137
        {"any time": "370.00"},
    ),
    "SCE TOU-EV-9 2031, a workday in summer": Day(
        published.SCE_TOU_EV_9_2031, LOS_ANGELES, SUMMER_MONDAY,
        {"On-peak": "220.00", "": "0.00"},  # 500 x 0.440
        {"any time": "2219.00"},  # 100 x 22.19
    ),
    "SCE TOU-EV-9 2031, winter": Day(
        published.SCE_TOU_EV_9_2031, LOS_ANGELES, WINTER_MONDAY,
        {"Super off-peak": "72.00", "": "0.00"},  # 800 x 0.090
        {"any time": "2219.00"},
    ),
    "SCE TOU-EV-4 2019, a workday": Day(
        published.SCE_TOU_EV_4_2019, LOS_ANGELES, SUMMER_MONDAY,
        # 12-18: 600 x 0.26668 = 160.008; 08-12 and 18-23: 900 x 0.0925; 23-08: 900 x 0.05623 = 50.607
        {"On-peak": "160.01", "Mid-peak": "83.25", "Off-peak": "50.61"},
        {"any time": "1551.00"},  # 100 x 15.51
    ),
    "SCE TOU-EV-4 2019, a Saturday": Day(
        published.SCE_TOU_EV_4_2019, LOS_ANGELES, SUMMER_SATURDAY,
        {"Off-peak": "134.95"},  # 2400 x 0.05623 = 134.952
        {"any time": "1551.00"},
    ),
    "PG&E A-10 2019, a workday in summer": Day(
        published.PGE_A_10_2019, LOS_ANGELES, SUMMER_MONDAY,
        # 12-18: 600 x 0.23223 = 139.338; 08:30-12 and 18-21:30: 700 x 0.1771; 11 h: 1100 x 0.14903 = 163.933
        {"Peak": "139.34", "Part-peak": "123.97", "Off-peak": "163.93"},
        {"summer": "1999.00"},
    ),
    "PG&E A-10 2019, a workday in winter": Day(
        published.PGE_A_10_2019, LOS_ANGELES, WINTER_MONDAY,
        # 08:30-21:30: 1300 x 0.1771
        {"Part-peak": "230.23", "Off-peak": "163.93"},
        {"winter": "1166.00"},
    ),
    "SMUD, a workday in summer": Day(
        published.SMUD, LOS_ANGELES, SUMMER_MONDAY,
        # 500 x 0.2341; 1900 x 0.1215
        {"Peak": "117.05", "Off-peak": "230.85"},
        {"any time": "645.40", "peak hours": "996.00"},  # 100 x 6.454; 100 x 9.960
    ),
    "SMUD, a Saturday in summer": Day(
        published.SMUD, LOS_ANGELES, SUMMER_SATURDAY,
        {"Off-peak": "291.60"},  # 2400 x 0.1215
        {"any time": "645.40"},
    ),
    "SMUD, a workday in winter": Day(
        published.SMUD, LOS_ANGELES, WINTER_MONDAY,
        # 500 x 0.1477; 09-16: 700 x 0.0888; 12 h: 1200 x 0.1264
        {"Peak": "73.85", "Solar": "62.16", "Off-peak": "151.68"},
        {"any time": "645.40"},
    ),
    "SDG&E EV-HP, summer": Day(
        published.SDGE_EV_HP, LOS_ANGELES, SUMMER_MONDAY,
        # 500 x 0.29036; 00-06: 600 x 0.12; 13 h: 1300 x 0.13
        {"On-peak": "145.18", "Super off-peak": "72.00", "Off-peak": "169.00"},
        {"subscription": "481.00"},  # 100 kW ordered: 100 x 4.81
    ),
    "SDG&E EV-HP, the day of 23 hours": Day(
        published.SDGE_EV_HP, LOS_ANGELES, SPRING_FORWARD,
        # 500 x 0.30199 = 150.995; the night lasts five hours: 500 x 0.12
        {"On-peak": "151.00", "Super off-peak": "60.00", "Off-peak": "169.00"},
        {"subscription": "481.00"},
    ),
    "SDG&E EV-HP, the day of 25 hours": Day(
        published.SDGE_EV_HP, LOS_ANGELES, FALL_BACK,
        # the night lasts seven hours: 700 x 0.12
        {"On-peak": "151.00", "Super off-peak": "84.00", "Off-peak": "169.00"},
        {"subscription": "481.00"},
    ),
    "Energex NTC8100": Day(
        published.ENERGEX_NTC8100, BRISBANE, SUMMER_MONDAY,
        {"": "15.29"},  # 2400 x 0.00637 = 15.288
        {"any time": "1941.89"},  # 100 kW are 111.11 kVA at 0.9: 111.111 x 17.477 = 1941.8889
    ),
    "Energex NTC7100, a workday": Day(
        published.ENERGEX_NTC7100, BRISBANE, SUMMER_MONDAY,
        {"": "136.46"},  # 2400 x 0.05686 = 136.464
        {"workdays": "856.80"},  # 100 x 8.568
    ),
    "Energex NTC7100, a Saturday": Day(published.ENERGEX_NTC7100, BRISBANE, SUMMER_SATURDAY, {"": "136.46"}, {}),
    "Energex 2025, a workday": Day(
        published.ENERGEX_2025, BRISBANE, SUMMER_MONDAY,
        # 16-21: 500 x 0.03; 09-16 and 21-22: 800 x 0.02; 22-09: 1100 x 0.01
        {"Peak": "15.00", "Shoulder": "16.00", "Off-peak": "11.00"},
        {"peak": "600.00", "day": "400.00", "night": "200.00"},
    ),
    "Energex 2025, a Saturday": Day(
        published.ENERGEX_2025, BRISBANE, SUMMER_SATURDAY,
        {"Off-peak": "24.00"},
        {"night": "200.00"},
    ),
    "Ausgrid EA305, a workday in January": Day(
        published.AUSGRID_EA305, SYDNEY, WINTER_MONDAY,
        {"Peak": "105.00", "Off-peak": "27.00"},  # 07-22: 1500 x 0.07; 900 x 0.03
        {"month": "40.00"},
    ),
    "Ausgrid EA305, a workday in July": Day(
        published.AUSGRID_EA305, SYDNEY, SUMMER_MONDAY, {"Off-peak": "72.00"}, {"month": "40.00"}
    ),
    "Norway, hourly peaks in steps": Day(
        published.NORWAY, OSLO, SUMMER_MONDAY,
        {"Day": "720.00", "": "280.00"},  # 06-22: 1600 x 0.45; 800 x 0.35
        {"capacity": "4700.00"},  # 100 kW are not above 100
    ),
    "an agreed demand": Day(
        published.AGREED_KVA, BRISBANE, SUMMER_MONDAY,
        {"": "120.00"},
        {"agreed": "1800.00"},  # 111 kVA were had, 200 agreed: 200 x 9
    ),
}  # fmt: skip


@pytest.mark.parametrize("of", DAYS.values(), ids=DAYS.keys())
def test_a_day_of_a_hundred_kilowatts_costs_what_its_sheet_says(of: Day) -> None:
    cost = bill(of.terms, of.zone, of.day)

    assert lines(cost.energy) == of.energy
    assert lines(cost.demand) == of.demand


@pytest.mark.parametrize(
    ("terms", "zone", "days", "fixed"),
    [
        (published.SCE_TOU_EV_8_2024, LOS_ANGELES, 31, "228.13"),
        (published.SCE_TOU_EV_8_2026, LOS_ANGELES, 28, "228.13"),
        (published.SCE_TOU_EV_9_2026, LOS_ANGELES, 30, "434.84"),
        (published.ENERGEX_NTC8100, BRISBANE, 31, "1027.03"),  # 31 x 33.13
        (published.ENERGEX_NTC7100, BRISBANE, 30, "12.93"),  # 30 x 0.431
        (published.PGE_BEV_2_S, LOS_ANGELES, 30, "0.00"),
    ],
)
def test_fixed_amounts_are_by_the_month_or_by_its_days(terms: Terms, zone: ZoneInfo, days: int, fixed: str) -> None:
    assert cost_of(read_terms(terms, zone), [], days=days).fixed == Decimal(fixed)


@pytest.mark.parametrize(
    ("terms", "zone", "wall", "price"),
    [
        # The last minute of a window, and the first one after it.
        pytest.param(published.PGE_BEV_2_S, LOS_ANGELES, (2026, 7, 6, 8, 59), "0.20199", id="before nine"),
        pytest.param(published.PGE_BEV_2_S, LOS_ANGELES, (2026, 7, 6, 9, 0), "0.17872", id="from nine"),
        pytest.param(published.PGE_BEV_2_S, LOS_ANGELES, (2026, 7, 6, 20, 59), "0.41522", id="before nine at night"),
        pytest.param(published.PGE_BEV_2_S, LOS_ANGELES, (2026, 7, 6, 21, 0), "0.20199", id="from nine at night"),
        pytest.param(published.SCE_TOU_EV_8_2026, LOS_ANGELES, (2026, 1, 5, 7, 59), "0.24589", id="before eight"),
        pytest.param(published.SCE_TOU_EV_8_2026, LOS_ANGELES, (2026, 1, 5, 8, 0), "0.15939", id="from eight"),
        pytest.param(published.SCE_TOU_EV_8_2026, LOS_ANGELES, (2026, 9, 30, 20, 59), "0.60946", id="summer's last"),
        pytest.param(published.SCE_TOU_EV_8_2026, LOS_ANGELES, (2026, 9, 30, 23, 59), "0.22986", id="summer's end"),
        pytest.param(published.SCE_TOU_EV_8_2026, LOS_ANGELES, (2026, 10, 1, 0, 0), "0.24589", id="winter's first"),
        pytest.param(published.SCE_TOU_EV_8_2026, LOS_ANGELES, (2026, 3, 8, 1, 59), "0.24589", id="before no hour"),
        pytest.param(published.SCE_TOU_EV_8_2026, LOS_ANGELES, (2026, 3, 8, 8, 0), "0.15939", id="from eight, 7 h on"),
        pytest.param(published.SCE_TOU_EV_9_2026, LOS_ANGELES, (2026, 6, 1, 16, 0), "0.488", id="EV-9 on-peak"),
        pytest.param(published.SCE_TOU_EV_9_2031, LOS_ANGELES, (2026, 1, 5, 8, 0), "0.090", id="EV-9 super off-peak"),
        pytest.param(published.SCE_TOU_EV_4_2019, LOS_ANGELES, (2026, 7, 6, 7, 59), "0.05623", id="EV-4 before eight"),
        pytest.param(published.SCE_TOU_EV_4_2019, LOS_ANGELES, (2026, 7, 6, 22, 59), "0.0925", id="EV-4 before 23"),
        pytest.param(published.SCE_TOU_EV_4_2019, LOS_ANGELES, (2026, 7, 6, 23, 0), "0.05623", id="EV-4 from 23"),
        pytest.param(published.PGE_A_10_2019, LOS_ANGELES, (2026, 7, 6, 8, 29), "0.14903", id="A-10 before 8:30"),
        pytest.param(published.PGE_A_10_2019, LOS_ANGELES, (2026, 7, 6, 11, 59), "0.1771", id="A-10 before noon"),
        pytest.param(published.PGE_A_10_2019, LOS_ANGELES, (2026, 7, 6, 12, 0), "0.23223", id="A-10 from noon"),
        pytest.param(published.PGE_A_10_2019, LOS_ANGELES, (2026, 7, 6, 21, 30), "0.14903", id="A-10 from 21:30"),
        pytest.param(published.PGE_A_10_2019, LOS_ANGELES, (2026, 10, 30, 12, 0), "0.23223", id="A-10 in October"),
        pytest.param(published.PGE_A_10_2019, LOS_ANGELES, (2026, 11, 2, 12, 0), "0.1771", id="A-10 in November"),
        pytest.param(published.SMUD, LOS_ANGELES, (2026, 1, 3, 16, 0), "0.1264", id="SMUD, no peak on Saturdays"),
        pytest.param(published.SMUD, LOS_ANGELES, (2026, 1, 5, 16, 0), "0.1477", id="SMUD, after the sun"),
        pytest.param(published.SDGE_EV_HP, LOS_ANGELES, (2026, 10, 31, 16, 0), "0.29036", id="EV-HP, summer's last"),
        pytest.param(published.SDGE_EV_HP, LOS_ANGELES, (2026, 11, 1, 16, 0), "0.30199", id="EV-HP, winter's first"),
        pytest.param(published.SDGE_EV_HP, LOS_ANGELES, (2026, 11, 1, 5, 59), "0.12", id="EV-HP, a night of 7 h"),
        pytest.param(published.ENERGEX_2025, BRISBANE, (2026, 7, 6, 15, 59), "0.02", id="shoulder"),
        pytest.param(published.ENERGEX_2025, BRISBANE, (2026, 7, 6, 21, 0), "0.02", id="shoulder after peak"),
        pytest.param(published.ENERGEX_2025, BRISBANE, (2026, 7, 6, 22, 0), "0.01", id="off-peak from 22"),
        pytest.param(published.AUSGRID_EA305, SYDNEY, (2026, 10, 30, 12, 0), "0.03", id="EA305 before November"),
        pytest.param(published.AUSGRID_EA305, SYDNEY, (2026, 3, 31, 21, 59), "0.07", id="EA305, March's last"),
    ],
)
def test_a_price_changes_with_the_minute_of_its_window(
    terms: Terms, zone: ZoneInfo, wall: tuple[int, ...], price: str
) -> None:
    assert read_terms(terms, zone).price_at(moment(zone, *wall)) == Decimal(price)


@pytest.mark.parametrize(
    ("terms", "energy", "demand"),
    [
        # A Friday that is a holiday is a weekend's day: 500 x 0.3114.
        (published.SCE_TOU_EV_8_2026, {"Mid-peak": "155.70", "Off-peak": "436.73"}, {"any time": "325.80"}),
        # No peak, and no demand in peak hours: 2400 x 0.1215.
        (published.SMUD, {"Off-peak": "291.60"}, {"any time": "645.40"}),
        (published.SCE_TOU_EV_4_2019, {"Off-peak": "134.95"}, {"any time": "1551.00"}),
    ],
    ids=["SCE TOU-EV-8", "SMUD", "SCE TOU-EV-4"],
)
def test_a_holiday_on_a_friday_is_no_workday(terms: Terms, energy: dict[str, str], demand: dict[str, str]) -> None:
    cost = bill({**terms, "holidays": ["2026-07-03"]}, LOS_ANGELES, INDEPENDENCE_DAY_OBSERVED)

    assert (lines(cost.energy), lines(cost.demand)) == (energy, demand)


@pytest.mark.parametrize(
    ("terms", "zone", "wall", "minutes", "expected"),
    [
        # A quarter before the window, its first, its last, and the one after: 200 kW each.
        pytest.param(published.SMUD, LOS_ANGELES, (2026, 7, 6, 15, 45), 15, None, id="SMUD before the window"),
        pytest.param(published.SMUD, LOS_ANGELES, (2026, 7, 6, 16, 0), 15, "1992.00", id="SMUD first: 200 x 9.960"),
        pytest.param(published.SMUD, LOS_ANGELES, (2026, 7, 6, 20, 45), 15, "1992.00", id="SMUD last quarter"),
        pytest.param(published.SMUD, LOS_ANGELES, (2026, 7, 6, 21, 0), 15, None, id="SMUD after the window"),
        pytest.param(published.SMUD, LOS_ANGELES, (2026, 7, 4, 17, 0), 15, None, id="SMUD on Saturday"),
        # A quarter of 200 kW is 100 kW over its half hour: 100 x 8.568; a whole half hour 200 x 8.568.
        pytest.param(published.ENERGEX_NTC7100, BRISBANE, (2026, 7, 6, 9, 0), 15, "856.80", id="a quarter of 30 min"),
        pytest.param(published.ENERGEX_NTC7100, BRISBANE, (2026, 7, 6, 9, 0), 30, "1713.60", id="a half hour"),
        pytest.param(published.ENERGEX_NTC7100, BRISBANE, (2026, 7, 6, 9, 15), 30, "856.80", id="across half hours"),
        pytest.param(published.ENERGEX_NTC7100, BRISBANE, (2026, 7, 6, 8, 30), 30, None, id="NTC7100 before nine"),
        pytest.param(published.ENERGEX_NTC7100, BRISBANE, (2026, 7, 6, 21, 0), 30, None, id="NTC7100 after nine"),
        # Of any time, on the day on which 02:00 to 03:00 does not exist: 01:45 and 03:00 are of two half hours.
        pytest.param(published.AUSGRID_EA305, SYDNEY, (2026, 10, 4, 1, 45), 30, "40.00", id="over the missing hour"),
        pytest.param(published.AUSGRID_EA305, SYDNEY, (2026, 10, 4, 3, 0), 30, "80.00", id="after the missing hour"),
    ],
)
def test_a_peak_counts_within_its_window_and_its_interval(
    terms: Terms, zone: ZoneInfo, wall: tuple[int, ...], minutes: int, expected: str | None
) -> None:
    name = terms["demand"][-1]["name"]

    cost = cost_of(read_terms(terms, zone), steady(zone, wall, kw=200.0, minutes=minutes))

    assert lines(cost.demand).get(name) == expected


@pytest.mark.parametrize(("year", "amount"), [
    (2026, "325.80"), (2027, "652.00"), (2028, "977.00"), (2029, "1303.00"), (2030, "1629.00"), (2031, "1955.00"),
])  # fmt: skip
def test_a_charge_is_phased_in_by_versions_of_one_tariff(year: int, amount: str) -> None:
    terms = published.sce_tou_ev_8(
        ("0.60946", "0.3114", "0.22986"), ("0.3635", "0.24589", "0.15939"), published.SCE_TOU_EV_8_PER_KW[year]
    )

    cost = bill(terms, LOS_ANGELES, WINTER_MONDAY)

    assert lines(cost.demand) == {"any time": amount}


@pytest.mark.parametrize(
    ("blocks", "kw", "amount"),
    [
        (None, 149.0, "286.68"),  # three blocks: 3 x 95.56
        (None, 150.0, "286.68"),
        (None, 151.0, "382.24"),  # four
        (3, 150.0, "286.68"),
        (3, 151.0, "290.50"),  # one kilowatt over: 286.68 + 3.82
        (3, 175.0, "382.18"),  # 286.68 + 25 x 3.82: six cents below a fourth block
        (3, 176.0, "386.00"),  # 286.68 + 26 x 3.82: a fourth block would have been cheaper
        (4, 20.0, "382.24"),  # ordered is paid
    ],
)
def test_blocks_are_ordered_or_taken_and_overage_is_by_the_kilowatt(blocks: int | None, kw: float, amount: str) -> None:
    terms = {**published.PGE_BEV_2_S, "subscription": {**published.PGE_BEV_2_S["subscription"], "blocks": blocks}}

    assert lines(bill(terms, LOS_ANGELES, SUMMER_MONDAY, kw).demand) == {"subscription": amount}


def test_a_subscription_by_the_kilowatt_has_its_overage() -> None:
    # 100 kW ordered at 4.81, ten more at 9.62.
    assert lines(bill(published.SDGE_EV_HP, LOS_ANGELES, SUMMER_MONDAY, 110.0).demand) == {"subscription": "577.20"}


@pytest.mark.parametrize(
    ("peaks_before", "kw", "amount"),
    [
        # RATCHET: 10 per kW, 80 % of the highest of eleven months.
        ([], 100.0, "1000.00"),
        ([100.0], 90.0, "900.00"),  # the floor is 80 kW
        ([150.0], 100.0, "1200.00"),  # 0.8 x 150
        ([90.0] * 10 + [150.0], 100.0, "1200.00"),  # eleven months back it still counts
        ([90.0] * 11 + [150.0], 100.0, "1000.00"),  # twelve months back no more
    ],
)
def test_a_peak_is_the_floor_of_the_eleven_months_after_it(
    peaks_before: Sequence[float], kw: float, amount: str
) -> None:
    tariff = read_terms(published.RATCHET, LOS_ANGELES)

    cost = cost_of(tariff, whole_day(LOS_ANGELES, SUMMER_MONDAY, kw), before_kw={"any time": peaks_before})

    assert lines(cost.demand) == {"any time": amount}


@pytest.mark.parametrize(
    ("peaks_before", "kw", "amount"),
    [
        ([], 100.0, "400.00"),
        ([50.0] * 11, 100.0, "216.67"),  # (100 + 11 x 50) / 12 = 54.1667, times 4
        ([50.0] * 20, 100.0, "216.67"),
        ([1.0] * 11, 100.0, "42.50"),  # each counts 2.5 at least: (100 + 27.5) / 12 = 10.625
    ],
)
def test_belgium_charges_the_mean_of_twelve_months(peaks_before: Sequence[float], kw: float, amount: str) -> None:
    tariff = read_terms(published.BELGIUM, BRUSSELS)

    cost = cost_of(tariff, whole_day(BRUSSELS, SUMMER_MONDAY, kw), before_kw={"capacity": peaks_before})

    assert lines(cost.demand) == {"capacity": amount}


@pytest.mark.parametrize(
    ("kw", "amount"),
    [(20.0, "2500.00"), (50.0, "2500.00"), (50.1, "4700.00"), (200.0, "9000.00"), (900.0, "18000.00")],
)
def test_a_month_pays_the_step_that_its_highest_hour_falls_into(kw: float, amount: str) -> None:
    assert lines(bill(published.NORWAY, OSLO, SUMMER_MONDAY, kw).demand) == {"capacity": amount}


def test_a_quarter_of_an_hour_is_a_quarter_of_an_hourly_peak() -> None:
    # 200 kW for 15 minutes are 50 kW over the hour.
    series = steady(OSLO, (2026, 7, 6, 12, 15), kw=200.0, minutes=15)

    assert lines(cost_of(read_terms(published.NORWAY, OSLO), series).demand) == {"capacity": "2500.00"}


@pytest.mark.parametrize(("kw", "amount"), [(180.0, "1800.00"), (198.0, "1980.00")])
def test_an_agreed_demand_is_paid_and_more_where_it_was_passed(kw: float, amount: str) -> None:
    # 180 kW are 200 kVA, as agreed: 200 x 9; 198 kW are 220 kVA.
    assert lines(bill(published.AGREED_KVA, BRISBANE, SUMMER_MONDAY, kw).demand) == {"agreed": amount}


def test_roof_power_that_is_sent_out_earns_five_cents() -> None:
    terms = {**published.PGE_BEV_2_S, "export": [{"price_per_kwh": "0.05"}]}

    # Two hours of 150 kW out at noon: 300 x 0.05; nothing is bought, one block is paid.
    cost = cost_of(read_terms(terms, LOS_ANGELES), steady(LOS_ANGELES, (2026, 7, 4, 12, 0), kw=-150.0, minutes=120))

    assert (str(cost.export), cost.energy, lines(cost.demand)) == ("15.00", {}, {"subscription": "95.56"})


@pytest.mark.parametrize(
    ("kwh", "energy"),
    [
        (48.0, {"Free": "0.00"}),
        (51.0, {"Free": "0.00", "Day": "0.30"}),
        (250.0, {"Free": "0.00", "Day": "60.00"}),  # 200 x 0.30
    ],
)
def test_a_free_window_is_free_up_to_its_kilowatt_hours(kwh: float, energy: dict[str, str]) -> None:
    # From 11 to 14, in twelve quarters.
    series = steady(SYDNEY, (2026, 7, 6, 11, 0), kw=kwh / 3, minutes=180)

    assert lines(cost_of(read_terms(published.FREE_WINDOW, SYDNEY), series).energy) == energy


def test_what_a_free_window_does_not_use_is_gone_on_the_next_day() -> None:
    # 20 kWh on Monday, 80 on Tuesday: of these 30 are beyond the day's 50, 30 x 0.30.
    series = [
        *steady(SYDNEY, (2026, 7, 6, 11, 0), kw=20.0, minutes=60),
        *steady(SYDNEY, (2026, 7, 7, 11, 0), kw=80.0, minutes=60),
    ]

    cost = cost_of(read_terms(published.FREE_WINDOW, SYDNEY), series)

    assert lines(cost.energy) == {"Free": "0.00", "Day": "9.00"}


def test_a_month_goes_through_its_tiers_once() -> None:
    # 900 kWh on Monday, 900 on Tuesday: 1000 x 0.20, 800 x 0.15.
    series = [
        *steady(LOS_ANGELES, (2026, 7, 6, 0, 0), kw=90.0, minutes=600),
        *steady(LOS_ANGELES, (2026, 7, 7, 0, 0), kw=90.0, minutes=600),
    ]

    cost = cost_of(read_terms(published.RATCHET, LOS_ANGELES), series)

    assert lines(cost.energy) == {"First": "200.00", "More": "120.00"}


def test_wholesale_is_the_market_times_its_factor_and_the_network_by_its_hours() -> None:
    # 18:00 to 18:30 at 15.00 in the market: 50 kWh x (0.08 + 1.05 x 15.00) = 791.50; noon at -0.10: 50 x -0.085.
    spot = {18: Decimal("15.00"), 12: Decimal("-0.10")}
    series = [
        *steady(SYDNEY, (2026, 7, 6, 12, 0), kw=100.0, minutes=30),
        *steady(SYDNEY, (2026, 7, 6, 18, 0), kw=100.0, minutes=30),
    ]

    cost = cost_of(
        read_terms(published.WHOLESALE, SYDNEY), series, spot=lambda at: spot.get(at.astimezone(SYDNEY).hour)
    )

    assert lines(cost.energy) == {"Network, evening": "791.50", "Network": "-4.25"}


# What the planner is told at noon on Monday 20 July 2026, with 40 kW so far, for the 24 hours from then on.


@dataclass(frozen=True)
class Told:
    terms: Terms
    zone: ZoneInfo
    # By charge: price per kW, what is paid for, days left, slots that count, slots to an interval.
    windows: dict[str, tuple[float, float, float, int, int]]


TOLD = {
    # Blocks are taken as the peak takes them: 95.56 / 50, and the one block of 40 kW is paid for. 12 days: 20 to 31.
    "PG&E BEV-2-S": Told(published.PGE_BEV_2_S, LOS_ANGELES, {"subscription": (1.9112, 50, 12, 96, 1)}),
    "SCE TOU-EV-8 2024": Told(published.SCE_TOU_EV_8_2024, LOS_ANGELES, {}),
    "SCE TOU-EV-8 2026": Told(published.SCE_TOU_EV_8_2026, LOS_ANGELES, {"any time": (3.258, 40, 12, 96, 1)}),
    "SCE TOU-EV-8 2031": Told(published.SCE_TOU_EV_8_2031, LOS_ANGELES, {"any time": (19.55, 40, 12, 96, 1)}),
    "SCE TOU-EV-9 2031": Told(published.SCE_TOU_EV_9_2031, LOS_ANGELES, {"any time": (22.19, 40, 12, 96, 1)}),
    "SCE TOU-EV-8 2018": Told(published.SCE_TOU_EV_8_2018, LOS_ANGELES, {}),
    "SCE TOU-EV-4": Told(published.SCE_TOU_EV_4_2019, LOS_ANGELES, {"any time": (15.51, 40, 12, 96, 1)}),
    "PG&E A-10": Told(published.PGE_A_10_2019, LOS_ANGELES, {"summer": (19.99, 40, 12, 96, 1)}),
    # Peak hours: 5 h are 20 slots; ten workdays from the 20th to the 31st.
    "SMUD": Told(
        published.SMUD,
        LOS_ANGELES,
        {"any time": (6.454, 40, 12, 96, 1), "peak hours": (9.96, 40, 10, 20, 1)},
    ),
    "SDG&E EV-HP": Told(published.SDGE_EV_HP, LOS_ANGELES, {"subscription": (9.62, 100, 12, 96, 1)}),
    # Per kVA 17.477, at a power factor of 0.9 per kW 19.4189.
    "Energex NTC8100": Told(published.ENERGEX_NTC8100, BRISBANE, {"any time": (19.418889, 40, 12, 96, 2)}),
    # From noon to 21:00 and from 9:00 to noon: 12 h.
    "Energex NTC7100": Told(published.ENERGEX_NTC7100, BRISBANE, {"workdays": (8.568, 40, 10, 48, 2)}),
    "Energex 2025": Told(
        published.ENERGEX_2025,
        BRISBANE,
        {"peak": (6, 40, 10, 20, 2), "day": (4, 40, 10, 28, 2), "night": (2, 40, 12, 44, 2)},
    ),
    "Ausgrid EA305": Told(published.AUSGRID_EA305, SYDNEY, {"month": (0.4, 40, 12, 96, 2)}),
    # One kilowatt more raises the mean of this month and of eleven more by a twelfth: in all by one.
    "Belgium": Told(published.BELGIUM, BRUSSELS, {"capacity": (4, 40, 12, 96, 1)}),
    # Up to 50 kW it is this step; the next costs 4700 - 2500 for 50 kW: 44 each.
    "Norway": Told(published.NORWAY, OSLO, {"capacity": (44, 50, 12, 96, 4)}),
    # 200 kVA are agreed: 180 kW are paid for. Per kW 9 / 0.9. From noon to 22:00, from 7:00 to noon: 15 h.
    "an agreed demand": Told(published.AGREED_KVA, BRISBANE, {"agreed": (10, 180, 10, 60, 2)}),
}


def told_at_noon(
    terms: Terms, zone: ZoneInfo, day: tuple[int, int, int] = (2026, 7, 20), **more: Mapping[str, Sequence[float]]
) -> dict[str, DemandWindow]:
    tariff = read_terms(terms, zone)
    noon = (moment(zone, *day, 12) - EPOCH) // timedelta(minutes=15)
    windows = demand_windows(
        tariff, first_slot=noon, slots=96, incurred_kw={charge.name: 40.0 for charge in tariff.peaks}, **more
    )
    return {window.key: window for window in windows}


@pytest.mark.parametrize("of", TOLD.values(), ids=TOLD.keys())
def test_the_planner_is_told_what_a_kilowatt_more_weighs(of: Told) -> None:
    told = told_at_noon(of.terms, of.zone)

    assert {
        key: (window.price_per_kw, window.incurred_kw, window.days_left, sum(window.applies), window.slots_per_interval)
        for key, window in told.items()
    } == {key: pytest.approx(expected, abs=1e-6) for key, expected in of.windows.items()}


def test_above_the_last_step_a_kilowatt_weighs_nothing() -> None:
    tariff = read_terms(published.NORWAY, OSLO)
    noon = (moment(OSLO, 2026, 7, 20, 12) - EPOCH) // timedelta(minutes=15)

    (window,) = demand_windows(tariff, first_slot=noon, slots=4, incurred_kw={"capacity": 300.0})

    assert (window.price_per_kw, window.incurred_kw) == (0.0, 300.0)


def test_a_ratchet_weighs_a_peak_by_the_months_that_it_will_be_the_floor_of() -> None:
    # Months had 80 and 120 kW: 96 are paid for (0.8 x 120). They needed 100 on the average, so a floor of 0.8 costs
    # months to come something from 125 kW on: eleven months at 0.8 x 10 a kilowatt.
    now, later = told_at_noon(published.RATCHET, LOS_ANGELES, before_kw={"any time": [80.0, 120.0]}).values()

    assert (now.key, now.incurred_kw, now.price_per_kw) == ("any time", 96.0, 10.0)
    assert (later.key, later.incurred_kw) == ("any time, in the months to come", 125.0)
    assert later.price_per_kw == pytest.approx(88.0)


def test_without_a_month_before_a_ratchet_weighs_no_months_to_come() -> None:
    assert list(told_at_noon(published.RATCHET, LOS_ANGELES)) == ["any time"]


def test_a_charge_of_the_coming_season_is_a_window_of_its_own() -> None:
    told = told_at_noon(published.PGE_A_10_2019, LOS_ANGELES, day=(2026, 10, 31))

    assert {key: (window.price_per_kw, window.incurred_kw) for key, window in told.items()} == {
        "summer": (19.99, 40.0),
        "winter, from 2026-11-01": (11.66, 0.0),
    }


quarters = st.lists(st.floats(0, 100, allow_nan=False).map(lambda kwh: round(kwh, 3)), min_size=1, max_size=96)
sheets = st.sampled_from([(of.terms, of.zone) for of in DAYS.values()])


def series_of(zone: ZoneInfo, kwh: Sequence[float]) -> list[Metered]:
    start = moment(zone, 2026, 7, 6)
    return [Metered(start + n * timedelta(minutes=15), each) for n, each in enumerate(kwh)]


def read(sheet: tuple[Terms, ZoneInfo]) -> Tariff:
    return read_terms(*sheet)


@given(sheets, quarters)
def test_a_total_is_the_sum_of_whole_cents(sheet: tuple[Terms, ZoneInfo], kwh: list[float]) -> None:
    cost = cost_of(read(sheet), series_of(sheet[1], kwh))

    told = [*cost.energy.values(), *cost.demand.values(), cost.fixed, cost.tax, -cost.export]
    assert cost.total == sum(told, Decimal(0))
    assert all(amount == amount.quantize(Decimal("0.01")) for amount in told)


@given(sheets, quarters, st.integers(0, 95), st.floats(0.001, 50).map(lambda kwh: round(kwh, 3)))
def test_who_takes_more_pays_no_less(sheet: tuple[Terms, ZoneInfo], kwh: list[float], at: int, more: float) -> None:
    at %= len(kwh)
    tariff = read(sheet)

    less = cost_of(tariff, series_of(sheet[1], kwh))
    dearer = cost_of(tariff, series_of(sheet[1], [*kwh[:at], kwh[at] + more, *kwh[at + 1 :]]))

    assert dearer.total >= less.total


@given(sheets, quarters)
def test_energy_by_label_is_what_each_quarter_costs_at_its_price(
    sheet: tuple[Terms, ZoneInfo], kwh: list[float]
) -> None:
    tariff, series = read(sheet), series_of(sheet[1], kwh)

    energy = sum(cost_of(tariff, series).energy.values(), Decimal(0))

    each = sum((Decimal(repr(m.grid_kwh)) * tariff.price_at(m.starts_at) for m in series), Decimal(0))
    assert abs(energy - each) <= Decimal("0.005") * 3, "three lines at most are rounded"


@given(st.floats(0, 500).map(lambda kw: round(kw, 2)), st.integers(1, 20))
def test_no_other_number_of_blocks_is_cheaper_than_the_cheapest(kw: float, other: int) -> None:
    subscription = read_terms(published.PGE_BEV_2_S, LOS_ANGELES).subscription
    assert subscription is not None

    best = subscription.cheapest_blocks(kw)

    def ordered(blocks: int) -> Decimal:
        over = max(Decimal(0), Decimal(repr(kw)) - 50 * blocks)
        return blocks * Decimal("95.56") + over * Decimal("3.82")

    assert ordered(best) <= ordered(other)


@given(st.floats(0, 500), st.lists(st.floats(0, 500), max_size=13))
def test_a_ratchet_never_charges_less_than_the_month_had(kw: float, before: list[float]) -> None:
    (charge,) = read_terms(published.RATCHET, LOS_ANGELES).demand

    assert charge.chargeable_kw(kw, before) == max([kw, *(0.8 * each for each in before[:11])])
