from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from chargers.choices import CommandState, ConnectorStatus
from chargers.models import Connection, IssuedCommand, SettingValue
from depot.access.models import AuditEntry, Role, User
from depot.board import emergency
from depot.board.models import Emergency, EmergencyStep, Outcome, Purpose
from depot.models import Depot
from sessions.models import Session
from tests.board.pages import Page
from tests.factories import (
    THURSDAY,
    connect,
    make_bay,
    make_charger,
    make_depot,
    make_evse,
    make_session,
    make_user,
    make_vehicle,
    set_status,
)

SignIn = Callable[[User], Client]

pytestmark = pytest.mark.storage


def make_charging(depot: Depot, name: str = "A05", protocol: str = "ocpp1.6", **evse: object) -> Session:
    bay = make_bay(depot, name, evse=make_evse(make_charger(protocol=protocol), **evse))  # type: ignore[arg-type]
    set_status(bay, ConnectorStatus.CHARGING)
    return make_session(bay, make_vehicle(), reference="4711", power_w=7_100)


def answer(
    purpose: Purpose, state: CommandState = CommandState.ACCEPTED, status: str = "", now: datetime = THURSDAY
) -> None:
    """The charger answers what was asked of it, as the inbox settles it."""
    step = EmergencyStep.objects.filter(purpose=purpose, outcome=Outcome.OPEN).get()
    assert step.command
    IssuedCommand.objects.filter(pk=step.command.pk).update(state=state, status=status)
    emergency.heed_command(IssuedCommand.objects.get(pk=step.command.pk), THURSDAY)


def asked() -> list[str]:
    return [step.purpose for step in EmergencyStep.objects.order_by("pk")]


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
def test_every_evse_is_asked_for_six_amperes_in_its_version(depot: Depot, admin: User, protocol: str) -> None:
    session = make_charging(depot, protocol=protocol)

    emergency.call(depot, called_by=admin, now=THURSDAY)

    default, of_session = IssuedCommand.objects.order_by("pk")
    for command in (default, of_session):
        (schedule,) = command.wording["profile"]["schedules"]
        assert (schedule["unit"], schedule["periods"][0]["limit"]) == ("A", 6.0)
        assert command.wording["evse"] == 1
    assert default.wording["profile"]["purpose"] == "tx_default"
    assert of_session.wording["profile"]["reference"] == session.reference


def test_a_direct_current_point_is_told_watts(depot: Depot, admin: User) -> None:
    make_charging(depot, is_dc=True)

    emergency.call(depot, called_by=admin, now=THURSDAY)

    (schedule,) = IssuedCommand.objects.order_by("pk")[0].wording["profile"]["schedules"]
    assert (schedule["unit"], schedule["periods"][0]["limit"]) == ("W", 6 * 230 * 3)


def test_a_charger_that_takes_only_watts_is_told_watts(depot: Depot, admin: User) -> None:
    session = make_charging(depot, phases=1)
    SettingValue.objects.create(
        charger=session.charger, variable="ChargingScheduleAllowedChargingRateUnit", value="Power", reported_at=THURSDAY
    )

    emergency.call(depot, called_by=admin, now=THURSDAY)

    (schedule,) = IssuedCommand.objects.order_by("pk")[0].wording["profile"]["schedules"]
    assert (schedule["unit"], schedule["periods"][0]["limit"]) == ("W", 6 * 230)


def test_the_limit_lies_on_top_of_all_others_where_the_charger_says_how_high_that_is(depot: Depot, admin: User) -> None:
    session = make_charging(depot)
    SettingValue.objects.create(
        charger=session.charger, variable="ChargeProfileMaxStackLevel", value="10", reported_at=THURSDAY
    )

    emergency.call(depot, called_by=admin, now=THURSDAY)

    assert {command.wording["profile"]["stack_level"] for command in IssuedCommand.objects.all()} == {10}


def test_other_depots_are_left_alone(depot: Depot, admin: User) -> None:
    make_charging(make_depot("Southgate"))

    emergency.call(depot, called_by=admin, now=THURSDAY)

    assert asked() == []


def test_it_is_called_once(depot: Depot, admin: User) -> None:
    make_charging(depot)
    emergency.call(depot, called_by=admin, now=THURSDAY)

    with pytest.raises(emergency.AlreadyAtMinimum):
        emergency.call(depot, called_by=admin, now=THURSDAY)

    assert len(asked()) == 2


def test_what_the_charger_confirms_is_kept(depot: Depot, admin: User) -> None:
    make_charging(depot)
    emergency.call(depot, called_by=admin, now=THURSDAY)

    answer(Purpose.DEFAULT)
    answer(Purpose.SESSION)

    assert set(EmergencyStep.objects.values_list("outcome", flat=True)) == {Outcome.DONE}
    assert asked() == [Purpose.DEFAULT, Purpose.SESSION]


def test_who_refuses_is_stopped(depot: Depot, admin: User) -> None:
    session = make_charging(depot)
    emergency.call(depot, called_by=admin, now=THURSDAY)

    answer(Purpose.DEFAULT, CommandState.REJECTED, "NotSupported")
    answer(Purpose.SESSION, CommandState.REJECTED, "NotSupported")

    assert asked() == [Purpose.DEFAULT, Purpose.SESSION, Purpose.STOP]
    stop = IssuedCommand.objects.get(kind="stop")
    assert (stop.reference, stop.issued_by) == (session.reference, admin)


def test_who_does_not_answer_is_stopped(depot: Depot, admin: User) -> None:
    make_charging(depot)
    emergency.call(depot, called_by=admin, now=THURSDAY)

    answer(Purpose.DEFAULT, CommandState.UNANSWERED)
    answer(Purpose.SESSION, CommandState.UNANSWERED)

    assert IssuedCommand.objects.filter(kind="stop").exists()


def test_who_accepts_and_charges_on_is_stopped(depot: Depot, admin: User) -> None:
    session = make_charging(depot)
    emergency.call(depot, called_by=admin, now=THURSDAY)
    answer(Purpose.DEFAULT)
    answer(Purpose.SESSION)
    Session.objects.filter(pk=session.pk).update(last_reading_at=THURSDAY + timedelta(minutes=5))

    emergency.carry_on(THURSDAY + timedelta(minutes=5))

    assert IssuedCommand.objects.filter(kind="stop").exists()


def test_a_vehicle_that_is_plugged_in_meanwhile_is_limited_too(depot: Depot, admin: User) -> None:
    bay = make_bay(depot)
    emergency.call(depot, called_by=admin, now=THURSDAY)
    answer(Purpose.DEFAULT)
    make_session(bay, make_vehicle(), reference="4712")

    emergency.carry_on(THURSDAY)

    assert asked() == [Purpose.DEFAULT, Purpose.SESSION]


def test_who_has_no_contact_is_told_when_it_is_back(depot: Depot, admin: User) -> None:
    charger = make_charger(online=False)
    make_bay(depot, evse=make_evse(charger))
    emergency.call(depot, called_by=admin, now=THURSDAY)
    assert asked() == []
    connect(charger)

    emergency.carry_on(THURSDAY)

    assert asked() == [Purpose.DEFAULT]


def test_carrying_on_asks_nothing_twice(depot: Depot, admin: User) -> None:
    make_charging(depot)
    emergency.call(depot, called_by=admin, now=THURSDAY)

    for _ in range(3):
        emergency.carry_on(THURSDAY)

    assert asked() == [Purpose.DEFAULT, Purpose.SESSION]


def test_a_command_of_somebody_else_is_none_of_its_business(depot: Depot, admin: User) -> None:
    session = make_charging(depot)
    emergency.call(depot, called_by=admin, now=THURSDAY)
    other = IssuedCommand.objects.create(
        charger=session.charger, kind="reset", wording={}, state=CommandState.REJECTED, issued_at=THURSDAY,
        send_before=THURSDAY,
    )  # fmt: skip

    emergency.heed_command(other, THURSDAY)

    assert set(EmergencyStep.objects.values_list("outcome", flat=True)) == {Outcome.OPEN}


def test_the_release_lifts_our_limits_and_no_others(depot: Depot, admin: User) -> None:
    make_charging(depot)
    emergency.call(depot, called_by=admin, now=THURSDAY)
    installed = [command.wording["profile"]["profile_id"] for command in IssuedCommand.objects.order_by("pk")]
    answer(Purpose.DEFAULT)
    answer(Purpose.SESSION)

    emergency.release(depot, released_by=admin, now=THURSDAY)

    clears = IssuedCommand.objects.filter(kind="clear_profiles").order_by("pk")
    assert [command.wording["profile_id"] for command in clears] == installed


def test_it_is_settled_when_every_limit_is_lifted(depot: Depot, admin: User) -> None:
    make_charging(depot)
    emergency.call(depot, called_by=admin, now=THURSDAY)
    answer(Purpose.DEFAULT)
    answer(Purpose.SESSION, CommandState.REJECTED)
    emergency.release(depot, released_by=admin, now=THURSDAY)
    emergency.carry_on(THURSDAY)
    assert Emergency.objects.get().settled_at is None

    answer(Purpose.CLEAR_DEFAULT)
    emergency.carry_on(THURSDAY)

    assert Emergency.objects.get().settled_at == THURSDAY


def test_a_limit_at_a_charger_out_of_contact_is_lifted_when_it_is_back(depot: Depot, admin: User) -> None:
    session = make_charging(depot)
    emergency.call(depot, called_by=admin, now=THURSDAY)
    answer(Purpose.DEFAULT)
    answer(Purpose.SESSION)
    Connection.objects.update(closed_at=datetime.now(UTC))
    emergency.release(depot, released_by=admin, now=THURSDAY)
    assert not IssuedCommand.objects.filter(kind="clear_profiles").exists()
    connect(session.charger)

    emergency.carry_on(THURSDAY)

    assert IssuedCommand.objects.filter(kind="clear_profiles").count() == 2


def test_after_a_release_it_can_be_called_again(depot: Depot, admin: User) -> None:
    emergency.call(depot, called_by=admin, now=THURSDAY)
    emergency.release(depot, released_by=admin, now=THURSDAY)

    again = emergency.call(depot, called_by=admin, now=THURSDAY)

    assert again.released_at is None


def test_what_was_not_called_is_not_released(depot: Depot, admin: User) -> None:
    with pytest.raises(emergency.NotAtMinimum):
        emergency.release(depot, released_by=admin, now=THURSDAY)


class TestPage:
    def shown(self, browser: Client) -> str:
        return Page(browser.get("/emergency/").content.decode()).by_id("emergency").text

    def test_it_says_what_it_will_do_before_it_does_it(self, browser: Client, depot: Depot) -> None:
        make_charging(depot, phases=1)

        words = self.shown(browser)

        assert "1 bay, 1 session running with 7.1 kW together" in words
        assert "at most 1.4 kW" in words
        assert "Bring Northgate to its minimum now" in words

    def test_reading_it_calls_nothing(self, browser: Client, depot: Depot) -> None:
        make_charging(depot)

        assert browser.get("/emergency/call/").status_code == 405
        self.shown(browser)

        assert not Emergency.objects.exists()

    def test_it_shows_what_each_charger_confirmed(self, browser: Client, depot: Depot) -> None:
        make_charging(depot)
        browser.post("/emergency/call/")
        answer(Purpose.DEFAULT)
        answer(Purpose.SESSION)

        words = self.shown(browser)

        assert "1 of 1 bays confirmed" in words
        assert "Took the limit; power not seen yet" in words

    def test_call_and_release_are_kept_in_the_audit(self, browser: Client, depot: Depot) -> None:
        browser.post("/emergency/call/")
        browser.post("/emergency/release/")

        acts = list(AuditEntry.objects.order_by("pk").values_list("act", flat=True))
        assert acts == ["call site to minimum", "release site from minimum"]

    def test_the_board_says_that_the_site_is_at_its_minimum(self, browser: Client, depot: Depot) -> None:
        make_charging(depot)
        browser.post("/emergency/call/")

        page = Page(browser.get("/").content.decode())

        assert "The site is at its minimum since 17:30" in page.by_id("at-minimum").text

    def test_it_is_for_who_may_call_it(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        browser = signed_in(viewer)

        assert browser.get("/emergency/").status_code == 403
        assert browser.post("/emergency/call/").status_code == 403
        assert not Emergency.objects.exists()

    def test_it_reaches_the_callers_own_depot_only(self, signed_in: SignIn, depot: Depot) -> None:
        southgate = make_depot("Southgate")
        make_charging(southgate)
        browser = signed_in(make_user("manager", Role.FLEET_MANAGER, depots=[depot]))

        browser.post("/emergency/call/")

        assert Emergency.objects.get().depot == depot
        assert asked() == []
