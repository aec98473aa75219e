from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargers.choices import CommandState, ConnectorStatus, EffectState
from depot.board.state import Act, Asked, Scene, SessionFacts, Shape, state_of
from sessions.models import EnergyState

NOW = datetime(2026, 3, 5, 22, 46, tzinfo=UTC)
S = ConnectorStatus
CHARGES = SessionFacts(power_w=7_100, energy_wh=12_000)
STANDS = SessionFacts(power_w=0, energy_wh=0)
AT_TARGET = SessionFacts(power_w=0, energy_wh=21_000, soc_percent=80, target_percent=80)
BELOW_TARGET = SessionFacts(power_w=0, energy_wh=9_000, soc_percent=47, target_percent=80)
OF_UNKNOWN_CHARGE = SessionFacts(power_w=0, energy_wh=21_000)
LONG_AGO = NOW - timedelta(minutes=26)
JUST_NOW = NOW - timedelta(minutes=2)


def scene(status: ConnectorStatus, **facts: Any) -> Scene:
    return Scene(**({"now": NOW, "is_online": True, "status": status, "status_since": JUST_NOW} | facts))


def in_2x(energy_state: EnergyState, **facts: Any) -> SessionFacts:
    return SessionFacts(energy_state=energy_state, energy_state_since=JUST_NOW, **({"power_w": 0} | facts))


# Each line of the vocabulary: what is known, the shape, the words, and what the one button does.
IN_1_6 = {
    "free": (scene(S.AVAILABLE), Shape.FREE, "Free", None),
    "plugged in without a card": (scene(S.PREPARING), Shape.CARD, "Waits for card", Act.START),
    "plugged in a moment ago": (
        scene(S.PREPARING, status_since=NOW - timedelta(seconds=20)), Shape.HOLD, "Plugged in", Act.START,
    ),
    "held by the charger": (scene(S.SUSPENDED_EVSE, session=STANDS), Shape.HOLD, "Waits", Act.STOP),
    "about to charge": (scene(S.PREPARING, session=STANDS), Shape.HOLD, "Waits", Act.STOP),
    "charging": (scene(S.CHARGING, session=CHARGES), Shape.CHARGING, "Charging", Act.STOP),
    "charging with a power that is not told": (
        scene(S.CHARGING, session=SessionFacts(power_w=None)), Shape.CHARGING, "Charging", Act.STOP,
    ),
    "charging without a session of ours": (scene(S.CHARGING), Shape.CHARGING, "Charging", None),
    "charging by its word and not by its meter": (scene(S.CHARGING, session=STANDS), Shape.HOLD, "Waits", Act.STOP),
    "drawing nothing for long, below its target": (
        scene(S.SUSPENDED_EV, session=BELOW_TARGET, status_since=LONG_AGO), Shape.CARPAUSE, "Draws nothing", Act.STOP,
    ),
    "drawing nothing for long, nothing ever taken": (
        scene(S.SUSPENDED_EV, session=STANDS, status_since=LONG_AGO), Shape.CARPAUSE, "Draws nothing", Act.STOP,
    ),
    "drawing nothing for a moment": (scene(S.SUSPENDED_EV, session=BELOW_TARGET), Shape.HOLD, "Waits", Act.STOP),
    "at its target": (scene(S.SUSPENDED_EV, session=AT_TARGET, status_since=LONG_AGO), Shape.FULL, "Full", None),
    "of unknown charge, stopped taking by itself": (
        scene(S.SUSPENDED_EV, session=OF_UNKNOWN_CHARGE, status_since=LONG_AGO), Shape.FULL, "Full", None,
    ),
    "finished at its target": (scene(S.FINISHING, ended=AT_TARGET), Shape.FULL, "Full", None),
    "finished at its target, replug or not": (
        scene(S.FINISHING, ended=AT_TARGET, needs_replug=True), Shape.FULL, "Full", None,
    ),
    "stopped below its target": (scene(S.FINISHING, ended=BELOW_TARGET), Shape.HOLD, "Stopped", Act.START),
    "paused by the plan": (scene(S.FINISHING, ended=BELOW_TARGET, is_paused=True), Shape.HOLD, "Waits", Act.NOW),
    "paused by the plan, and another word for it": (
        scene(S.PREPARING, ended=BELOW_TARGET, is_paused=True, status_since=LONG_AGO), Shape.HOLD, "Waits", Act.NOW,
    ),
    "stopped, and the model needs a replug": (
        scene(S.FINISHING, ended=BELOW_TARGET, needs_replug=True), Shape.REPLUG, "Replug cable", None,
    ),
    "reserved": (scene(S.RESERVED, reserved_for="Van 151"), Shape.RESERVED, "For Van 151", Act.RELEASE),
    "kept by us": (scene(S.AVAILABLE, reserved_for="Van 151"), Shape.RESERVED, "For Van 151", Act.RELEASE),
    "reserved, for whom is not known": (scene(S.RESERVED), Shape.RESERVED, "Reserved", None),
    "out of service": (scene(S.UNAVAILABLE), Shape.OFF, "Out of service", Act.BRING_BACK),
    "at fault": (scene(S.FAULTED, session=CHARGES), Shape.FAULT, "Fault", Act.RESET),
    "started before the cable": (scene(S.AVAILABLE, session=STANDS), Shape.HOLD, "Waits for cable", Act.STOP),
    "never told": (scene(S.UNKNOWN), Shape.GONE, "Unknown", None),
}  # fmt: skip

IN_2_X = {
    "free": (scene(S.AVAILABLE), Shape.FREE, "Free", None),
    "plugged in, no transaction": (scene(S.OCCUPIED), Shape.CARD, "Waits for card", Act.START),
    "plugged in a moment ago": (
        scene(S.OCCUPIED, status_since=NOW - timedelta(seconds=20)), Shape.HOLD, "Plugged in", Act.START,
    ),
    "plugged in without a card": (
        scene(S.OCCUPIED, session=in_2x(EnergyState.EV_CONNECTED, has_accepted_token=False)),
        Shape.CARD, "Waits for card", Act.START,
    ),
    "plugged in, its card known": (
        scene(S.OCCUPIED, session=in_2x(EnergyState.EV_CONNECTED)), Shape.HOLD, "Waits", Act.STOP,
    ),
    "held by the charger": (
        scene(S.OCCUPIED, session=in_2x(EnergyState.SUSPENDED_EVSE)), Shape.HOLD, "Waits", Act.STOP,
    ),
    "charging": (
        scene(S.OCCUPIED, session=in_2x(EnergyState.CHARGING, power_w=7_100)), Shape.CHARGING, "Charging", Act.STOP,
    ),
    "drawing nothing for long": (
        scene(S.OCCUPIED, session=SessionFacts(energy_state=EnergyState.SUSPENDED_EV, energy_state_since=LONG_AGO,
                                               power_w=0, energy_wh=0)),
        Shape.CARPAUSE, "Draws nothing", Act.STOP,
    ),
    "drawing nothing for a moment": (
        scene(S.OCCUPIED, session=in_2x(EnergyState.SUSPENDED_EV)), Shape.HOLD, "Waits", Act.STOP,
    ),
    "at its target": (
        scene(S.OCCUPIED, session=in_2x(EnergyState.SUSPENDED_EV, soc_percent=79.4, target_percent=80)),
        Shape.FULL, "Full", None,
    ),
    "ended and still plugged in": (scene(S.OCCUPIED, ended=BELOW_TARGET), Shape.HOLD, "Stopped", Act.START),
    "ended by the vehicle, its charge not known": (
        scene(S.OCCUPIED, ended=SessionFacts(power_w=0, energy_wh=9_000, stopped_by_vehicle=True)),
        Shape.FULL, "Full", None,
    ),
    "paused by the plan": (scene(S.OCCUPIED, ended=BELOW_TARGET, is_paused=True), Shape.HOLD, "Waits", Act.NOW),
    "ended, and the model needs a replug": (
        scene(S.OCCUPIED, ended=BELOW_TARGET, needs_replug=True), Shape.REPLUG, "Replug cable", None,
    ),
    "reserved": (scene(S.RESERVED, reserved_for="Van 151"), Shape.RESERVED, "For Van 151", Act.RELEASE),
    "out of service": (scene(S.UNAVAILABLE), Shape.OFF, "Out of service", Act.BRING_BACK),
    "at fault": (scene(S.FAULTED), Shape.FAULT, "Fault", Act.RESET),
}  # fmt: skip


@pytest.mark.parametrize(("known", "shape", "words", "act"), IN_1_6.values(), ids=IN_1_6)
def test_1_6_is_read_in_one_vocabulary(known: Scene, shape: Shape, words: str, act: Act | None) -> None:
    state = state_of(known)

    assert (state.shape, state.words, state.act) == (shape, words, act)


@pytest.mark.parametrize(("known", "shape", "words", "act"), IN_2_X.values(), ids=IN_2_X)
def test_2_x_is_read_in_the_same_vocabulary(known: Scene, shape: Shape, words: str, act: Act | None) -> None:
    state = state_of(known)

    assert (state.shape, state.words, state.act) == (shape, words, act)


def test_every_shape_is_met_in_both_vocabularies() -> None:
    of_the_link = {Shape.GONE}

    assert {shape for _, shape, _, _ in IN_1_6.values()} | of_the_link == set(Shape)
    assert {shape for _, shape, _, _ in IN_2_X.values()} | of_the_link == set(Shape)


@pytest.mark.parametrize("status", list(ConnectorStatus))
def test_without_contact_nothing_else_is_claimed(status: ConnectorStatus) -> None:
    state = state_of(scene(status, is_online=False, session=CHARGES))

    assert (state.shape, state.words) == (Shape.GONE, "No contact")


def test_without_contact_the_last_state_is_kept() -> None:
    state = state_of(scene(S.CHARGING, is_online=False, session=CHARGES))

    assert state.was == "Charging"


def asked(state: CommandState, effect: EffectState = EffectState.NONE_EXPECTED) -> Asked:
    return Asked(kind="stop", state=state, effect=effect)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (asked(CommandState.REQUESTED), "Stop asked…"),
        (asked(CommandState.SENT), "Stop asked…"),
        (asked(CommandState.ACCEPTED, EffectState.AWAITED), "Stop: accepted…"),
    ],
)
def test_a_command_on_its_way_stands_in_the_row(command: Asked, words: str) -> None:
    state = state_of(scene(S.CHARGING, session=CHARGES, asked=command))

    assert (state.shape, state.words, state.is_asked) == (Shape.CHARGING, words, True)


@pytest.mark.parametrize(
    "command",
    [
        asked(CommandState.ACCEPTED, EffectState.SEEN),
        asked(CommandState.ACCEPTED, EffectState.NOT_SEEN),
        asked(CommandState.ACCEPTED),
        asked(CommandState.REJECTED),
        asked(CommandState.UNANSWERED),
        asked(CommandState.SENT, EffectState.SEEN),
    ],
)
def test_a_command_that_came_to_its_end_claims_nothing_any_more(command: Asked) -> None:
    state = state_of(scene(S.CHARGING, session=CHARGES, asked=command))

    assert (state.words, state.is_asked) == ("Charging", False)
