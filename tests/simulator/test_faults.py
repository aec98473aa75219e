"""What can go wrong, on demand."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from simulator.faults import Faults, UnknownFault
from simulator.incidents import cause
from tests.simulator.desk import Desk
from tests.simulator.test_smart_charging import FULL_W, install, make_profile
from tests.simulator.yards import VERSIONS


@pytest.fixture(params=VERSIONS)
def desk(request: pytest.FixtureRequest) -> Desk:
    return Desk(request.param).connect()


def switch(desk: Desk, fault: str, value: Any = True) -> None:
    cause(desk.charger, fault, {"value": value})


def test_a_limit_is_accepted_and_ignored(desk: Desk) -> None:
    switch(desk, "ignores_limits")
    evse = desk.charge()

    answer = install(desk, make_profile(desk, 10))

    assert answer == "Accepted"
    assert evse.power_w == FULL_W
    switch(desk, "ignores_limits", False)
    assert evse.power_w == 2300


def test_profiles_are_refused(desk: Desk) -> None:
    switch(desk, "refuses_profiles")

    assert install(desk, make_profile(desk, 10)) == "NotSupported"


def test_a_silent_meter_tells_nothing(desk: Desk) -> None:
    switch(desk, "silent_meter")

    desk.charge()
    desk.run(600)

    assert "meterValue" not in json.dumps(desk.told)


def test_a_meter_jumps(desk: Desk) -> None:
    evse = desk.charge()
    before = evse.reported_wh()

    cause(desk.charger, "jump_meter", {"evse": 1, "wh": 5000})

    assert evse.reported_wh() == before + 5000
    assert desk.world.true_wh(desk.books()) == 0


def test_a_register_begins_at_zero_each_session() -> None:
    desk = Desk(faults={"register_resets": True}).connect()

    desk.charge()
    desk.run(3600)
    desk.evse().unplug()
    desk.settle()

    assert desk.starts()[0]["meterStart"] == 0
    assert desk.stops()[0]["meterStop"] == 7360


def test_sequence_numbers_stay_zero() -> None:
    desk = Desk("2.0.1", faults={"seq_no_zero": True}).connect()

    desk.charge()
    desk.run(300)

    assert {each["seqNo"] for each in desk.heard("TransactionEvent")} == {0}


def test_a_stop_is_forgotten_and_the_books_know(desk: Desk) -> None:
    switch(desk, "forgets_stop")

    desk.charge().unplug()
    desk.run(60)

    assert desk.stops() == []
    assert desk.books().stop_abandoned
    assert not desk.books().stop_acknowledged


@pytest.mark.parametrize("false_id", [-1, 0])
def test_a_16_stop_names_no_true_transaction(false_id: int) -> None:
    desk = Desk().connect()
    switch(desk, "stop_transaction_id", false_id)

    desk.charge().unplug()
    desk.settle()

    assert desk.stops()[0]["transactionId"] == false_id


def test_each_message_is_sent_twice_under_two_ids(desk: Desk) -> None:
    switch(desk, "sends_twice")

    desk.charge()

    assert len(desk.starts()) == 2
    assert desk.starts()[0] == desk.starts()[1]
    assert len(set(desk.ids)) == len(desk.ids)


def test_a_clock_is_wrong_by_an_offset_or_by_half_a_century(desk: Desk) -> None:
    switch(desk, "clock_offset_s", 3600)
    desk.charge().unplug()
    desk.settle()
    switch(desk, "clock_1970")
    desk.charge()

    first, second = desk.starts()
    assert first["timestamp"] == "2026-11-19T17:30:00.000Z"
    assert second["timestamp"].startswith("1970-01-01T00:00:")


def test_an_answer_comes_slowly_or_never(desk: Desk) -> None:
    switch(desk, "slow_answers_s", 20)
    late = desk.ask("ClearCache", {})
    desk.run(21)
    switch(desk, "slow_answers_s", 0)
    switch(desk, "never_answers")

    never = desk.ask("ClearCache", {})

    assert late is None
    assert desk._replies["ask-1"][2]["status"] == "Accepted"
    assert never is None


def test_an_evse_faults_and_recovers(desk: Desk) -> None:
    evse = desk.charge()

    cause(desk.charger, "faulted", {"evse": 1, "code": "GroundFailure"})
    faulted = (evse.status, evse.power_w)
    cause(desk.charger, "recovered", {"evse": 1})

    assert faulted == ("Faulted", 0)
    assert evse.status == "Charging"
    if desk.version == "1.6":
        assert desk.heard("StatusNotification", status="Faulted")[0]["errorCode"] == "GroundFailure"


def test_the_last_transaction_is_replayed_word_for_word(desk: Desk) -> None:
    desk.charge().unplug()
    desk.settle()

    cause(desk.charger, "replay_last", {})
    desk.settle()

    assert len(desk.starts()) == len(desk.stops()) == 2
    assert desk.starts()[0] == desk.starts()[1]


def test_an_emergency_stop_ends_the_transaction(desk: Desk) -> None:
    desk.charge()

    cause(desk.charger, "emergency_stop", {})
    desk.settle()

    assert desk.stop_reason(desk.stops()[0]) == "EmergencyStop"


def test_a_power_cut_ends_the_transaction_and_memory_tells_it_later(desk: Desk) -> None:
    evse = desk.charge()
    desk.run(600)

    cause(desk.charger, "power_loss", {"seconds": 120})
    dark = (evse.power_w, desk.stops())
    desk.run(130)

    assert dark == (0, [])
    [stop] = desk.stops()
    assert desk.stop_reason(stop) == "PowerLoss"
    assert stop["timestamp"] == "2026-11-19T16:40:00.000Z"
    assert len(desk.heard("BootNotification")) == 2
    assert desk.books().stop_acknowledged


def test_a_power_cut_without_a_memory_loses_the_transaction_and_its_settings(desk: Desk) -> None:
    desk.charge()
    desk.charger.settings.change("MeterValueSampleInterval", "10")
    install(desk, make_profile(desk, 10))

    cause(desk.charger, "power_loss", {"seconds": 5, "memory": False})
    desk.run(300)

    assert desk.stops() == []
    assert desk.books().stop_abandoned
    assert desk.charger.settings["MeterValueSampleInterval"] == "60"
    assert desk.charger.profiles.profiles == []


def test_a_maker_may_resume_after_a_power_cut() -> None:
    desk = Desk(manners="resumes").connect()
    evse = desk.charge()
    desk.run(600)

    cause(desk.charger, "power_loss", {"seconds": 600})
    dark_w = evse.power_w
    desk.run(1800)
    evse.advance(desk.clock.now())

    assert dark_w == 0
    assert desk.stops() == []
    assert desk.world.true_wh(desk.books()) == pytest.approx(FULL_W * 1800 / 3600, abs=1)


def test_offline_it_charges_on_and_comes_back_by_itself(desk: Desk) -> None:
    evse = desk.charge()
    desk.charger.on_wish = desk.connect

    cause(desk.charger, "offline", {"seconds": 600})
    away = (desk.charger.is_online, evse.power_w)
    desk.run(601)

    assert away == (False, FULL_W)
    assert desk.charger.is_online
    assert desk.evse().transaction is not None


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("haunted", {"value": True}),
        ("silent_meter", {}),
        ("silent_meter", {"value": 1}),
        ("slow_answers_s", {"value": "long"}),
        ("jump_meter", {"evse": 7}),
        ("offline", {"seconds": "long"}),
    ],
)
def test_nothing_else_can_go_wrong(fault: str, words: dict[str, Any]) -> None:
    with pytest.raises(UnknownFault):
        cause(Desk().connect().charger, fault, words)


def test_standing_faults_are_named() -> None:
    faults = Faults.read({"clock_offset_s": 30, "stop_transaction_id": -1})

    assert faults.standing() == {"clock_offset_s": 30, "stop_transaction_id": -1}


def test_a_lost_request_is_never_heard_of(desk: Desk) -> None:
    evse = desk.charge()
    before = evse.power_w
    switch(desk, "loses_requests", 1.0)

    profile = make_profile(desk, 10)
    number = {"connectorId": 1} if desk.version == "1.6" else {"evseId": 1}
    name = "csChargingProfiles" if desk.version == "1.6" else "chargingProfile"
    answer = desk.ask("SetChargingProfile", {**number, name: profile})

    assert answer is None
    assert evse.power_w == before


def test_a_lost_answer_leaves_done_what_was_asked(desk: Desk) -> None:
    evse = desk.charge()
    switch(desk, "loses_answers", 1.0)

    profile = make_profile(desk, 10)
    number = {"connectorId": 1} if desk.version == "1.6" else {"evseId": 1}
    name = "csChargingProfiles" if desk.version == "1.6" else "chargingProfile"
    answer = desk.ask("SetChargingProfile", {**number, name: profile})

    assert answer is None
    assert evse.power_w == 2300


def test_a_clock_that_is_ahead_changes_limits_early(desk: Desk) -> None:
    evse = desk.charge()
    switch(desk, "clock_offset_s", 60)
    in_100_s = int(desk.clock.now() + 100 - datetime(2026, 11, 18, tzinfo=UTC).timestamp())
    steps = [{"startPeriod": 0, "limit": 10}, {"startPeriod": in_100_s, "limit": 16}]
    install(desk, make_profile(desk, 10, schedule={"chargingSchedulePeriod": steps}))

    desk.run(35)
    before = evse.power_w
    desk.run(10)

    assert (before, evse.power_w) == (2300, 3680)


def test_what_was_drawn_is_logged_moment_by_moment(desk: Desk) -> None:
    desk.charge()
    desk.run(60)
    install(desk, make_profile(desk, 10))

    powers = [power_w for _, charger, evse, power_w in desk.world.books.write_log() if (charger, evse) == ("CP1", 1)]

    assert powers == [FULL_W, 2300]
