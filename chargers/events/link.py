"""The link itself: a socket opened, a socket closed, a command was answered."""

from dataclasses import dataclass
from typing import Any

from chargers.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected(Event[None]):
    connection_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected(Event[None]):
    connection_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSent(Event[None]):
    command_id: int
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAnswered(Event[None]):
    """The charger's CALLRESULT or CALLERROR to a command; `accepted` is the dialect's reading of it."""

    command_id: int
    accepted: bool
    status: str = ""  # in the charger's words: Accepted, Rejected, NotSupported, ...
    payload: dict[str, Any] | None = None
    error_code: str = ""
    error_description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandUnanswered(Event[None]):
    """No answer by the deadline, the link broke before it, or the command never reached a socket."""

    command_id: int
    was_sent: bool
    reason: str
