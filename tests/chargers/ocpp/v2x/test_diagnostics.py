from typing import Any

import pytest

from chargers.events import Alert, JobKind, JobProgressed, Setting, SeveralTold, Status, StatusChanged, VariableAlerted
from chargers.ocpp.dialect import Dialect
from tests.chargers.ocpp.v2x.wire import NOON, NOON_TEXT, Payload, answer, tell


def event_data(component: Payload, variable: str, value: str, **more: Any) -> Payload:
    return {
        "eventId": 1,
        "timestamp": NOON_TEXT,
        "trigger": "Delta",
        "actualValue": value,
        "component": component,
        "eventNotificationType": "HardWiredNotification",
        "variable": {"name": variable},
        **more,
    }


def connector(evse: int, number: int = 1) -> Payload:
    return {"name": "Connector", "evse": {"id": evse, "connectorId": number}}


def notify(*events: Payload) -> Payload:
    return {"generatedAt": NOON_TEXT, "seqNo": 0, "eventData": list(events)}


TOO_WARM = event_data({"name": "ChargingStation"}, "Temperature", "71", trigger="Alerting")


def test_a_connector_s_availability_is_its_status(dialect: Dialect) -> None:
    payload = notify(event_data(connector(2, 3), "AvailabilityState", "Occupied", techCode="E7", techInfo="worn"))

    told = tell(dialect, "NotifyEvent", payload)

    assert told == StatusChanged(
        evse=2, connector=3, status=Status.OCCUPIED, raw="Occupied", at=NOON, vendor_error_code="E7", info="worn"
    )
    assert answer(dialect, "NotifyEvent", None) == {}


def test_names_of_the_device_model_are_the_same_in_any_case(dialect: Dialect) -> None:
    component = {"name": "CONNECTOR", "evse": {"id": 1, "connectorId": 1}}

    told = tell(dialect, "NotifyEvent", notify(event_data(component, "availabilitystate", "Available")))

    assert told == StatusChanged(evse=1, status=Status.AVAILABLE, raw="Available", at=NOON)


@pytest.mark.parametrize(
    "event",
    [
        TOO_WARM,
        event_data({"name": "ChargingStation"}, "AvailabilityState", "Available"),
        event_data({"name": "EVSE", "evse": {"id": 1}}, "AvailabilityState", "Occupied"),
        event_data({"name": "Connector"}, "AvailabilityState", "Available"),
        event_data(connector(1), "Problem", "true"),
    ],
    ids=["temperature", "station", "EVSE", "no connector in particular", "another variable"],
)
def test_anything_else_is_an_alert(dialect: Dialect, event: Payload) -> None:
    told = tell(dialect, "NotifyEvent", notify(event))

    assert isinstance(told, VariableAlerted)
    (alert,) = told.alerts
    assert alert.setting.component == event["component"]["name"]
    assert (alert.setting.variable, alert.value) == (event["variable"]["name"], event["actualValue"])


def test_an_alert_says_which_monitor_fired_and_what_it_saw(dialect: Dialect) -> None:
    event = event_data(
        {"name": "EVSE", "evse": {"id": 2}},
        "Temperature",
        "58",
        variableMonitoringId=7,
        cleared=True,
        techCode="T1",
        transactionId="tx-1",
        cause=4,
    )

    told = tell(dialect, "NotifyEvent", notify(event))

    assert isinstance(told, VariableAlerted)
    assert told.alerts == (
        Alert(
            setting=Setting("Temperature", component="EVSE", evse=2),
            event_id=1,
            at=NOON,
            trigger="Delta",
            value="58",
            origin="HardWiredNotification",
            monitor_id=7,
            is_cleared=True,
            cause=4,
            tech_code="T1",
            reference="tx-1",
        ),
    )


def test_several_connectors_in_one_message_each_have_their_status(dialect: Dialect) -> None:
    payload = notify(
        event_data(connector(1), "AvailabilityState", "Available"),
        event_data(connector(2), "AvailabilityState", "Faulted"),
    )

    told = tell(dialect, "NotifyEvent", payload)

    assert told == SeveralTold(
        events=(
            StatusChanged(evse=1, status=Status.AVAILABLE, raw="Available", at=NOON),
            StatusChanged(evse=2, status=Status.FAULTED, raw="Faulted", at=NOON),
        )
    )


def test_an_alert_beside_a_status_is_not_lost(dialect: Dialect) -> None:
    payload = notify(TOO_WARM, event_data(connector(1), "AvailabilityState", "Unavailable"))

    told = tell(dialect, "NotifyEvent", payload)

    assert isinstance(told, SeveralTold)
    status, alerted = told.events
    assert status == StatusChanged(evse=1, status=Status.UNAVAILABLE, raw="Unavailable", at=NOON)
    assert isinstance(alerted, VariableAlerted)
    assert [alert.value for alert in alerted.alerts] == ["71"]


def test_an_upload_of_a_log_progresses(dialect: Dialect) -> None:
    told = tell(dialect, "LogStatusNotification", {"status": "Uploaded", "requestId": 4})

    assert told == JobProgressed(kind=JobKind.LOG, status="Uploaded", request_id=4)
    assert answer(dialect, "LogStatusNotification", None) == {}


def test_a_triggered_log_status_may_have_no_number(dialect: Dialect) -> None:
    told = tell(dialect, "LogStatusNotification", {"status": "Idle"})

    assert told == JobProgressed(kind=JobKind.LOG, status="Idle")
