"""What a plan wants of each charger."""

from datetime import UTC, datetime, time, timedelta

import pytest

from chargers.models import Capability, Connection, SettingValue
from depot.energy import services
from depot.energy.delivery.models import Fallback, Target
from depot.energy.delivery.standing import Obedience
from depot.energy.instance import Control, Held
from depot.energy.models import StoredPlan
from depot.energy.queries.instance import frame_of
from depot.energy.services import ruling
from depot.energy.slots import start_of
from depot.models import Bay, Depot
from tests.energy.rows import make_circuit, make_rule, make_tariff, make_timetable, wired_bay
from tests.factories import make_depot, make_session, make_vehicle

pytestmark = pytest.mark.django_db

EVENING = datetime(2026, 3, 5, 17, 0, tzinfo=UTC)  # Thursday, 18:00 in Berlin


@pytest.fixture
def depot() -> Depot:
    depot = make_depot(site_limit_w=50_000)
    make_circuit(depot)
    make_tariff(depot, {"energy": [{"from": "22:00", "to": "06:00", "price_per_kwh": "0.1"}, {"price_per_kwh": "0.3"}]})
    return depot


@pytest.fixture
def bay(depot: Depot) -> Bay:
    bay = wired_bay(depot)
    make_session(bay, make_vehicle(battery_kwh=75), soc_percent=40.0, energy_wh=0, started_at=EVENING)
    return bay


def replan(depot: Depot, now: datetime = EVENING) -> StoredPlan:
    plan = services.replan(depot, now=now, why="a test")
    assert plan is not None
    return plan


def test_the_whole_night_is_wanted_until_the_departure(depot: Depot, bay: Bay) -> None:
    plan = replan(depot)

    target = Target.objects.get(evse=bay.evse)
    wanted = {datetime.fromisoformat(at): watts for at, watts in target.steps}
    kw, at_slot = plan.stays.get().kw, 0.0
    for slot in range(48):  # up to 06:00
        at_slot = wanted.get(start_of(plan.first_slot + slot), at_slot)
        assert kw[slot] - 0.001 <= at_slot / 1000 <= kw[slot] + 1e-9
    assert target.until == EVENING + timedelta(hours=12)


def test_the_same_plan_is_wanted_once(depot: Depot, bay: Bay) -> None:
    replan(depot)
    before = Target.objects.get(evse=bay.evse).wanted_at

    replan(depot, EVENING + timedelta(minutes=1))

    assert Target.objects.get(evse=bay.evse).wanted_at == before


def test_of_a_vehicle_that_is_expected_nothing_is_wanted_yet(depot: Depot) -> None:
    bay = wired_bay(depot)
    make_timetable(depot, comes_at=time(20), energy_wh=30_000, bay=bay)

    replan(depot)

    assert not Target.objects.filter(evse=bay.evse, until__isnull=False).exists()


def test_the_managers_hours_are_kept_by_chargers_themselves(depot: Depot) -> None:
    bay = wired_bay(depot)
    rule = make_rule(depot, "at_most", limit_w=4_200, from_time=time(22), to_time=time(6))
    make_rule(depot, "nothing", from_time=time(16), to_time=time(19), position=1)

    replan(depot)
    assert sorted(Target.objects.get(evse=bay.evse).windows) == [
        [0, 6 * 3600, 4_200], [16 * 3600, 19 * 3600, 0], [22 * 3600, 0, 4_200],
    ]  # fmt: skip

    ruling.take_back(rule, now=EVENING)
    replan(depot)

    assert Target.objects.get(evse=bay.evse).windows == [[16 * 3600, 19 * 3600, 0]]


def test_a_rule_of_other_days_is_not_kept_for_the_coming_one(depot: Depot) -> None:
    bay = wired_bay(depot)
    make_rule(depot, "nothing", from_time=time(16), to_time=time(19), weekdays="67")

    replan(depot)

    assert not Target.objects.filter(evse=bay.evse).exclude(windows=[]).exists()


def test_an_offline_charger_goes_on_with_its_night_and_then_with_its_fallback(depot: Depot, bay: Bay) -> None:
    assert bay.evse
    plan = replan(depot)
    Target.objects.filter(evse=bay.evse).update(fallback_w=4_140, fallback_state=Fallback.HELD)
    Connection.objects.filter(charger=bay.evse.charger).update(closed_at=datetime.now(UTC))

    frame = frame_of(depot, EVENING)

    assert frame is not None
    (evse,) = frame.instance.evses
    assert evse.held is Held.OFFLINE
    assert evse.held_kw is not None
    assert evse.held_kw[:48] == pytest.approx(plan.stays.get().kw[:48], abs=0.002)
    assert set(evse.held_kw[48:]) == {4.14}


def test_a_charger_that_ignores_its_limit_is_planned_at_its_rating(depot: Depot, bay: Bay) -> None:
    replan(depot)
    Target.objects.filter(evse=bay.evse).update(obedience=Obedience.COUNTED)

    frame = frame_of(depot, EVENING)

    assert frame is not None
    (evse,) = frame.instance.evses
    assert (evse.held, evse.held_kw) == (Held.REFUSES, (11.0,) * 96)


def test_what_takes_no_limit_is_planned_as_starts_and_stops(depot: Depot, bay: Bay) -> None:
    charger = bay.evse.charger  # type: ignore[union-attr]
    SettingValue.objects.create(charger=charger, variable="LocalPreAuthorize", value="false", reported_at=EVENING)
    Capability.objects.create(charger=charger, name="smart_charging", value="no", seen_at=EVENING)

    frame = frame_of(depot, EVENING)

    assert frame is not None
    (evse,) = frame.instance.evses
    assert (evse.control, evse.held) == (Control.START_STOP, None)


def test_what_takes_no_limit_and_may_start_unasked_keeps_its_rating_free(depot: Depot) -> None:
    bay = wired_bay(depot)
    Capability.objects.create(
        charger=bay.evse.charger,  # type: ignore[union-attr]
        name="smart_charging",
        value="no",
        seen_at=EVENING,
    )

    frame = frame_of(depot, EVENING)

    assert frame is not None
    (evse,) = frame.instance.evses
    assert (evse.held, evse.held_kw) == (Held.UNASKED, (11.0,) * 96)
