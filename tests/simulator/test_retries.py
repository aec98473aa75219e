"""Transaction messages: in order, kept, tried again by the specification's rules."""

import itertools
from typing import Any

import pytest

from simulator.transaction import Card
from tests.simulator.desk import Desk
from tests.simulator.yards import VERSIONS


@pytest.fixture(params=VERSIONS)
def desk(request: pytest.FixtureRequest) -> Desk:
    desk = Desk(request.param).connect()
    desk.charger.settings.change("TransactionMessageAttempts", "3")
    desk.charger.settings.change("TransactionMessageRetryInterval", "60")
    desk.charger.settings.change("MeterValueSampleInterval", "0")
    return desk


def start_action(desk: Desk) -> str:
    return "StartTransaction" if desk.version == "1.6" else "TransactionEvent"


def refuse_starts(desk: Desk, answer: str | None) -> list[float]:
    """Answer every start so, and note when each comes."""
    tried: list[float] = []

    def say(payload: dict[str, Any]) -> dict[str, Any] | str | None:
        if payload.get("eventType", "Started") == "Started":
            tried.append(desk.clock.now())
            return answer
        return {}

    desk.answers[start_action(desk)] = say
    return tried


def test_an_error_is_tried_again_with_growing_waits(desk: Desk) -> None:
    tried = refuse_starts(desk, "InternalError")

    desk.charge()
    desk.run(1000)

    assert [after - before for before, after in itertools.pairwise(tried)] == [60, 120]
    assert desk.books().start_abandoned


def test_a_silence_is_tried_again_too(desk: Desk) -> None:
    tried = refuse_starts(desk, None)

    desk.charge()
    desk.run(70)
    once = len(tried)
    desk.run(60)

    # 30 s of waiting for an answer, then 60 s before the next attempt.
    assert once == 1
    assert len(tried) == 2


def test_a_lost_link_costs_no_attempt(desk: Desk) -> None:
    tried = refuse_starts(desk, None)
    desk.charge()

    for _ in range(5):
        desk.disconnect()
        desk.run(10)
        desk.reconnect()

    assert len(tried) == 6
    assert not desk.books().start_abandoned
    assert {each.attempts for each in desk.charger.outbox.kept} == {0}


def test_messages_of_a_transaction_stay_in_order(desk: Desk) -> None:
    desk.charger.settings.change("MeterValueSampleInterval", "60")
    desk.charge().unplug()
    desk.settle()
    desk.disconnect()
    desk.charge()
    desk.run(200)
    desk.evse().unplug()
    desk.run(10)
    desk.forget()

    desk.reconnect()

    told = [
        (action, payload.get("timestamp") or payload["meterValue"][0]["timestamp"])
        for action, payload in desk.told
        if action in ("StartTransaction", "MeterValues", "StopTransaction", "TransactionEvent")
    ]
    assert len(told) >= 5
    assert [at for _, at in told] == sorted(at for _, at in told)


def test_the_queue_waits_and_other_messages_pass_it(desk: Desk) -> None:
    refuse_starts(desk, "InternalError")
    desk.charge()
    desk.forget()

    desk.run(50)
    passed = {action for action, _ in desk.told}
    desk.evse().fault_code = "GroundFailure"
    desk.evse().update_status()
    desk.settle()

    assert passed == set()
    assert {action for action, _ in desk.told} == {"StatusNotification"}


def test_what_follows_an_abandoned_start_still_goes_out(desk: Desk) -> None:
    refuse_starts(desk, "InternalError")
    evse = desk.charge()
    desk.run(400)

    evse.unplug()
    desk.settle()

    [stop] = desk.stops()
    if desk.version == "1.6":
        assert stop["transactionId"] == -1


def test_a_server_silent_to_two_calls_is_given_up(desk: Desk) -> None:
    refuse_starts(desk, None)
    first = desk.link
    desk.plug()
    desk.answers["StatusNotification"] = lambda _: None
    desk.evse().present_card(Card("VAN1"))

    desk.run(130)

    assert first is not None
    assert not first.is_open


def test_every_message_carries_the_time_it_was_made(desk: Desk) -> None:
    answers = desk.answers
    refuse_starts(desk, "InternalError")
    desk.charge()
    answers.clear()

    desk.run(70)

    assert [each["timestamp"] for each in desk.starts()] == ["2026-11-19T16:30:00.000Z"] * 2
    assert desk.books().start_acknowledged
