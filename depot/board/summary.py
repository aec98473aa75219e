"""What the rows of the board add up to: chips with counts, zones with their power, the strip on top."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Q, Subquery
from django.utils.text import slugify

from depot.access.models import User
from depot.access.reach import within_reach
from depot.board import figures
from depot.board.rows import BayRow
from depot.board.state import NEEDS_SOMEONE, Shape
from depot.models import Depot
from sessions.models import MeterReading, Session

# Above this many rows, zones in which nobody is needed start folded to one line.
FOLD_ABOVE = 120


@dataclass(frozen=True, slots=True)
class Chip:
    key: str
    words: str
    icon: str
    count: int


@dataclass(frozen=True, slots=True)
class Zone:
    name: str
    slug: str
    rows: Sequence[BayRow] = field(repr=False)
    starts_folded: bool

    @property
    def power_w(self) -> int:
        return sum(row.power_now_w for row in self.rows)

    @property
    def words(self) -> str:
        """`71 kW · 10 of 20 charging`"""
        charging = sum(row.shape == Shape.CHARGING for row in self.rows)
        return f"{figures.kw(self.power_w)} · {charging} of {len(self.rows)} charging"


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of the bar: a zone's share of the power."""

    name: str
    power_w: int
    x: float
    width: float
    number: int


@dataclass(frozen=True, slots=True)
class Strip:
    power_w: int
    limit_w: int | None
    parts: Sequence[Part]
    limit_x: float | None
    not_counted: int
    vehicles: int
    charging: int
    energy_today_wh: int
    energy_is_partial: bool


CHIPS: tuple[tuple[str, str, str, Callable[[BayRow], bool]], ...] = (
    ("", "All", "", lambda row: True),
    ("charging", "Charging", "charging", lambda row: row.shape == Shape.CHARGING),
    ("hold", "Waits", "hold", lambda row: row.shape == Shape.HOLD),
    ("full", "Full", "full", lambda row: row.shape == Shape.FULL),
    ("free", "Free", "free", lambda row: row.shape == Shape.FREE),
    ("needs", "Needs someone", "risk", lambda row: row.shape in NEEDS_SOMEONE),
    ("gone", "No contact", "gone", lambda row: row.shape == Shape.GONE),
)


def chips_of(rows: Sequence[BayRow]) -> list[Chip]:
    return [Chip(key, words, icon, sum(map(fits, rows))) for key, words, icon, fits in CHIPS]


def zones_of(rows: Sequence[BayRow]) -> list[Zone]:
    many = len(rows) > FOLD_ABOVE
    zones = []
    for name, inside in groupby(rows, key=lambda row: row.zone):
        mine = list(inside)
        needed = any(row.shape in NEEDS_SOMEONE or row.is_gone for row in mine)
        zones.append(Zone(name, slugify(name) or "zone", mine, starts_folded=many and not needed))
    return zones


def strip_of(rows: Sequence[BayRow], depot: Depot | None, *, energy_today: tuple[int, bool]) -> Strip:
    """The bar is drawn to the site's limit; where that is not known, to what the bays could draw together."""
    limit_w = depot.site_limit_w if depot else None
    power_w = sum(row.power_now_w for row in rows)
    scale_w = max(limit_w or sum(row.max_w or 0 for row in rows), power_w, 1) * 1.04
    parts, x = [], 0.0
    for number, zone in enumerate(zones_of(rows)):
        width = 100 * max(0, zone.power_w) / scale_w
        parts.append(Part(zone.name, zone.power_w, round(x, 2), round(width, 2), number % 4 + 1))
        x += width
    return Strip(
        power_w=power_w,
        limit_w=limit_w,
        parts=parts,
        limit_x=round(100 * limit_w / scale_w, 2) if limit_w else None,
        not_counted=sum(row.is_gone and row.session_id is not None for row in rows),
        vehicles=sum(row.has_vehicle for row in rows),
        charging=sum(row.shape == Shape.CHARGING for row in rows),
        energy_today_wh=energy_today[0],
        energy_is_partial=energy_today[1],
    )


def energy_today_wh(user: User, depot: Depot | None, *, now: datetime) -> tuple[int, bool]:
    """What flowed since midnight in the depot's zone, and whether some of it is not known.

    A session that began before midnight counts from its last register before it.
    """
    if depot is None:
        return 0, False
    zone = ZoneInfo(depot.time_zone)
    midnight = datetime.combine(now.astimezone(zone).date(), time(0), tzinfo=zone)
    register_then = (
        MeterReading.objects.filter(session=OuterRef("pk"), at__lte=midnight, energy_wh__isnull=False)
        .order_by("-at")
        .values("energy_wh")[:1]
    )
    today = Session.objects.filter(Q(ended_at=None) | Q(ended_at__gt=midnight), depot_key=depot.pk)
    rows = (
        within_reach(user, today)
        .filter(started_at__lte=now)
        .order_by()
        .annotate(then_wh=Subquery(register_then))
        .values_list("started_at", "energy_wh", "meter_start_wh", "then_wh")
    )
    total, partial = 0, False
    for started_at, energy_wh, meter_start_wh, then_wh in rows:
        if energy_wh is None:
            partial = True
        elif started_at >= midnight:
            total += energy_wh
        elif then_wh is not None and meter_start_wh is not None:
            total += max(0, energy_wh - max(0, then_wh - meter_start_wh))
        else:
            partial = True
    return total, partial
