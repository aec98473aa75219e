"""What the standard does not know."""

from dataclasses import dataclass
from typing import ClassVar

from chargers.commands.base import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class SendData(Command):
    """DataTransfer; 1.6 carries text only, so it is text in all versions."""

    kind: ClassVar[str] = "send_data"
    vendor_id: str
    message_id: str = ""
    data: str | None = None
