from datetime import UTC, datetime

import pytest

from chargers.commands import ChangeAvailability
from chargers.events import Status, StatusChanged
from chargers.ocpp.dialect import Call, Dialect
from tests.chargers.ocpp.v2x.wire import NOON, answer, ask, hear, tell


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Available", Status.AVAILABLE),
        ("Occupied", Status.OCCUPIED),
        ("Reserved", Status.RESERVED),
        ("Unavailable", Status.UNAVAILABLE),
        ("Faulted", Status.FAULTED),
    ],
)
def test_a_connector_says_how_it_is(dialect: Dialect, word: str, status: Status) -> None:
    payload = {"timestamp": "2026-11-19T11:59:58Z", "connectorStatus": word, "evseId": 2, "connectorId": 3}

    told = tell(dialect, "StatusNotification", payload)

    at = datetime(2026, 11, 19, 11, 59, 58, tzinfo=UTC)
    assert told == StatusChanged(evse=2, connector=3, status=status, raw=word, at=at)


def test_connector_0_of_an_evse_is_its_first(dialect: Dialect) -> None:
    payload = {"timestamp": "2026-11-19T12:00:00Z", "connectorStatus": "Available", "evseId": 4, "connectorId": 0}

    told = tell(dialect, "StatusNotification", payload)

    assert isinstance(told, StatusChanged)
    assert (told.evse, told.connector) == (4, 1)


def test_evse_0_is_the_charger_itself(dialect: Dialect) -> None:
    payload = {"timestamp": "2026-11-19T12:00:00Z", "connectorStatus": "Faulted", "evseId": 0, "connectorId": 0}

    told = tell(dialect, "StatusNotification", payload)

    assert isinstance(told, StatusChanged)
    assert told.evse == 0


@pytest.mark.parametrize(
    ("word", "status"),
    [("SuspendedEVSE", Status.SUSPENDED_EVSE), ("occupied", Status.OCCUPIED), ("Booting", Status.UNKNOWN)],
)
def test_a_word_of_another_version_costs_nothing(dialect: Dialect, word: str, status: Status) -> None:
    # The line lets an unknown word of an enum through, so this never meets the schema.
    payload = {"timestamp": "2026-11-19T12:00:00Z", "connectorStatus": word, "evseId": 1, "connectorId": 1}

    told = dialect.read("StatusNotification", payload, NOON)

    assert told == StatusChanged(evse=1, status=status, raw=word, at=NOON)


def test_a_status_without_a_readable_time_is_of_now(dialect: Dialect) -> None:
    payload = {"timestamp": "yesterday", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}

    told = tell(dialect, "StatusNotification", payload)

    assert isinstance(told, StatusChanged)
    assert told.at == NOON


def test_a_status_is_answered_with_nothing(dialect: Dialect) -> None:
    assert answer(dialect, "StatusNotification", None) == {}


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        (ChangeAvailability(operative=False), {"operationalStatus": "Inoperative"}),
        (ChangeAvailability(operative=True, evse=3), {"operationalStatus": "Operative", "evse": {"id": 3}}),
        (
            ChangeAvailability(operative=True, evse=3, connector=2),
            {"operationalStatus": "Operative", "evse": {"id": 3, "connectorId": 2}},
        ),
    ],
)
def test_availability_is_changed_of_all_or_one(
    dialect: Dialect, command: ChangeAvailability, payload: dict[str, object]
) -> None:
    assert ask(dialect, command) == Call("ChangeAvailability", payload)


@pytest.mark.parametrize(("status", "accepted"), [("Accepted", True), ("Scheduled", True), ("Rejected", False)])
def test_availability_that_waits_for_a_transaction_is_accepted(dialect: Dialect, status: str, accepted: bool) -> None:
    call = ask(dialect, ChangeAvailability(operative=False, evse=1))

    hearing = hear(dialect, call, {"status": status})

    assert (hearing.accepted, hearing.status) == (accepted, status)
