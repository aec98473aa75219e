"""A charge that its charger broke off goes on with the next one: what it gave is not needed again."""

import pytest

from chargers.choices import ConnectorStatus
from depot.access.services import the_depot
from depot.energy.queries.visits import charges_of
from depot.models import Bay, Depot
from sessions.models import ClosedBy, Session, Vehicle
from tests.energy.planning.evening import EVENING, HOUR, frame
from tests.energy.rows import make_timetable, wired_bay
from tests.factories import make_command, make_session, make_vehicle, set_status

pytestmark = pytest.mark.django_db


@pytest.fixture
def bay(depot: Depot) -> Bay:
    bay = wired_bay(depot)
    set_status(bay, ConnectorStatus.CHARGING)
    return bay


@pytest.fixture
def van(depot: Depot, bay: Bay) -> Vehicle:
    """The timetable says that it needs 30 kWh through the cable each night, of which a tenth is lost."""
    van = make_vehicle(depot_key=depot.pk)
    make_timetable(depot, van, bay=bay, energy_wh=30_000)
    return van


def ended(bay: Bay, van: Vehicle, reason: str, *, hours_ago: float = 0.6, by: ClosedBy = ClosedBy.CHARGER) -> Session:
    """A charge of an hour that gave 10 kWh."""
    end = EVENING - hours_ago * HOUR
    return make_session(
        bay,
        van,
        started_at=end - HOUR,
        ended_at=end,
        energy_wh=10_000,
        stop_reason=reason,
        closed_by=by,
        reference=f"until {hours_ago}",
    )


def runs(bay: Bay, van: Vehicle) -> Session:
    return make_session(bay, van, started_at=EVENING - HOUR / 2, energy_wh=2_000, energy_state="charging")


def paused(bay: Bay, van: Vehicle, *, hours_ago: float) -> Session:
    """A charge of half an hour that gave 4 kWh and that we ended."""
    end = EVENING - hours_ago * HOUR
    session = make_session(
        bay,
        van,
        started_at=end - HOUR / 2,
        ended_at=end,
        energy_wh=4_000,
        reference=f"until {hours_ago}",
    )
    make_command(session.charger, reference=session.reference, issued_by=the_depot(), issued_at=end)
    return session


def again(session: Session) -> None:
    """It is one that we began."""
    session.started_by = the_depot()
    session.save(update_fields=["started_by"])


def needed_kwh(depot: Depot) -> float:
    (need,) = frame(depot).instance.needs
    return need.energy_kwh


@pytest.mark.parametrize("reason", ["PowerLoss", "HardReset", "Reboot"])
def test_what_it_gave_before_the_power_went_is_not_needed_again(
    depot: Depot, bay: Bay, van: Vehicle, reason: str
) -> None:
    ended(bay, van, reason)
    runs(bay, van)

    assert needed_kwh(depot) == pytest.approx((30 - 12) * 0.9)


def test_so_it_is_with_one_that_its_charger_forgot(depot: Depot, bay: Bay, van: Vehicle) -> None:
    ended(bay, van, "", by=ClosedBy.EVIDENCE)
    runs(bay, van)

    assert needed_kwh(depot) == pytest.approx((30 - 12) * 0.9)


def test_the_power_may_go_more_than_once(depot: Depot, bay: Bay, van: Vehicle) -> None:
    ended(bay, van, "PowerLoss", hours_ago=2)
    ended(bay, van, "PowerLoss", hours_ago=0.6)
    runs(bay, van)

    assert needed_kwh(depot) == pytest.approx((30 - 22) * 0.9)


@pytest.mark.parametrize(("reason", "hours_ago"), [("EVDisconnected", 0.6), ("Local", 0.6), ("PowerLoss", 3)])
def test_one_that_was_away_meanwhile_needs_all_of_it(
    depot: Depot, bay: Bay, van: Vehicle, reason: str, hours_ago: float
) -> None:
    ended(bay, van, reason, hours_ago=hours_ago)
    runs(bay, van)

    assert needed_kwh(depot) == pytest.approx((30 - 2) * 0.9)


def test_what_another_vehicle_took_is_not_counted(depot: Depot, bay: Bay, van: Vehicle) -> None:
    ended(bay, make_vehicle(depot_key=depot.pk), "PowerLoss")
    runs(bay, van)

    assert needed_kwh(depot) == pytest.approx((30 - 2) * 0.9)


def test_what_it_gave_before_we_paused_it_counts_though_the_power_went_later(
    depot: Depot, bay: Bay, van: Vehicle
) -> None:
    paused(bay, van, hours_ago=3)
    again(ended(bay, van, "PowerLoss"))
    runs(bay, van)

    assert needed_kwh(depot) == pytest.approx((30 - 16) * 0.9)


def test_a_start_by_card_after_the_power_went_is_none_of_ours(bay: Bay, van: Vehicle) -> None:
    ended(bay, van, "PowerLoss", hours_ago=2)
    paused(bay, van, hours_ago=1)
    again(runs(bay, van))
    assert bay.evse

    visit = charges_of([bay.evse.pk], EVENING)[bay.evse.pk]

    assert (len(visit.sessions), visit.starts) == (3, 1)
