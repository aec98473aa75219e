"""Notices of what somebody has to know before the morning: departures in danger, and meters that fell silent."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery

from depot.energy.models import MeterKind, MeterSample, MeterSource, StoredPlan, Wiring
from depot.energy.pages.departures import Departure, clerk, departures_seen_by
from depot.energy.pages.models import Label
from depot.models import Depot
from depot.notices.models import Notice

# The later ones are worse: a departure is told of again only when it gets worse.
KINDS = {Label.RISK: "departure.at_risk", Label.DUE: "departure.not_plugged_in", Label.MISS: "departure.will_miss"}
SILENT, BACK = "meter.silent", "meter.back"
MEANS = {
    MeterKind.BUILDING: "The building is counted at the most that is kept for it.",
    MeterKind.SOLAR: "The sun is counted as gone.",
    MeterKind.GRID: "What the site draws is the sum of its other meters.",
    MeterKind.PRICE: "Hours without a price have the one that stands in.",
}


class _Looked:
    """Which plan each depot was looked at with, in this process: between two plans little changes."""

    def __init__(self) -> None:
        self.plans: dict[int, tuple[int, datetime]] = {}

    def is_new(self, plan: StoredPlan) -> bool:
        seen = (plan.pk, plan.made_at)
        if self.plans.get(plan.depot_id) == seen:
            return False
        self.plans[plan.depot_id] = seen
        return True


looked = _Looked()


def tell_of_departures(now: datetime) -> int:
    """How many notices were written. Each departure is told of once, and again when it gets worse."""
    newest = StoredPlan.objects.filter(depot=OuterRef("pk")).order_by("-made_at", "-pk").values("pk")[:1]
    depots = Depot.objects.filter(pk__in=Wiring.objects.values("circuit__depot")).annotate(plan=Subquery(newest))
    plans = StoredPlan.objects.filter(pk__in=depots.values("plan")).select_related("depot")
    return sum(
        tell_of(plan.depot, departures_seen_by(clerk(), plan.depot, now), now) for plan in plans if looked.is_new(plan)
    )


def tell_of(depot: Depot, departures: Sequence[Departure], now: datetime) -> int:
    worse = list(KINDS)
    before: dict[tuple[str, str], int] = {}
    recent = Notice.objects.filter(depot=depot, kind__in=KINDS.values(), at__gt=now - timedelta(days=2))
    for kind, detail in recent.values_list("kind", "detail"):
        key = (detail.get("departure", ""), detail.get("departs_at", ""))
        rank = list(KINDS.values()).index(kind)
        before[key] = max(rank, before.get(key, -1))
    told = []
    for one in departures:
        key = (one.key, one.departs_at.isoformat())
        if one.label in KINDS and worse.index(one.label) > before.get(key, -1):
            told.append(_notice(depot, one, now))
    Notice.objects.bulk_create(told)
    return len(told)


def _notice(depot: Depot, one: Departure, now: datetime) -> Notice:
    leaves = f"{one.departs_at.astimezone(ZoneInfo(depot.time_zone)):%H:%M}"
    where = f" at {one.bay}" if one.bay else ""
    return Notice(
        at=now,
        depot=depot,
        kind=KINDS[one.label],
        subject=one.name[:120],
        text=f"{one.name}{where}, leaves {leaves}: {one.label.label.lower()}. {one.said.why}"[:400],
        detail={"departure": one.key, "departs_at": one.departs_at.isoformat()},
    )


def tell_of_meters(now: datetime) -> int:
    """Once when a meter falls silent, once when it is back."""
    newest = MeterSample.objects.filter(source=OuterRef("pk"), at__lte=now).order_by("-at").values("at")[:1]
    told = 0
    for meter in MeterSource.objects.annotate(newest_at=Subquery(newest)).filter(newest_at__isnull=False):
        heard_at: datetime = meter.newest_at
        is_silent = now - heard_at > timedelta(seconds=meter.stale_after_s)
        last = Notice.objects.filter(kind__in=(SILENT, BACK), detail__meter=meter.pk).first()
        was_silent = last is not None and last.kind == SILENT
        if is_silent != was_silent:
            _tell_of_meter(meter, heard_at, now, is_silent=is_silent)
            told += 1
    return told


def _tell_of_meter(meter: MeterSource, heard_at: datetime, now: datetime, *, is_silent: bool) -> None:
    zone = ZoneInfo(Depot.objects.values_list("time_zone", flat=True).get(pk=meter.depot_id))
    wall = f"{heard_at.astimezone(zone):%H:%M:%S}"
    text = f"{meter.name} tells again." if not is_silent else f"{meter.name} has told nothing since {wall}."
    if is_silent:
        text += f" {MEANS[MeterKind(meter.kind)]}"
    Notice.objects.create(
        at=now,
        depot_id=meter.depot_id,
        kind=SILENT if is_silent else BACK,
        subject=meter.name[:120],
        text=text,
        detail={"meter": meter.pk},
    )
