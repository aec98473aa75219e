"""A charger on the line: its frames become events for the inbox, our commands become frames. No rules of the yard."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
from django.conf import settings
from django.db import InterfaceError, OperationalError

from chargers.choices import Direction, Standing
from chargers.commands import Command, command_from_row
from chargers.credentials import unseal
from chargers.database import in_database
from chargers.events import CommandAnswered, CommandSent, CommandUnanswered
from chargers.inbox import Caller, DatabaseAway, Heard, Inbox
from chargers.models import IssuedCommand
from chargers.ocpp import repairs, schemas
from chargers.ocpp.dialect import Call, Payload
from chargers.ocpp.dialects import DIALECTS
from chargers.ocpp.frames import CallFrame
from chargers.ocpp.rpc import Answer, Engine, LinkGone, NoAnswer, Reply
from chargers.queries import patience_with
from chargers.services.hear import IN_THE_WAITING_ROOM
from chargers.services.settle import CommandNoLongerWanted
from chargers.trace import recorder

logger = logging.getLogger(__name__)

# Messages about a transaction: a charger throws them away after a few refusals, so they are stored whatever happens.
FACTS = {"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"}
# Acknowledged even where the schema is broken beyond repair (quirks, section 2: never intolerant about a stop).
ALWAYS_ACKNOWLEDGED = {"ocpp1.6": {"StopTransaction", "StatusNotification"}}
# What a 2.x charger may say before it is accepted (B02.FR.09): boot, and what we ask for.
SAID_WHILE_WAITING = {"BootNotification", "Heartbeat", "StatusNotification", "NotifyReport", "NotifyEvent"}
# Taken note of, for people choose bays by it, but accepted only where we asked.
ONLY_WHEN_ASKED = {"StatusNotification", "NotifyEvent"}
NOT_ADOPTED = Reply(error_code="SecurityError", error_description="Not adopted yet")


class Line:
    """One socket of one charger, from its admission to its end."""

    def __init__(
        self,
        caller: Caller,
        inbox: Inbox,
        *,
        send: Callable[[str], Awaitable[None]],
        hang_up: Callable[[int, str], Awaitable[None]],
    ) -> None:
        self.caller = caller
        self.dialect = DIALECTS[caller.protocol]
        self.inbox = inbox
        self.last_frame_at = datetime.now(UTC)
        self.engine = Engine(
            caller.protocol,
            send=send,
            heed=self._heed,
            queue_length=settings.CALL_QUEUE_LENGTH,
            count=self._count,
            answered=self._note_answered,
        )
        self._hang_up = hang_up
        # Some crash over a CALL that comes before the answer to their boot; who does not boot is not waited for long.
        self._boot_is_over = asyncio.Event()
        self._asks_from = time.monotonic() + settings.BOOT_AWAITED_S
        self._is_turned_away = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._carried: set[int] = set()
        self._asked_for_status = False
        self._fetching = asyncio.Lock()

    # Inward

    async def receive(self, text: str) -> None:
        self.last_frame_at = datetime.now(UTC)
        await self.engine.receive(text)

    async def _heed(self, call: CallFrame) -> Reply | None:
        began = time.perf_counter()
        at = self.inbox.now()
        notes: list[str] = []
        try:
            reply = await self._reply(call, at, notes)
        except DatabaseAway:
            # Even a CALLERROR would use up one of the charger's attempts: say nothing and let it keep its queue.
            await self._hang_up(1013, "The depot's database is away")
            return None
        recorder.keep_call(
            self.caller.charger_id,
            Direction.IN,
            call.action,
            call.message_id,
            at=at,
            request=call.payload,
            answer=reply.payload if reply.payload is not None else [reply.error_code, reply.error_description],
            is_error=reply.payload is None,
            repairs=notes,
            delay_ms=(time.perf_counter() - began) * 1000,
        )
        if call.action == "BootNotification" and reply.payload is not None:
            self._is_turned_away = reply.payload.get("status") == "Rejected"
        return reply

    async def _reply(self, call: CallFrame, at: datetime, notes: list[str]) -> Reply:
        protocol, action = self.caller.protocol, call.action
        if action not in self.dialect.tellers:
            self._count(f"not handled: {action}"[:60], orjson.dumps(call.payload)[:200].decode("utf-8", "replace"))
            if action in schemas.actions(protocol):
                return Reply(error_code="NotSupported", error_description=f"{action} is not for a charger to send here")
            return Reply(error_code="NotImplemented", error_description=f"{protocol} has no {action[:40]}")
        payload, repaired, broken = repairs.repair(protocol, action, call.payload)
        notes += repaired
        for kind in repaired:
            self._count(kind, str(call.payload)[:300])
        heard = Heard(at, action, payload)
        if broken is not None:
            return await self._reply_to_broken(heard, broken)
        if self.caller.standing != Standing.ADOPTED:
            turned_down = await self._reply_while_waiting(heard)
            if turned_down is not None:
                return turned_down
        try:
            event = self.dialect.read(action, payload, at)
        except Exception as error:
            if action not in FACTS:
                raise
            logger.exception("%s: %s could not be read", self.caller.identity, action)
            return await self._store_raw(heard, repr(error))
        answer = await self.inbox.handle(self.caller, event, heard)
        if self.caller.standing != Standing.ADOPTED and self._speaks_unasked(action):
            return NOT_ADOPTED
        return self._checked(action, self.dialect.reply(action, answer))

    async def _reply_to_broken(self, heard: Heard, broken: schemas.Broken) -> Reply:
        self._count(f"refused: {heard.action} {broken.rule}", broken.text)
        if heard.action not in ALWAYS_ACKNOWLEDGED.get(self.caller.protocol, ()):
            return Reply(error_code=broken.code, error_description=broken.text)
        return await self._store_raw(heard, broken.text)

    async def _reply_while_waiting(self, heard: Heard) -> Reply | None:
        """None: it goes on to the inbox like anybody's. What it says of transactions is kept until it is adopted."""
        is_16 = self.caller.protocol == "ocpp1.6"
        payload = heard.payload or {}
        if heard.action in FACTS and (heard.action != "MeterValues" or "transactionId" in payload):
            reference = await self.inbox.keep_unread(self.caller, heard, IN_THE_WAITING_ROOM)
            if is_16 and heard.action == "StartTransaction":
                return Reply({"idTagInfo": {"status": "Invalid"}, "transactionId": int(reference)})
            if is_16:
                return Reply({})
        if not is_16 and heard.action not in SAID_WHILE_WAITING:
            return NOT_ADOPTED
        return None

    def _speaks_unasked(self, action: str) -> bool:
        return self.caller.protocol != "ocpp1.6" and action in ONLY_WHEN_ASKED and not self._asked_for_status

    async def _store_raw(self, heard: Heard, why: str) -> Reply:
        """Stored is not understood: the fact is kept and acknowledged as valid."""
        reference = await self.inbox.keep_unread(self.caller, heard, why)
        if heard.action == "StartTransaction":
            return Reply({"idTagInfo": {"status": "Accepted"}, "transactionId": int(reference)})
        return Reply({})

    def _checked(self, action: str, payload: Payload) -> Reply:
        """Strict out: what we say keeps its schema, or we say that we failed."""
        if schemas.is_sent(self.caller.protocol, action):
            return Reply({})  # nobody hears it, unless it was told as a CALL
        broken = schemas.check(self.caller.protocol, action, payload, response=True)
        if broken is None:
            return Reply(payload)
        logger.error("our answer to %s breaks its schema: %s", action, broken.text)
        return Reply(error_code="InternalError", error_description="The depot's own answer would be invalid")

    def _count(self, kind: str, example: str) -> None:
        recorder.count(self.caller.charger_id, kind, example, self.inbox.now())

    # Outward

    def carries(self, command_id: int) -> bool:
        """Has this command reached the line, whatever has come of it since?"""
        return command_id in self._carried

    def carry_out_soon(self, command_id: int) -> None:
        """In a task of its own: who reads the socket must never wait for what comes by that socket."""
        if command_id in self._carried:
            return
        self._carried.add(command_id)
        self._begin(self._carry_out(command_id))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._looked_after(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _looked_after(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (DatabaseAway, OperationalError, InterfaceError):
            # What is not noted as sent is carried out by the charger's next socket, if that comes in time.
            await self._hang_up(1013, "The depot's database is away")
        except Exception:
            # Nobody waits for it; the command is given up when its time is over.
            logger.exception("%s: a command could not be carried out", self.caller.identity)

    def _note_answered(self, action: str) -> None:
        if action == "BootNotification":
            self._boot_is_over.set()

    async def _wait_for_its_boot(self) -> None:
        left = self._asks_from - time.monotonic()
        if left > 0 and not self._boot_is_over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._boot_is_over.wait()

    async def _carry_out(self, command_id: int) -> None:
        # One after the other, so that what was asked first is sent first, however long each look takes.
        async with self._fetching:
            await self._wait_for_its_boot()
            if self._is_turned_away:
                return  # nothing is asked of whom we rejected (1.6 §4.2, 2.x B03.FR.03)
            command, patience = await in_database(_fetch, command_id)
        call = self.dialect.say(command)
        # A 2.x charger may tell its status as an event of its device model instead (G01.FR.08).
        self._asked_for_status |= call.payload.get("requestedMessage") == "StatusNotification"
        heard = Heard(self.inbox.now())
        message_id = str(uuid4())
        was_sent = False

        async def sent() -> None:
            nonlocal was_sent
            await self.inbox.handle(
                self.caller, CommandSent(command_id=command_id, message_id=message_id), Heard(self.inbox.now())
            )
            was_sent = True

        async def late(answer: Answer) -> None:
            # Not here: who reads the socket waits for nothing.
            self._begin(self._settle(command_id, call, answer))

        began = time.perf_counter()
        try:
            answer = await self.engine.call(
                call.action,
                call.payload,
                timeout_s=settings.CALL_TIMEOUT_S * patience,
                message_id=message_id,
                sent=sent,
                late=late,
            )
        except CommandNoLongerWanted:
            return
        except (LinkGone, NoAnswer) as error:
            if isinstance(error, LinkGone) and not was_sent:
                # It never went out: the charger's next socket carries it out, if that comes in time.
                return
            reason = "The link broke before the answer" if isinstance(error, LinkGone) else "No answer in time"
            self._trace(call, message_id, heard.at, None, began)
            unanswered = CommandUnanswered(command_id=command_id, was_sent=was_sent, reason=reason)
            await self.inbox.handle(self.caller, unanswered, Heard(self.inbox.now()))
            return
        self._trace(call, message_id, heard.at, answer, began)
        await self._settle(command_id, call, answer)

    async def _settle(self, command_id: int, call: Call, answer: Answer) -> None:
        now = self.inbox.now()
        if answer.payload is None or answer.error_code:
            answered = CommandAnswered(
                command_id=command_id,
                accepted=False,
                status=answer.error_code,
                payload=answer.payload,
                error_code=answer.error_code or "GenericError",
                error_description=answer.broken or answer.error_description,
            )
        else:
            hearing = self.dialect.hear(call.action, call.payload, answer.payload, now)
            for event in hearing.events:
                await self.inbox.handle(self.caller, event, Heard(now, call.action))
            answered = CommandAnswered(
                command_id=command_id, accepted=hearing.accepted, status=hearing.status, payload=answer.payload
            )
        await self.inbox.handle(self.caller, answered, Heard(now, call.action, answer.payload))

    def _trace(self, call: Call, message_id: str, at: datetime, answer: Answer | None, began: float) -> None:
        if answer is None:
            told: object = None
        else:
            told = answer.payload if not answer.error_code else [answer.error_code, answer.error_description]
        recorder.keep_call(
            self.caller.charger_id,
            Direction.OUT,
            call.action,
            message_id,
            at=at,
            request=call.payload,
            answer=told,
            is_error=answer is None or bool(answer.error_code),
            delay_ms=(time.perf_counter() - began) * 1000 if answer else None,
        )

    # The end

    async def finish(self) -> None:
        """The socket is gone: release what waits for the charger, and finish what had been read from it."""
        self.engine.close()
        self._boot_is_over.set()  # who waits for it finds the link gone
        await self.engine.drained()
        if self._tasks:
            await asyncio.wait(set(self._tasks))


def _fetch(command_id: int) -> tuple[Command, float]:
    """The command, and how many times as long as usual its answer is waited for."""
    row = IssuedCommand.objects.select_related("charger").get(pk=command_id)
    wording = orjson.loads(unseal(bytes(row.sealed))) if row.sealed else row.wording
    return command_from_row(row.kind, wording), patience_with(row.charger)
