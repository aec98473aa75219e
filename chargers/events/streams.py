"""Values of a monitor that come often enough to have a stream of their own (2.1 N11-N15)."""

from dataclasses import dataclass
from datetime import datetime

from chargers.events.base import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTerms:
    """A stream, and when the charger sends what it has gathered: after so many seconds, or so many values."""

    number: int
    monitor_id: int
    interval_s: int | None = None
    values_at_once: int | None = None


@dataclass(frozen=True, slots=True)
class StreamDecision:
    accepted: bool
    reason: str = ""  # one word, where it is refused; the charger then tells the values one by one (N11)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOpened(Event[StreamDecision]):
    stream: StreamTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamClosed(Event[None]):
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFlowed(Event[None]):
    """What a stream has gathered. Nobody waits for an answer (N15.FR.02)."""

    number: int
    values: tuple[tuple[datetime, str], ...]
    pending: int  # what the charger still holds back


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamsListed(Event[None]):
    """All streams that are open now (N12.FR.01): what is not among them is closed."""

    streams: tuple[StreamTerms, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAdjusted(Event[None]):
    """The charger took the new terms of a stream (N14.FR.03)."""

    number: int
    interval_s: int | None = None
    values_at_once: int | None = None
