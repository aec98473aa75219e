"""Whatever order a charger's frames come in, how late, and how often: in the end the same is in the books.

Two charges one after the other at one EVSE, told in each version, through the inbox's own table: frames, not events.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargers.choices import Standing
from chargers.inbox import Caller, Heard
from chargers.models import Charger
from chargers.ocpp import repairs
from chargers.ocpp.dialects import DIALECTS
from depot import batch
from depot.inbox import BY_THE_BATCH, ONE_AT_A_TIME
from depot.intake import Item
from sessions.invariants import violations
from sessions.models import IdToken, MeterReading, Session
from tests.factories import THURSDAY, connect, make_bay, make_charger, make_depot, make_evse, make_vehicle
from tests.flows.speakers import VERSIONS, wire_time

pytestmark = [pytest.mark.django_db, pytest.mark.storage]

EXAMPLES = int(os.environ.get("CHAOS_EXAMPLES", "12"))
SHUFFLED = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MINUTE = timedelta(minutes=1)
CHARGES = 2
Payload = dict[str, Any]


@dataclass(frozen=True)
class Word:
    """One frame; `charge` is which of the charges it is about, None for a connector's status."""

    at: datetime
    action: str
    payload: Payload
    charge: int | None = None
    starts: bool = False


def words(version: str) -> list[Word]:
    """In the order in which they happen; in 1.6 the transaction's id is filled in when it is known."""
    told = []
    for charge in range(CHARGES):
        begins, wh = THURSDAY + charge * 60 * MINUTE, 1_000 + charge * 5_000
        told += [status(version, begins - MINUTE, "Preparing" if version == "ocpp1.6" else "Occupied")]
        tell = charge_16 if version == "ocpp1.6" else charge_2x
        told += tell(charge, begins, wh)
        told += [status(version, begins + 45 * MINUTE, "Available")]
    return told


def status(version: str, at: datetime, word: str) -> Word:
    if version == "ocpp1.6":
        said: Payload = {"connectorId": 1, "errorCode": "NoError", "status": word, "timestamp": wire_time(at)}
    else:
        said = {"evseId": 1, "connectorId": 1, "connectorStatus": word, "timestamp": wire_time(at)}
    return Word(at, "StatusNotification", said)


def charge_16(charge: int, begins: datetime, wh: int) -> list[Word]:
    start = {"connectorId": 1, "idTag": "VAN12", "meterStart": wh, "timestamp": wire_time(begins)}
    stop = {"meterStop": wh + 4_000, "timestamp": wire_time(begins + 40 * MINUTE), "reason": "Local", "idTag": "VAN12"}
    told = [Word(begins, "StartTransaction", start, charge, starts=True)]
    for minutes in (10, 20, 30):
        at = begins + minutes * MINUTE
        samples = [{"value": str(wh + minutes * 100), "measurand": "Energy.Active.Import.Register", "unit": "Wh"}]
        values = [{"timestamp": wire_time(at), "sampledValue": samples}]
        told.append(Word(at, "MeterValues", {"connectorId": 1, "meterValue": values}, charge))
    return [*told, Word(begins + 40 * MINUTE, "StopTransaction", stop, charge)]


def charge_2x(charge: int, begins: datetime, wh: int) -> list[Word]:
    def event(number: int, kind: str, trigger: str, minutes: int, context: str, **more: Any) -> Word:
        at = begins + minutes * MINUTE
        register = {"value": wh + minutes * 100, "measurand": "Energy.Active.Import.Register", "context": context}
        said = {
            "eventType": kind,
            "timestamp": wire_time(at),
            "triggerReason": trigger,
            "seqNo": number,
            "transactionInfo": {"transactionId": f"tx-{charge}", **more.pop("info", {})},
            "meterValue": [{"timestamp": wire_time(at), "sampledValue": [register]}],
            **more,
        }
        return Word(at, "TransactionEvent", said, charge)

    evse = {"evse": {"id": 1, "connectorId": 1}}
    card = {"idToken": {"idToken": "VAN12", "type": "ISO14443"}}
    return [
        event(0, "Started", "CablePluggedIn", 0, "Transaction.Begin", info={"chargingState": "EVConnected"}, **evse),
        event(1, "Updated", "Authorized", 1, "Sample.Periodic", **card),
        event(2, "Updated", "ChargingStateChanged", 2, "Sample.Periodic", info={"chargingState": "Charging"}),
        *[event(1 + n, "Updated", "MeterValuePeriodic", n * 10, "Sample.Periodic") for n in (2, 3)],
        event(5, "Ended", "StopAuthorized", 40, "Transaction.End", info={"stoppedReason": "Local"}, **card),
    ]


class Ear:
    """Hears frames as the line does, and hands them to the inbox's table without the network between."""

    def __init__(self, charger: Charger, version: str) -> None:
        connection = connect(charger, protocol=version)
        self.caller = Caller(charger.pk, charger.identity, connection.pk, version, Standing.ADOPTED)
        self.references: dict[int, int] = {}
        self.heard_at = THURSDAY

    def hear(self, word: Word, *, late: timedelta) -> None:
        self.heard_at = max(self.heard_at, word.at + late) + timedelta(seconds=1)
        payload = dict(word.payload)
        if self.caller.protocol == "ocpp1.6" and word.charge is not None and not word.starts:
            payload["transactionId"] = self.references[word.charge]
        repaired, _, broken = repairs.repair(self.caller.protocol, word.action, payload)
        assert broken is None
        event = DIALECTS[self.caller.protocol].read(word.action, repaired, self.heard_at)
        heard = Heard(self.heard_at, word.action, repaired)
        answer: Any = batch.ALONE
        if isinstance(event, BY_THE_BATCH):
            [answer] = batch.store([Item(self.caller, event, heard)])
        if answer is batch.ALONE:
            with transaction.atomic():
                answer = ONE_AT_A_TIME[type(event)](self.caller, event, heard)
        if word.starts:
            assert word.charge is not None
            known = self.references.setdefault(word.charge, int(answer.reference))
            assert known == int(answer.reference), "the same start got another number"


def books() -> list[tuple[Any, ...]]:
    """What is in them of each charge; how it came to be known may differ."""
    return [
        (
            session.started_at,
            session.ended_at,
            session.closed_by,
            session.stop_reason,
            session.energy_wh,
            session.meter_start_wh,
            session.meter_stop_wh,
            session.vehicle_id,
            session.token_value,
            session.token_status,
            session.bay_name,
            session.power_w,
            sorted(MeterReading.objects.filter(session=session).values_list("at", "energy_wh", "context")),
        )
        for session in Session.objects.order_by("started_at")
    ]


@pytest.fixture
def charger(db: None) -> Charger:
    depot = make_depot()
    charger = make_charger("CP-A01", online=False)
    make_bay(depot, "A01", evse=make_evse(charger))
    IdToken.objects.create(value="VAN12", key="van12", vehicle=make_vehicle("Van 12"), created_at=THURSDAY)
    return charger


def told(charger: Charger, version: str, order: Sequence[int], late: Sequence[timedelta]) -> list[tuple[Any, ...]]:
    """The books after these frames, which are taken back."""
    with transaction.atomic():
        ear, all_words = Ear(charger, version), words(version)
        Charger.objects.filter(pk=charger.pk).update(protocol=version)
        for n, place in enumerate(order):
            word = all_words[place]
            if version == "ocpp1.6" and word.charge is not None and word.charge not in ear.references:
                # A charger cannot name what it has got no number for: its start went before, and may come again.
                start = next(one for one in all_words if one.charge == word.charge and one.starts)
                ear.hear(start, late=late[n % len(late)])
            ear.hear(word, late=late[n % len(late)])
        found = books()
        assert violations(ear.heard_at) == []
        transaction.set_rollback(True)
    return found


PROMPT, HOURS_LATER = timedelta(seconds=0), timedelta(hours=5)


@pytest.mark.parametrize("version", VERSIONS)
@SHUFFLED
@given(data=st.data())
def test_two_charges_are_the_same_two_whatever_order_their_frames_come_in_how_late_and_how_often(
    charger: Charger, version: str, data: st.DataObject
) -> None:
    count = len(words(version))
    again = data.draw(st.lists(st.integers(0, count - 1), max_size=6), label="told again")
    order = data.draw(st.permutations([*range(count), *again]), label="order")
    late = data.draw(st.lists(st.sampled_from([PROMPT, HOURS_LATER]), min_size=1, max_size=4), label="late by")

    in_order = told(charger, version, range(count), [PROMPT])
    shuffled = told(charger, version, order, late)

    assert [row[4] for row in in_order] == [4_000] * CHARGES
    assert shuffled == in_order
