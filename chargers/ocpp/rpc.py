"""Our RPC engine: one FIFO of CALLs in, one pending CALL out, and neither direction ever waits for the other.

It knows frames, deadlines and error codes; what a message means is the dialect's and the inbox's business. It does no
I/O of its own: `send` is given to it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

from chargers.ocpp import frames, repairs, schemas
from chargers.ocpp.frames import BadCall, CallFrame, ErrorFrame, Frame, Ignored, ResultFrame

logger = logging.getLogger(__name__)

Payload = dict[str, Any]
# A SEND has nobody who waits for it: of so many that wait, the oldest give way to newer ones.
SENDS_WAITING = 16
# Answers that come after their deadline still settle; so many of our CALLs are remembered for that.
LATE_ANSWERS = 32


class LinkGone(Exception):
    """The socket closed before the answer; whether the charger heard the CALL is unknown when it was sent."""


class NoAnswer(Exception):
    """The charger did not answer by the deadline."""


class Flooded(Exception):
    """More CALLs wait than we keep for one charger: the socket is closed, never left unread."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A CALLRESULT that keeps its schema, or what came instead of one."""

    payload: Payload | None = None
    error_code: str = ""
    error_description: str = ""
    broken: str = ""  # what its schema says of a CALLRESULT that does not keep it


@dataclass(frozen=True, slots=True)
class Reply:
    """Our answer to a CALL: a payload, or an error code with its description."""

    payload: Payload | None = None
    error_code: str = ""
    error_description: str = ""


class Heed(Protocol):
    """What is done with a CALL. None: no answer at all (the link is about to close)."""

    async def __call__(self, call: CallFrame) -> Reply | None: ...


@dataclass(slots=True)
class _Pending:
    message_id: str
    action: str
    future: "asyncio.Future[Answer]"
    late: Callable[[Answer], Awaitable[None]] | None


class Engine:
    """One socket's conversation."""

    def __init__(
        self,
        subprotocol: str,
        *,
        send: Callable[[str], Awaitable[None]],
        heed: Heed,
        queue_length: int = 64,
        count: Callable[[str, str], None] = lambda kind, example: None,
        answered: Callable[[str], None] = lambda action: None,
    ) -> None:
        self.subprotocol = subprotocol
        self._send = send
        self._heed = heed
        self._count = count
        self._answered = answered
        self._queue_length = queue_length
        self._waiting: deque[CallFrame] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._pending: _Pending | None = None
        self._late: dict[str, _Pending] = {}
        self._closed = False

    # Inward

    async def receive(self, text: str) -> None:
        """Take one text message. Raises Flooded; whatever else a charger sends is answered, ignored or counted."""
        frame = frames.parse(text, self.subprotocol)
        if frames.holds_nul(text):
            self._count("left out: NUL", text[:200])
        if type(frame) is CallFrame:
            self._queue(frame)
        else:
            await self._take(frame, text)

    async def _take(self, frame: Frame, text: str) -> None:
        match frame:
            case ResultFrame():
                await self._settle_result(frame)
            case ErrorFrame(of_result=True):
                # Our CALLRESULT was no good to the charger; there is nobody left to tell but the reader of the page.
                self._count(f"our answer refused: {frame.code}", frame.description)
            case ErrorFrame():
                answer = Answer(error_code=frame.code[:60], error_description=frame.description[:300])
                await self._settle(frame.message_id, answer)
            case BadCall():
                self._count(f"bad frame: {frame.code}", text[:200])
                await self._answer(frames.error(frame.message_id, frame.code, frame.description))
            case Ignored():
                self._count(f"ignored: {frame.why}", text[:200])

    def _queue(self, call: CallFrame) -> None:
        if not call.wants_answer:
            self._make_room_for_a_send()
        if len(self._waiting) >= self._queue_length:
            raise Flooded
        self._waiting.append(call)
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())

    def _make_room_for_a_send(self) -> None:
        sends = [waiting for waiting in self._waiting if not waiting.wants_answer]
        if len(sends) >= min(SENDS_WAITING, self._queue_length):
            self._waiting.remove(sends[0])
            self._count(f"dropped: {sends[0].action}"[:60], "")

    async def _work(self) -> None:
        """Handle what waits, one after the other; what was read is finished even when the socket has closed."""
        try:
            while self._waiting:
                call = self._waiting.popleft()
                try:
                    reply = await self._heed(call)
                except Exception:
                    logger.exception("%s: %s failed", self.subprotocol, call.action)
                    reply = Reply(error_code="InternalError", error_description="The depot could not handle this")
                if reply is not None and call.wants_answer:
                    await self._answer(
                        frames.result(call.message_id, reply.payload)
                        if reply.payload is not None
                        else frames.error(call.message_id, reply.error_code, reply.error_description)
                    )
                self._answered(call.action)
        finally:
            self._worker = None

    async def _answer(self, text: str) -> None:
        if self._closed:
            return
        try:
            await self._send(text)
        except (OSError, RuntimeError):
            # The peer went away between its question and our answer; the server tells us so by a disconnect.
            self._closed = True

    # Outward

    async def call(
        self,
        action: str,
        payload: Payload,
        *,
        timeout_s: float,
        message_id: str = "",
        sent: Callable[[], Awaitable[None]] | None = None,
        late: Callable[[Answer], Awaitable[None]] | None = None,
    ) -> Answer:
        """Send a CALL when its turn comes and wait for its answer, `timeout_s` real seconds from the sending.

        `sent` is awaited just before the frame goes out and may raise to call it off. `late` is awaited with an answer
        that comes after NoAnswer was raised. Raises LinkGone and NoAnswer.
        """
        async with self._turn:
            if self._closed:
                raise LinkGone
            pending = _Pending(message_id or str(uuid4()), action, asyncio.get_running_loop().create_future(), late)
            if sent is not None:
                await sent()
            self._pending = pending
            try:
                async with asyncio.timeout(timeout_s):
                    await self._answer(frames.call(pending.message_id, action, payload))
                    if self._closed:
                        raise LinkGone
                    return await pending.future
            except TimeoutError:
                self._remember(pending)
                raise NoAnswer from None
            finally:
                self._pending = None

    def _remember(self, pending: _Pending) -> None:
        self._late[pending.message_id] = pending
        while len(self._late) > LATE_ANSWERS:
            del self._late[next(iter(self._late))]

    async def _settle_result(self, frame: ResultFrame) -> None:
        pending = self._known(frame.message_id)
        if pending is None:
            self._count("answer to nothing", frame.message_id[:60])
            return
        payload = frame.payload if isinstance(frame.payload, dict) else None
        if payload is None:
            broken = schemas.check(self.subprotocol, pending.action, frame.payload, response=True)
        else:
            payload, notes, broken = repairs.repair(self.subprotocol, pending.action, payload, response=True)
            for note in notes:
                # Without an example: an answer may hold a secret.
                self._count(f"answer: {note}", "")
        if broken is None:
            await self._settle(frame.message_id, Answer(payload=payload))
            return
        if self.subprotocol == "ocpp2.1":
            await self._answer(frames.result_error(frame.message_id, broken.code, broken.text))
        self._count(f"bad answer: {pending.action} {broken.rule}", broken.text)
        await self._settle(frame.message_id, Answer(payload=payload, error_code=broken.code, broken=broken.text))

    def _known(self, message_id: str) -> _Pending | None:
        if self._pending is not None and self._pending.message_id == message_id:
            return self._pending
        return self._late.get(message_id)

    async def _settle(self, message_id: str, answer: Answer) -> None:
        pending = self._pending
        if pending is not None and pending.message_id == message_id:
            if not pending.future.done():
                pending.future.set_result(answer)
            return
        remembered = self._late.pop(message_id, None)
        if remembered is None:
            self._count("answer to nothing", message_id[:60])
        elif remembered.late is not None:
            await remembered.late(answer)

    # The end

    def close(self) -> None:
        """The socket is gone: what waits for the charger's answer is released at once."""
        self._closed = True
        if self._pending is not None and not self._pending.future.done():
            self._pending.future.set_exception(LinkGone())

    async def drained(self) -> None:
        """Wait until what had been read is handled."""
        while (worker := self._worker) is not None:
            await asyncio.wait([worker])
