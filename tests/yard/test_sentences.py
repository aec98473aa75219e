"""A traced call in words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depot.yard.sentences import WORDS, brief, explain, pretty


@pytest.mark.parametrize(
    ("action", "request_", "answer", "said"),
    [
        ("StatusNotification", {"connectorId": 2, "status": "Charging", "errorCode": "NoError"}, {},
         "connector 2 · Charging"),
        ("StatusNotification", {"connectorId": 1, "status": "Faulted", "errorCode": "GroundFailure"}, {},
         "connector 1 · Faulted, GroundFailure"),
        ("StatusNotification", {"evseId": 1, "connectorId": 2, "connectorStatus": "Occupied"}, {},
         "EVSE 1, connector 2 · Occupied"),
        ("StartTransaction", {"connectorId": 1, "idTag": "VAN131", "meterStart": 0}, {"transactionId": 48197},
         "connector 1 · VAN131, 0 Wh, no. 48197"),
        ("MeterValues", {"connectorId": 1, "meterValue": [{"sampledValue": [
            {"value": "35600", "measurand": "Power.Active.Import", "unit": "W"},
            {"value": "38", "measurand": "SoC", "unit": "Percent"},
            {"value": "9", "measurand": "Power.Active.Import", "phase": "L1", "unit": "W"},
        ]}]}, {}, "connector 1 · 35600 W, 38 %"),
        ("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": {
            "chargingProfilePurpose": "TxProfile",
            "chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 36000}, {"startPeriod": 9900, "limit": 18000}]}}}, {},
         "connector 1 · TxProfile, 36000 W → 18000 W"),
        ("BootNotification", {"chargingStation": {"vendorName": "ABB", "model": "Terra"}, "reason": "PowerUp"}, {},
         "ABB, Terra"),
        ("CancelReservation", {"reservationId": 7}, {}, "7"),
    ],
)  # fmt: skip
def test_a_call_is_said_in_a_few_words(action: str, request_: dict[str, Any], answer: Any, said: str) -> None:
    assert brief(action, request_, answer) == said


def test_a_refused_call_names_the_error() -> None:
    sentence = explain(
        from_charger=False,
        action="GetCompositeSchedule",
        request={"connectorId": 1, "duration": 86400},
        answer=["NotImplemented", "no", {}],
        is_error=True,
        repairs="",
    )

    assert sentence == (
        "We ask GetCompositeSchedule: connector 1 · 86400. It answered with the error NotImplemented: no."
    )


def test_a_repair_is_said() -> None:
    sentence = explain(
        from_charger=True, action="Heartbeat", request={}, answer={}, is_error=False, repairs="time without zone"
    )

    assert sentence == "The charger tells Heartbeat. Repaired on the way in: time without zone."


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
MEMBERS = st.sampled_from(
    ["connectorId", "evse", "meterValue", "sampledValue", "chargingProfile", "key", "setVariableData", "status", "id"]
)


@given(st.sampled_from([*WORDS, "Unheard"]), st.dictionaries(MEMBERS, ANYTHING) | ANYTHING, ANYTHING, st.booleans())
def test_no_payload_breaks_the_sentence(action: str, request_: Any, answer: Any, is_error: bool) -> None:
    sentence = explain(from_charger=True, action=action, request=request_, answer=answer, is_error=is_error, repairs="")

    assert action in sentence


def test_json_is_printed_with_its_members_one_to_a_line() -> None:
    assert pretty('{"a":{"b":"ü"}}') == '{\n  "a": {\n    "b": "ü"\n  }\n}'


def test_text_that_is_no_json_stays_as_it_is() -> None:
    assert pretty("[2,") == "[2,"
    assert json.loads(pretty("[2]")) == [2]
