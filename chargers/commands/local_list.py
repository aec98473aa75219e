"""The tokens that a charger may accept by itself (1.6 §3.5, 2.x D01, D02)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from chargers.commands.base import Command
from chargers.events.charging import TokenStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntry:
    token: str
    token_type: str = "Central"  # 2.x only
    status: TokenStatus | None = TokenStatus.ACCEPTED  # None: it is taken off the list
    expires_at: datetime | None = None
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendLocalList(Command):
    """A full list replaces what is there, and one without entries empties it."""

    kind: ClassVar[str] = "send_local_list"
    version: int  # above 0, which means that there is no list
    is_full: bool
    entries: tuple[ListEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLocalListVersion(Command):
    kind: ClassVar[str] = "read_local_list_version"
