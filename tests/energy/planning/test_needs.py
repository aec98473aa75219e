"""Who needs what and when, as it is planned with."""

from datetime import UTC, datetime, time, timedelta

import pytest

from depot.energy import services
from depot.energy.delivery.models import Target
from depot.energy.models import PlanMark
from depot.models import Depot
from sessions.models import Session
from tests.energy.planning.evening import EVENING, HOUR, frame, plug_in, replan
from tests.energy.rows import (
    make_need,
    make_timetable,
    wired_bay,
)
from tests.factories import make_session, make_vehicle

pytestmark = pytest.mark.django_db


def test_a_need_of_tonight_is_planned(depot: Depot) -> None:
    session = plug_in(wired_bay(depot))
    make_need(depot, vehicle=session.vehicle, departs_at=EVENING + 4 * HOUR, energy_wh=20_000)

    stay = replan(depot).stays.get()

    assert (stay.departs_at, stay.departure_source) == (EVENING + 4 * HOUR, "dispatcher")
    assert (stay.needs_kwh, stay.needs_source) == (18.0, "dispatcher")


def test_the_vehicles_own_word_is_kept_once_and_asks_for_a_plan(depot: Depot) -> None:
    session = plug_in(wired_bay(depot))

    told = services.vehicle_told(session, EVENING + 4 * HOUR, 20_000, "vehicle", EVENING)
    again = services.vehicle_told(session, EVENING + 4 * HOUR, 20_000, "vehicle", EVENING)

    assert told == again
    assert PlanMark.objects.get().wanted_at == EVENING
    assert replan(depot).stays.get().departure_source == "vehicle"


def test_the_vehicles_word_is_not_about_its_next_stay(depot: Depot) -> None:
    first, second = wired_bay(depot), wired_bay(depot)
    session = plug_in(first)
    services.vehicle_told(session, EVENING + 4 * HOUR, 20_000, "vehicle", EVENING)
    Session.objects.filter(pk=session.pk).update(ended_at=EVENING, closed_by="charger")
    plug_in(second, vehicle=session.vehicle)

    assert replan(depot).stays.get().departure_source == "default"


def test_nothing_told_is_nothing(depot: Depot) -> None:
    session = plug_in(wired_bay(depot))

    assert services.vehicle_told(session, None, None, "vehicle", EVENING) is None
    with pytest.raises(services.NothingTold):
        services.tell_need(depot, source="dispatcher", vehicle=session.vehicle, now=EVENING)  # type: ignore[arg-type]


def test_last_nights_tell_what_a_vehicle_without_a_level_needs(depot: Depot) -> None:
    bay, vehicle = wired_bay(depot), make_vehicle(depot_key=depot.pk)
    for night, wh in enumerate((20_000, 40_000, 30_000), 1):
        make_session(bay, vehicle, started_at=EVENING - timedelta(days=night), ended_at=EVENING - timedelta(days=night)
                     + HOUR, energy_wh=wh)  # fmt: skip
    plug_in(bay, vehicle=vehicle)

    stay = replan(depot).stays.get()

    assert stay.needs_source == "nights"
    assert stay.needs_kwh == pytest.approx(30 * 1.2 * 0.9)


def test_what_a_vehicle_took_in_several_charges_of_one_night_is_one_night(depot: Depot) -> None:
    bay, vehicle = wired_bay(depot), make_vehicle(depot_key=depot.pk)
    for hours_ago in (24, 22, 20):
        at = EVENING - hours_ago * HOUR
        make_session(bay, vehicle, started_at=at, ended_at=at + HOUR, energy_wh=10_000)
    plug_in(bay, vehicle=vehicle)

    stay = replan(depot).stays.get()

    assert stay.needs_kwh == pytest.approx(30 * 1.2 * 0.9)


def test_a_vehicle_that_draws_nothing_though_it_may_has_enough(depot: Depot) -> None:
    plug_in(wired_bay(depot), energy_state="suspended_ev", energy_state_at=EVENING - timedelta(minutes=11))

    stay = replan(depot).stays.get()

    assert (stay.needs_source, stay.needs_kwh) == ("has_enough", 0.0)


@pytest.mark.parametrize(("seen", "source"), [(timedelta(0), "has_enough"), (timedelta(days=-1), "full")])
def test_who_was_seen_to_be_full_in_this_charge_has_enough(depot: Depot, seen: timedelta, source: str) -> None:
    bay = wired_bay(depot)
    plug_in(bay, started_at=EVENING - timedelta(hours=1))
    Target.objects.create(evse=bay.evse, depot=depot, waking="full", waking_since=EVENING + seen)

    assert replan(depot).stays.get().needs_source == source


def test_who_is_expected_by_the_timetable_has_power_kept(depot: Depot) -> None:
    vehicle = make_vehicle(depot_key=depot.pk)
    bay = wired_bay(depot)
    make_timetable(depot, vehicle, comes_at=time(20), energy_wh=30_000, bay=bay)

    stay = replan(depot).stays.get()

    assert stay.is_expected
    assert stay.session is None
    assert stay.arrives_at == datetime(2026, 3, 5, 19, tzinfo=UTC)
    assert sum(stay.kw) / 4 == pytest.approx(30.0, abs=0.05)
    assert not any(stay.kw[:8])
    assert not stay.was_told


def test_one_that_is_due_and_not_there_is_awaited_from_the_next_slot(depot: Depot) -> None:
    make_timetable(depot, comes_at=time(16), energy_wh=30_000, bay=wired_bay(depot))

    assert replan(depot).stays.get().arrives_at == EVENING + timedelta(minutes=15)


def test_nobody_is_expected_where_somebody_stands(depot: Depot) -> None:
    bay = wired_bay(depot)
    plug_in(bay)
    make_timetable(depot, comes_at=time(20), energy_wh=30_000, bay=bay)

    assert [stay.is_expected for stay in replan(depot).stays.all()] == [False]


def test_who_is_worst_off_is_reckoned_from_when_it_came(depot: Depot) -> None:
    plug_in(wired_bay(depot), started_at=EVENING - 2 * HOUR, energy_wh=10_000)

    [need] = frame(depot).instance.needs

    assert need.had_kwh == pytest.approx(9.0)
    assert need.could_have_had_kwh == pytest.approx(2 * 11 * 0.9)
