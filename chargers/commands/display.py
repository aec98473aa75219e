"""Messages on a charger's display (2.x O01-O06)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from chargers.commands.base import Command


class MessagePriority(StrEnum):
    ALWAYS_IN_FRONT = "AlwaysFront"
    IN_FRONT = "InFront"
    NORMAL = "NormalCycle"


class MessageState(StrEnum):
    """While the charger is so, the message is shown."""

    CHARGING = "Charging"
    FAULTED = "Faulted"
    IDLE = "Idle"
    UNAVAILABLE = "Unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowMessage(Command):
    kind: ClassVar[str] = "show_message"
    message_id: int
    priority: MessagePriority
    text: str
    language: str = ""  # RFC 5646
    state: MessageState | None = None
    since: datetime | None = None
    until: datetime | None = None
    reference: str = ""  # of the transaction with whose end it goes


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearMessage(Command):
    kind: ClassVar[str] = "clear_message"
    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMessages(Command):
    kind: ClassVar[str] = "report_messages"
    request_id: int
    message_ids: tuple[int, ...] = ()
    priority: MessagePriority | None = None
    state: MessageState | None = None
