"""The browser's socket: it tells a page what changed, as the fragments that a fresh page shows. It takes no orders.

What a page wants to hear of stands in its address (`/live/?on=board&on=charger:12`); what comes in is ignored, so that
every act is a POST with a permission and an audit row.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs

import orjson
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, close_old_connections
from django.http import HttpRequest

from depot import clock, live
from depot.access.models import User
from depot.access.reach import chargers_heard_by
from depot.board import snapshot
from depot.board.frame import chosen_depot
from depot.board.streams import Stream, streams_within_reach

logger = logging.getLogger(__name__)

R = TypeVar("R")

# After the first change at once, further ones are collected this long.
COLLECT_S = 1.0
# A page that hears nothing for 5 s says so.
TICK_S = 2.0
# What changes by time alone (a lease ran out, patience ended) is told by nobody: all rows are looked at this often.
SWEEP_S = 10.0
SIGNED_OUT, NOT_YOURS, LATER = 4401, 4403, 1013


class SignedOut(Exception):
    """The session has ended, the account is closed, or its password was changed."""


class BoardConsumer(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        self.sequence = 0
        self.board: snapshot.Board | None = None
        self.sent: dict[str, str] = {}
        self.streams: list[Stream] = []
        self.pending = live.News()
        self.looking = asyncio.Lock()
        self.sender: asyncio.Task[None] | None = None
        self.ticker: asyncio.Task[None] | None = None
        await self.accept()
        # Joined before the first look: what changes between the two is told twice, never lost.
        await self.channel_layer.group_add(live.GROUP, self.channel_name)
        asked = parse_qs(self.scope["query_string"].decode("ascii", "replace"))
        try:
            hello = await _in_thread(lambda: self._begin(asked.get("on", []), asked.get("seen", [""])[0]))
        except SignedOut:
            await self.close(SIGNED_OUT)
        except PermissionError:
            await self.close(NOT_YOURS)
        except DatabaseError:
            logger.warning("a page could not be served its first look", exc_info=True)
            await self.close(LATER)
        else:
            await self._say(hello)
            self.ticker = asyncio.create_task(self._tick())

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(live.GROUP, self.channel_name)
        for task in (self.sender, self.ticker):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Nothing is asked through this socket."""

    async def changed(self, message: dict[str, Any]) -> None:
        self.pending.add(
            live.News(set(message["chargers"]), set(message["sessions"]), set(message["traced"]), set(message["what"]))
        )
        if self.ticker is not None and (self.sender is None or self.sender.done()):
            self.sender = asyncio.create_task(self._send_pending())

    async def _send_pending(self) -> None:
        while self.pending:
            news, self.pending = self.pending, live.News()
            await self._look_and_tell(news)
            await asyncio.sleep(COLLECT_S)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        sweep_at = loop.time() + SWEEP_S
        while True:
            await asyncio.sleep(TICK_S)
            if loop.time() >= sweep_at:
                await self._look_and_tell(None)
                sweep_at = loop.time() + SWEEP_S
            await self._say({"type": "tick"})

    async def _look_and_tell(self, news: live.News | None) -> None:
        try:
            async with self.looking:
                found = await _in_thread(lambda: self._look(news))
        except SignedOut:
            await self.close(SIGNED_OUT)
        except DatabaseError:
            # The page tries again, and then sees everything anew.
            logger.warning("a page could not be told what changed", exc_info=True)
            await self.close(LATER)
        else:
            if found:
                self.sequence += 1
                await self._say({"type": "changed", "seq": self.sequence, **found})

    async def _say(self, message: dict[str, Any]) -> None:
        try:
            await self.send(text_data=orjson.dumps(message).decode())
        except OSError as gone:
            logger.debug("a page left before its goodbye was heard: %r", gone)

    # From here on: in a thread, with the database.

    def _user(self) -> User:
        """Who sits there, asked anew: roles, reach and passwords change while a page is open."""
        request = HttpRequest()
        kept = self.scope.get("session")
        if kept is None or not kept.session_key:
            raise SignedOut
        request.session = SessionStore(kept.session_key)
        user = get_user(request)
        if not isinstance(user, User):
            raise SignedOut
        return user

    def _begin(self, wanted: list[str], seen: str) -> dict[str, Any]:
        user = self._user()
        self.streams = streams_within_reach(user, wanted)
        stale = any(stream.kind != "board" for stream in self.streams)
        if any(stream.kind == "board" for stream in self.streams):
            context = self._load_board(user)
            assert self.board is not None
            stale = stale or snapshot.digest_of(self.board, context) != seen
        return {"type": "hello", "resync": stale}

    def _load_board(self, user: User) -> dict[str, Any]:
        now = clock.now()
        self.board = snapshot.load(user, chosen_depot(user, self.scope["session"]), now=now)
        context = snapshot.context_of(self.board, now=now, real_now=datetime.now(UTC))
        self.sent = snapshot.parts_of(context)
        return context

    def _look(self, news: live.News | None) -> dict[str, Any]:
        user = self._user()
        heard = chargers_heard_by(user)
        found: dict[str, Any] = {}
        if news is None:
            chargers = None
        else:
            chargers = news.chargers if heard is None else news.chargers & heard
            told = [str(stream) for stream in self.streams if stream.is_told_by(news, heard)]
            if told:
                found["told"] = told
        if self.board is not None:
            found |= self._look_at_board(self.board, user, chargers)
        return found

    def _look_at_board(self, board: snapshot.Board, user: User, charger_ids: set[int] | None) -> dict[str, Any]:
        now = clock.now()
        board.user = user
        try:
            changed = snapshot.refresh(board, now=now, charger_ids=charger_ids)
        except snapshot.RowsHaveChanged:
            self._load_board(user)
            return {"resync": True}
        context = snapshot.context_of(board, now=now, real_now=datetime.now(UTC))
        parts = snapshot.parts_of(context)
        patch = {name: html for name, html in parts.items() if self.sent.get(name) != html}
        self.sent = parts
        patch |= snapshot.rows_html(changed, context)
        return {"patch": patch} if patch else {}


async def _in_thread(look: Callable[[], R]) -> R:
    """In a thread of the pool: many pages look at once, and none waits in line with the requests."""

    def looked() -> R:
        close_old_connections()
        try:
            return look()
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(None, looked)
