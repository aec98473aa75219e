"""Notices of what somebody has to know before the morning: departures in danger, and meters that fell silent."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery

from depot.energy.models import MeterKind, MeterSample, MeterSource, StoredPlan, Wiring
from depot.energy.pages.departure import Departure
from depot.energy.pages.departures import clerk, departures_seen_by
from depot.energy.pages.models import Label
from depot.energy.pages.nights import note_stood
from depot.models import Depot
from depot.notices.models import Notice

# What is over by the next plan, such as a restart of ours, is nobody's business.
LASTS = timedelta(minutes=10)
# One cause is one notice: a dead switch must not make forty.
SEVERAL = 5
# The later ones are worse: a departure is told of again only when it gets worse.
KINDS = {Label.RISK: "departure.at_risk", Label.DUE: "departure.not_plugged_in", Label.MISS: "departure.will_miss"}
SILENT, BACK = "meter.silent", "meter.back"
MEANS = {
    MeterKind.BUILDING: "The building is counted at the most that is kept for it.",
    MeterKind.SOLAR: "The sun is counted as gone.",
    MeterKind.GRID: "What the site draws is the sum of its other meters.",
    MeterKind.PRICE: "Hours without a price have the one that stands in.",
}


Danger = tuple[str, str, Label]  # who, leaving when, and what is said


class _Looked:
    """Which plan each depot was looked at with, in this process: between two plans little changes."""

    def __init__(self) -> None:
        self.plans: dict[int, tuple[int, datetime]] = {}
        self.since: dict[int, dict[Danger, datetime]] = {}

    def is_new(self, plan: StoredPlan) -> bool:
        seen = (plan.pk, plan.made_at)
        if self.plans.get(plan.depot_id) == seen:
            return False
        self.plans[plan.depot_id] = seen
        return True

    def lasting(self, depot_id: int, dangers: Sequence[Danger], now: datetime) -> set[Danger]:
        """Those that stood there before, for long enough to be believed."""
        before = self.since.get(depot_id, {})
        self.since[depot_id] = {danger: before.get(danger, now) for danger in dangers}
        return {danger for danger, since in self.since[depot_id].items() if now - since >= LASTS}


looked = _Looked()


def tell_of_departures(now: datetime) -> int:
    """How many notices were written. Each departure is told of once, and again when it gets worse."""
    newest = StoredPlan.objects.filter(depot=OuterRef("pk")).order_by("-made_at", "-pk").values("pk")[:1]
    depots = Depot.objects.filter(pk__in=Wiring.objects.values("circuit__depot")).annotate(plan=Subquery(newest))
    plans = StoredPlan.objects.filter(pk__in=depots.values("plan")).select_related("depot")
    written = 0
    for plan in plans:
        if looked.is_new(plan):
            departures = departures_seen_by(clerk(), plan.depot, now)
            note_stood(plan.depot, departures, now)
            written += tell_of(plan.depot, departures, now)
    return written


def tell_of(depot: Depot, departures: Sequence[Departure], now: datetime) -> int:
    before = _told_before(depot, now)
    dangers = {_danger(one): one for one in departures if one.label in KINDS}
    lasting = looked.lasting(depot.pk, list(dangers), now)
    news = [one for danger, one in dangers.items() if danger in lasting and _is_worse(danger, before)]
    notices = []
    for label, kind in KINDS.items():
        mine = [one for one in news if one.label == label]
        groups = [mine] if len(mine) > SEVERAL else [[one] for one in mine]
        notices += [_notice(depot, kind, group, now) for group in groups]
    Notice.objects.bulk_create(notices)
    return len(notices)


def _danger(one: Departure) -> Danger:
    return one.key, one.departs_at.isoformat(), one.label


def _told_before(depot: Depot, now: datetime) -> dict[tuple[str, str], int]:
    """By departure, how bad the worst was that was told of it."""
    worst: dict[tuple[str, str], int] = {}
    recent = Notice.objects.filter(depot=depot, kind__in=KINDS.values(), at__gt=now - timedelta(days=2))
    for kind, detail in recent.values_list("kind", "detail"):
        for who, departs_at in detail.get("departures", ()):
            rank = list(KINDS.values()).index(kind)
            worst[who, departs_at] = max(rank, worst.get((who, departs_at), -1))
    return worst


def _is_worse(danger: Danger, before: dict[tuple[str, str], int]) -> bool:
    who, departs_at, label = danger
    return list(KINDS).index(label) > before.get((who, departs_at), -1)


def _notice(depot: Depot, kind: str, group: Sequence[Departure], now: datetime) -> Notice:
    one, zone = group[0], ZoneInfo(depot.time_zone)
    leaves = f"{one.departs_at.astimezone(zone):%H:%M}"
    where = f" at {one.bay}" if one.bay else ""
    text = f"{one.name}{where} leaves {leaves}. {one.label.label}: {one.said.why}"
    if len(group) > 1:
        text = f"{one.label.label}: {', '.join(each.name for each in group)}"
    detail: dict[str, object] = {"departures": [[each.key, each.departs_at.isoformat()] for each in group]}
    if len(group) == 1:
        detail["departure"] = one.key
    subject = one.name if len(group) == 1 else f"{len(group)} departures"
    return Notice(at=now, depot=depot, kind=kind, subject=subject[:120], text=text[:400], detail=detail)


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
