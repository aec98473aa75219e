"""The batch's lane: who puts something in gets an answer, whatever happens to what is written beside it."""

import asyncio
import threading
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, OperationalError

from chargers.choices import Standing
from chargers.events import HeartbeatSent
from chargers.inbox import Caller, Heard
from depot.intake import BatchLane, Item

ITEM = Item(
    Caller(1, "CP-A01", 1, "ocpp1.6", Standing.ADOPTED), HeartbeatSent(), Heard(datetime(2026, 3, 5, tzinfo=UTC))
)


async def test_what_comes_while_the_trace_alone_cannot_be_written_is_answered() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def commit(items: list[Item]) -> list[Any]:
        if not items:
            begun.set()
            go_on.wait(10)
            raise OperationalError("away")
        return ["stored" for _ in items]

    lane = BatchLane(commit, leftover=lambda: True)
    await lane.put(ITEM)  # makes this loop the lane's; the trace is left over
    await asyncio.to_thread(begun.wait, 10)
    answer = asyncio.create_task(lane.put(ITEM))
    await asyncio.sleep(0)
    go_on.set()

    assert await asyncio.wait_for(answer, 10) == "stored"


async def test_what_is_left_after_an_answer_is_written_without_waiting_for_the_next_call() -> None:
    written = threading.Event()
    left: list[str] = []

    def commit(items: list[Item]) -> list[Any]:
        if left:
            left.clear()
            written.set()
        return ["stored" for _ in items]

    lane = BatchLane(commit, leftover=lambda: bool(left))
    await lane.put(ITEM)

    left.append("the call that was just answered, with its answer")

    assert await asyncio.to_thread(written.wait, 10)


async def test_a_deadlock_is_tried_again_and_costs_nobody_an_answer() -> None:
    tries: list[int] = []

    def commit(items: list[Item]) -> list[Any]:
        tries.append(len(items))
        if len(tries) == 1:
            raise OperationalError("deadlock detected")
        return ["stored" for _ in items]

    lane = BatchLane(commit, leftover=lambda: False)
    answers = await asyncio.gather(lane.put(ITEM), lane.put(ITEM))

    assert answers == ["stored", "stored"]
    assert tries[0] == tries[1]


async def test_one_that_cannot_be_stored_takes_no_other_along() -> None:
    poisoned = Item(ITEM.caller, ITEM.event, Heard(ITEM.heard.at, "poison"))

    def commit(items: list[Item]) -> list[Any]:
        if poisoned in items:
            raise IntegrityError("a foreign key that is not there")
        return ["stored" for _ in items]

    lane = BatchLane(commit, leftover=lambda: False)
    good, bad, other = await asyncio.gather(lane.put(ITEM), lane.put(poisoned), lane.put(ITEM), return_exceptions=True)

    assert (good, other) == ("stored", "stored")
    assert isinstance(bad, IntegrityError)
