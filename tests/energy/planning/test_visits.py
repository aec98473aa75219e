"""Vehicles at chargers that only start and stop: between two charges they are planned on."""

import pytest

from chargers.choices import ConnectorStatus
from depot.access.services import the_depot
from depot.energy import services
from depot.energy.delivery.models import Target
from depot.energy.instance import Need
from depot.energy.models import EnergySettings, StoredPlan
from depot.energy.queries.instance import frame_of
from depot.energy.queries.visits import MOST_STARTS, visits_of
from depot.energy.services import hands
from depot.models import Bay, Depot
from sessions.models import IdToken, Session, Vehicle
from sessions.services import issue_own_token
from tests.energy.planning.evening import EVENING, HOUR, frame
from tests.energy.rows import make_circuit, make_need, make_source, wired_bay
from tests.factories import make_command, make_depot, make_session, make_vehicle, set_status

pytestmark = pytest.mark.django_db


@pytest.fixture
def bay(depot: Depot) -> Bay:
    bay = wired_bay(depot, wiring={"control": "start_stop"})
    set_status(bay, ConnectorStatus.FINISHING)
    return bay


@pytest.fixture
def van(depot: Depot) -> Vehicle:
    van = make_vehicle(depot_key=depot.pk)
    make_need(depot, vehicle=van, told_at=EVENING - 5 * HOUR, energy_wh=30_000, session_energy_wh=0)
    return van


def card(van: Vehicle) -> IdToken:
    return issue_own_token(van, EVENING)


def charge(bay: Bay, van: Vehicle, *, hours_ago: float, wh: int, by_us: bool = True, comes: bool = False) -> Session:
    """A charge that is over, and who stopped it. The first, and one with which it `comes` again, we did not start."""
    began = EVENING - hours_ago * HOUR
    is_first = comes or not Session.objects.filter(evse=bay.evse).exists()
    session = make_session(
        bay,
        van,
        token=card(van),
        started_at=began,
        ended_at=began + HOUR / 2,
        energy_wh=wh,
        reference=f"charge {hours_ago}",
        started_by=None if is_first else the_depot(),
    )
    if by_us:
        make_command(session.charger, reference=session.reference, issued_by=the_depot(), issued_at=began + HOUR / 2)
        Target.objects.update_or_create(evse=bay.evse, defaults={"depot": bay.depot, "resume_token": card(van)})
    return session


def runs(bay: Bay, van: Vehicle, *, wh: int = 0) -> Session:
    return make_session(
        bay,
        van,
        token=card(van),
        started_at=EVENING - HOUR / 2,
        energy_wh=wh,
        energy_state="charging",
        energy_state_at=EVENING - HOUR / 2,
        reference="now",
        started_by=the_depot(),
    )


def needs(depot: Depot) -> tuple[Need, ...]:
    return frame(depot).instance.needs


def test_a_vehicle_that_was_stopped_is_planned_again(depot: Depot, bay: Bay, van: Vehicle) -> None:
    last = charge(bay, van, hours_ago=2, wh=10_000)

    plan = services.replan(depot, now=EVENING, why="a test")

    assert plan is not None
    stay = plan.stays.get()
    assert (stay.session, stay.vehicle, stay.is_expected) == (last, van, False)
    assert stay.needs_kwh == pytest.approx(20.0 * 0.9)
    assert sum(stay.kw) / 4 >= 20.0 - 1e-6
    assert any(watts > 0 for _, watts in Target.objects.get(evse=bay.evse).steps)


def test_one_that_was_unplugged_is_not(depot: Depot, bay: Bay, van: Vehicle) -> None:
    charge(bay, van, hours_ago=2, wh=10_000)
    set_status(bay, ConnectorStatus.AVAILABLE)

    assert needs(depot) == ()


def test_one_that_its_driver_stopped_is_not(depot: Depot, bay: Bay, van: Vehicle) -> None:
    charge(bay, van, hours_ago=3, wh=10_000)
    charge(bay, van, hours_ago=2, wh=1_000, by_us=False)

    assert needs(depot) == ()


def test_what_all_its_charges_gave_counts(depot: Depot, bay: Bay, van: Vehicle) -> None:
    charge(bay, van, hours_ago=3, wh=10_000)
    charge(bay, van, hours_ago=2, wh=4_000)
    runs(bay, van, wh=2_000)

    (need,) = needs(depot)

    assert need.energy_kwh == pytest.approx(14.0 * 0.9)
    assert (need.is_charging, need.may_start) == (True, True)


def test_what_it_took_before_it_left_and_came_again_does_not_count(bay: Bay, van: Vehicle) -> None:
    charge(bay, van, hours_ago=20, wh=60_000)
    charge(bay, van, hours_ago=3, wh=4_000, comes=True)
    charge(bay, van, hours_ago=2, wh=1_000)
    assert bay.evse

    visit = visits_of([bay.evse.pk], EVENING)[bay.evse.pk]

    assert (visit.energy_wh(), visit.starts) == (5_000, 1)


def test_a_vehicle_is_started_so_often_and_then_runs_until_it_has_enough(depot: Depot, bay: Bay, van: Vehicle) -> None:
    for count in range(MOST_STARTS):
        charge(bay, van, hours_ago=4 - count * 0.6, wh=1_000)
    runs(bay, van)

    (need,) = needs(depot)

    # 26 kWh at 11 kW: ten quarters of an hour.
    assert (need.may_start, need.must_run_slots) == (False, 10)


@pytest.fixture
def worn(bay: Bay, van: Vehicle) -> Session:
    """The last charge of a vehicle that was started again as often as may be, and is paused."""
    for count in range(MOST_STARTS + 1):
        last = charge(bay, van, hours_ago=4 - count * 0.6, wh=1_000)
    return last


def test_charge_now_starts_once_more_who_was_started_often_enough(depot: Depot, worn: Session) -> None:
    (before,) = needs(depot)

    hands.charge_now(worn, asked_by=None, now=EVENING)

    (need,) = needs(depot)
    assert (before.may_start, need.may_start, need.priority) == (False, True, 0)
    assert need.departs < before.departs


def test_it_still_charges_now_once_it_was_started_for_it(depot: Depot, bay: Bay, van: Vehicle) -> None:
    paused = charge(bay, van, hours_ago=2, wh=10_000)
    hands.charge_now(paused, asked_by=None, now=EVENING)
    running = runs(bay, van)

    plan = services.replan(depot, now=EVENING, why="a test")

    assert plan is not None
    stay = plan.stays.get()
    assert (stay.session, stay.is_now, stay.kw[0]) == (running, True, pytest.approx(11))


def test_asked_again_in_a_later_charge_it_is_one_and_is_taken_back_as_one(bay: Bay, van: Vehicle) -> None:
    first = hands.charge_now(charge(bay, van, hours_ago=2, wh=10_000), asked_by=None, now=EVENING)
    running = runs(bay, van)

    assert hands.charge_now(running, asked_by=None, now=EVENING) == first
    for asked in hands.asked_now(running, EVENING):
        hands.charge_as_planned(asked, now=EVENING)

    assert not hands.asked_now(running, EVENING).exists()


def test_one_that_its_driver_stopped_cannot_charge_now(bay: Bay, van: Vehicle) -> None:
    stopped = charge(bay, van, hours_ago=2, wh=1_000, by_us=False)

    with pytest.raises(hands.SessionOver):
        hands.charge_now(stopped, asked_by=None, now=EVENING)


def test_a_depot_that_may_not_export_sends_nothing_out(depot: Depot, bay: Bay) -> None:
    EnergySettings.objects.create(depot=depot, may_export=False)
    make_source(depot, "solar", constant=20_000)

    frame = frame_of(depot, EVENING)
    plan = services.replan(depot, now=EVENING, why="a test")

    assert frame is not None
    assert frame.instance.site.export_limit_kw == (0.0,) * 96
    assert isinstance(plan, StoredPlan)
    assert min(plan.grid_kw) == 0.0


def test_a_depot_that_may_export_sends_the_sun_out(depot: Depot, bay: Bay) -> None:
    make_source(depot, "solar", constant=20_000)

    plan = services.replan(depot, now=EVENING, why="a test")

    assert plan is not None
    assert plan.grid_kw[0] == -20.0


@pytest.mark.parametrize(
    ("zone", "ahead"), [("Europe/Berlin", 0), ("Asia/Kolkata", 2), ("Asia/Kathmandu", 3), ("America/St_Johns", 2)]
)
def test_demand_is_counted_by_the_clock_on_the_depots_wall(zone: str, ahead: int) -> None:
    depot = make_depot(time_zone=zone)
    make_circuit(depot)
    wired_bay(depot)

    frame = frame_of(depot, EVENING)

    assert frame is not None
    assert frame.instance.meter_ahead_slots == ahead
