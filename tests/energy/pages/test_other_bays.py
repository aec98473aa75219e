"""Another bay: offered to whoever would miss, wherever it stands; and only one that is free and fits."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from chargers.choices import ConnectorStatus
from chargers.models import Connection
from depot.energy.models import PlannedStay, Wiring
from depot.energy.pages.fixes import FixKind, Subject, Tried, find_fixes
from depot.energy.pages.other_bays import free_bays, takes
from depot.models import Access, Bay
from sessions.models import Session, Vehicle
from sessions.reserving.models import Reservation
from sessions.reserving.services.asking import reserve_place
from sessions.services import issue_own_token
from tests.energy.pages.scene import EVENING, Evening, pause
from tests.energy.rows import make_need, wired_bay
from tests.factories import make_session, make_vehicle, set_status

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def strong(evening: Evening) -> Bay:
    """Free, at 22 kW where the others give 11."""
    evening.depot.site_limit_w = 80_000
    evening.depot.save()
    return wired_bay(evening.depot, "D1", evse={"max_w": 22_000}, wiring={"rating_w": 22_000})


def needs(evening: Evening, *, kwh: float, leaves_in_h: float, number: int = 0) -> None:
    leaves = EVENING + leaves_in_h * HOUR
    make_need(
        evening.depot, vehicle=evening.vans[number], departs_at=leaves, energy_wh=round(kwh * 1000), told_at=EVENING,
        holds_until=leaves, session_energy_wh=0,
    )  # fmt: skip


def subject(evening: Evening) -> Subject:
    van = evening.vans[0]
    return Subject(key=f"vehicle-{van.pk}", depot=evening.depot, vehicle=van, session=evening.sessions[0])


def offered(evening: Evening) -> list[Tried]:
    return [one for one in find_fixes(subject(evening), now=EVENING) if one.fix.kind == FixKind.BAY]


def free(evening: Evening) -> list[str]:
    plan = evening.plan()
    stay = PlannedStay.objects.get(plan=plan, vehicle=evening.vans[0])
    vehicle = Vehicle.objects.get(pk=evening.vans[0].pk)
    return [bay.name for bay, _ in free_bays(evening.depot, vehicle, stay)]


def paused_and_late(evening: Evening) -> Session:
    """It took 6 kWh, was stopped by the plan, and needs more in an hour than its bay gives."""
    session = pause(evening)
    needs(evening, kwh=18, leaves_in_h=1)
    evening.plan()
    return session


def test_one_that_the_plan_has_paused_is_offered_another_bay(evening: Evening, strong: Bay) -> None:
    paused_and_late(evening)

    (found, *_) = find_fixes(subject(evening), now=EVENING)

    assert (found.fix.kind, found.fix.evse_id) == (FixKind.BAY, strong.evse_id)
    assert found.helps_fully


def test_what_it_took_before_it_was_paused_counts_at_the_other_bay(evening: Evening, strong: Bay) -> None:
    pause(evening, energy_wh=12_000)
    leaves = EVENING + HOUR
    make_need(
        evening.depot, vehicle=evening.vans[0], departs_at=leaves, energy_wh=30_000, told_at=EVENING - HOUR,
        holds_until=leaves, session_energy_wh=0,
    )  # fmt: skip
    evening.plan()

    (found,) = offered(evening)

    # 30 kWh through the cable, of which it has 12: an hour at 22 kW is enough for 18, not for 30.
    assert found.helps_fully


def test_what_it_took_before_somebody_told_its_need_does_not_count_there_either(evening: Evening, strong: Bay) -> None:
    pause(evening, energy_wh=12_000)
    needs(evening, kwh=30, leaves_in_h=1)
    evening.plan()

    (found,) = offered(evening)

    assert found.short_kwh == pytest.approx((30 - 22) * 0.9, abs=0.5)


def test_nothing_is_left_of_the_move_that_was_tried(evening: Evening, strong: Bay) -> None:
    session = paused_and_late(evening)

    offered(evening)

    after = Session.objects.get(pk=session.pk)
    assert (after.evse_id, after.ended_at, after.energy_wh) == (evening.bays[0].evse_id, EVENING, 6_000)
    assert evening.bays[0].evse.limit_target.resume_token_id is not None  # type: ignore[union-attr]


def test_one_that_was_started_again_stands_in_one_place_only_when_it_is_moved(evening: Evening, strong: Bay) -> None:
    before = pause(evening)
    from depot.access.services import the_depot

    evening.sessions[0] = make_session(
        evening.bays[0], evening.vans[0], started_at=EVENING, token=before.token, started_by=the_depot(),
        reference="two", energy_wh=0,
    )  # fmt: skip
    needs(evening, kwh=18, leaves_in_h=1)
    evening.plan()

    (found,) = offered(evening)

    assert found.helps_fully
    assert "Van 1" not in {one.name for one in found.moved}


@pytest.mark.parametrize("control", ["managed", "start_stop"])
def test_one_at_a_slow_charger_is_offered_a_faster_one(evening: Evening, strong: Bay, control: str) -> None:
    Wiring.objects.filter(evse=evening.bays[0].evse).update(rating_w=4_200, control=control)
    needs(evening, kwh=15, leaves_in_h=2)
    evening.plan()

    (found,) = offered(evening)

    assert (found.fix.evse_id, found.helps_fully) == (strong.evse_id, True)


def test_one_whose_charger_is_away_is_offered_another(evening: Evening, strong: Bay) -> None:
    Connection.objects.filter(charger=evening.sessions[0].charger).update(closed_at=EVENING)
    needs(evening, kwh=18, leaves_in_h=1)
    evening.plan()

    (found,) = offered(evening)

    assert (found.fix.evse_id, found.helps_fully) == (strong.evse_id, True)


def test_a_bay_at_which_somebody_is_awaited_first_is_not_free(evening: Evening, strong: Bay) -> None:
    assert free(evening) == ["D1"], "Van 3 is awaited at A3"


@pytest.mark.parametrize(
    "status",
    [ConnectorStatus.PREPARING, ConnectorStatus.OCCUPIED, ConnectorStatus.FINISHING, ConnectorStatus.FAULTED],
)
def test_a_bay_with_a_cable_in_it_or_a_fault_is_not_free(
    evening: Evening, strong: Bay, status: ConnectorStatus
) -> None:
    set_status(strong, status)

    assert free(evening) == []


def test_a_bay_whose_charger_is_away_is_not_offered(evening: Evening, strong: Bay) -> None:
    Connection.objects.filter(charger=strong.evse.charger).update(closed_at=EVENING)  # type: ignore[union-attr]

    assert free(evening) == []


def test_a_bay_that_is_kept_for_another_vehicle_is_not_offered(evening: Evening, strong: Bay) -> None:
    other = make_vehicle("Van 9", depot_key=evening.depot.pk)
    keep(strong, other)

    assert free(evening) == []


def test_a_bay_that_is_kept_for_it_is_offered_again(evening: Evening, strong: Bay) -> None:
    keep(strong, evening.vans[0])
    set_status(strong, ConnectorStatus.RESERVED)

    assert free(evening) == ["D1"]


def keep(bay: Bay, vehicle: Vehicle) -> None:
    assert bay.evse
    issue_own_token(vehicle, EVENING)
    reserve_place(
        vehicle, charger=bay.evse.charger, evse=bay.evse, until=EVENING + 5 * HOUR, asked_by=None, now=EVENING
    )


def test_a_bay_of_another_vehicles_own_is_not_offered(evening: Evening, strong: Bay) -> None:
    strong.access, strong.own_vehicle = Access.OWN_VEHICLE, evening.vans[1]
    strong.save()

    assert free(evening) == []


@pytest.mark.parametrize(
    ("max_ac_kw", "max_dc_kw", "fits"),
    [(None, None, True), ("11", None, False), ("11", "50", True), ("11", "0", False), (None, "50", True)],
)
def test_a_bay_of_direct_current_is_for_who_takes_it_as_far_as_is_known(
    max_ac_kw: str | None, max_dc_kw: str | None, fits: bool
) -> None:
    van = Vehicle(
        max_ac_kw=None if max_ac_kw is None else Decimal(max_ac_kw),
        max_dc_kw=None if max_dc_kw is None else Decimal(max_dc_kw),
    )

    assert takes(van, is_dc=True, stands_at_dc=False) == fits


def test_of_each_circuit_one_bay_is_tried_before_there_is_a_second(evening: Evening, strong: Bay) -> None:
    from depot.energy.models import Circuit

    wired_bay(evening.depot, "D2", evse={"max_w": 22_000}, wiring={"rating_w": 22_000})
    fed = Circuit.objects.create(depot=evening.depot, name="Hall", feeds_from=Circuit.objects.get(depot=evening.depot))
    wired_bay(evening.depot, "H1", circuit=fed)

    assert free(evening) == ["D1", "H1", "D2"]


def test_applied_for_one_that_is_paused_its_bay_is_kept_and_somebody_has_to_move_it(
    manager: Client, evening: Evening, strong: Bay
) -> None:
    paused_and_late(evening)
    path = f"/readiness/vehicle-{evening.vans[0].pk}"

    shown = manager.get(f"{path}/fixes/").content.decode()
    answer = manager.post(f"{path}/apply/", {"kind": "bay", "evse": str(strong.evse_id)}, follow=True)

    assert "Move it to D1 (22 kW)" in shown
    assert "Somebody has to move it: Apply keeps D1 for it." in shown
    assert Reservation.objects.get().evse == strong.evse
    assert "D1 is kept for Van 1. Move it there" in answer.content.decode()
