"""The chargers' door in the ASGI world: frames in, frames out. What they mean is decided elsewhere."""

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import InterfaceError, OperationalError

from chargers import admission, gateway, layer
from chargers.admission import Knock, TurnedAway
from chargers.choices import Standing
from chargers.database import in_database
from chargers.events import Connected, Disconnected
from chargers.inbox import DatabaseAway, Heard, installed
from chargers.line import Line
from chargers.ocpp.rpc import Flooded

logger = logging.getLogger(__name__)

BINARY, FLOODED, AWAY, REPLACED = 1003, 1008, 1013, 1000
# A peer that takes nothing for this long reads no more; what waits for it is bounded, and its socket is ended.
TAKEN_WITHIN_S = 30.0
REALM = b'Basic realm="OCPP", charset="UTF-8"'

# The lines of this process, by connection id.
lines: dict[int, "ChargerConsumer"] = {}


class ChargerConsumer:
    """One socket of one charger.

    A plain ASGI application that reads its socket itself rather than through Channels' dispatch, which hops through
    the one thread-sensitive thread for each message: a slow operation there would stop every charger.
    """

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        layer.take_loop()
        keeper.start()
        self.scope, self._receive_message, self._send_message = scope, receive, send
        self._closing = False
        self._reading: asyncio.Task[Any] | None = None
        if (await receive())["type"] != "websocket.connect":
            return
        knock = admission.read_knock(scope, self._transport())
        # A name of ours, heard on later: who comes in must not wait for the channel layer.
        channel = f"charger.{uuid4().hex}"
        # Where no socket is left, one of a charger that returns takes the place of those that it hangs on with.
        elders = _of_identity(knock.identity) if len(lines) >= settings.CHARGER_SOCKETS_MAX else []
        try:
            admitted = await in_database(admission.admit, knock, channel, len(lines) - len(elders))
        except TurnedAway as refused:
            await self._turn_away(refused, knock)
            return
        for elder in elders:
            elder._give_up()
        accept: dict[str, Any] = {"type": "websocket.accept"}
        if admitted.subprotocol:
            accept["subprotocol"] = admitted.subprotocol
        self.line = Line(admitted.caller, installed(), send=self._send_text, hang_up=self.hang_up)
        try:
            await send(accept)
        except OSError as gone:
            # It gave up while it waited at the door, and may be here again: in the books this socket is no longer open,
            # or its commands would be sent there.
            logger.info("%s left before it was let in: %r", knock.identity, gone)
            await asyncio.shield(self._end("It left before it was let in"))
            return
        lines[admitted.caller.connection_id] = self
        listener = asyncio.create_task(self._listen(channel))
        reason = "The server stopped"
        try:
            await self._tell(Connected(connection_id=admitted.caller.connection_id))
            reason = await self._read()
        finally:
            listener.cancel()
            lines.pop(admitted.caller.connection_id, None)
            asyncio.get_running_loop().call_later(TAKEN_WITHIN_S, self._abort)
            await asyncio.shield(self._end(reason))

    async def _turn_away(self, refused: TurnedAway, knock: Knock) -> None:
        logger.info("%s from %s refused: %s", knock.identity or knock.path, knock.address, refused.reason)
        if refused.status > 1000:
            await self._send_message({"type": "websocket.accept"})
            await self._send_message({"type": "websocket.close", "code": refused.status, "reason": str(refused)[:120]})
        elif "websocket.http.response" in self.scope.get("extensions", {}):
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            if refused.status == 401:
                headers.append((b"www-authenticate", REALM))
            if refused.status == 503:
                headers.append((b"retry-after", b"30"))
            start = {"type": "websocket.http.response.start", "status": refused.status, "headers": headers}
            await self._send_message(start)
            await self._send_message({"type": "websocket.http.response.body", "body": str(refused).encode()})
        else:
            await self._send_message({"type": "websocket.close", "code": 1008})  # before accept: the server says 403

    async def _read(self) -> str:
        """Read until the socket ends; why it did."""
        reader = self._reading = asyncio.current_task()
        try:
            return await self._read_on()
        except asyncio.CancelledError:
            if self._reading is not None or reader is None:
                raise
            reader.uncancel()
            return "It took nothing any more"
        finally:
            self._reading = None

    async def _read_on(self) -> str:
        while True:
            message = await self._receive_message()
            if message["type"] == "websocket.disconnect":
                code, reason = message.get("code", 1006), message.get("reason") or ""
                return f"{code} {reason}".strip()
            text = message.get("text")
            if text is None:
                await self.hang_up(BINARY, "OCPP-J is text")
                continue
            try:
                await self.line.receive(text)
            except Flooded:
                await self.hang_up(FLOODED, "Too many calls waiting")

    async def _send_text(self, text: str) -> None:
        await self._send_in_time({"type": "websocket.send", "text": text})

    async def _send_in_time(self, message: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(TAKEN_WITHIN_S):
                await self._send_message(message)
        except TimeoutError:
            logger.warning("%s: takes nothing any more", self.line.caller.identity)
            self._give_up()
            raise

    def _give_up(self) -> None:
        """End the socket without another word, for none would arrive, and the reading with it."""
        self._closing = True
        self._abort()
        reader, self._reading = self._reading, None
        if reader is not None:
            reader.cancel()

    def _abort(self) -> None:
        # ASGI has no word for this, and the server waits for ever until what it holds for a peer is taken.
        transport = self._transport()
        if transport is not None:
            transport.abort()

    def _transport(self) -> Any:
        return getattr(getattr(self._send_message, "__self__", None), "transport", None)

    async def hang_up(self, code: int, reason: str) -> None:
        """Close the socket; the reading ends by itself when the server says that it is closed."""
        if self._closing:
            return
        self._closing = True
        self.line.engine.close()
        try:
            await self._send_in_time({"type": "websocket.close", "code": code, "reason": reason[:120]})
        except (OSError, RuntimeError) as error:
            logger.debug("%s was gone already: %r", self.line.caller.identity, error)

    async def _end(self, reason: str) -> None:
        await self.line.finish()
        connection_id = self.line.caller.connection_id
        await self._tell(Disconnected(connection_id=connection_id, reason=reason[:120]))

    async def _tell(self, event: Connected | Disconnected) -> None:
        inbox = installed()
        try:
            # Asked in a database thread, so that the loop knows the time from the first frame on.
            await inbox.handle(self.line.caller, event, Heard(await in_database(inbox.now)))
        except (DatabaseAway, OperationalError, InterfaceError):
            # What the books say of this socket is put right when the lease is renewed again.
            await self.hang_up(AWAY, "The depot's database is away")

    # What other processes tell this socket

    async def _listen(self, channel: str) -> None:
        while True:
            message = await layer.next_message(channel)
            match message["type"]:
                case "command.issued":
                    self.line.carry_out_soon(message["command_id"])
                case "line.standing":
                    await self.heed_standing(Standing(message["standing"]))
                case "line.closed":
                    await self.hang_up(FLOODED, message["why"])
                case other:
                    logger.warning("nothing is done about %s", other)

    async def heed_standing(self, standing: Standing) -> None:
        """What a person decided about this charger holds from now on."""
        if standing == Standing.REFUSED:
            await self.hang_up(REPLACED, "Refused by a person")
        else:
            self.line.caller = self.line.caller.now_as(standing)


def _of_identity(identity: str) -> list[ChargerConsumer]:
    return [held for held in lines.values() if held.line.caller.identity.casefold() == identity.casefold()]


class Keeper:
    """Looks after this process's sockets: lease, lost nudges, sockets that a newer one has replaced, and the books."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._keep())

    async def _keep(self) -> None:
        renewed = 0.0
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(gateway.LOOK_EVERY_S)
            mine = dict(lines)
            try:
                if clock() - renewed >= gateway.LEASE_EVERY_S:
                    heard = {pk: consumer.line.last_frame_at for pk, consumer in mine.items()}
                    await in_database(gateway.renew_lease, heard)
                    renewed = clock()
                    await self._put_books_right(mine)
                    await self._close_superseded(mine)
                for connection_id, command_id in await in_database(gateway.commands_waiting, list(mine)):
                    if connection_id in lines:
                        lines[connection_id].line.carry_out_soon(command_id)
            except Exception:
                # The database may be away: chargers are shown offline when the lease runs out, and we try again.
                logger.warning("the gateway could not look after its sockets", exc_info=True)

    async def _put_books_right(self, mine: dict[int, ChargerConsumer]) -> None:
        """What could not be stored while the database was away, what was stored of us meanwhile, and lost nudges."""
        books = await in_database(gateway.look_into_books, list(mine))
        for caller in books.ghosts:
            gone = Disconnected(connection_id=caller.connection_id, reason="Its end could not be noted in time")
            await installed().handle(caller, gone, Heard(installed().now()))
        for connection_id, consumer in mine.items():
            if lines.get(connection_id) is not consumer:
                continue
            if connection_id in books.closed:
                # This process was taken for dead while it could not renew its lease.
                there = Connected(connection_id=connection_id)
                await installed().handle(consumer.line.caller, there, Heard(installed().now()))
            elif connection_id not in books.standings:
                await consumer.hang_up(REPLACED, "This connection is not in the books any more")
            elif books.standings[connection_id] != consumer.line.caller.standing:
                await consumer.heed_standing(books.standings[connection_id])

    async def _close_superseded(self, mine: dict[int, ChargerConsumer]) -> None:
        now = datetime.now(UTC)
        idle = [pk for pk, consumer in mine.items() if now - consumer.line.last_frame_at > gateway.SUPERSEDED_IDLE]
        if not idle:
            return
        for connection_id in await in_database(gateway.superseded, idle):
            await mine[connection_id].hang_up(REPLACED, "A newer connection of this charger took over")


keeper = Keeper()
