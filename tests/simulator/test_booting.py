"""Registration: accepted, pending, rejected; and what a reconnect says."""

import pytest

from tests.simulator.desk import Desk
from tests.simulator.yards import VERSIONS


def answer_boot(desk: Desk, status: str, interval: int = 40) -> None:
    desk.answers["BootNotification"] = lambda _: {
        "status": status,
        "currentTime": "2026-11-19T16:30:00Z",
        "interval": interval,
    }


@pytest.fixture(params=VERSIONS)
def desk(request: pytest.FixtureRequest) -> Desk:
    return Desk(request.param)


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_until_it_is_accepted_it_only_boots(desk: Desk, status: str) -> None:
    answer_boot(desk, status)
    desk.connect()
    desk.charge()

    desk.run(100)

    assert [action for action, _ in desk.told] == ["BootNotification"] * 3


def test_a_pending_charger_answers_and_tells_what_it_is_asked_for(desk: Desk) -> None:
    answer_boot(desk, "Pending")
    desk.connect()

    answer = desk.ask("TriggerMessage", {"requestedMessage": "StatusNotification"})
    desk.settle()

    assert answer["status"] == "Accepted"
    assert desk.heard("StatusNotification")


def test_once_accepted_it_tells_everything_and_beats(desk: Desk) -> None:
    answer_boot(desk, "Pending")
    desk.connect()
    answer_boot(desk, "Accepted", interval=100)

    desk.run(250)

    assert desk.heard("StatusNotification")
    assert len(desk.heard("Heartbeat")) == 2
    assert desk.charger.settings["HeartbeatInterval"] == "100"


def test_a_rejected_boot_without_an_interval_is_tried_again_in_its_own_time(desk: Desk) -> None:
    answer_boot(desk, "Rejected", interval=0)
    desk.connect()

    desk.run(59)
    early = len(desk.heard("BootNotification"))
    desk.run(2)

    assert (early, len(desk.heard("BootNotification"))) == (1, 2)


def test_a_maker_that_pipelines_waits_for_no_answer() -> None:
    desk = Desk(manners="pipeline")
    answer_boot(desk, "Pending")

    desk.connect()
    desk.settle()

    assert desk.told[0][0] == "BootNotification"
    assert desk.ids[0] == "36:1"


def test_a_maker_that_does_not_boot_again_tells_old_times() -> None:
    desk = Desk(manners="abb_dc").connect()
    desk.run(5 * 3600)
    desk.disconnect()
    desk.run(60)
    desk.forget()

    desk.reconnect()

    assert desk.heard("BootNotification") == []
    told = desk.heard("StatusNotification")
    assert [each["connectorId"] for each in told] == [0, 1]
    assert {each["timestamp"] for each in told} == {"2026-11-19T16:30:00.000Z"}


def test_message_ids_begin_anew_after_a_power_cut() -> None:
    desk = Desk(manners="abb_dc").connect()
    first = desk.ids[0]
    desk.ids.clear()

    from simulator.restarts import lose_power

    lose_power(desk.charger, seconds=5)
    desk.run(10)

    assert desk.ids[0] == first == "36:1"


def test_a_boot_that_nobody_answers_is_told_again_on_the_same_link(desk: Desk) -> None:
    desk.answers["BootNotification"] = lambda _: None
    desk.connect()
    desk.run(31)
    answer_boot(desk, "Accepted")

    desk.run(61)

    assert len(desk.heard("BootNotification")) == 2
    assert desk.heard("StatusNotification")


def test_a_boot_that_is_refused_with_an_error_is_told_again(desk: Desk) -> None:
    desk.answers["BootNotification"] = lambda _: "InternalError"
    desk.connect()

    desk.run(61)

    assert len(desk.heard("BootNotification")) == 2
