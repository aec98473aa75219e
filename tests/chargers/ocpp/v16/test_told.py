"""What a 1.6 charger tells, as events: the standard's way and the field's."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chargers.events import (
    Booted,
    ChargingEnded,
    ChargingStarted,
    JobKind,
    JobProgressed,
    MetersRead,
    SecurityEventHappened,
    StartDecision,
    Status,
    StatusChanged,
    Token,
    TokenDecision,
    TokenStatus,
)
from chargers.ocpp import repairs, schemas
from chargers.ocpp.v16 import dialect
from tests.factories import THURSDAY


def told(action: str, payload: dict[str, Any]) -> Any:
    healed, _, broken = repairs.repair("ocpp1.6", action, payload)
    assert broken is None, broken
    return dialect.read(action, healed, THURSDAY)


def test_a_boot_takes_the_serial_number_from_either_member() -> None:
    boot = told(
        "BootNotification",
        {"chargePointVendor": "ABB", "chargePointModel": "CDT_TACW11::NET_WIFI", "chargeBoxSerialNumber": "TACW11-1"},
    )

    assert isinstance(boot, Booted)
    assert (boot.vendor, boot.model, boot.serial) == ("ABB", "CDT_TACW11::NET_WIFI", "TACW11-1")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Available", Status.AVAILABLE),
        ("Preparing", Status.PREPARING),
        ("Charging", Status.CHARGING),
        ("SuspendedEV", Status.SUSPENDED_EV),
        ("SuspendedEVSE", Status.SUSPENDED_EVSE),
        ("Finishing", Status.FINISHING),
        ("Reserved", Status.RESERVED),
        ("Unavailable", Status.UNAVAILABLE),
        ("Faulted", Status.FAULTED),
        ("Occupied", Status.UNKNOWN),  # a word of 1.5: kept raw
    ],
)
def test_a_status_is_read_in_our_words_and_kept_in_its_own(word: str, status: Status) -> None:
    event = told("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": word})

    assert isinstance(event, StatusChanged)
    assert (event.status, event.raw, event.at) == (status, word, THURSDAY)


def test_an_error_code_that_the_standard_does_not_know_is_kept() -> None:
    event = told("StatusNotification", {"connectorId": 1, "errorCode": "Error", "status": "Charging"})

    assert event.error_code == "Error"


def test_a_meter_start_of_minus_one_is_a_missing_register() -> None:
    event = told(
        "StartTransaction",
        {"connectorId": 1, "idTag": "VAN12", "meterStart": -1, "timestamp": "2026-03-05T16:30:00Z"},
    )

    assert isinstance(event, ChargingStarted)
    assert event.meter_wh is None


def test_a_stop_without_a_tag_and_without_a_reason_is_whole() -> None:
    event = told("StopTransaction", {"transactionId": 17, "meterStop": 900, "timestamp": "2026-03-05T16:30:00Z"})

    assert isinstance(event, ChargingEnded)
    assert (event.reference, event.meter_wh, event.token, event.reason) == ("17", 900, None, "Local")


def meter(*samples: dict[str, Any], **more: Any) -> MetersRead:
    event = told(
        "MeterValues",
        {
            "connectorId": 1,
            "meterValue": [{"timestamp": "2026-03-05T16:30:00Z", "sampledValue": list(samples)}],
            **more,
        },
    )
    assert isinstance(event, MetersRead)
    return event


def test_values_are_read_in_base_units() -> None:
    (reading,) = meter(
        {"value": "12.5", "measurand": "Energy.Active.Import.Register", "unit": "kWh"},
        {"value": "7.2", "measurand": "Power.Active.Import", "unit": "kW"},
        {"value": "62", "measurand": "SoC", "unit": "Percent", "location": "EV"},
    ).readings

    assert (reading.energy_wh, reading.power_w, reading.soc_percent) == (12_500, 7_200, 62)


def test_a_value_without_measurand_and_unit_is_the_energy_register_in_wh() -> None:
    (reading,) = meter({"value": "1500"}).readings

    assert reading.energy_wh == 1_500


def test_phases_are_added_up_where_no_total_is_told() -> None:
    (reading,) = meter(
        *(
            {"value": "100", "measurand": "Power.Active.Import", "unit": "W", "phase": phase}
            for phase in ("L1", "L2", "L3")
        )
    ).readings

    assert reading.power_w == 300


def test_the_total_is_trusted_beside_its_phases() -> None:
    (reading,) = meter(
        {"value": "290", "measurand": "Power.Active.Import", "unit": "W"},
        {"value": "100", "measurand": "Power.Active.Import", "unit": "W", "phase": "L1"},
    ).readings

    assert reading.power_w == 290


@pytest.mark.parametrize("value", ["", " ", "n/a", "NaN"])
def test_a_value_that_is_no_number_is_missing_and_not_zero(value: str) -> None:
    (reading,) = meter({"value": value, "measurand": "Power.Active.Import", "unit": "W"}).readings

    assert reading.power_w is None


@pytest.mark.parametrize("value", ["1500.0", " 1500", "1500,0", "1.5e3"])
def test_numbers_are_read_in_the_ways_that_chargers_write_them(value: str) -> None:
    (reading,) = meter({"value": value}).readings

    assert reading.energy_wh == 1_500


def test_an_unknown_measurand_is_kept_and_taken_for_nothing_else() -> None:
    (reading,) = meter({"value": "32", "measurand": "Request.Energy", "unit": "Hz"}).readings

    assert reading.energy_wh is None
    assert reading.samples[0][0] == "Request.Energy"


def test_an_inlet_s_register_is_not_the_outlet_s() -> None:
    (reading,) = meter({"value": "99", "measurand": "Energy.Active.Import.Register", "location": "Inlet"}).readings

    assert reading.energy_wh is None


def test_a_meter_value_that_is_an_object_is_a_list_of_one() -> None:
    event = told(
        "MeterValues",
        {"connectorId": 1, "meterValue": {"timestamp": "2026-03-05T16:30:00Z", "sampledValue": [{"value": "5"}]}},
    )

    assert event.readings[0].energy_wh == 5


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-05T16:30:00Z", datetime(2026, 3, 5, 16, 30, tzinfo=UTC)),
        ("2026-03-05T16:30:00", datetime(2026, 3, 5, 16, 30, tzinfo=UTC)),
        ("2026-03-05T17:30:00.123+01:00", datetime(2026, 3, 5, 16, 30, 0, 123_000, tzinfo=UTC)),
        ("2026-03-05 16:30:00.123456789Z", datetime(2026, 3, 5, 16, 30, 0, 123_456, tzinfo=UTC)),
        ("1970-01-01T00:00:12Z", datetime(1970, 1, 1, 0, 0, 12, tzinfo=UTC)),
        ("yesterday", THURSDAY),
    ],
)
def test_moments_are_read_in_every_spelling_and_else_are_when_they_were_heard(text: str, at: datetime) -> None:
    event = told(
        "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": text}
    )

    assert event.at == at


@pytest.mark.parametrize(
    ("action", "payload", "kind"),
    [
        ("FirmwareStatusNotification", {"status": "Downloading"}, JobKind.FIRMWARE),
        ("SignedFirmwareStatusNotification", {"status": "Downloading", "requestId": 4}, JobKind.FIRMWARE),
        ("DiagnosticsStatusNotification", {"status": "Uploading"}, JobKind.DIAGNOSTICS),
        ("LogStatusNotification", {"status": "Uploading", "requestId": 4}, JobKind.LOG),
    ],
)
def test_jobs_tell_their_steps(action: str, payload: dict[str, Any], kind: JobKind) -> None:
    event = told(action, payload)

    assert isinstance(event, JobProgressed)
    assert (event.kind, event.status) == (kind, payload["status"])


def test_a_security_event_keeps_the_charger_s_time() -> None:
    event = told("SecurityEventNotification", {"type": "InvalidMessages", "timestamp": "2026-03-05T10:00:00Z"})

    assert isinstance(event, SecurityEventHappened)
    assert (event.type, event.at.hour) == ("InvalidMessages", 10)


@pytest.mark.parametrize("status", list(TokenStatus))
def test_every_decision_about_a_token_has_a_word_in_1_6(status: TokenStatus) -> None:
    decision = TokenDecision(status, expires_at=THURSDAY, group="FLEET-WITH-A-VERY-LONG-NAME")

    answers = {
        "Authorize": dialect.reply("Authorize", decision),
        "StartTransaction": dialect.reply("StartTransaction", StartDecision("17", decision)),
        "StopTransaction": dialect.reply("StopTransaction", decision),
    }

    for action, payload in answers.items():
        assert schemas.check("ocpp1.6", action, payload, response=True) is None


def test_a_token_is_matched_without_case_and_padding() -> None:
    assert Token("van12\x10\x0e").key == Token(" VAN12 ").key
