"""A plan that gives back reaches a charger of 2.1 as a layer of its own, which nobody else may lean on."""

from datetime import timedelta
from typing import Any

import pytest

from chargers.commands import InstallProfile, OperationMode
from chargers.models import Capability, IssuedCommand, SettingValue
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.promises import ask_for_promises
from depot.energy.delivery.services import carry_on, deliver
from depot.energy.models import PlanMark
from depot.energy.queries.instance import frame_of
from depot.models import Bay, Depot
from tests.energy.delivery.talk import answer_all, asked, charging, settle, want
from tests.energy.rows import wired_bay
from tests.factories import THURSDAY, make_vehicle

pytestmark = pytest.mark.django_db

KINDS = ("install_profile", "allow_transfer")


@pytest.fixture
def bay(depot: Depot) -> Bay:
    """A point of direct current whose vehicle can give 10 kW."""
    bay = giving_bay(depot)
    charging(bay)
    settle(depot)
    return bay


def giving_bay(depot: Depot, protocol: str = "ocpp2.1", promised: str | None = "true") -> Bay:
    bay = wired_bay(
        depot, charger={"protocol": protocol}, evse={"is_dc": True}, wiring={"max_discharge_w": 10_000}
    )  # fmt: skip
    if promised is not None:
        assert bay.evse
        SettingValue.objects.create(
            charger=bay.evse.charger, component="SmartChargingCtrlr", variable="SupportsFeature",
            variable_instance="MaxOfflineDuration", value=promised, reported_at=THURSDAY,
        )  # fmt: skip
    return bay


def installs() -> list[InstallProfile]:
    return [asked(command) for command in IssuedCommand.objects.filter(kind="install_profile").order_by("pk")]


def given(profile: InstallProfile) -> list[float | None]:
    return [period.setpoint for period in profile.profile.schedules[0].periods]


def test_the_night_without_it_comes_first_and_what_is_given_above_it(depot: Depot, bay: Bay) -> None:
    deliver(depot, [want(bay, -8_000, 11_000)], now=THURSDAY)
    done = settle(depot)

    night, giving = installs()[-2:]
    assert (given(night), night.profile.stack_level, night.profile.max_offline_s) == ([None, None], 0, None)
    assert (given(giving), giving.profile.stack_level) == ([-8_000, None], 1)
    assert giving.profile.schedules[0].periods[0].operation_mode is OperationMode.CENTRAL_SETPOINT
    assert done.states[bay.evse_id or 0] == State.HELD


def test_without_us_it_ends_and_the_night_goes_on(depot: Depot, bay: Bay) -> None:
    deliver(depot, [want(bay, -8_000, 11_000)], now=THURSDAY)
    settle(depot)

    giving = installs()[-1].profile
    assert (giving.max_offline_s, giving.dies_offline) == (900, False)


def test_its_charger_is_told_once_that_the_vehicle_may(depot: Depot, bay: Bay) -> None:
    for limit_w in (-8_000, -5_000):
        deliver(depot, [want(bay, limit_w, 11_000)], now=THURSDAY)
        settle(depot)

    allowed = IssuedCommand.objects.get(kind="allow_transfer")
    assert (allowed.wording["reference"], allowed.wording["modes"]) == (f"{bay.pk}", ["DC", "DC_BPT"])


def test_the_same_told_twice_is_no_message(depot: Depot, bay: Bay) -> None:
    deliver(depot, [want(bay, -8_000, 11_000)], now=THURSDAY)
    settle(depot)

    for minutes in (0, 5, 50):
        assert deliver(depot, [want(bay, -8_000, 11_000)], now=THURSDAY + timedelta(minutes=minutes)).sent == ()


def test_a_plan_that_gives_nothing_more_ends_what_was_given(depot: Depot, bay: Bay) -> None:
    deliver(depot, [want(bay, -8_000, 11_000)], now=THURSDAY)
    settle(depot)

    later = THURSDAY + timedelta(minutes=5)
    deliver(depot, [want(bay, 0, 11_000)], now=later)
    settle(depot, now=later)
    done = settle(depot, now=later + timedelta(minutes=2))

    assert given(installs()[-1]) == [None, None]
    assert installs()[-1].profile.stack_level == 1
    assert done.states[bay.evse_id or 0] == State.HELD


def test_what_it_gives_makes_no_room_for_others(depot: Depot, bay: Bay) -> None:
    other = wired_bay(depot)
    charging(other)
    settle(depot)
    deliver(depot, [want(bay, -8_000)], now=THURSDAY)
    settle(depot)

    later = THURSDAY + timedelta(minutes=5)
    third = wired_bay(depot)
    charging(third)
    settle(depot, now=later)
    deliver(depot, [want(other, 11_000), want(third, 11_000)], now=later)
    done = settle(depot, now=later)

    assert State.NO_ROOM in (done.states[other.evse_id or 0], done.states[third.evse_id or 0])
    assert not done.overloads


def test_a_refusal_is_remembered_told_and_planned_without(depot: Depot, bay: Bay) -> None:
    deliver(depot, [want(bay, -8_000, 11_000)], now=THURSDAY)
    answer_all()
    carry_on(depot, now=THURSDAY)

    for command in IssuedCommand.objects.filter(state="requested", kind="allow_transfer"):
        command.state = "rejected"
        command.save()
    answer_all(accepted=False)
    done = settle(depot)

    capability = Capability.objects.get(name="gives_back")
    assert (capability.value, "below zero" in capability.evidence) == ("no", True)
    assert not Capability.objects.filter(name__startswith="refuses").exists()
    assert PlanMark.objects.get(depot=depot).wanted_at is not None
    assert done.states[bay.evse_id or 0] == State.HELD


@pytest.mark.parametrize(("protocol", "shown", "promised", "most_kw"), [
    ("ocpp2.1", {}, "true", 10.0),
    ("ocpp2.1", {}, "false", 0.0),
    ("ocpp2.1", {}, None, 0.0),
    ("ocpp2.0.1", {}, "true", 0.0),
    ("ocpp2.1", {"name": "gives_back", "value": "no"}, "true", 0.0),
])  # fmt: skip
def test_the_planner_counts_on_it_only_where_it_can_be_told_and_ends_without_us(
    depot: Depot, protocol: str, shown: dict[str, Any], promised: str | None, most_kw: float
) -> None:
    bay = giving_bay(depot, protocol, promised)
    assert bay.evse
    charging(bay, make_vehicle())
    if shown:
        Capability.objects.create(charger=bay.evse.charger, seen_at=THURSDAY, **shown)

    frame = frame_of(depot, THURSDAY)

    assert frame is not None
    assert frame.instance.evses[0].max_discharge_kw == most_kw


@pytest.mark.parametrize(("protocol", "promised", "questions"), [
    ("ocpp2.1", None, 1), ("ocpp2.1", "false", 1), ("ocpp2.1", "true", 0), ("ocpp2.0.1", None, 0),
])  # fmt: skip
def test_who_does_not_promise_to_end_without_us_is_asked_once_a_day(
    depot: Depot, protocol: str, promised: str | None, questions: int
) -> None:
    giving_bay(depot, protocol, promised)

    asked = [ask_for_promises(THURSDAY + timedelta(hours=hours)) for hours in (0, 1, 25)]

    assert asked == [questions, 0, questions]


def test_before_21_the_vehicle_rests_where_it_would_give(depot: Depot) -> None:
    bay = giving_bay(depot, "ocpp2.0.1")
    charging(bay)
    settle(depot)

    deliver(depot, [want(bay, -8_000, 11_000)], now=THURSDAY)
    settle(depot)

    assert [period.limit for period in installs()[-1].profile.schedules[0].periods] == [0.0, 11_000.0]
    assert Target.objects.get(evse=bay.evse).state == State.HELD
