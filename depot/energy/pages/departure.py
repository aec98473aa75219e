"""One departure as Readiness shows it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from depot.board import figures
from depot.board.state import Shape
from depot.energy.models import PlannedStay
from depot.energy.pages.models import Label
from depot.energy.pages.readiness import Said, is_short
from depot.energy.queries.after import Stood

SHAPES = {Label.DUE: "risk", Label.MISS: "miss", Label.RISK: "risk", Label.TRACK: "track", Label.READY: "ok"}
TROUBLE = {
    Shape.FAULT: "fault at {bay}: {info}",
    Shape.REPLUG: "replug the cable at {bay}",
    Shape.CARPAUSE: "draws nothing at {bay}, though it may: often a timer in the vehicle",
    Shape.CARD: "waits for a card at {bay}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    key: str  # "vehicle-7" or "session-12"
    name: str
    bay: str
    departs_at: datetime
    departure_words: str
    said: Said
    is_departure_known: bool = True
    got_kwh: float | None = None  # since it was plugged in, into the battery
    needs_kwh: float | None = None
    need_words: str = ""
    unmet_kwh: float = 0.0
    ready_at: datetime | None = None
    spare: timedelta | None = None
    expected_at: datetime | None = None  # of one that is not plugged in
    soc_percent: float | None = None
    target_percent: int | None = None
    power_kw: float | None = None
    why_now: str = ""  # why it draws what it draws
    is_now: bool = False
    priority: int = 1
    stay: PlannedStay | None = None
    stood: Stood | None = None  # of one whose charge has ended

    @property
    def label(self) -> Label:
        return self.said.label

    @property
    def shape(self) -> str:
        return SHAPES[self.said.label]

    @property
    def spare_words(self) -> str:
        if self.spare is None:
            return ""
        return figures.length(self.spare) if self.spare >= timedelta(minutes=1) else "none"

    @property
    def reaches_at(self) -> datetime | None:
        """Of one that leaves with so little missing that it counts as ready: when it leaves."""
        is_enough = self.stay is not None and not is_short(self.unmet_kwh, self.needs_kwh or 0.0)
        return self.ready_at or (self.departs_at if is_enough else None)

    @property
    def is_here(self) -> bool:
        return self.expected_at is None

    @property
    def share(self) -> tuple[float, float]:
        """Of a bar: how much of its need stands, and how much the plan adds, in percent."""
        if self.soc_percent is not None and self.target_percent:
            planned = max(0.0, self.target_percent - self.soc_percent)
            return self.soc_percent, planned * self._planned_share
        got, needs = self.got_kwh or 0.0, self.needs_kwh or 0.0
        share = 100.0 * got / (got + needs) if got + needs > 0 else 100.0
        return share, (100.0 - share) * self._planned_share

    @property
    def _planned_share(self) -> float:
        if not self.needs_kwh:
            return 1.0
        return max(0.0, 1.0 - self.unmet_kwh / self.needs_kwh)
