"""The one way to publish: who is told that something changed.

A telling is collected per process: the first goes out at once, what follows is gathered for a second. One message on
the group `board` carries the ids; who listens reads the rows again, so that a lost message costs a second and no truth.
"""

import asyncio
import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from chargers import layer

logger = logging.getLogger(__name__)

GROUP = "board"
GATHER_S = 1.0


def tell(
    chargers: Iterable[int] = (), sessions: Iterable[int] = (), *, traced: Iterable[int] = (), what: str = ""
) -> None:
    """Tell, after the commit of the atomic block that is open, that these changed. A deaf listener refuses no fact."""
    if getattr(_quiet, "on", False):
        return
    news = News(set(chargers), set(sessions), set(traced), {what} if what else set())
    transaction.on_commit(lambda: teller.gather(news), robust=True)


@contextmanager
def quietly() -> Iterator[None]:
    """What happens within is of the past: nobody is told."""
    _quiet.on = True
    try:
        yield
    finally:
        _quiet.on = False


_quiet = threading.local()


class News:
    """What has changed since the last message."""

    def __init__(
        self,
        chargers: set[int] | None = None,
        sessions: set[int] | None = None,
        traced: set[int] | None = None,
        what: set[str] | None = None,
    ) -> None:
        self.chargers, self.sessions = chargers or set(), sessions or set()
        self.traced, self.what = traced or set(), what or set()

    def add(self, other: "News") -> None:
        self.chargers |= other.chargers
        self.sessions |= other.sessions
        self.traced |= other.traced
        self.what |= other.what

    def __bool__(self) -> bool:
        return bool(self.chargers or self.sessions or self.traced or self.what)

    def message(self) -> dict[str, Any]:
        return {
            "type": "changed",
            "chargers": sorted(self.chargers),
            "sessions": sorted(self.sessions),
            "traced": sorted(self.traced),
            "what": sorted(self.what),
        }


class Teller:
    """Gathers news of all threads and sends them from the process's own loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news = News()
        self._is_sending = False

    def gather(self, news: News) -> None:
        with self._lock:
            self._news.add(news)
            if self._is_sending:
                return
            self._is_sending = True
        layer.spawn(self._send)

    async def _send(self) -> None:
        try:
            while (news := self._take()) is not None:
                try:
                    await layer.channel_layer().group_send(GROUP, news.message())
                except Exception:
                    # The layer is away; who looks at a page sees it at that page's next own look.
                    logger.warning("news could not be sent", exc_info=True)
                await asyncio.sleep(GATHER_S)
        except BaseException:
            # This loop ends; the next news go by another one.
            with self._lock:
                self._is_sending = False
            raise

    def _take(self) -> News | None:
        with self._lock:
            news, self._news = self._news, News()
            self._is_sending = bool(news)
            return news or None


teller = Teller()
