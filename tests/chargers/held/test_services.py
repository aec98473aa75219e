"""What a charger may hold follows each fact, in the transaction of that fact."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargers.choices import CommandState
from chargers.commands import ClearCache, Command, InstallProfile, RawCall, StartCharging
from chargers.events import CommandAnswered, CommandUnanswered
from chargers.held import services as held
from chargers.held.models import Holding
from chargers.models import Capability, Charger, IssuedCommand
from chargers.services import cancel_command, expire_commands, issue_command, settle_command, settle_unanswered
from tests.chargers.held.test_possible import install, profile
from tests.factories import THURSDAY, make_charger, make_evse

pytestmark = pytest.mark.django_db


@pytest.fixture
def charger() -> Charger:
    charger = make_charger()
    make_evse(charger)
    return charger


def ask(charger: Charger, command: Command) -> IssuedCommand:
    return issue_command(charger, command, issued_by=None, now=THURSDAY)


def answer(command: IssuedCommand, *, accepted: bool = True, error: str = "") -> None:
    answered = CommandAnswered(
        command_id=command.pk, accepted=accepted, status="Accepted", payload={}, error_code=error, error_description=""
    )
    settle_command(answered, now=THURSDAY)


def limits(charger: Charger) -> set[tuple[float | None, ...]]:
    found = held.held_by([charger.pk])[charger.pk]
    return {tuple(each.profile.schedules[0].periods[0].limit for each in state.held) for state in found.candidates}


def test_one_that_was_never_sent_a_profile_has_no_row(charger: Charger) -> None:
    ask(charger, ClearCache())

    assert not Holding.objects.exists()


def test_a_profile_counts_from_the_moment_it_is_asked(charger: Charger) -> None:
    ask(charger, install(10))

    assert limits(charger) == {(), (10,)}


def test_an_accepted_one_alone_is_held(charger: Charger) -> None:
    answer(ask(charger, install(10)))

    assert limits(charger) == {(10,)}


@pytest.mark.parametrize(("accepted", "error"), [(False, ""), (False, "NotSupported")])
def test_a_refused_one_leaves_what_was(charger: Charger, accepted: bool, error: str) -> None:
    answer(ask(charger, install(10)), accepted=accepted, error=error)

    assert limits(charger) == {()}


def test_an_unanswered_one_stays_possible(charger: Charger) -> None:
    command = ask(charger, install(10))
    IssuedCommand.objects.update(state=CommandState.SENT)

    settle_unanswered(CommandUnanswered(command_id=command.pk, was_sent=True, reason="silence"), now=THURSDAY)

    assert limits(charger) == {(), (10,)}


def test_one_that_never_reached_a_socket_is_not_held(charger: Charger) -> None:
    ask(charger, install(10))
    IssuedCommand.objects.update(send_before=datetime.now(UTC) - timedelta(minutes=1))

    expire_commands(THURSDAY)

    assert limits(charger) == {()}


def test_one_that_was_taken_back_is_not_held(charger: Charger) -> None:
    cancel_command(ask(charger, install(10)))

    assert limits(charger) == {()}


def test_a_raw_call_counts_like_the_typed_one(charger: Charger) -> None:
    payload = {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 5,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7}]},
        },
    }

    answer(ask(charger, RawCall(action="SetChargingProfile", payload=payload)))

    assert limits(charger) == {(7,)}


@pytest.mark.parametrize("evse", [1, None])
def test_a_start_that_brings_a_profile_counts_too(charger: Charger, evse: int | None) -> None:
    from tests.chargers.held.test_possible import OWN

    answer(ask(charger, StartCharging(evse=evse, token="VAN12", remote_start_id=1, profile=OWN)))

    assert limits(charger) == {(), (32,)}


def test_a_transactions_profile_ends_with_it(charger: Charger) -> None:
    from tests.chargers.held.test_possible import OWN

    answer(ask(charger, StartCharging(evse=1, token="VAN12", remote_start_id=1, profile=OWN)))

    held.note_end(charger.pk, 1, "17", now=THURSDAY)

    assert limits(charger) == {()}


@pytest.mark.parametrize(("proven", "left"), [(True, {(10,)}), (False, {(10,), ()})])
def test_a_boot_leaves_what_is_proven(charger: Charger, proven: bool, left: Any) -> None:
    answer(ask(charger, install(10)))
    if proven:
        Capability.objects.create(
            charger=charger, name=held.KEEPS_THROUGH_BOOT, value="yes", evidence="seen", seen_at=THURSDAY
        )

    held.note_boot(charger, now=THURSDAY)

    assert limits(charger) == left


@pytest.mark.parametrize(("survives", "left"), [("yes", {(10,)}), ("no", {(10,), ()})])
def test_a_return_leaves_what_this_charger_is_known_to_keep(charger: Charger, survives: str, left: Any) -> None:
    answer(ask(charger, install(10)))
    Capability.objects.create(
        charger=charger, name="profile_survives_reconnect", value=survives, evidence="seen", seen_at=THURSDAY
    )

    held.note_gone([charger.pk], now=THURSDAY)
    returned = held.note_return([charger.pk], now=THURSDAY + timedelta(minutes=5))

    assert (returned, limits(charger)) == ([charger.pk], left)


def test_how_long_it_was_away_counts() -> None:
    charger = make_charger(protocol="ocpp2.1")
    answer(ask(charger, InstallProfile(evse=1, profile=profile(10, max_offline_s=60, dies_offline=True))))

    held.note_gone([charger.pk], now=THURSDAY)
    assert held.held_by([charger.pk])[charger.pk].offline_since == THURSDAY
    held.note_return([charger.pk], now=THURSDAY + timedelta(seconds=61))

    assert limits(charger) == {()}
    assert held.held_by([charger.pk])[charger.pk].offline_since is None


def test_what_it_was_seen_to_hold_rules_out_the_rest(charger: Charger) -> None:
    answer(ask(charger, install(10)))
    seen = held.held_by([charger.pk])[charger.pk].candidates
    held.note_boot(charger, now=THURSDAY)

    held.note_narrowed(charger.pk, seen, now=THURSDAY)

    assert limits(charger) == {(10,)}


def test_one_that_does_other_than_it_holds_may_hold_nothing(charger: Charger) -> None:
    answer(ask(charger, install(10)))

    held.note_lost(charger.pk, now=THURSDAY)

    assert limits(charger) == {(10,), ()}
