"""A swap of batteries that somebody asks for from afar (2.1 S02)."""

from dataclasses import dataclass
from typing import ClassVar

from chargers.commands.base import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSwap(Command):
    kind: ClassVar[str] = "request_swap"
    request_id: int  # what the station then tells of the swap bears it too (S02.FR.02)
    token: str
    token_type: str = "Central"
