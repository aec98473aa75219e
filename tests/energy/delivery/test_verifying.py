"""What a charger says that it will do, beside our books."""

from datetime import timedelta
from typing import Any

import pytest

from chargers.held import services as held
from chargers.models import Capability, Charger, IssuedCommand
from chargers.services import issue_command
from depot.energy.delivery.readback import read_schedule
from depot.energy.delivery.services import carry_on, deliver
from depot.energy.delivery.verifying import heed_schedule, question_for
from depot.energy.models import Wiring
from depot.models import Bay, Depot
from depot.notices.models import Notice
from tests.energy.delivery.talk import bays, charging, settle, want
from tests.factories import THURSDAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def bay(depot: Depot) -> Bay:
    """Its charger holds 10 A for the vehicle that charges."""
    (bay,) = bays(depot)
    charging(bay)
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)
    settle(depot)
    return bay


def charger_of(bay: Bay) -> Charger:
    assert bay.evse
    return Charger.objects.get(pk=bay.evse.charger_id)


def tell(bay: Bay, amperes: float) -> None:
    """The charger answers what it means to do for the next hours."""
    question = question_for(Wiring.objects.get(evse=bay.evse))
    command = issue_command(charger_of(bay), question, issued_by=None, now=THURSDAY)
    period = {"startPeriod": 0, "limit": amperes}
    schedule = {"duration": 6 * 3600, "chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
    answer: dict[str, Any] = {"status": "Accepted", "connectorId": 1, "chargingSchedule": schedule}
    IssuedCommand.objects.filter(pk=command.pk).update(state="accepted", response=answer)
    heed_schedule(IssuedCommand.objects.get(pk=command.pk), now=THURSDAY)


def test_what_agrees_is_shown(bay: Bay) -> None:
    tell(bay, 10)

    assert Capability.objects.get(name="composite_agrees").value == "yes"


def test_what_differs_is_told_to_people_and_no_longer_relied_on(bay: Bay) -> None:
    tell(bay, 15.9)

    assert Capability.objects.get(name="composite_agrees").value == "no"
    assert Notice.objects.filter(kind="limits.differ").count() == 1
    assert any(not each.held for each in held.held_by([charger_of(bay).pk])[charger_of(bay).pk].candidates)


def test_who_forgot_with_the_link_is_known_for_it_and_told_again(bay: Bay) -> None:
    tell(bay, 15.9)
    carry_on(Depot.objects.get(), now=THURSDAY + timedelta(minutes=2))

    assert Capability.objects.get(name="profile_survives_reconnect").value == "no"
    assert IssuedCommand.objects.filter(kind="install_profile", state="requested").exists()


def test_a_boot_that_left_the_profiles_is_a_proof(bay: Bay) -> None:
    charger = charger_of(bay)
    Charger.objects.filter(pk=charger.pk).update(booted_at=THURSDAY)
    held.note_boot(charger, now=THURSDAY)

    tell(bay, 10)

    assert Capability.objects.get(name=held.KEEPS_THROUGH_BOOT).value == "yes"
    assert all(each.held for each in held.held_by([charger.pk])[charger.pk].candidates)


def test_who_cannot_tell_is_not_asked_again(bay: Bay) -> None:
    question = question_for(Wiring.objects.get(evse=bay.evse))
    command = issue_command(charger_of(bay), question, issued_by=None, now=THURSDAY)
    IssuedCommand.objects.filter(pk=command.pk).update(state="error", error_code="NotSupported")

    heed_schedule(IssuedCommand.objects.get(pk=command.pk), now=THURSDAY)

    assert Capability.objects.get(name="reads_composite").value == "no"


def test_a_schedule_that_cannot_be_read_is_none() -> None:
    assert read_schedule({"status": "Rejected"}, THURSDAY) is None
    assert read_schedule({"status": "Accepted", "schedule": {"chargingSchedulePeriod": []}}, THURSDAY) is None
