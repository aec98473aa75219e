"""What a site pays: every published tariff that we know of, with its own figures."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.energy.billing_month import (
    EPOCH,
    BillingMonth,
    Metered,
    billing_month_of,
    cost_of,
    interval_of,
    peaks_of,
)
from depot.energy.demand_windows import demand_windows
from depot.energy.tariff import Tariff
from depot.energy.terms import TermsUnreadable, read_priced, read_terms
from tests.energy import tariffs as published
from tests.energy.tariffs import BRISBANE, LOS_ANGELES, SYDNEY, Terms, a_month_of_nights

BERLIN = ZoneInfo("Europe/Berlin")
JULY, JANUARY = date(2026, 7, 6), date(2026, 1, 5)
UNMANAGED = [(17, 22, 220.0), (22, 22.25, 220.0), (22.25, 22.5, 180.0)]
DELAYED = [(21, 26, 220.0), (26, 26.25, 220.0), (26.25, 26.5, 180.0)]
OFF_PEAK_FLAT = [(21, 30, 1200 / 9)]
ALL_WINDOW_FLAT = [(17, 30, 1200 / 13)]
POLICIES = (UNMANAGED, DELAYED, OFF_PEAK_FLAT, ALL_WINDOW_FLAT)


def at(zone: ZoneInfo, *when: int) -> datetime:
    return datetime(*when, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type, misc]


def read(terms: Terms, zone: ZoneInfo = LOS_ANGELES) -> Tariff:
    return read_terms(terms, zone)


@pytest.mark.parametrize(
    ("terms", "first", "expected"),
    [
        pytest.param(published.PGE_BEV_2_S, JULY, (9938, 5810, 5619, 7256), id="PG&E BEV-2-S"),
        pytest.param(published.SCE_TOU_EV_8_2026, JULY, (14134, 6785, 6503, 9453), id="SCE TOU-EV-8 2026 summer"),
        pytest.param(published.SCE_TOU_EV_8_2026, JANUARY, (9485, 7208, 6926, 7748), id="SCE TOU-EV-8 2026 winter"),
        pytest.param(published.SCE_TOU_EV_8_2031, JANUARY, (11348, 9071, 7376, 7530), id="SCE TOU-EV-8 2031 winter"),
        pytest.param(published.SMUD, JULY, (8999, 4627, 4068, 5637), id="SMUD summer"),
    ],
)
def test_a_depot_of_twenty_vans_pays_what_the_sheets_say(
    terms: Terms, first: date, expected: tuple[float, ...]
) -> None:
    tariff = read(terms)

    costs = [cost_of(tariff, a_month_of_nights(policy, first, LOS_ANGELES)) for policy in POLICIES]

    assert [float(cost.total - cost.fixed) for cost in costs] == pytest.approx(expected, abs=1.0)


def test_a_subscription_by_the_kilowatt_is_within_the_rounding_of_its_figures() -> None:
    # Of its off-peak prices the sheet says "about".
    for policy, kw, expected in zip(POLICIES, (220, 220, 134, 93), (7583, 4357, 3901, 5060), strict=True):
        terms = {**published.SDGE_EV_HP, "subscription": {**published.SDGE_EV_HP["subscription"], "blocks": kw}}

        cost = cost_of(read(terms), a_month_of_nights(policy, JULY, LOS_ANGELES))

        assert float(cost.total) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    ("terms", "moment", "price"),
    [
        pytest.param(published.PGE_BEV_2_S, (2026, 7, 4, 16, 0), "0.41522", id="peak on each day"),
        pytest.param(published.PGE_BEV_2_S, (2026, 7, 6, 13, 59), "0.17872", id="super off-peak"),
        pytest.param(published.PGE_BEV_2_S, (2026, 7, 6, 14, 0), "0.20199", id="the end of a window is not in it"),
        pytest.param(published.SCE_TOU_EV_8_2024, (2026, 6, 1, 16, 0), "0.69592", id="first day of summer"),
        pytest.param(published.SCE_TOU_EV_8_2024, (2026, 5, 29, 16, 0), "0.44997", id="last workday of winter"),
        pytest.param(published.SCE_TOU_EV_8_2024, (2026, 7, 4, 17, 0), "0.39786", id="a Saturday in summer"),
        pytest.param(published.SCE_TOU_EV_8_2024, (2026, 1, 5, 9, 0), "0.12406", id="a winter's day"),
        pytest.param(published.SCE_TOU_EV_8_2018, (2026, 1, 5, 17, 0), "0.297", id="2018, winter"),
        pytest.param(published.SCE_TOU_EV_4_2019, (2026, 7, 6, 12, 0), "0.26668", id="EV-4 at noon"),
        pytest.param(published.SCE_TOU_EV_4_2019, (2026, 7, 6, 18, 0), "0.0925", id="EV-4 in the evening"),
        pytest.param(published.SCE_TOU_EV_4_2019, (2026, 7, 5, 12, 0), "0.05623", id="EV-4 on Sunday"),
        pytest.param(published.PGE_A_10_2019, (2026, 7, 6, 8, 30), "0.1771", id="A-10 from half past eight"),
        pytest.param(published.SMUD, (2026, 1, 5, 15, 59), "0.0888", id="solar hours"),
        pytest.param(published.SDGE_EV_HP, (2026, 12, 1, 16, 0), "0.30199", id="winter's on-peak"),
    ],
)
def test_a_moment_has_the_price_of_its_sheet(terms: Terms, moment: tuple[int, ...], price: str) -> None:
    assert read(terms).price_at(at(LOS_ANGELES, *moment)) == Decimal(price)


def test_a_holiday_is_a_weekday_of_its_own() -> None:
    tariff = read({**published.SMUD, "holidays": ["2026-07-03"]})

    assert tariff.price_at(at(LOS_ANGELES, 2026, 7, 3, 17)) == Decimal("0.1215")
    assert tariff.price_at(at(LOS_ANGELES, 2026, 7, 2, 17)) == Decimal("0.2341")


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    night = {"weekdays": [5], "from": "22:00", "to": "06:00", "price_per_kwh": "0.05"}
    tariff = read({"energy": [night, {"price_per_kwh": "0.10"}]}, BERLIN)

    assert tariff.price_at(at(BERLIN, 2026, 3, 7, 5, 59)) == Decimal("0.05")  # Saturday morning
    assert tariff.price_at(at(BERLIN, 2026, 3, 6, 5, 59)) == Decimal("0.10")  # Friday morning


def test_demand_in_kva_costs_more_the_worse_the_power_factor() -> None:
    cost = cost_of(read(published.ENERGEX_NTC8100, BRISBANE), steady(90.0, hours=1), days=30)

    assert cost.demand == {"any time": Decimal("1747.70")}
    assert cost.fixed == Decimal("993.90")


def test_a_half_hour_is_aligned_to_the_meters_clock() -> None:
    tariff = read(published.ENERGEX_NTC7100, BRISBANE)
    # 100 kW from 10:15 to 10:45 is 50 kW in each of two half hours.
    series = [Metered(at(BRISBANE, 2026, 7, 6, 10, minute), 25.0) for minute in (15, 30)]

    peak = peaks_of(tariff, series)["workdays"]

    assert peak.kw == pytest.approx(50.0)
    assert peak.starts_at == at(BRISBANE, 2026, 7, 6, 10, 0)


def test_a_demand_window_counts_only_what_is_drawn_within() -> None:
    tariff = read(published.ENERGEX_NTC7100, BRISBANE)
    saturday, evening = at(BRISBANE, 2026, 7, 4, 12), at(BRISBANE, 2026, 7, 6, 21)

    assert peaks_of(tariff, [Metered(saturday, 50.0), Metered(evening, 50.0)]) == {}


def test_several_demand_charges_hold_at_once() -> None:
    series = [Metered(at(LOS_ANGELES, 2026, 7, 6, 17), 25.0), Metered(at(LOS_ANGELES, 2026, 7, 6, 22), 50.0)]

    assert cost_of(read(published.SMUD), series).demand == {
        "any time": Decimal("1290.80"),
        "peak hours": Decimal("996.00"),
    }


def test_a_charge_of_another_season_is_not_on_the_bill() -> None:
    series = [Metered(at(LOS_ANGELES, 2026, 1, 5, 17), 25.0)]

    assert cost_of(read(published.PGE_A_10_2019), series).demand == {"winter": Decimal("1166.00")}


def test_a_summer_of_four_months_may_lie_over_new_year() -> None:
    tariff = read(published.AUSGRID_EA305, SYDNEY)

    assert tariff.label_at(at(SYDNEY, 2026, 1, 5, 12)) == "Peak"
    assert tariff.label_at(at(SYDNEY, 2026, 11, 2, 12)) == "Peak"
    assert tariff.label_at(at(SYDNEY, 2026, 4, 1, 12)) == "Off-peak"


def test_blocks_are_ordered_for_the_peak() -> None:
    tariff = read(published.PGE_BEV_2_S)

    assert cost_of(tariff, steady(149.0)).demand["subscription"] == Decimal("286.68")
    assert cost_of(tariff, steady(151.0)).demand["subscription"] == Decimal("382.24")


def test_above_the_ordered_blocks_each_kilowatt_has_its_price() -> None:
    subscription = {**published.PGE_BEV_2_S["subscription"], "blocks": 3}

    cost = cost_of(read({**published.PGE_BEV_2_S, "subscription": subscription}), steady(151.0))

    assert cost.demand["subscription"] == Decimal("290.50")


@pytest.mark.parametrize(("peak_kw", "blocks"), [(149.0, 3), (151.0, 3), (174.9, 3), (175.1, 4)])
def test_one_more_block_pays_from_twenty_five_kilowatts_on(peak_kw: float, blocks: int) -> None:
    subscription = read(published.PGE_BEV_2_S).subscription

    assert subscription is not None
    assert subscription.cheapest_blocks(peak_kw) == blocks


def test_the_mean_of_twelve_months_is_charged_with_its_floor() -> None:
    tariff = read(published.BELGIUM, BERLIN)

    cost = cost_of(tariff, steady(40.0), before_kw={"capacity": [10.0] * 10 + [0.0]})

    # (40 + 10 * 10 + 2.5) / 12 kW
    assert cost.demand == {"capacity": Decimal("47.50")}


def test_a_ratchet_charges_what_the_past_year_set() -> None:
    cost = cost_of(read(published.RATCHET), steady(50.0), before_kw={"any time": [20.0, 100.0]})

    assert cost.demand == {"any time": Decimal("800.00")}


def test_energy_goes_through_tiers() -> None:
    cost = cost_of(read(published.RATCHET), steady(100.0, hours=15))

    assert cost.energy == {"First": Decimal("200.00"), "More": Decimal("75.00")}


def test_a_free_window_is_free_for_so_much_a_day() -> None:
    noon = [Metered(at(SYDNEY, 2026, 7, day, 12, minute), 15.0) for day in (6, 7) for minute in (0, 15, 30, 45)]

    cost = cost_of(read(published.FREE_WINDOW, SYDNEY), noon)

    assert cost.energy == {"Free": Decimal("0.00"), "Day": Decimal("6.00")}


def test_what_is_sent_out_earns_its_price_and_taxes_are_on_what_is_bought() -> None:
    series = [
        Metered(at(LOS_ANGELES, 2026, 7, 6, 12), -10.0),
        Metered(at(LOS_ANGELES, 2026, 7, 6, 9), -10.0),
        Metered(at(LOS_ANGELES, 2026, 7, 6, 20), 5.0),
    ]

    cost = cost_of(read(published.RATCHET), series)

    assert cost.export == Decimal("0.70")
    assert cost.tax == (Decimal("1.00") + Decimal("200.00")) * Decimal("0.2")


def test_the_market_price_is_added_to_the_networks() -> None:
    tariff = read(published.WHOLESALE, SYDNEY)
    evening = at(SYDNEY, 2026, 7, 6, 18)

    assert tariff.price_at(evening, lambda moment: Decimal("15")) == Decimal("15.83")
    assert tariff.price_at(evening, lambda moment: Decimal("-0.1")) == Decimal("-0.025")


def test_an_hour_without_a_market_price_has_the_one_that_stands_in() -> None:
    tariff = read(published.WHOLESALE, SYDNEY)

    assert tariff.price_at(at(SYDNEY, 2026, 7, 6, 12), lambda moment: None) == Decimal("0.1355")


@pytest.mark.parametrize(
    ("day", "billing_day", "expected"),
    [
        (date(2026, 3, 15), 1, BillingMonth(date(2026, 3, 1), date(2026, 4, 1))),
        (date(2026, 3, 15), 16, BillingMonth(date(2026, 2, 16), date(2026, 3, 16))),
        (date(2026, 3, 16), 16, BillingMonth(date(2026, 3, 16), date(2026, 4, 16))),
        (date(2026, 1, 5), 28, BillingMonth(date(2025, 12, 28), date(2026, 1, 28))),
    ],
)
def test_a_billing_month_begins_when_the_meter_is_read(day: date, billing_day: int, expected: BillingMonth) -> None:
    assert billing_month_of(day, billing_day) == expected


def test_the_planner_hears_of_a_windows_peak_and_its_days_left() -> None:
    tariff = read(published.SMUD)
    noon = slot_of(at(LOS_ANGELES, 2026, 7, 20, 12))

    windows = {
        window.key: window
        for window in demand_windows(tariff, first_slot=noon, slots=96, incurred_kw={"any time": 180.0})
    }

    assert set(windows) == {"any time", "peak hours"}
    assert (windows["any time"].incurred_kw, windows["any time"].days_left) == (180.0, 12.0)
    assert (windows["peak hours"].incurred_kw, windows["peak hours"].days_left) == (0.0, 10.0)
    assert [n for n, applies in enumerate(windows["peak hours"].applies) if applies] == list(range(16, 36))
    assert all(windows["any time"].applies)


def test_a_horizon_over_the_meters_reading_has_a_new_month_beside_the_old() -> None:
    tariff = read(published.SCE_TOU_EV_4_2019)
    evening = slot_of(at(LOS_ANGELES, 2026, 7, 31, 18))

    old, new = demand_windows(tariff, first_slot=evening, slots=96, incurred_kw={"any time": 200.0})

    assert (sum(old.applies), sum(new.applies)) == (24, 72)
    assert not any(before and after for before, after in zip(old.applies, new.applies, strict=True))
    assert (old.incurred_kw, old.days_left) == (200.0, 1.0)
    assert (new.incurred_kw, new.days_left) == (0.0, 31.0)


def test_what_is_subscribed_to_is_paid_for_already() -> None:
    subscription = {**published.PGE_BEV_2_S["subscription"], "blocks": 4}
    tariff = read({**published.PGE_BEV_2_S, "subscription": subscription})

    (window,) = demand_windows(tariff, first_slot=slot_of(at(LOS_ANGELES, 2026, 7, 6, 12)), slots=4, incurred_kw={})

    assert (window.incurred_kw, window.price_per_kw) == (200.0, 3.82)


def test_half_hours_are_two_slots() -> None:
    (window,) = demand_windows(
        read(published.ENERGEX_NTC8100, BRISBANE),
        first_slot=slot_of(at(BRISBANE, 2026, 7, 6, 12, 15)),
        slots=4,
        incurred_kw={},
        used_kwh={"any time": 12.0},
    )

    assert (window.slots_per_interval, window.used_kwh) == (2, 12.0)
    assert window.price_per_kw == pytest.approx(17.477 / 0.9)


def charged(**charge: Any) -> Terms:
    return {"energy": [{"price_per_kwh": "0.1"}], "demand": [charge]}


@pytest.mark.parametrize(
    "terms",
    [
        {},
        {"energy": [{}]},
        {"energy": [{"price_per_kwh": "0.1", "from": "25:00"}]},
        {"energy": [{"price_per_kwh": "0.1", "weekdays": [0]}]},
        {"energy": [{"price_per_kwh": "0.1", "season": "monsoon"}]},
        {"energy": "0.1"},
        {"energy": [{"price_per_kwh": "NaN"}]},
        {"energy": [{"price_per_kwh": "0.1"}], "demand": [{"price_per_kw": "-1"}]},
        {"energy": [{"price_per_kwh": "0.1"}], "demand": [{"price_per_kva": "1", "power_factor": "0"}]},
        {"energy": [{"price_per_kwh": "0.1"}], "demand": [{"price_per_kw": "1", "interval_min": 20}]},
        {"energy": [{"price_per_kwh": "0.1"}], "demand": [{"name": "a", "price_per_kw": "1"}] * 2},
        {"energy": [{"price_per_kwh": "0.1"}], "holidays": ["next Monday"]},
        {"energy": [{"price_per_kwh": "0.1"}], "subscription": {"block_kw": 0, "price_per_block": 1}},
        {"energy": [{"price_per_kwh": "0.1"}], "spot": {"times": 1}},
        {"energy": [1]},
        {"energy": [{"price_per_kwh": "0.1"}], "demand": [{"price_per_kw": "1", "interval_min": float("inf")}]},
        {"energy": [{"price_per_kwh": "0.1"}], "seasons": {"summer": [["06-01"]]}},
        charged(price_per_kw="1", ratchet={"months": 13}),
        charged(price_per_kw="1", ratchet={"months": 11, "share": "1.1"}),
        charged(price_per_kw="1", ratchet={"share": "0.8"}),
        charged(price_per_kw="1", mean_of_months=1.5),
        charged(steps=[{"price": "1"}]),
        charged(steps=[{"up_to_kw": 5, "price": "1"}, {"up_to_kw": 9, "price": "2"}]),
        charged(steps=[{"up_to_kw": 5, "price": "3"}, {"price": "2"}]),
        charged(steps=[{"up_to_kw": 5, "price": "1"}, {"up_to_kw": 5, "price": "2"}, {"price": "3"}]),
        charged(steps=[{"up_to_kw": 5, "price": "1"}, {"price": "2"}], price_per_kw="1"),
    ],
)
def test_terms_that_say_no_price_or_no_time_are_refused(terms: Terms) -> None:
    with pytest.raises(TermsUnreadable):
        read(terms)


@pytest.mark.parametrize(
    ("energy", "gap"),
    [
        ([{"price_per_kwh": "0.1"}], ""),
        ([{"from": "22:00", "to": "06:00"}, {"from": "06:00", "to": "22:00"}], ""),
        ([{"from": "22:00", "to": "06:00"}], "06:00 on a Saturday such as 1 January"),
        ([{"season": "summer"}], "00:00 on a Saturday such as 1 January"),
        ([{"season": "summer"}, {"season": "rest"}], "00:00 on a Wednesday such as 15 March"),
        ([{"weekdays": [1, 2, 3, 4, 5, 6, 7]}], "00:00 on a holiday such as 1 January"),
        ([{"weekdays": [5], "from": "22:00", "to": "06:00"}, {"from": "06:00"}], "00:00 on a Sunday such as 2 January"),
        ([{"first_kwh": "50", "each": "day"}], "00:00 on a Saturday such as 1 January"),
    ],
)
def test_an_hour_that_nothing_is_charged_for_is_found(energy: list[dict[str, Any]], gap: str) -> None:
    seasons = {"summer": [["06-15", "09-14"]], "rest": [["09-15", "03-14"], ["03-16", "06-14"]]}
    priced = [{"price_per_kwh": "0.1", **entry} for entry in energy]

    tariff = read({"seasons": seasons, "holidays": ["2026-12-25"], "energy": priced})

    assert tariff.unpriced() == gap


@pytest.mark.parametrize(
    "energy",
    [[{"price_per_kwh": "0.1"}] * 61, [{"price_per_kwh": "0.1", "from": "06:00"}]],
    ids=["too many", "half a day"],
)
def test_what_somebody_writes_now_is_refused_where_it_leaves_an_hour_open_or_has_no_end(
    energy: list[dict[str, Any]],
) -> None:
    assert read({"energy": energy}).energy, "what is stored is read"

    with pytest.raises(TermsUnreadable, match="energy: "):
        read_priced({"energy": energy}, LOS_ANGELES)


@pytest.mark.parametrize(
    "terms",
    [
        published.PGE_BEV_2_S, published.SCE_TOU_EV_8_2026, published.SCE_TOU_EV_4_2019, published.PGE_A_10_2019,
        published.SMUD, published.SDGE_EV_HP, published.ENERGEX_2025, published.AUSGRID_EA305, published.FREE_WINDOW,
        published.WHOLESALE, published.NORWAY,
    ],
)  # fmt: skip
def test_a_whole_sheet_has_a_price_for_each_hour(terms: Terms) -> None:
    assert read(terms).unpriced() == ""


@given(
    st.sampled_from([BERLIN, LOS_ANGELES, SYDNEY, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")]),
    st.integers(0, 365),
    st.integers(0, 95),
    st.integers(0, 95),
)
def test_a_window_has_the_length_that_the_wall_clock_gives_it(zone: ZoneInfo, day: int, begins: int, ends: int) -> None:
    """In a night that misses an hour it has an hour less, in one that has an hour twice it has it twice."""
    tariff = read({"energy": [window(begins, ends), {"price_per_kwh": "1"}]}, zone)
    start = at(zone, 2026, 1, 1, 12) + timedelta(days=day)
    moments = [start + timedelta(minutes=15 * n) for n in range(96)]

    inside = {moment for moment in moments if tariff.price_at(moment) == 2}

    walls = {moment: moment.astimezone(zone) for moment in moments}
    quarter = {moment: (wall.hour * 60 + wall.minute) for moment, wall in walls.items()}
    first, last = begins * 15, ends * 15
    assert inside == {
        moment
        for moment in moments
        if (first <= quarter[moment] < last if first < last else quarter[moment] >= first or quarter[moment] < last)
    }


@given(
    st.sampled_from([BERLIN, LOS_ANGELES, BRISBANE, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Asia/Kolkata")]),
    st.sampled_from([15, 30, 60]),
    st.integers(0, 365 * 96),
)
def test_an_interval_of_demand_begins_on_the_wall_clocks_quarters(zone: ZoneInfo, minutes: int, quarter: int) -> None:
    charge = {"name": "d", "price_per_kw": "1", "interval_min": minutes}
    tariff = read({"energy": [{"price_per_kwh": "1"}], "demand": [charge]}, zone)
    moment = at(zone, 2026, 1, 1) + timedelta(minutes=15 * quarter)

    began = interval_of(tariff, tariff.demand[0], moment)

    assert timedelta(0) <= moment - began < timedelta(minutes=minutes)
    assert (began.astimezone(zone).hour * 60 + began.astimezone(zone).minute) % minutes == 0


def steady(kw: float, *, hours: int = 1) -> list[Metered]:
    start = at(LOS_ANGELES, 2026, 7, 6)
    return [Metered(start + timedelta(minutes=15 * n), kw / 4) for n in range(4 * hours)]


def slot_of(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(minutes=15)


def window(begins: int, ends: int) -> dict[str, str]:
    walls = [f"{quarter // 4:02d}:{quarter % 4 * 15:02d}" for quarter in (begins, ends)]
    return {"from": walls[0], "to": walls[1], "price_per_kwh": "2"}
