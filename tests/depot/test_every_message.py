"""Whatever a version's schema lets a charger say is understood by the whole depot and answered as its schema wants.

From the repaired frame through the dialect, the inbox's table and the floors below it, to the answer. Each example is
rolled back, so that every one begins from the same yard. `make messages` looks long.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargers.models import Connector, Evse
from chargers.ocpp import frames, repairs, schemas
from chargers.ocpp.dialects import DIALECTS
from depot.models import Bay
from sessions.models import IdToken, Session, Vehicle
from tests.chargers.ear import Ear
from tests.chargers.ocpp.payloads import careless, payloads
from tests.factories import THURSDAY, make_charger, make_depot
from tests.flows.speakers import wire_time

Payload = dict[str, Any]
pytestmark = [pytest.mark.django_db, pytest.mark.storage, pytest.mark.usefixtures("business_time")]
IS_DEEP = bool(os.environ.get("DEPOT_DEEP"))
CASES = [(version, action) for version in sorted(DIALECTS) for action in sorted(DIALECTS[version].tellers)]
REFERENCE = "tx-1"
TRIES = settings(
    max_examples=int(os.environ.get("TRY", "6")),
    derandomize=not IS_DEEP,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
# What the yard knows, by the member that names it; the numbers 1 and 2 come by themselves.
KNOWN: dict[str, list[Any]] = {
    "idTag": ["VAN12"],
    "idToken": ["VAN12"],
    "transactionId": [REFERENCE],
    "timestamp": [wire_time(THURSDAY + timedelta(hours=hours)) for hours in (-1, 0, 200)],
    "evseId": [1, 2],
    "connectorId": [0, 1, 2],
    "measurand": ["Energy.Active.Import.Register", "SoC", "Power.Active.Import"],
    "meterStart": [1_000],
    "meterStop": [9_000],
}


@pytest.fixture
def yard(db: None) -> Callable[[str], Ear]:
    """A charger with two EVSEs, of which the first charges a van."""

    def make(version: str) -> Ear:
        charger = make_charger("CP-A01", protocol=version, automation_on=True)
        depot = make_depot()
        for number in (1, 2):
            evse = Evse.objects.create(charger=charger, number=number, max_w=11_000)
            Connector.objects.create(evse=evse, number=1, status="available", status_at=THURSDAY, heard_at=THURSDAY)
            Bay.objects.create(depot=depot, name=f"A{number:02}", zone="Row A", evse=evse)
        van = Vehicle.objects.create(unit_number="Van 12", depot_key=depot.pk, created_at=THURSDAY)
        IdToken.objects.create(
            value="VAN12", key="van12", vehicle=van, is_ours=True, depot_key=depot.pk, created_at=THURSDAY
        )
        ear = Ear(charger)
        _begin(ear, version)
        return ear

    return make


def _begin(ear: Ear, version: str) -> None:
    at = wire_time(THURSDAY - timedelta(minutes=30))
    if version == "ocpp1.6":
        ear.hear("StartTransaction", {"connectorId": 1, "idTag": "VAN12", "meterStart": 1_000, "timestamp": at})
        return
    begun = {
        "eventType": "Started", "timestamp": at, "triggerReason": "Authorized", "seqNo": 0,
        "transactionInfo": {"transactionId": REFERENCE, "chargingState": "Charging"},
        "evse": {"id": 1, "connectorId": 1}, "idToken": {"idToken": "VAN12", "type": "ISO14443"},
    }  # fmt: skip
    ear.hear("TransactionEvent", begun)


def _familiar(value: Any, draw: Callable[[st.SearchStrategy[Any]], Any], reference: Any) -> Any:
    """The same, with some of its names being those of things that are there."""
    if isinstance(value, list):
        return [_familiar(item, draw, reference) for item in value]
    if not isinstance(value, dict):
        return value
    told = {key: _familiar(item, draw, reference) for key, item in value.items()}
    for key, known in KNOWN.items():
        if key in told and not isinstance(told[key], dict | list) and draw(st.booleans()):
            told[key] = reference if key == "transactionId" else draw(st.sampled_from(known))
    return told


def _sent(version: str, action: str, payload: Payload) -> Payload:
    """What is left of it once it went over the wire."""
    frame = frames.parse(frames.call("m1", action, payload), version)
    assert isinstance(frame, frames.CallFrame)
    return frame.payload


def _reference(ear: Ear) -> Any:
    reference = Session.objects.get(charger=ear.charger).reference
    return int(reference) if ear.caller.protocol == "ocpp1.6" else reference


@pytest.mark.parametrize(("version", "action"), CASES)
def test_what_a_schema_allows_is_answered_as_a_schema_wants(
    yard: Callable[[str], Ear], version: str, action: str
) -> None:
    ear = yard(version)
    reference = _reference(ear)
    # In 1.6, whose schemas are of an older draft, 3.0 is no whole number.
    allowed = payloads(version, action).filter(lambda told: schemas.is_valid(version, action, told))

    @TRIES
    @given(data=st.data())
    def holds(data: st.DataObject) -> None:
        payload = _sent(version, action, _familiar(data.draw(allowed), data.draw, reference))
        assert schemas.check(version, action, payload) is None
        with transaction.atomic():
            ear.hear(action, payload)  # which looks whether the answer keeps its schema
            transaction.set_rollback(True)

    holds()


@pytest.mark.parametrize(("version", "action"), CASES)
def test_what_a_careless_charger_says_is_answered_or_refused_with_a_reason(
    yard: Callable[[str], Ear], version: str, action: str
) -> None:
    ear = yard(version)
    reference = _reference(ear)

    @TRIES
    @given(data=st.data())
    def holds(data: st.DataObject) -> None:
        payload = _sent(version, action, _familiar(data.draw(careless(version, action)), data.draw, reference))
        _, _, broken = repairs.repair(version, action, payload)
        if broken is not None:
            assert broken.code.endswith("Violation")
            return
        with transaction.atomic():
            ear.hear(action, payload)
            transaction.set_rollback(True)

    holds()
