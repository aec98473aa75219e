import pytest

from chargers.commands import ResetCharger
from chargers.events import BootDecision, Booted, HeartbeatSent, Registration
from chargers.ocpp.dialect import Call, Dialect
from tests.chargers.ocpp.v2x.wire import NOON, NOON_TEXT, answer, ask, hear, tell


def test_a_boot_tells_who_the_station_is(dialect: Dialect) -> None:
    payload = {
        "reason": "PowerUp",
        "chargingStation": {
            "model": "AC-22",
            "vendorName": "Northwind",
            "firmwareVersion": "3.1.0",
            "serialNumber": "NW-0042",
            "modem": {"iccid": "8931440", "imsi": "204046"},
        },
    }

    booted = tell(dialect, "BootNotification", payload)

    assert booted == Booted(
        vendor="Northwind",
        model="AC-22",
        serial="NW-0042",
        firmware="3.1.0",
        iccid="8931440",
        imsi="204046",
        reason="PowerUp",
    )


def test_a_boot_needs_no_more_than_a_name(dialect: Dialect) -> None:
    payload = {"reason": "Unknown", "chargingStation": {"model": "", "vendorName": ""}}

    booted = tell(dialect, "BootNotification", payload)

    assert booted == Booted(vendor="", model="", reason="Unknown")


@pytest.mark.parametrize("registration", Registration)
def test_a_boot_is_answered_with_the_time_and_an_interval(dialect: Dialect, registration: Registration) -> None:
    decision = BootDecision(registration=registration, now=NOON, interval_s=300)

    payload = answer(dialect, "BootNotification", decision)

    assert list(payload.items()) == [("currentTime", NOON_TEXT), ("interval", 300), ("status", registration.value)]


def test_a_heartbeat_is_answered_with_the_time(dialect: Dialect) -> None:
    heartbeat = tell(dialect, "Heartbeat", {})

    payload = answer(dialect, "Heartbeat", NOON)

    assert heartbeat == HeartbeatSent()
    assert payload == {"currentTime": NOON_TEXT}


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        (ResetCharger(), {"type": "OnIdle"}),
        (ResetCharger(immediately=True), {"type": "Immediate"}),
        (ResetCharger(immediately=True, evse=2), {"type": "Immediate", "evseId": 2}),
    ],
)
def test_a_reset_says_when_and_of_what(dialect: Dialect, command: ResetCharger, payload: dict[str, object]) -> None:
    assert ask(dialect, command) == Call("Reset", payload)


@pytest.mark.parametrize(("status", "accepted"), [("Accepted", True), ("Scheduled", True), ("Rejected", False)])
def test_a_reset_that_waits_for_a_transaction_is_accepted(dialect: Dialect, status: str, accepted: bool) -> None:
    call = ask(dialect, ResetCharger())

    hearing = hear(dialect, call, {"status": status})

    assert (hearing.accepted, hearing.status) == (accepted, status)
