"""Two lanes into the database: by the batch, one writer that takes all that queued meanwhile; and one at a time."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError

from chargers.database import in_database, looked_after
from chargers.events import Event
from chargers.inbox import Caller, DatabaseAway, Heard

logger = logging.getLogger(__name__)

# A batch of more would hold its writer's lock, and everybody's replies, for too long.
BATCH_AT_MOST = 500
# What has been traced is written with the next batch, and where none comes, after this long.
TRACE_WAITS_S = 0.5
TRIES = 2


@dataclass(frozen=True, slots=True)
class Item:
    caller: Caller
    event: Event[Any]
    heard: Heard


def is_away(error: BaseException) -> bool:
    """Is the database not there, or was it the work that failed? A lock that was not had in time counts as away."""
    return isinstance(error, OperationalError | InterfaceError)


class BatchLane:
    """One writer of this process. `commit` stores a list of items in one transaction and gives their answers."""

    def __init__(
        self,
        commit: Callable[[list[Item]], list[Any]],
        leftover: Callable[[], bool],
    ) -> None:
        self._commit = commit
        self._leftover = leftover
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="batch")
        self._queue: list[tuple[Item, asyncio.Future[Any]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None

    async def put(self, item: Item) -> Any:
        """The answer, after the commit. Raises what storing the item alone raised, or DatabaseAway."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            # Another event loop (a test's, a restarted server's): what the old one queued died with it.
            self._loop, self._work, self._queue, self._idle = loop, None, [], None
        future: asyncio.Future[Any] = loop.create_future()
        self._queue.append((item, future))
        self._start(loop)
        return await future

    def flush_soon(self) -> None:
        """Something may be left to write that asks for no answer: see that it does not wait for ever."""
        loop = asyncio.get_running_loop()
        if loop is self._loop and self._idle is None:
            self._idle = loop.call_later(TRACE_WAITS_S, self._flush, loop)

    def _flush(self, loop: asyncio.AbstractEventLoop) -> None:
        self._idle = None
        if self._leftover():
            self._start(loop)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._work is None:
            self._work = loop.create_task(self._run(loop))

    async def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        answered = False
        try:
            if self._idle is not None:
                self._idle.cancel()
                self._idle = None
            while self._queue or self._leftover():
                batch, self._queue = self._queue[:BATCH_AT_MOST], self._queue[BATCH_AT_MOST:]
                answers = await loop.run_in_executor(self._pool, self._store, [item for item, _ in batch])
                answered = answered or bool(batch)
                for (_, future), answer in zip(batch, answers, strict=True):
                    if future.done():
                        continue
                    if isinstance(answer, BaseException):
                        future.set_exception(answer)
                    else:
                        future.set_result(answer)
                if not batch and not self._queue and self._leftover():
                    return  # the trace alone could not be written; it is tried again with what comes next
        finally:
            self._work = None
            if answered:
                # A call is traced with its answer, which goes out only now that the batch is through.
                self.flush_soon()

    def _store(self, items: list[Item]) -> list[Any]:
        """Answers, or in their place the exception of an item that failed alone."""
        try:
            try:
                return looked_after(self._commit, items)
            except (OperationalError, InterfaceError):
                # The connection may have been stale, or lost a deadlock; on a new one it may go through.
                return looked_after(self._commit, items)
        except DatabaseError as error:
            if is_away(error):
                logger.error("the database is away: %s", error)
                return [DatabaseAway(str(error)) for _ in items]
            logger.warning("a batch of %d failed, its items are tried singly: %s", len(items), error)
        except InterfaceError as error:
            return [DatabaseAway(str(error)) for _ in items]
        except Exception:
            logger.exception("a batch of %d failed, its items are tried singly", len(items))
        # One poisoned message must not take its neighbours along.
        return [self._store_alone(item) for item in items]

    def _store_alone(self, item: Item) -> Any:
        try:
            return looked_after(self._commit, [item])[0]
        except Exception as error:  # noqa: BLE001 - it is the answer of this item alone
            return DatabaseAway(str(error)) if is_away(error) else error


async def one_at_a_time(store: Callable[[Item], Any], item: Item) -> Any:
    """Store one item in a database thread, again where a deadlock took it down. Raises DatabaseAway."""
    for attempt in range(1, TRIES + 1):
        try:
            return await in_database(store, item)
        except (DatabaseError, InterfaceError) as error:
            # A stale connection, or a deadlock: on a new one, or the next time, it may go through.
            if is_away(error) and attempt < TRIES:
                continue
            if is_away(error):
                raise DatabaseAway(str(error)) from error
            raise
    raise AssertionError("unreachable")
