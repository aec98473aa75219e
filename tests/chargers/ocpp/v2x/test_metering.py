from datetime import UTC, datetime
from typing import Any

import pytest

from chargers.events import MetersRead, Reading, SignedValue
from chargers.ocpp.dialect import Dialect
from tests.chargers.ocpp.v2x.wire import NOON, NOON_TEXT, Payload, answer, tell


def meter_values(*sampled: Payload, at: str = NOON_TEXT, evse: int = 1) -> Payload:
    return {"evseId": evse, "meterValue": [{"timestamp": at, "sampledValue": list(sampled)}]}


def the_reading(dialect: Dialect, *sampled: Payload) -> Reading:
    told = tell(dialect, "MeterValues", meter_values(*sampled))
    assert isinstance(told, MetersRead)
    (reading,) = told.readings
    return reading


def test_clock_aligned_values_of_an_evse_are_read(dialect: Dialect) -> None:
    payload = meter_values(
        {"value": 12345.0, "context": "Sample.Clock", "unitOfMeasure": {"unit": "Wh"}},
        {"value": 7400, "context": "Sample.Clock", "measurand": "Power.Active.Import"},
        {"value": 41.5, "context": "Sample.Clock", "measurand": "SoC", "location": "EV"},
        at="2026-11-19T11:45:00+00:00",
        evse=2,
    )

    told = tell(dialect, "MeterValues", payload)

    assert isinstance(told, MetersRead)
    (reading,) = told.readings
    assert (told.evse, told.reference, told.at) == (2, "", None)
    assert reading.at == datetime(2026, 11, 19, 11, 45, tzinfo=UTC)
    assert (reading.energy_wh, reading.power_w, reading.soc_percent) == (12345, 7400, 41.5)
    assert reading.context == "Sample.Clock"
    assert answer(dialect, "MeterValues", None) == {}


def test_evse_0_is_the_main_meter(dialect: Dialect) -> None:
    told = tell(dialect, "MeterValues", meter_values({"value": 1}, evse=0))

    assert isinstance(told, MetersRead)
    assert told.evse == 0


@pytest.mark.parametrize(
    ("value", "unit", "energy_wh"),
    [
        (12.345, {"unit": "kWh"}, 12345),
        (12.345, {"unit": "Wh", "multiplier": 3}, 12345),
        (12.345, {"multiplier": 3}, 12345),
        (123450, {"unit": "Wh", "multiplier": -1}, 12345),
        (0.012345, {"unit": "kWh", "multiplier": 3}, 12345),
        (12345, {"unit": "Wh", "multiplier": 0}, 12345),
    ],
)
def test_energy_is_read_in_base_units(dialect: Dialect, value: float, unit: Payload, energy_wh: int) -> None:
    assert the_reading(dialect, {"value": value, "unitOfMeasure": unit}).energy_wh == energy_wh


def test_a_register_of_energy_given_back_is_not_one_of_energy_taken(dialect: Dialect) -> None:
    reading = the_reading(dialect, {"value": 500, "measurand": "Energy.Active.Export.Register"})

    assert (reading.energy_wh, reading.export_wh) == (None, 500)


def test_phases_are_added_up_where_no_total_is_told(dialect: Dialect) -> None:
    sampled = [{"value": 2300, "measurand": "Power.Active.Import", "phase": phase} for phase in ("L1", "L2", "L3")]

    assert the_reading(dialect, *sampled).power_w == 6900


def test_what_the_meter_signed_is_kept_beside_the_value(dialect: Dialect) -> None:
    signed = {
        "signedMeterData": "QUJD",
        "signingMethod": "ECDSA-secp256r1-SHA256",
        "encodingMethod": "OCMF",
        "publicKey": "a2V5",
    }

    reading = the_reading(dialect, {"value": 800, "signedMeterValue": signed})

    assert reading.energy_wh == 800
    assert reading.signed == (SignedValue("QUJD", "OCMF", "ECDSA-secp256r1-SHA256", "a2V5"),)


def test_the_first_register_does_not_hide_the_last_of_the_same_message(dialect: Dialect) -> None:
    payload = meter_values({"value": 100, "context": "Transaction.Begin"}, {"value": 900, "context": "Transaction.End"})

    told = tell(dialect, "MeterValues", payload)

    assert isinstance(told, MetersRead)
    assert [(reading.context, reading.energy_wh) for reading in told.readings] == [
        ("Transaction.Begin", 100),
        ("Transaction.End", 900),
    ]


@pytest.mark.parametrize(
    "sampled",
    [
        {"value": ""},
        {"value": "n/a"},
        {"value": None},
        {"value": 5, "unitOfMeasure": {"multiplier": 400}},
        {"value": 1e300},
        {"value": 2**63},
        {},
    ],
)
def test_what_is_no_number_is_missing_and_not_zero(dialect: Dialect, sampled: dict[str, Any]) -> None:
    # The line repairs some of these before; a raw message that was stored is read again as it came.
    told = dialect.read("MeterValues", meter_values(sampled), NOON)

    assert isinstance(told, MetersRead)
    assert [reading.energy_wh for reading in told.readings] == []


def test_numbers_written_as_text_are_numbers(dialect: Dialect) -> None:
    payload = meter_values({"value": " 12,5", "unitOfMeasure": {"unit": "kWh", "multiplier": "0"}})

    told = dialect.read("MeterValues", payload, NOON)

    assert isinstance(told, MetersRead)
    assert [reading.energy_wh for reading in told.readings] == [12500]


def test_the_same_content_has_the_same_digest(dialect: Dialect) -> None:
    first = meter_values({"value": 5})
    again = dict(reversed(first.items()))
    other = meter_values({"value": 6})

    digests = [tell(dialect, "MeterValues", each).digest for each in (first, again, other)]  # type: ignore[attr-defined]

    assert digests[0] == digests[1] != digests[2]
