"""What the texts of the standard say of whole numbers beside its schemas."""

from typing import Any

import pytest

from chargers.ocpp import schemas

AT = "2026-11-19T20:00:00Z"


def status(connector: int) -> dict[str, Any]:
    return {"timestamp": AT, "connectorStatus": "Available", "evseId": 1, "connectorId": connector}


@pytest.mark.parametrize("connector", [-1, 32_768, 2**40])
@pytest.mark.parametrize("version", ["ocpp2.0.1", "ocpp2.1"])
def test_a_connector_that_no_charger_has_is_refused(version: str, connector: int) -> None:
    broken = schemas.check(version, "StatusNotification", status(connector))

    assert broken is not None
    assert (broken.code, broken.path) == ("PropertyConstraintViolation", ("connectorId",))


def test_an_evse_that_no_charger_has_is_refused_in_the_type_of_its_own() -> None:
    told = {
        "eventType": "Started",
        "timestamp": AT,
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "tx-1"},
        "evse": {"id": 40_000},
    }

    broken = schemas.check("ocpp2.0.1", "TransactionEvent", told)

    assert broken is not None
    assert broken.path == ("evse", "id")


def test_a_whole_number_has_32_bits() -> None:
    told = {"requestId": 1, "generatedAt": AT, "seqNo": 2**31}

    broken = schemas.check("ocpp2.1", "NotifyReport", told)

    assert broken is not None
    assert broken.text == "seqNo: 2147483648 is greater than the maximum of 2147483647"
    assert schemas.check("ocpp2.1", "NotifyReport", told | {"seqNo": 2**31 - 1}) is None


@pytest.mark.parametrize(("number", "is_read"), [(2**63 - 1, True), (2**63, False)])
def test_the_number_of_a_request_may_have_64(number: int, is_read: bool) -> None:
    """Some chargers make them so."""
    told = {"requestId": number, "generatedAt": AT, "seqNo": 0}

    assert (schemas.check("ocpp2.1", "NotifyReport", told) is None) is is_read


def test_a_meter_of_1_6_may_have_counted_further() -> None:
    told = {"connectorId": 1, "idTag": "VAN12", "meterStart": 2**33, "timestamp": AT}

    assert schemas.check("ocpp1.6", "StartTransaction", told) is None
