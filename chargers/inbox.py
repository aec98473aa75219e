"""The one port upward: what a charger does is handed in here, and the roof decides what it means."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from chargers.choices import Standing
from chargers.events import Event

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Caller:
    """The charger on the line, as the door admitted it; a value, so that no handler needs to look it up."""

    charger_id: int
    identity: str
    connection_id: int
    protocol: str
    standing: Standing

    def now_as(self, standing: Standing) -> "Caller":
        return replace(self, standing=standing)


@dataclass(frozen=True, slots=True)
class Heard:
    """When a message was heard (business time), and the raw message, kept where it cannot be understood."""

    at: datetime
    action: str = ""
    payload: dict[str, Any] | None = None


class DatabaseAway(Exception):
    """Nothing can be stored now: answer nothing, close the socket, let the charger keep its queue."""


class Inbox(Protocol):
    async def handle(self, caller: Caller, event: Event[A], heard: Heard) -> A:
        """Store what `event` says and decide its answer; returns after the commit. Raises DatabaseAway."""
        ...

    async def keep_unread(self, caller: Caller, heard: Heard, why: str) -> str:
        """Store a message about a transaction raw, to be understood later; the reference that answers it, or ""."""
        ...

    def now(self) -> datetime:
        """The business time."""
        ...


_installed: list[Inbox] = []


def install(inbox: Inbox) -> None:
    _installed[:] = [inbox]


def installed() -> Inbox:
    return _installed[0]
