"""Rows of the field's list about limits: chargers of watts, silence, forgetting, and too many words."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from chargers.choices import CommandState
from chargers.commands import ProfileKind, RateUnit
from chargers.events import ChargingEnded, Token
from chargers.held import services as held
from chargers.models import Capability, Charger, IssuedCommand, SettingValue
from chargers.ocpp.dialects import DIALECTS
from chargers.services import issue_command
from depot.effects import command_settled
from depot.energy.delivery import hearing
from depot.energy.delivery.ending import ONCE, heed_end
from depot.energy.delivery.models import State
from depot.energy.delivery.services import carry_on, deliver
from depot.energy.delivery.verifying import question_for
from depot.energy.delivery.wanted import Step, Wanted
from depot.energy.models import Wiring
from depot.models import Bay, Depot
from depot.notices.models import Notice
from sessions.models import MeterReading, Session
from tests.chargers.ear import Ear
from tests.energy.delivery.talk import answer_all, asked, bays, charging, limits, settle, want
from tests.factories import THURSDAY, make_session

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def charger_of(bay: Bay) -> Charger:
    assert bay.evse
    return Charger.objects.get(pk=bay.evse.charger_id)


def shows(bay: Bay, **values: str) -> None:
    for name, value in values.items():
        Capability.objects.create(charger=charger_of(bay), name=name, value=value, seen_at=THURSDAY)


def measures(session: Session, *volts: float) -> None:
    samples = orjson.dumps([["Voltage", volt, "V", f"L{line}", "", ""] for line, volt in enumerate(volts, 1)]).decode()
    MeterReading.objects.create(
        charger=session.charger, session=session, at=THURSDAY, heard_at=THURSDAY, samples=samples
    )


def newest(bay: Bay) -> IssuedCommand:
    return IssuedCommand.objects.filter(charger=charger_of(bay), kind="install_profile").latest("pk")


@pytest.mark.parametrize(
    ("listed", "unit"),
    [("", RateUnit.AMPERE), ("Current", RateUnit.AMPERE), ("Power", RateUnit.WATT), ("w;", RateUnit.WATT)],
    ids=["nothing", "current", "power", "a letter"],
)
def test_a_charger_is_told_its_limits_in_the_unit_that_it_lists_however_that_is_written(
    depot: Depot, listed: str, unit: RateUnit
) -> None:
    """Row 53: of one that lists none, amperes."""
    (bay,) = bays(depot)
    SettingValue.objects.create(
        charger=charger_of(bay), variable="ChargingScheduleAllowedChargingRateUnit", value=listed, reported_at=THURSDAY
    )

    carry_on(depot, now=THURSDAY)

    assert [schedule.unit for schedule in asked(newest(bay)).profile.schedules] == [unit]


def test_a_charger_of_watts_is_told_less_where_the_voltage_is_low(depot: Depot) -> None:
    """Row 54: 10 A of three phases were meant; at 207 V that is less power than at 230."""
    (bay,) = bays(depot, evse={"phases": 3})
    shows(bay, rate_unit="W")
    measures(charging(bay), 209.3, 230.1, 228.0)
    settle(depot)

    deliver(depot, [want(bay, 6_900)], now=THURSDAY)

    (schedule,) = asked(newest(bay)).profile.schedules
    assert (schedule.unit, schedule.periods[0].limit) == (RateUnit.WATT, 6_900 * 205 // 230)


@pytest.mark.parametrize(("phases", "watts"), [(3, 4_140), (None, 1_380)], ids=["three", "unknown"])
def test_a_charger_of_watts_with_unknown_phases_gets_the_lower_power(
    depot: Depot, phases: int | None, watts: int
) -> None:
    """Row 54: the least that a vehicle takes is 6 A, on three lines or, for all that is known, on one."""
    (bay,) = bays(depot, evse={"phases": phases})
    shows(bay, rate_unit="W")

    carry_on(depot, now=THURSDAY)

    assert limits(newest(bay)) == [watts]


def test_a_plan_begins_in_the_past_and_names_its_transaction(depot: Depot) -> None:
    """Row 56: some refuse a schedule without a start, or a transaction's profile without its number."""
    (bay,) = bays(depot)
    session = charging(bay)
    settle(depot)

    deliver(depot, [want(bay, 6_900)], now=THURSDAY)

    command = asked(newest(bay))
    start_at = command.profile.schedules[0].start_at
    assert start_at is not None
    assert start_at < THURSDAY
    said = DIALECTS["ocpp1.6"].say(replace(command, profile=replace(command.profile, reference="7")))
    assert said.payload["csChargingProfiles"]["transactionId"] == 7
    assert command.profile.reference == session.reference


def stay_silent(now: Any) -> None:
    for command in IssuedCommand.objects.filter(state=CommandState.REQUESTED, kind="install_profile"):
        IssuedCommand.objects.filter(pk=command.pk).update(state=CommandState.UNANSWERED)
        command.refresh_from_db()
        held.note_settled(command, now=now)
        command_settled(command, now=now)


def test_who_answers_no_absolute_profile_and_all_else_is_told_from_the_charges_begin_on(depot: Depot) -> None:
    """Row 56."""
    (bay,) = bays(depot)
    now = THURSDAY
    for round_ in range(4):
        now += MINUTE
        carry_on(depot, now=now)
        if round_ == 1:
            issue_command(charger_of(bay), question_for(Wiring.objects.get()), issued_by=None, now=now)
            IssuedCommand.objects.filter(kind="read_composite_schedule").update(state=CommandState.ACCEPTED)
        stay_silent(now)

    carry_on(depot, now=now + MINUTE)

    assert Capability.objects.get(name="kind").value == "Relative"
    profile = asked(newest(bay)).profile
    assert (profile.kind, profile.schedules[0].start_at) == (ProfileKind.RELATIVE, None)


def test_lost_answers_of_one_that_takes_profiles_teach_nothing(depot: Depot) -> None:
    """Row 56."""
    (bay,) = bays(depot)
    settle(depot)
    charging(bay)
    now = THURSDAY
    for watts in (9_000, 8_000, 7_000, 6_000, 5_000):
        now += MINUTE
        deliver(depot, [want(bay, watts)], now=now)
        stay_silent(now)

    assert not Capability.objects.filter(name="kind").exists()


def test_who_loses_its_limit_with_the_link_is_told_again_at_each_connection(depot: Depot) -> None:
    """Row 62."""
    (bay,) = bays(depot)
    charging(bay)
    shows(bay, profile_survives_reconnect="no")
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)
    settle(depot)
    before = IssuedCommand.objects.count()

    for minutes in (10, 20):
        now = THURSDAY + minutes * MINUTE
        held.note_gone([charger_of(bay).pk], now=now)
        held.note_return([charger_of(bay).pk], now=now)
        hearing.links_changed([charger_of(bay).pk], is_back=True, now=now)
        done = settle(depot, now=now)

    sent = IssuedCommand.objects.filter(kind="install_profile").order_by("pk")[before:]
    assert [asked(each).profile.purpose for each in sent] == ["tx_default", "tx"] * 2
    assert done.states[bay.evse_id or 0] == State.HELD


def test_who_keeps_its_limit_over_a_broken_link_is_told_nothing(depot: Depot) -> None:
    """Row 62: chargers write profiles to their flash."""
    (bay,) = bays(depot)
    charging(bay)
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)
    settle(depot)
    before = IssuedCommand.objects.count()

    held.note_gone([charger_of(bay).pk], now=THURSDAY + MINUTE)
    held.note_return([charger_of(bay).pk], now=THURSDAY + 2 * MINUTE)
    settle(depot, now=THURSDAY + 2 * MINUTE)

    assert IssuedCommand.objects.count() == before


@pytest.mark.parametrize(
    ("capability", "setting", "minutes"),
    [({}, "", 1), ({"throttles_profiles": "yes"}, "", 5), ({}, "600", 10)],
    ids=["any", "throttles", "says how long"],
)
def test_a_raise_waits_as_long_as_the_charger_needs(
    depot: Depot, capability: dict[str, str], setting: str, minutes: int
) -> None:
    """Row 63."""
    (bay,) = bays(depot)
    charging(bay)
    shows(bay, **capability)
    if setting:
        SettingValue.objects.create(
            charger=charger_of(bay), component="SmartChargingCtrlr", variable="UpdateRateLimit", value=setting,
            reported_at=THURSDAY,
        )  # fmt: skip
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)
    settle(depot)

    early = deliver(depot, [want(bay, 9_000)], now=THURSDAY + minutes * MINUTE - timedelta(seconds=1))
    in_time = deliver(depot, [want(bay, 9_000)], now=THURSDAY + minutes * MINUTE)

    assert (early.states[bay.evse_id or 0], len(in_time.sent)) == (State.TOO_SOON, 1)


def test_who_says_that_it_was_told_too_often_is_left_in_peace(depot: Depot) -> None:
    """Row 63: even with less, which else goes out at once, it is not asked again in the same breath."""
    (bay,) = bays(depot)
    charging(bay)
    settle(depot)
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)
    answer_all(accepted=False, error="RateLimitExceeded")

    again = carry_on(depot, now=THURSDAY + timedelta(seconds=1))
    later = carry_on(depot, now=THURSDAY + 6 * MINUTE)

    assert Capability.objects.get(name="throttles_profiles").value == "yes"
    assert (again.sent, len(later.sent)) == ((), 1)


def test_a_small_change_is_no_message(depot: Depot) -> None:
    """Row 63: by less than the charger's grain."""
    (bay,) = bays(depot)
    charging(bay)
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)
    settle(depot)

    assert deliver(depot, [want(bay, 6_940)], now=THURSDAY + 5 * MINUTE).sent == ()


def ends_by_itself(bay: Bay, session: Session, now: datetime, **said: Any) -> None:
    session.ended_at, session.stop_reason, session.closed_by = now, said.pop("reason", "Other"), "charger"
    session.save(update_fields=["ended_at", "stop_reason", "closed_by"])
    ended = ChargingEnded(reference=session.reference, at=now, meter_wh=None, **said)
    heed_end(Session.objects.get(pk=session.pk), ended, now=now)


def test_a_charger_that_ends_charges_at_a_limit_of_0_is_told_none_after_the_second(depot: Depot) -> None:
    """Row 60: an accepted 0 that ends the charge is no pause."""
    (bay,) = bays(depot)
    shown = []
    for hours in (0, 3):
        now = THURSDAY + timedelta(hours=hours)
        session = make_session(bay, None, reference=f"after-{hours}", started_at=now - timedelta(hours=1))
        settle(depot, now=now)
        deliver(depot, [Wanted(bay.evse_id or 0, (Step(now, 0),), now + timedelta(hours=2))], now=now)
        settle(depot, now=now)
        ends_by_itself(bay, session, now + MINUTE)
        shown.append(Capability.objects.get(charger=charger_of(bay), name="pause").value)

    assert shown == ["limit_zero", "remote_stop"]
    assert Notice.objects.filter(kind="limits.charge_ended").count() == 2


def test_a_charge_that_a_charger_ends_in_its_own_words_at_a_limit_of_0_is_noted(depot: Depot) -> None:
    """Row 60, as the frame comes in."""
    (bay,) = bays(depot)
    session = charging(bay)
    settle(depot)
    deliver(depot, [want(bay, 0)], now=THURSDAY)
    settle(depot)

    stop = {"transactionId": int(session.reference), "meterStop": 2_000, "timestamp": "2026-03-05T16:31:00Z"}
    Ear(charger_of(bay)).hear("StopTransaction", stop | {"reason": "Other"}, at=THURSDAY + MINUTE)

    assert Capability.objects.get(name=ONCE).firmware == charger_of(bay).firmware
    assert "start it again" in Notice.objects.get(kind="limits.charge_ended").text


@pytest.mark.parametrize(
    ("after_min", "said"),
    [(1, {"reason": "Remote"}), (1, {"token": Token("VAN12")}), (1, {"offline": True}), (60, {})],
    ids=["asked", "by a card", "told late", "long after"],
)
def test_an_end_that_had_another_reason_says_nothing_of_a_limit_of_0(
    depot: Depot, after_min: int, said: dict[str, Any]
) -> None:
    """Row 60."""
    (bay,) = bays(depot)
    session = charging(bay)
    settle(depot)
    deliver(depot, [want(bay, 0)], now=THURSDAY)
    settle(depot)

    ends_by_itself(bay, session, THURSDAY + after_min * MINUTE, **said)

    assert not Capability.objects.filter(name=ONCE).exists()
