"""The yard's own time: a virtual moment that runs at a rate of the real one, and stands still on demand."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

# A moment is seconds since 1970 (UTC): floats subtract and integrate without ceremony.
Moment = float


def read_moment(text: str) -> Moment:
    """The moment an ISO 8601 text names; a text without a zone is taken as UTC."""
    told = datetime.fromisoformat(text)
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()


def write_moment(moment: Moment) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Clock:
    """Virtual time: `moment = base + (real - real_base) * rate`."""

    def __init__(
        self, moment: Moment | None = None, rate: float = 1.0, *, real: Callable[[], float] = time.monotonic
    ) -> None:
        self.real = real
        self.rate = rate
        self._base = time.time() if moment is None else moment
        self._real_base = real()
        self._standing_at: Moment | None = None

    def now(self) -> Moment:
        if self._standing_at is not None:
            return self._standing_at
        return self._base + (self.real() - self._real_base) * self.rate

    @contextmanager
    def standing_at(self, moment: Moment) -> Iterator[None]:
        """What is done late happens at its own time all the same: a busy machine makes no charger slow."""
        before, self._standing_at = self._standing_at, moment
        try:
            yield
        finally:
            self._standing_at = before

    def set(self, moment: Moment | None = None, rate: float | None = None, *, ago_s: float = 0.0) -> None:
        """Set to a moment that it was so many real seconds ago: since then it has run at the new rate."""
        self._base = self.now() if moment is None else moment
        self._real_base = self.real() - ago_s
        if rate is not None:
            self.rate = rate

    def real_seconds_until(self, moment: Moment) -> float | None:
        """How long to wait, really, until `moment`; None while the clock stands still."""
        ahead = moment - self.now()
        if ahead <= 0:
            return 0.0
        return ahead / self.rate if self.rate > 0 else None


class StillClock(Clock):
    """A clock that is moved by hand: the recorder's, and the tests'."""

    def __init__(self, moment: Moment) -> None:
        super().__init__(moment, rate=0.0, real=lambda: 0.0)

    def move_to(self, moment: Moment) -> None:
        self.set(moment)
