from datetime import UTC, datetime
from typing import Any

import pytest

from chargers.events import (
    ChargingEnded,
    ChargingStarted,
    ChargingState,
    ChargingUpdated,
    MetersRead,
    StartDecision,
    Token,
    TokenDecision,
    TokenStatus,
)
from chargers.ocpp.dialect import Dialect
from tests.chargers.ocpp.v2x.wire import NOON, NOON_TEXT, Payload, answer, tell

REFERENCE = "9f1c7a52-11d5-4f0e-8c39-6a2f3b1d0e77"
CARD = {"idToken": "04E2B1A9C35F80", "type": "ISO14443"}


def event(kind: str, trigger: str, **more: Any) -> Payload:
    info = {"transactionId": REFERENCE, **more.pop("info", {})}
    return {
        "eventType": kind,
        "timestamp": NOON_TEXT,
        "triggerReason": trigger,
        "seqNo": 3,
        "transactionInfo": info,
        **more,
    }


def register(value: float, context: str | None = None, at: str = NOON_TEXT) -> Payload:
    sampled: Payload = {"value": value} if context is None else {"value": value, "context": context}
    return {"timestamp": at, "sampledValue": [sampled]}


def test_a_start_by_card(dialect: Dialect) -> None:
    payload = event(
        "Started",
        "Authorized",
        info={"chargingState": "EVConnected"},
        evse={"id": 2, "connectorId": 1},
        idToken=CARD,
        meterValue=[register(1500, "Transaction.Begin")],
        offline=False,
        numberOfPhasesUsed=3,
        cableMaxCurrent=32,
    )

    started = tell(dialect, "TransactionEvent", payload)

    assert isinstance(started, ChargingStarted)
    assert (started.evse, started.connector) == (2, 1)
    assert started.token == Token("04E2B1A9C35F80", "ISO14443")
    assert started.meter_wh == 1500
    assert started.at == NOON
    assert (started.reference, started.sequence, started.offline) == (REFERENCE, 3, False)
    assert (started.trigger, started.state) == ("Authorized", ChargingState.EV_CONNECTED)
    assert [reading.energy_wh for reading in started.readings] == [1500]


def test_a_start_before_the_cable_knows_no_evse_and_no_meter(dialect: Dialect) -> None:
    started = tell(dialect, "TransactionEvent", event("Started", "Authorized", idToken=CARD))

    assert isinstance(started, ChargingStarted)
    assert (started.evse, started.connector, started.meter_wh) == (None, None, None)


def test_a_start_by_cable_knows_no_token(dialect: Dialect) -> None:
    started = tell(dialect, "TransactionEvent", event("Started", "CablePluggedIn", evse={"id": 1}))

    assert isinstance(started, ChargingStarted)
    assert (started.token, started.evse, started.connector) == (None, 1, None)


def test_a_start_names_the_remote_start_and_the_reservation_it_fulfils(dialect: Dialect) -> None:
    payload = event("Started", "RemoteStart", info={"remoteStartId": 77}, reservationId=5, idToken=CARD)

    started = tell(dialect, "TransactionEvent", payload)

    assert isinstance(started, ChargingStarted)
    assert (started.remote_start_id, started.reservation_id) == (77, 5)


def test_an_id_that_we_cannot_have_issued_is_none(dialect: Dialect) -> None:
    payload = event("Started", "RemoteStart", info={"remoteStartId": 9_007_199_254_740_993}, idToken=CARD)

    started = tell(dialect, "TransactionEvent", payload)

    assert isinstance(started, ChargingStarted)
    assert started.remote_start_id is None


@pytest.mark.parametrize("trigger", ["MeterValuePeriodic", "MeterValueClock"])
def test_an_update_that_is_only_a_meter_value_goes_by_the_batch(dialect: Dialect, trigger: str) -> None:
    payload = event(
        "Updated",
        trigger,
        info={"chargingState": "Charging"},
        evse={"id": 2, "connectorId": 1},  # some repeat it in each event
        meterValue=[register(2500, "Sample.Periodic")],
    )

    read = tell(dialect, "TransactionEvent", payload)

    assert isinstance(read, MetersRead)
    assert (read.evse, read.connector, read.reference) == (2, 1, REFERENCE)
    assert (read.sequence, read.trigger, read.at, read.offline) == (3, trigger, NOON, False)
    assert read.state is ChargingState.CHARGING
    assert [reading.energy_wh for reading in read.readings] == [2500]
    assert read.digest
    assert answer(dialect, "TransactionEvent", None) == {}


@pytest.mark.parametrize(
    ("trigger", "more"),
    [
        ("ChargingStateChanged", {"info": {"chargingState": "SuspendedEV"}}),
        ("MeterValuePeriodic", {"idToken": CARD}),
        ("MeterValuePeriodic", {"info": {"remoteStartId": 12}}),
        ("Trigger", {"meterValue": [register(5)]}),
    ],
)
def test_an_update_that_is_more_is_told_alone(dialect: Dialect, trigger: str, more: dict[str, Any]) -> None:
    updated = tell(dialect, "TransactionEvent", event("Updated", trigger, **more))

    assert isinstance(updated, ChargingUpdated)
    assert (updated.reference, updated.trigger, updated.sequence) == (REFERENCE, trigger, 3)


def test_an_update_tells_the_token_and_what_energy_does(dialect: Dialect) -> None:
    payload = event("Updated", "Authorized", info={"chargingState": "Charging"}, idToken=CARD, offline=True)

    updated = tell(dialect, "TransactionEvent", payload)

    assert isinstance(updated, ChargingUpdated)
    assert updated.token == Token("04E2B1A9C35F80", "ISO14443")
    assert (updated.state, updated.offline) == (ChargingState.CHARGING, True)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("EVConnected", ChargingState.EV_CONNECTED),
        ("Charging", ChargingState.CHARGING),
        ("SuspendedEV", ChargingState.SUSPENDED_EV),
        ("SuspendedEVSE", ChargingState.SUSPENDED_EVSE),
        ("Idle", ChargingState.IDLE),
    ],
)
def test_every_charging_state_is_understood(dialect: Dialect, word: str, state: ChargingState) -> None:
    updated = tell(dialect, "TransactionEvent", event("Updated", "ChargingStateChanged", info={"chargingState": word}))

    assert isinstance(updated, ChargingUpdated)
    assert updated.state is state


def test_an_end_tells_the_register_the_reason_and_who_stopped(dialect: Dialect) -> None:
    payload = event(
        "Ended",
        "StopAuthorized",
        info={"chargingState": "EVConnected", "stoppedReason": "Remote", "timeSpentCharging": 3600},
        evse={"id": 1, "connectorId": 1},
        idToken=CARD,
        meterValue=[
            register(1500, "Transaction.Begin", at="2026-11-19T10:00:00Z"),
            register(9000, "Sample.Periodic", at="2026-11-19T11:45:00Z"),
            register(9400, "Transaction.End"),
        ],
    )

    ended = tell(dialect, "TransactionEvent", payload)

    assert isinstance(ended, ChargingEnded)
    assert (ended.reference, ended.meter_wh, ended.reason) == (REFERENCE, 9400, "Remote")
    assert ended.token == Token("04E2B1A9C35F80", "ISO14443")
    assert (ended.evse, ended.connector, ended.sequence) == (1, 1, 3)
    assert [reading.energy_wh for reading in ended.readings] == [1500, 9000, 9400]


def test_an_end_without_a_reason_was_local(dialect: Dialect) -> None:
    ended = tell(dialect, "TransactionEvent", event("Ended", "StopAuthorized"))

    assert isinstance(ended, ChargingEnded)
    assert (ended.reason, ended.meter_wh) == ("Local", None)


@pytest.mark.parametrize(
    ("meter_value", "meter_wh"),
    [
        ([register(9400)], 9400),  # the context left out, read at the end
        ([register(9400, "Sample.Periodic", at="2026-11-19T11:59:30Z")], 9400),
        ([register(9000, "Sample.Periodic", at="2026-11-19T11:45:00Z")], None),  # too old to be the last register
        ([register(1500, "Transaction.Begin")], None),  # the first register is not the last
    ],
)
def test_only_the_last_register_ends_a_charge(
    dialect: Dialect, meter_value: list[Payload], meter_wh: int | None
) -> None:
    ended = tell(dialect, "TransactionEvent", event("Ended", "EVDeparted", meterValue=meter_value))

    assert isinstance(ended, ChargingEnded)
    assert ended.meter_wh == meter_wh


def test_an_event_without_a_readable_time_is_of_now(dialect: Dialect) -> None:
    payload = event("Started", "CablePluggedIn") | {"timestamp": ""}

    started = tell(dialect, "TransactionEvent", payload)

    assert isinstance(started, ChargingStarted)
    assert started.at == NOON


def test_station_time_is_kept_as_told(dialect: Dialect) -> None:
    payload = event("Started", "CablePluggedIn", offline=True) | {"timestamp": "1970-01-01T00:03:00Z"}

    started = tell(dialect, "TransactionEvent", payload)

    assert isinstance(started, ChargingStarted)
    assert started.at == datetime(1970, 1, 1, 0, 3, tzinfo=UTC)


def test_an_event_sent_again_from_the_queue_has_the_same_digest(dialect: Dialect) -> None:
    live = event("Ended", "StopAuthorized", offline=False)
    queued = event("Ended", "StopAuthorized", offline=True)
    other = event("Ended", "StopAuthorized") | {"seqNo": 4}

    digests = [dialect.read("TransactionEvent", each, NOON).digest for each in (live, queued, other)]  # type: ignore[attr-defined]

    assert digests[0] == digests[1] != digests[2]


def test_a_judged_token_is_answered(dialect: Dialect) -> None:
    blocked = TokenDecision(TokenStatus.BLOCKED)

    at_start = answer(dialect, "TransactionEvent", StartDecision(reference=REFERENCE, token=blocked))
    later = answer(dialect, "TransactionEvent", blocked)

    assert at_start == later == {"idTokenInfo": {"status": "Blocked"}}


def test_where_no_token_was_told_none_is_judged(dialect: Dialect) -> None:
    assert answer(dialect, "TransactionEvent", StartDecision(reference=REFERENCE, token=None)) == {}


def test_a_transaction_numbered_in_the_charger_s_own_way_keeps_its_name(dialect: Dialect) -> None:
    payload = event("Updated", "ChargingStateChanged", info={"transactionId": "0"})

    updated = tell(dialect, "TransactionEvent", payload)

    assert isinstance(updated, ChargingUpdated)
    assert updated.reference == "0"
