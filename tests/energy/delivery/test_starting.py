"""A charger that takes no limit counts before it draws: once a card is accepted, or while others make room for it."""

from datetime import timedelta

import pytest

from chargers.choices import ConnectorStatus
from chargers.models import IssuedCommand, SettingValue
from depot.energy.delivery.models import Target, Writer
from depot.energy.delivery.services import carry_on, deliver
from depot.energy.delivery.services.round import LOOK_AGAIN
from depot.energy.delivery.starting import expect_start
from depot.energy.models import Circuit
from depot.energy.services import hands, replan
from depot.models import Bay, Depot
from sessions.models import IdToken, Session
from tests.chargers.ear import Ear
from tests.energy.delivery.talk import HOUR, answer_all, bays, charging, end, held_w, settle, starts, want
from tests.energy.rows import make_circuit, wired_bay
from tests.factories import THURSDAY, make_depot, make_vehicle, set_status

pytestmark = pytest.mark.django_db


@pytest.fixture
def depot() -> Depot:
    depot = make_depot()
    make_circuit(depot, limit_w=18_000)
    return depot


@pytest.fixture
def van(depot: Depot) -> Bay:
    """Told that it may take all its own, all night."""
    (bay,) = bays(depot)
    charging(bay)
    settle(depot)
    deliver(depot, [want(bay, 11_000)], now=THURSDAY)
    settle(depot)
    return bay


@pytest.fixture
def clicks(depot: Depot) -> Bay:
    """Rated 11 kW, and asks us before each start."""
    bay = wired_bay(depot, wiring={"control": "start_stop"})
    assert bay.evse
    SettingValue.objects.create(
        charger=bay.evse.charger, variable="LocalPreAuthorize", value="false", attribute="Actual", reported_at=THURSDAY
    )
    set_status(bay, ConnectorStatus.AVAILABLE)
    return bay


def stopped_for_its_hour(depot: Depot, bay: Bay) -> Session:
    session = charging(bay, make_vehicle(), started_at=THURSDAY - HOUR)
    set_status(bay, ConnectorStatus.CHARGING)
    deliver(depot, [want(bay, 0, 11_000)], now=THURSDAY)
    settle(depot)
    set_status(bay, ConnectorStatus.FINISHING)
    end(session)
    return session


def test_while_nobody_charges_there_its_power_is_for_others(depot: Depot, clicks: Bay, van: Bay) -> None:
    carry_on(depot, now=THURSDAY)

    assert held_w(van, THURSDAY) == pytest.approx(11_000, abs=100)


def test_once_a_card_is_accepted_others_give_way(depot: Depot, clicks: Bay, van: Bay) -> None:
    assert clicks.evse

    expect_start(clicks.evse.charger_id, None, now=THURSDAY)
    carry_on(depot, now=THURSDAY)
    settle(depot)

    assert held_w(van, THURSDAY) <= 7_000


@pytest.mark.parametrize(("card", "counts"), [("VAN12", True), ("UNKNOWN", False)])
def test_a_card_that_we_accept_counts_and_another_does_not(depot: Depot, clicks: Bay, card: str, counts: bool) -> None:
    assert clicks.evse
    van12 = make_vehicle(depot_key=depot.pk)
    IdToken.objects.create(value="VAN12", key="van12", vehicle=van12, depot_key=depot.pk, created_at=THURSDAY)
    carry_on(depot, now=THURSDAY)

    Ear(clicks.evse.charger).hear("Authorize", {"idTag": card})

    assert (Target.objects.get(evse=clicks.evse).starting_since is not None) == counts


def test_a_card_that_came_to_nothing_is_forgotten(depot: Depot, clicks: Bay, van: Bay) -> None:
    assert clicks.evse
    expect_start(clicks.evse.charger_id, 1, now=THURSDAY)
    settle(depot)

    settle(depot, now=THURSDAY + timedelta(minutes=5))

    assert held_w(van, THURSDAY + timedelta(minutes=6)) == pytest.approx(11_000, abs=100)


def test_a_charger_that_keeps_limits_starts_within_its_own(depot: Depot, van: Bay) -> None:
    (other,) = bays(depot)
    assert other.evse
    settle(depot)

    expect_start(other.evse.charger_id, None, now=THURSDAY)

    assert Target.objects.get(evse=other.evse).starting_since is None


def test_one_that_refuses_to_stop_is_not_asked_each_minute(depot: Depot, clicks: Bay) -> None:
    charging(clicks, make_vehicle(), started_at=THURSDAY - HOUR)
    set_status(clicks, ConnectorStatus.CHARGING)
    for minute in range(20):
        deliver(depot, [want(clicks, 0, 11_000)], now=THURSDAY + timedelta(minutes=minute))
        IssuedCommand.objects.filter(kind="stop").update(state="rejected")

    asked_at = IssuedCommand.objects.filter(kind="stop").order_by("pk").values_list("issued_at", flat=True)

    assert [at - THURSDAY for at in asked_at] == [timedelta(0), timedelta(minutes=15)]


def test_when_its_hour_comes_others_give_way_before_it_starts(depot: Depot, clicks: Bay, van: Bay) -> None:
    stopped_for_its_hour(depot, clicks)
    meanwhile, hour = THURSDAY + timedelta(minutes=10), THURSDAY + HOUR
    settle(depot, now=meanwhile)
    assert held_w(van, meanwhile) == pytest.approx(11_000, abs=100)

    carry_on(depot, now=hour)
    assert starts() == 0, "the van has not given way yet"
    carry_on(depot, now=hour + timedelta(seconds=2))
    answer_all(now=hour)
    assert held_w(van, hour) <= 7_000
    carry_on(depot, now=hour + timedelta(seconds=4))

    assert starts() == 1


def test_one_that_waits_for_its_hour_is_started_at_once_where_somebody_says_so(depot: Depot, clicks: Bay) -> None:
    session, soon = stopped_for_its_hour(depot, clicks), THURSDAY + timedelta(minutes=10)
    carry_on(depot, now=soon)
    assert starts() == 0

    hands.charge_now(session, asked_by=None, now=soon)
    replan(depot, now=soon, why="charge now")

    assert starts() == 1


def test_who_finds_no_room_in_time_is_looked_at_no_oftener_than_any_who_waits(depot: Depot, clicks: Bay) -> None:
    stopped_for_its_hour(depot, clicks)
    Circuit.objects.filter(depot=depot).update(limit_w=8_000)
    hour = THURSDAY + HOUR

    carry_on(depot, now=hour)
    assert Writer.objects.get(depot=depot).next_look_at == hour + timedelta(seconds=2)
    carry_on(depot, now=hour + timedelta(minutes=4))

    assert Writer.objects.get(depot=depot).next_look_at == hour + timedelta(minutes=4) + LOOK_AGAIN
    assert starts() == 0
