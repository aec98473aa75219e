"""Streams of monitored values: which are open, and how often they flow (2.1 N12, N14)."""

from dataclasses import dataclass
from typing import ClassVar

from chargers.commands.base import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStreams(Command):
    kind: ClassVar[str] = "read_streams"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustStream(Command):
    """At least one of the two is told (N14.FR.01)."""

    kind: ClassVar[str] = "adjust_stream"
    number: int
    interval_s: int | None = None
    values_at_once: int | None = None
