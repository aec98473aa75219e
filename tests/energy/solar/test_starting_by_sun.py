"""The sun reaches who is only started and stopped: as starts and stops, inside the room of its circuits."""

from datetime import datetime, timedelta

import pytest

from chargers.choices import ConnectorStatus
from chargers.models import Capability, IssuedCommand
from depot.access.services import the_depot
from depot.energy import services
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.services import carry_on, deliver
from depot.energy.delivery.wanted import limit_at
from depot.energy.models import Circuit, Habit, MeterSource
from depot.energy.services.live import heed_silence
from depot.energy.solar.models import SolarCourse, SolarDay
from depot.models import Bay, Depot
from sessions.models import Session
from tests.energy.delivery.talk import answer_all, charging, held_w, settle, starts, want
from tests.energy.rows import make_manual_limit, make_need, wired_bay
from tests.energy.solar.scene import BRIGHT_W, MINUTE, NOON, RATING_W, paused, plugged_in, shine
from tests.factories import make_session, set_status

pytestmark = pytest.mark.django_db


def starts_charging(session: Session, now: datetime) -> Session:
    """As its charger tells it once it was asked."""
    answer_all(now=now)
    bay = Bay.objects.get(evse=session.evse)
    set_status(bay, ConnectorStatus.CHARGING)
    again = make_session(
        bay, session.vehicle, token=session.token, reference=f"9{session.pk}", started_at=now, energy_wh=0,
        started_by=the_depot(),
    )  # fmt: skip
    carry_on(bay.depot, now=now)
    return again


def run_by_the_sun(bay: Bay, roof: MeterSource) -> tuple[Session, datetime]:
    session = paused(bay)
    now = shine(roof, BRIGHT_W, lasts=16 * MINUTE)
    assert starts() == 1
    return starts_charging(session, now), now


def stops() -> int:
    return IssuedCommand.objects.filter(kind="stop", state="requested").count()


def told_w(bay: Bay, at: datetime) -> int | None:
    target = Target.objects.get(evse=bay.evse)
    return limit_at(target.course(), target.until, at) if target.until else None


def test_a_paused_vehicle_is_started_when_the_surplus_has_covered_its_rating(bay: Bay, roof: MeterSource) -> None:
    paused(bay)
    now = shine(roof, BRIGHT_W, lasts=14 * MINUTE)
    assert starts() == 0

    now = shine(roof, BRIGHT_W, since=now, lasts=2 * MINUTE)

    assert starts() == 1
    assert told_w(bay, now) == RATING_W


def test_less_than_its_rating_starts_nobody(bay: Bay, roof: MeterSource) -> None:
    paused(bay)

    shine(roof, RATING_W, lasts=30 * MINUTE)

    assert starts() == 0


def test_one_that_refuses_every_limit_is_started_by_the_sun_as_well(depot: Depot, bay: Bay, roof: MeterSource) -> None:
    assert bay.evse
    bay.evse.wiring.control = "managed"  # type: ignore[attr-defined]
    bay.evse.wiring.save()  # type: ignore[attr-defined]
    Capability.objects.create(
        charger=bay.evse.charger, name="smart_charging", value="no", evidence="told", seen_at=NOON
    )
    paused(bay)

    shine(roof, BRIGHT_W, lasts=16 * MINUTE)

    assert starts() == 1


def test_others_give_way_before_it_is_started(depot: Depot, bay: Bay, roof: MeterSource) -> None:
    Circuit.objects.filter(depot=depot).update(limit_w=18_000)
    other = wired_bay(depot)
    charging(other, started_at=NOON, power_w=0)
    settle(depot, now=NOON)
    deliver(depot, [want(other, 11_000, until=NOON + timedelta(hours=8))], now=NOON)
    settle(depot, now=NOON)
    paused(bay)

    now = shine(roof, BRIGHT_W, lasts=16 * MINUTE)
    assert starts() == 0
    assert Target.objects.get(evse=bay.evse).state == State.NO_ROOM
    carry_on(depot, now=now + timedelta(seconds=2))
    answer_all(now=now)
    assert held_w(other, now) <= 7_000
    carry_on(depot, now=now + timedelta(seconds=4))

    assert starts() == 1


def test_a_cloud_stops_it_after_a_quarter_of_an_hour_and_not_before(bay: Bay, roof: MeterSource) -> None:
    _, now = run_by_the_sun(bay, roof)

    now = shine(roof, 4_000, since=now, lasts=14 * MINUTE)
    assert stops() == 0
    shine(roof, 4_000, since=now, lasts=2 * MINUTE)

    assert stops() == 1


def test_a_silent_roof_stops_it_within_ten_seconds_its_quarter_of_an_hour_or_not(bay: Bay, roof: MeterSource) -> None:
    _, now = run_by_the_sun(bay, roof)

    heed_silence(now + timedelta(seconds=29))
    assert stops() == 0
    heed_silence(now + timedelta(seconds=39))

    assert stops() == 1


def test_what_the_plan_wants_goes_on_while_the_roof_is_silent(depot: Depot, bay: Bay, roof: MeterSource) -> None:
    session, now = run_by_the_sun(bay, roof)
    leaves = now + timedelta(minutes=65)
    make_need(
        depot, vehicle=session.vehicle, session=session, departs_at=leaves, energy_wh=10_500, told_at=now,
        holds_until=leaves, session_energy_wh=0,
    )  # fmt: skip
    services.replan(depot, now=now, why="a test")

    heed_silence(now + timedelta(minutes=1))

    assert stops() == 0
    assert SolarCourse.objects.get().needed_w > 0


def test_who_comes_with_a_card_runs_its_quarter_of_an_hour_which_is_not_the_suns(bay: Bay, roof: MeterSource) -> None:
    plugged_in(bay)

    now = shine(roof, 0, lasts=14 * MINUTE)
    assert stops() == 0
    shine(roof, 0, since=now, lasts=2 * MINUTE)

    assert stops() == 1
    assert SolarDay.objects.get().imported_wh == 0


def test_from_charge_to_charge_its_turns_are_counted_on(bay: Bay, roof: MeterSource) -> None:
    session, now = run_by_the_sun(bay, roof)

    shine(roof, BRIGHT_W, since=now, lasts=MINUTE)

    course = SolarCourse.objects.get()
    assert (course.session_id, course.turns, course.limit_w) == (session.pk, 1, RATING_W)


def test_what_was_asked_to_start_and_did_not_is_no_turn_and_draws_nothing(bay: Bay, roof: MeterSource) -> None:
    paused(bay)
    now = shine(roof, BRIGHT_W, lasts=16 * MINUTE)
    assert starts() == 1

    shine(roof, BRIGHT_W, since=now, lasts=4 * MINUTE)

    course = SolarCourse.objects.get()
    assert (course.limit_w, course.turns) == (0, 0)
    assert SolarDay.objects.get().diverted_wh == 0


def test_a_limit_by_hand_below_its_rating_keeps_it_off(bay: Bay, roof: MeterSource) -> None:
    paused(bay)
    make_manual_limit(bay, limit_w=5_000, starts_at=NOON, ends_at=NOON + timedelta(hours=2))

    shine(roof, BRIGHT_W, lasts=20 * MINUTE)

    assert starts() == 0


def test_a_vehicle_that_left_is_not_started(bay: Bay, roof: MeterSource) -> None:
    paused(bay)
    now = shine(roof, BRIGHT_W, lasts=10 * MINUTE)

    set_status(bay, ConnectorStatus.AVAILABLE)
    shine(roof, BRIGHT_W, since=now, lasts=10 * MINUTE)

    assert starts() == 0
    assert not SolarCourse.objects.exists()


def test_who_follows_no_longer_waits_for_its_plan_again(depot: Depot, bay: Bay, roof: MeterSource) -> None:
    paused(bay)
    services.replan(depot, now=NOON, why="a test")
    now = shine(roof, BRIGHT_W, lasts=5 * MINUTE)
    assert Target.objects.get(evse=bay.evse).lead_w == 0

    Habit.objects.update(follows_sun=False)
    now = shine(roof, BRIGHT_W, since=now, lasts=MINUTE)

    assert Target.objects.get(evse=bay.evse).lead_w is None
    assert not SolarCourse.objects.exists()
