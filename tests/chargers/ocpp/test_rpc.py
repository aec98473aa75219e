"""The engine: order inward, one call outward, and neither direction waits for the other."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargers.ocpp.frames import CallFrame
from chargers.ocpp.rpc import Answer, Engine, Flooded, LinkGone, NoAnswer, Reply
from tests.chargers.ocpp.payloads import NUMBERS


class Peer:
    """The other end: keeps what was sent, and lets a test decide how long a CALL of the charger takes."""

    def __init__(self, version: str = "ocpp1.6", queue_length: int = 64) -> None:
        self.sent: list[list[Any]] = []
        self.heard: list[CallFrame] = []
        self.counted: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.arrived = asyncio.Event()
        self.engine = Engine(
            version,
            send=self.send,
            heed=self.heed,
            queue_length=queue_length,
            count=lambda kind, _: self.counted.append(kind),
        )

    async def send(self, text: str) -> None:
        self.sent.append(orjson.loads(text))
        self.arrived.set()

    async def heed(self, call: CallFrame) -> Reply:
        await self.gate.wait()
        self.heard.append(call)
        if call.action == "Explode":
            raise RuntimeError("boom")
        return Reply({})

    async def next_sent(self) -> list[Any]:
        while not self.sent:
            self.arrived.clear()
            await asyncio.wait_for(self.arrived.wait(), 5)
        return self.sent.pop(0)

    async def say(self, *frame: Any) -> None:
        await self.engine.receive(orjson.dumps(list(frame)).decode())


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    one = Peer()
    yield one
    one.engine.close()


async def test_calls_are_answered_in_the_order_they_came(peer: Peer) -> None:
    for n in range(5):
        await peer.say(2, str(n), "Heartbeat", {})
    await peer.engine.drained()

    assert [frame[1] for frame in peer.sent] == ["0", "1", "2", "3", "4"]


async def test_an_answer_to_us_does_not_wait_for_the_calls_before_it(peer: Peer) -> None:
    peer.gate.clear()
    await peer.say(2, "a", "Heartbeat", {})
    asking = asyncio.create_task(peer.engine.call("ClearCache", {}, timeout_s=5))
    sent = await peer.next_sent()

    await peer.say(3, sent[1], {"status": "Accepted"})

    assert (await asking).payload == {"status": "Accepted"}


async def test_only_one_call_of_ours_is_open_at_a_time(peer: Peer) -> None:
    asking = [asyncio.create_task(peer.engine.call("ClearCache", {}, timeout_s=5)) for _ in range(2)]
    first = await peer.next_sent()
    await asyncio.sleep(0)

    assert peer.sent == []
    await peer.say(3, first[1], {"status": "Accepted"})
    second = await peer.next_sent()
    await peer.say(3, second[1], {"status": "Rejected"})
    assert [answer.payload for answer in await asyncio.gather(*asking)] == [
        {"status": "Accepted"},
        {"status": "Rejected"},
    ]


async def test_a_closed_link_releases_who_waits_at_once(peer: Peer) -> None:
    asking = asyncio.create_task(peer.engine.call("ClearCache", {}, timeout_s=3600))
    waiting = asyncio.create_task(peer.engine.call("ClearCache", {}, timeout_s=3600))
    await peer.next_sent()

    peer.engine.close()

    with pytest.raises(LinkGone):
        await asking
    with pytest.raises(LinkGone):
        await waiting


async def test_an_answer_after_its_deadline_is_told_late(peer: Peer) -> None:
    told: list[Answer] = []

    async def late(answer: Answer) -> None:
        told.append(answer)

    with pytest.raises(NoAnswer):
        await peer.engine.call("ClearCache", {}, timeout_s=0.01, late=late)
    sent = await peer.next_sent()
    await peer.say(3, sent[1], {"status": "Accepted"})

    assert [answer.payload for answer in told] == [{"status": "Accepted"}]


async def test_a_refusal_fails_the_call_with_its_code(peer: Peer) -> None:
    asking = asyncio.create_task(peer.engine.call("ClearCache", {}, timeout_s=5))
    sent = await peer.next_sent()

    await peer.say(4, sent[1], "NotSupported", "no cache here", {})

    answer = await asking
    assert (answer.error_code, answer.error_description) == ("NotSupported", "no cache here")


@pytest.mark.parametrize(("version", "answered"), [("ocpp1.6", False), ("ocpp2.0.1", False), ("ocpp2.1", True)])
async def test_a_result_that_breaks_its_schema_fails_the_call_and_2_1_is_told(version: str, answered: bool) -> None:
    peer = Peer(version)
    asking = asyncio.create_task(peer.engine.call("ClearCache", {}, timeout_s=5))
    sent = await peer.next_sent()

    await peer.say(3, sent[1], {"status": 7})

    assert (await asking).broken
    assert [frame[0] for frame in peer.sent] == ([5] if answered else [])


async def test_an_answer_to_nothing_is_counted_and_dropped(peer: Peer) -> None:
    await peer.say(3, "who?", {})
    await peer.say(4, "who?", "GenericError", "", {})

    assert peer.counted == ["answer to nothing"] * 2
    assert peer.sent == []


async def test_a_handler_that_fails_is_answered_and_the_next_call_is_heard(peer: Peer) -> None:
    await peer.say(2, "a", "Explode", {})
    await peer.say(2, "b", "Heartbeat", {})
    await peer.engine.drained()

    assert [frame[:3] for frame in peer.sent] == [[4, "a", "InternalError"], [3, "b", {}]]


async def test_a_flood_is_bounded() -> None:
    peer = Peer(queue_length=3)
    peer.gate.clear()
    for n in range(3):
        await peer.say(2, str(n), "Heartbeat", {})

    with pytest.raises(Flooded):
        await peer.say(2, "one too many", "Heartbeat", {})


async def test_what_was_read_is_finished_when_the_link_has_closed(peer: Peer) -> None:
    peer.gate.clear()
    await peer.say(2, "a", "Heartbeat", {})
    await peer.say(2, "b", "Heartbeat", {})

    peer.engine.close()
    peer.gate.set()
    await peer.engine.drained()

    assert [call.message_id for call in peer.heard] == ["a", "b"]
    assert peer.sent == []


async def test_a_send_is_heard_and_never_answered() -> None:
    peer = Peer("ocpp2.1")

    await peer.say(6, "a", "NotifyPeriodicEventStream", {})
    await peer.say(6, "b", "Explode", {})
    await peer.engine.drained()

    assert len(peer.heard) == 2
    assert peer.sent == []


@settings(max_examples=60)
@given(st.sampled_from(["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]), st.text())
async def test_any_text_leaves_the_engine_able_to_hear_the_next_call(version: str, text: str) -> None:
    peer = Peer(version)

    await peer.engine.receive(text)
    await peer.say(2, "next", "Heartbeat", {})
    await peer.engine.drained()

    assert peer.heard[-1].message_id == "next"


async def test_of_sends_that_wait_the_oldest_give_way_and_are_counted() -> None:
    peer = Peer("ocpp2.1", queue_length=4)
    peer.gate.clear()
    await peer.say(2, "first", "Heartbeat", {})
    await asyncio.sleep(0)  # the worker takes the first and waits at the gate

    for number in range(6):
        await peer.say(6, f"s{number}", "NotifyPeriodicEventStream", {})
    peer.gate.set()
    await peer.engine.drained()

    assert [call.message_id for call in peer.heard] == ["first", "s2", "s3", "s4", "s5"]
    assert peer.counted == ["dropped: NotifyPeriodicEventStream"] * 2
    assert [frame[1] for frame in peer.sent] == ["first"]
    peer.engine.close()


JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
WORDS = st.sampled_from(["a", "", "x" * 40, "Heartbeat", "Explode"])
# Nearly frames: each part right, missing or of another kind.
NEARLY = st.tuples(
    st.sampled_from([0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 2.0, "2", True]), WORDS | JSON, WORDS | JSON, st.just({}) | JSON
).flatmap(lambda parts: st.integers(0, 4).map(lambda length: list(parts[:length])))


def what_is_due(version: str, text: str) -> tuple[str, str] | None:
    """By OCPP-J: the type and id of the one answer that a message gets; None for one that gets none."""
    try:
        said = json.loads(text)
    except ValueError:
        return "error", "-1"
    if not isinstance(said, list) or not said or type(said[0]) is not int:
        return "error", "-1"
    kind, *rest = said
    message_id = rest[0] if rest and isinstance(rest[0], str) and rest[0] else None
    is_whole = message_id is not None and len(rest) > 2 and isinstance(rest[1], str) and isinstance(rest[2], dict)
    if kind != 2:
        return None
    if message_id is None:
        return "error", "-1"
    return ("result" if is_whole and rest[1] != "Explode" else "error"), message_id


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.sampled_from(["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]), NEARLY.map(json.dumps) | JSON.map(json.dumps))
async def test_any_json_is_answered_once_or_ignored_as_ocpp_j_says(version: str, text: str) -> None:
    peer = Peer(version)
    due = what_is_due(version, text)

    await peer.engine.receive(text)
    await peer.engine.drained()

    answered = [({3: "result", 4: "error"}[frame[0]], frame[1][:36]) for frame in peer.sent]
    assert answered == ([] if due is None else [(due[0], due[1][:36])])
    assert all(len(frame) == (3 if frame[0] == 3 else 5) for frame in peer.sent)
    assert peer.sent or peer.counted or due is None
