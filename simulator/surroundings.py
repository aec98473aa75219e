"""What a charger stands in: time, the yard's books, and the link that a transport gives it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from simulator.agenda import Agenda
from simulator.books import Books
from simulator.clock import Clock


class Link(Protocol):
    """What a transport gives a charger: it sends without waiting."""

    def send(self, text: str) -> None: ...

    def close(self) -> None: ...

    def abort(self) -> None: ...

    def ping(self) -> None:
        """Ask the other end for a sign of life; a link whose last ping is unanswered ends."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A file to be brought to `url`; without a body one that is to be fetched from there."""

    url: str
    body: bytes | None = None


Done = Callable[[bytes | None], None]  # with what came back; None: it failed


@dataclass(slots=True, kw_only=True)
class LinkTimes:
    """Real seconds of the link's own life; tests run them at another pace."""

    call_timeout_s: float = 30.0
    reconnect_first_s: float = 1.0
    reconnect_most_s: float = 30.0
    reboot_s: float = 5.0
    pace: float = 1.0  # multiplies what the server or the configuration wants: boot, heartbeat and retry intervals

    def paced(self, pace: float) -> "LinkTimes":
        return LinkTimes(
            call_timeout_s=self.call_timeout_s * pace,
            reconnect_first_s=self.reconnect_first_s * pace,
            reconnect_most_s=self.reconnect_most_s * pace,
            reboot_s=self.reboot_s * pace,
            pace=self.pace * pace,
        )


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """What all chargers of a yard share."""

    clock: Clock
    agenda: Agenda  # virtual moments
    timers: Agenda  # real seconds
    books: Books
    times: LinkTimes
