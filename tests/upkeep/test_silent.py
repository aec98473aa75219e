"""A charger whose link is up and that no longer talks about its charges is asked, and not more than helps."""

from datetime import timedelta
from typing import Any

import pytest

from chargers.models import Charger, IssuedCommand, SettingValue
from depot.models import Depot
from depot.upkeep.silent import ask_the_silent
from sessions.models import Session
from tests.factories import THURSDAY, make_bay, make_charger, make_depot, make_evse, make_session

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def make_charging(protocol: str = "ocpp1.6", *, online: bool = True, **session: Any) -> Charger:
    """One that was last heard of on THURSDAY, and can be triggered."""
    charger = make_charger(protocol=protocol, online=online)
    told(charger, "SupportedFeatureProfiles", "Core,RemoteTrigger")
    make_session(make_bay(make_depot(), evse=make_evse(charger)), **session)
    return charger


def told(charger: Charger, variable: str, value: str) -> None:
    SettingValue.objects.create(charger=charger, variable=variable, value=value, reported_at=THURSDAY)


def asked(*, state: str = "") -> list[str]:
    """What was asked for so far; `state` is what came of it."""
    if state:
        IssuedCommand.objects.update(state=state)
    return [command.wording["message"] for command in IssuedCommand.objects.order_by("pk")]


def look(*minutes: int) -> None:
    for minute in minutes:
        ask_the_silent(THURSDAY + minute * MINUTE)


@pytest.mark.parametrize(
    ("protocol", "message"),
    [("ocpp1.6", "MeterValues"), ("ocpp2.0.1", "TransactionEvent"), ("ocpp2.1", "TransactionEvent")],
)
def test_it_is_asked_for_a_word_of_its_charges(protocol: str, message: str) -> None:
    make_charging(protocol)

    look(9, 11)

    assert asked() == [message]


def test_who_answers_and_stays_silent_is_asked_to_boot_and_then_no_more() -> None:
    make_charging()

    for minute in (11, 22, 33, 44, 55):
        look(minute)
        asked(state="accepted")

    assert asked() == ["MeterValues", "BootNotification"]


def test_a_question_that_got_lost_is_asked_again() -> None:
    make_charging()

    look(11)
    asked(state="unanswered")
    look(15, 22)

    assert asked() == ["MeterValues", "MeterValues"]


def test_a_new_silence_is_asked_about_anew() -> None:
    make_charging()
    look(11)
    asked(state="accepted")

    Session.objects.update(last_heard_at=THURSDAY + 12 * MINUTE)
    look(21, 23)

    assert asked() == ["MeterValues", "MeterValues"]


def test_one_charge_that_is_told_of_shows_that_it_talks() -> None:
    charger = make_charging()
    bay = make_bay(Depot.objects.get(), evse=make_evse(charger, number=2))
    make_session(bay, last_heard_at=THURSDAY + 9 * MINUTE)

    look(11)

    assert asked() == []


def test_a_charge_at_rest_may_be_silent_for_longer() -> None:
    make_charging(power_w=0)

    look(29)
    early = asked()
    look(31)

    assert (early, asked()) == ([], ["MeterValues"])


def test_who_measures_seldom_is_waited_for() -> None:
    told(make_charging(), "MeterValueSampleInterval", "900")

    look(44)
    early = asked()
    look(46)

    assert (early, asked()) == ([], ["MeterValues"])


def test_who_refuses_to_be_triggered_for_meter_values_is_asked_to_boot() -> None:
    charger = make_charging()
    charger.capabilities.create(
        name="triggers_meter_values", value="no", firmware=charger.firmware, evidence="Rejected", seen_at=THURSDAY
    )

    look(11)

    assert asked() == ["BootNotification"]


def test_nobody_is_asked_whose_link_is_down() -> None:
    make_charging(online=False)

    look(11)

    assert asked() == []


def test_a_charger_of_1_6_that_told_of_no_triggers_is_left_alone() -> None:
    charger = make_charging()
    charger.settings.update(value="Core,SmartCharging")

    look(11)

    assert asked() == []


def test_a_charger_that_is_asked_nothing_unasked_is_left_alone() -> None:
    charger = make_charging()
    Charger.objects.filter(pk=charger.pk).update(automation_on=False)

    look(11)

    assert asked() == []


def test_what_has_ended_is_asked_about_no_more() -> None:
    make_charging(ended_at=THURSDAY)

    look(60)

    assert asked() == []
