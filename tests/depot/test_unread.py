"""What a charger tells of a charge and we cannot understand: kept, answered as valid, and read once we can."""

import json
from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import override_settings

from chargers.choices import Standing
from chargers.events import ChargingStarted
from chargers.inbox import Caller
from chargers.line import Line
from chargers.models import Charger, UnreadFact
from chargers.services.hear import PROVISIONAL_IDS_FROM
from depot import inbox, unread
from depot.notices.models import Notice
from sessions.models import Session
from tests.factories import THURSDAY, connect, make_charger, make_evse

pytestmark = pytest.mark.django_db(transaction=True)
AT = "2026-03-05T16:30:00Z"
START = {"connectorId": 1, "idTag": "VAN12", "meterStart": 1_000, "timestamp": AT}


class Spoken:
    """One socket of a charger without the socket: frames in, frames out."""

    def __init__(self, caller: Caller) -> None:
        self.sent: list[list[Any]] = []
        self.line = Line(caller, inbox.Inbox(), send=self.keep, hang_up=self.hang_up)

    async def keep(self, text: str) -> None:
        self.sent.append(json.loads(text))

    async def hang_up(self, code: int, reason: str) -> None:
        raise AssertionError(f"hung up: {code} {reason}")

    async def say(self, action: str, payload: dict[str, Any], message_id: str = "1") -> dict[str, Any]:
        await self.line.receive(json.dumps([2, message_id, action, payload]))
        await self.line.engine.drained()
        kind, answered, told = self.sent[-1][:3]
        assert (kind, answered) == (3, message_id), self.sent[-1]
        assert isinstance(told, dict)
        return told


def _on_the_line(standing: Standing) -> Caller:
    charger = make_charger("CP-A01", online=False, standing=standing)
    make_evse(charger)
    return Caller(charger.pk, charger.identity, connect(charger).pk, charger.protocol, standing)


async def on_the_line(standing: Standing = Standing.ADOPTED) -> Spoken:
    return Spoken(await sync_to_async(_on_the_line)(standing))


@pytest.fixture
def _starts_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setitem(inbox.ONE_AT_A_TIME, ChargingStarted, fail)


def stop(number: int) -> dict[str, Any]:
    return {"transactionId": number, "meterStop": 5_000, "timestamp": "2026-03-05T17:30:00Z"}


@pytest.mark.usefixtures("_starts_fail")
@pytest.mark.parametrize("message_id", ["1", "2"], ids=["the same frame", "another"])
async def test_a_start_that_fails_is_answered_with_a_number_each_time_it_is_told_and_is_one_session_once_read(
    monkeypatch: pytest.MonkeyPatch, message_id: str
) -> None:
    spoken = await on_the_line()
    first = await spoken.say("StartTransaction", START)
    again = await spoken.say("StartTransaction", START, message_id)
    told_of = await Notice.objects.filter(kind="fact.unread").acount()

    monkeypatch.undo()
    read = await sync_to_async(unread.read_all)(THURSDAY)
    third = await spoken.say("StartTransaction", START, "3")
    await spoken.say("StopTransaction", stop(again["transactionId"]), "4")

    assert first["idTagInfo"] == again["idTagInfo"] == {"status": "Accepted"}
    assert min(first["transactionId"], again["transactionId"]) > PROVISIONAL_IDS_FROM
    assert (told_of, read) == (2, 2)
    assert third["transactionId"] == first["transactionId"]
    session = await Session.objects.aget()
    assert (session.reference, session.energy_wh) == (str(first["transactionId"]), 4_000)


async def test_a_start_that_cannot_be_read_at_all_is_answered_with_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    spoken = await on_the_line()

    def fail(said: dict[str, Any], heard_at: datetime) -> None:
        raise ValueError("not to be read")

    monkeypatch.setitem(spoken.line.dialect.tellers, "StartTransaction", fail)
    answer = await spoken.say("StartTransaction", START)

    assert answer["transactionId"] > PROVISIONAL_IDS_FROM
    assert (await UnreadFact.objects.aget()).why == "ValueError('not to be read')"


async def test_a_stop_whose_schema_is_broken_is_acknowledged_and_kept() -> None:
    spoken = await on_the_line()

    answer = await spoken.say("StopTransaction", {"transactionId": "the last one", "timestamp": AT})

    assert answer == {}
    assert (await UnreadFact.objects.aget()).action == "StopTransaction"


@override_settings(WAITING_ROOM_KEPT_FRAMES=1)
async def test_in_a_full_waiting_room_a_start_is_answered_with_a_number_too_and_what_was_kept_is_read_at_adoption() -> (
    None
):
    spoken = await on_the_line(Standing.WAITING)
    kept = await spoken.say("StartTransaction", START)
    beyond = await spoken.say("StartTransaction", START | {"idTag": "VAN13"}, "2")

    await Charger.objects.aupdate(standing=Standing.ADOPTED)
    read = await sync_to_async(unread.read_after_adoption)(THURSDAY)

    assert kept["idTagInfo"] == beyond["idTagInfo"] == {"status": "Invalid"}
    assert (kept["transactionId"] > PROVISIONAL_IDS_FROM, beyond["transactionId"]) == (True, PROVISIONAL_IDS_FROM)
    assert read == 1
    assert (await Session.objects.aget()).reference == str(kept["transactionId"])
