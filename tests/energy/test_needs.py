"""When a vehicle leaves and what it needs, by whose word."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.energy.needs import (
    DepartureSource,
    EnergySource,
    Known,
    Told,
    Weekly,
    arrival_for,
    moment_of,
    next_departure,
    wish_of,
)

BERLIN = ZoneInfo("Europe/Berlin")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
EVENING = datetime(2026, 3, 5, 19, tzinfo=BERLIN).astimezone(UTC)  # Thursday
VAN = Known(zone=BERLIN, default_departure=time(6, 0))
HALF_FIVE = Weekly(leaves_at=time(4, 30))


def at(hour: int, minute: int = 0, day: int = 6) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def said(source: DepartureSource, **words: object) -> Told:
    return Told(source=source, told_at=EVENING - timedelta(minutes=5), **words)  # type: ignore[arg-type]


DISPATCHER = said(DepartureSource.DISPATCHER, departs_at=at(3))
VEHICLE = said(DepartureSource.VEHICLE, departs_at=at(4))
SYSTEM = said(DepartureSource.REST, departs_at=at(5))


@pytest.mark.parametrize(
    ("told", "timetable", "departs_at", "source"),
    [
        ((SYSTEM, VEHICLE, DISPATCHER), (HALF_FIVE,), at(3), "dispatcher"),
        ((SYSTEM, VEHICLE), (HALF_FIVE,), at(4), "vehicle"),
        ((SYSTEM,), (HALF_FIVE,), at(5), "rest"),
        ((), (HALF_FIVE,), at(4, 30), "timetable"),
        ((), (), at(6), "default"),
    ],
)
def test_a_departure_is_believed_in_order(
    told: tuple[Told, ...], timetable: tuple[Weekly, ...], departs_at: datetime, source: str
) -> None:
    wish = wish_of(replace(VAN, told=told, timetable=timetable), EVENING)

    assert (wish.departs_at, wish.departure_source) == (departs_at, source)


def test_a_departure_that_is_past_is_nobodys_word_any_more() -> None:
    gone = said(DepartureSource.DISPATCHER, departs_at=EVENING - timedelta(hours=1))

    assert wish_of(replace(VAN, told=(gone, SYSTEM)), EVENING).departure_source is DepartureSource.REST


def test_the_last_word_of_a_source_counts() -> None:
    later = replace(DISPATCHER, departs_at=at(2), told_at=EVENING)

    assert wish_of(replace(VAN, told=(later, DISPATCHER)), EVENING).departs_at == at(2)


def test_who_tells_only_the_hour_keeps_the_energy_he_told_before() -> None:
    energy = said(DepartureSource.DISPATCHER, energy_kwh=30.0)
    hour = replace(DISPATCHER, told_at=EVENING)

    wish = wish_of(replace(VAN, told=(energy, hour)), EVENING)

    assert (wish.departs_at, wish.energy_source) == (at(3), EnergySource.DISPATCHER)


def test_a_timetable_holds_on_its_weekdays() -> None:
    mondays = Weekly(leaves_at=time(5), weekdays=frozenset({1}))

    assert wish_of(replace(VAN, timetable=(mondays,)), EVENING).departs_at == at(5, day=9)


def test_a_timetable_holds_within_its_days() -> None:
    over = replace(HALF_FIVE, until_day=date(2026, 3, 5))
    later = replace(HALF_FIVE, leaves_at=time(5), from_day=date(2026, 3, 6))

    assert wish_of(replace(VAN, timetable=(over, later)), EVENING).departs_at == at(5)


@pytest.mark.parametrize(
    ("known", "source", "kwh"),
    [
        pytest.param({"told": (said(DepartureSource.DISPATCHER, energy_kwh=20.0),)}, "dispatcher", 18.0, id="entered"),
        pytest.param({"told": (said(DepartureSource.VEHICLE, energy_kwh=20.0),)}, "vehicle", 18.0, id="vehicle"),
        pytest.param(
            {"told": (replace(VEHICLE, energy_kwh=9.0), replace(DISPATCHER, energy_kwh=20.0))},
            "dispatcher", 18.0, id="the dispatcher before the vehicle",
        ),
        pytest.param({"soc_percent": 40.0, "battery_kwh": 75.0, "target_soc_percent": 80.0}, "level", 30.0, id="level"),
        pytest.param(
            {
                "soc_percent": 40.0, "battery_kwh": 75.0, "target_soc_percent": 80.0,
                "told": (said(DepartureSource.DISPATCHER, target_soc_percent=60.0),),
            },
            "dispatcher", 15.0, id="a target for tonight",
        ),
        pytest.param({"timetable": (replace(HALF_FIVE, energy_kwh=25.0),)}, "timetable", 22.5, id="timetable"),
        pytest.param(
            {"soc_percent": 40.0, "battery_kwh": 75.0, "timetable": (replace(HALF_FIVE, target_soc_percent=90.0),)},
            "level", 37.5, id="the timetable's target",
        ),
        pytest.param({"nights_kwh": (10.0, 40.0, 20.0)}, "nights", 21.6, id="last nights"),
        pytest.param(
            {"nights_kwh": (10.0, 40.0, 20.0), "timetable": (replace(HALF_FIVE, energy_kwh=25.0),)},
            "timetable", 22.5, id="the timetable before last nights",
        ),
        pytest.param({"battery_kwh": 75.0}, "full", 75.0, id="a battery without a level"),
        pytest.param({"max_kw": 7.0}, "full", 11 * 7 * 0.9, id="nothing known"),
        pytest.param({"nights_kwh": (10.0,), "has_enough": True}, "has_enough", 0.0, id="draws nothing"),
    ],
)  # fmt: skip
def test_what_is_needed_is_found_in_order_and_says_how(known: dict[str, object], source: str, kwh: float) -> None:
    wish = wish_of(replace(VAN, **known), EVENING)  # type: ignore[arg-type]

    assert (wish.energy_source, wish.energy_kwh) == (source, pytest.approx(kwh))


def test_last_nights_are_ten_and_one_feast_does_not_count() -> None:
    nights = (10.0,) * 6 + (500.0,) * 4 + (900.0,) * 20

    assert wish_of(replace(VAN, nights_kwh=nights), EVENING).energy_kwh == pytest.approx(10.0 * 1.2 * 0.9)


def test_what_has_been_charged_since_it_was_told_is_needed_no_more() -> None:
    told = said(DepartureSource.DISPATCHER, energy_kwh=20.0, charged_kwh=5.0)

    wish = wish_of(replace(VAN, told=(told,), charged_kwh=15.0), EVENING)

    assert wish.energy_kwh == pytest.approx(9.0)


def test_a_need_is_never_below_nothing() -> None:
    known = replace(VAN, soc_percent=95.0, battery_kwh=75.0, target_soc_percent=80.0)

    assert wish_of(known, EVENING).energy_kwh == 0.0


def test_the_class_is_tonights_then_the_timetables_then_the_vehicles() -> None:
    tonight = said(DepartureSource.DISPATCHER, priority=0)
    line = replace(HALF_FIVE, priority=2)

    assert wish_of(replace(VAN, told=(tonight,), timetable=(line,)), EVENING).priority == 0
    assert wish_of(replace(VAN, timetable=(line,), priority=3), EVENING).priority == 2
    assert wish_of(replace(VAN, priority=3), EVENING).priority == 3


def test_a_vehicle_is_back_the_evening_before_it_leaves() -> None:
    line = replace(HALF_FIVE, comes_at=time(18))

    assert arrival_for(line, at(4, 30), BERLIN) == at(18, day=5)
    assert arrival_for(replace(line, leaves_at=time(22)), at(22), BERLIN) == at(18)
    assert arrival_for(HALF_FIVE, at(4, 30), BERLIN) is None


def test_an_hour_that_does_not_exist_is_an_earlier_one() -> None:
    spring = moment_of(date(2026, 3, 29), time(2, 30), BERLIN)

    assert spring.astimezone(BERLIN).time() == time(1, 30)


def test_an_hour_that_exists_twice_is_the_first() -> None:
    autumn = moment_of(date(2026, 10, 25), time(2, 30), BERLIN)

    assert autumn == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@given(
    st.sampled_from([BERLIN, LOS_ANGELES, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/Sao_Paulo")]),
    st.integers(0, 365 * 96),
    st.times().map(lambda wall: wall.replace(second=0, microsecond=0)),
)
def test_a_daily_departure_comes_each_day_once_in_nights_of_any_length(
    zone: ZoneInfo, quarter: int, wall: time
) -> None:
    now = datetime(2026, 1, 1, tzinfo=zone).astimezone(UTC) + timedelta(minutes=15 * quarter)
    daily = (Weekly(leaves_at=wall),)

    found = next_departure(daily, zone, now)
    assert found is not None
    following = next_departure(daily, zone, found[0])

    assert following is not None
    assert timedelta(0) < found[0] - now <= timedelta(hours=25)
    assert timedelta(hours=22) <= following[0] - found[0] <= timedelta(hours=26)
    assert following[0].astimezone(zone).date() == found[0].astimezone(zone).date() + timedelta(days=1)
