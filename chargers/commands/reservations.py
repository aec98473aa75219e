"""An outlet kept for a token until a moment (1.6 §5.13, 2.x H01, H02)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from chargers.commands.base import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve(Command):
    kind: ClassVar[str] = "reserve"
    reservation_id: int
    token: str
    token_type: str = "Central"  # 2.x only
    group: str = ""
    until: datetime
    evse: int | None = None  # None: whichever is free
    connector_type: str = ""  # 2.x only, in its words: cCCS2, sType2, ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReservation(Command):
    kind: ClassVar[str] = "cancel_reservation"
    reservation_id: int
