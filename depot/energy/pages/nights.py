"""What was said of departures, scored once they are over: so that the labels can be trusted, or are seen not to be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db import models, transaction

from depot.energy.models import PlannedStay, StoredPlan
from depot.energy.pages.departure import Departure
from depot.energy.pages.departures import clerk, departures_seen_by
from depot.energy.pages.models import Label, SaidLabel
from depot.models import Depot
from sessions.models import Session

# By then it can still be helped, and whoever looks at the page acts on what it says.
SAID_BEFORE = timedelta(hours=2)
# A meter tells hundreds of watt-hours late, and batteries taper off.
NEAR_ENOUGH_KWH = 0.3
NEAR_ENOUGH_SHARE = 0.01
SMALL_KWH = 0.05
NIGHTS_SHOWN = 7
KEPT = timedelta(days=365)


def note_labels(now: datetime) -> int:
    """Keep what is said of those who leave within two hours."""
    newest = StoredPlan.objects.filter(depot=models.OuterRef("plan__depot")).values("pk")[:1]
    leaving = PlannedStay.objects.filter(
        plan=models.Subquery(newest), departs_at__gt=now, departs_at__lte=now + SAID_BEFORE
    ).select_related("plan__depot")
    due: dict[int, list[PlannedStay]] = {}
    for stay in leaving:
        if not _of(stay).exists():
            due.setdefault(stay.plan.depot_id, []).append(stay)
    kept = 0
    for stays in due.values():
        depot = stays[0].plan.depot
        said = {one.stay.pk: one for one in departures_seen_by(clerk(), depot, now) if one.stay is not None}
        for stay in stays:
            if stay.pk in said:
                kept += _keep(depot, stay, said[stay.pk], now)
    return kept


def note_stood(depot: Depot, departures: Sequence[Departure], now: datetime) -> int:
    """The same of those that no plan is about any more: they stand there, and their charge has ended."""
    kept = 0
    for one in departures:
        if one.stood is not None and one.stay is None and now < one.departs_at <= now + SAID_BEFORE:
            session = one.stood.session
            _, is_new = SaidLabel.objects.get_or_create(
                depot=depot,
                vehicle=one.stood.vehicle,
                departs_at=one.departs_at,
                defaults={
                    "session": session, "evse": session.evse, "said": one.label, "said_at": now,
                    "needs_kwh": one.needs_kwh or 0.0, "session_energy_wh": session.energy_wh,
                    "efficiency": one.stood.cable_efficiency,
                },
            )  # fmt: skip
            kept += is_new
    return kept


def _of(stay: PlannedStay) -> "models.QuerySet[SaidLabel]":
    labels = SaidLabel.objects.filter(depot=stay.plan.depot_id, departs_at=stay.departs_at)
    if stay.vehicle_id is not None:
        return labels.filter(vehicle=stay.vehicle_id)
    return labels.filter(vehicle=None, session=stay.session_id)


def _keep(depot: Depot, stay: PlannedStay, said: Departure, now: datetime) -> int:
    session: Session | None = stay.session
    wiring = getattr(stay.evse, "wiring", None)
    with transaction.atomic():
        # Whoever leaves at another hour than was thought is scored at that one.
        other = SaidLabel.objects.filter(depot=depot, scored_at=None, departs_at__gt=now)
        mine = (
            other.filter(vehicle=stay.vehicle) if stay.vehicle_id else other.filter(session=stay.session, vehicle=None)
        )
        mine.exclude(departs_at=stay.departs_at).delete()
        label, is_new = SaidLabel.objects.get_or_create(
            depot=depot,
            vehicle=stay.vehicle,
            departs_at=stay.departs_at,
            session=session,
            defaults={
                "evse": stay.evse,
                "said": said.label,
                "said_at": now,
                "needs_kwh": stay.needs_kwh,
                "session_energy_wh": session.energy_wh if session is not None else None,
                "efficiency": wiring.efficiency if wiring is not None and not stay.evse.is_dc else 1.0,
            },
        )
    return int(is_new and label.pk is not None)


def score_labels(now: datetime) -> int:
    """Those whose hour has come."""
    over = SaidLabel.objects.filter(scored_at=None, departs_at__lte=now).select_related("session", "vehicle")
    scored = 0
    for label in over[:500]:
        label.short_kwh = _short_kwh(label)
        enough = max(NEAR_ENOUGH_KWH, NEAR_ENOUGH_SHARE * label.needs_kwh)
        label.was_ready = label.short_kwh is not None and label.short_kwh <= enough
        label.scored_at = now
        label.save(update_fields=["short_kwh", "was_ready", "scored_at"])
        scored += 1
    return scored


def _short_kwh(label: SaidLabel) -> float | None:
    """What it left without; None: it was never plugged in."""
    session, before_wh = label.session, label.session_energy_wh or 0
    if session is None:
        came = Session.objects.filter(vehicle=label.vehicle, started_at__lt=label.departs_at).order_by("-started_at")
        session = came.filter(models.Q(ended_at=None) | models.Q(ended_at__gt=label.said_at)).first()
        before_wh = 0
    if session is None:
        return None
    later = _started_again(label, session)
    its = [session, *later]
    last = PlannedStay.objects.filter(session__in=its, plan__made_at__lte=label.departs_at).order_by("-pk").first()
    if last is not None and last.needs_kwh <= SMALL_KWH:
        return 0.0
    got_wh = max(0, (session.energy_wh or 0) - before_wh) + sum(one.energy_wh or 0 for one in later)
    return max(0.0, label.needs_kwh - got_wh / 1000 * label.efficiency)


def _started_again(label: SaidLabel, session: Session) -> list[Session]:
    """Of a vehicle that is only started and stopped: its charges after the one of which it was said."""
    if label.vehicle_id is None:
        return []
    later = Session.objects.filter(
        vehicle=label.vehicle, started_at__gt=session.started_at, started_at__lt=label.departs_at
    )
    return list(later)


def old_labels(now: datetime) -> "models.QuerySet[SaidLabel]":
    return SaidLabel.objects.filter(departs_at__lt=now - KEPT)


@dataclass(slots=True)
class Scored:
    """Of what was said so, how much came true."""

    label: Label
    vehicles: int = 0
    ready: int = 0


@dataclass(frozen=True, slots=True)
class NightScore:
    day: date
    rows: Sequence[Scored]
    wrong: Sequence[SaidLabel] = field(default=())  # said to be fine, and it was not

    @property
    def vehicles(self) -> int:
        return sum(row.vehicles for row in self.rows)

    @property
    def ready(self) -> int:
        return sum(row.ready for row in self.rows)


def last_nights(depot: Depot, now: datetime) -> list[NightScore]:
    """The newest first."""
    zone = ZoneInfo(depot.time_zone)
    labels = SaidLabel.objects.filter(
        depot=depot, scored_at__isnull=False, departs_at__gt=now - timedelta(days=NIGHTS_SHOWN)
    ).select_related("vehicle", "session")
    return [NightScore(day, rows, wrong) for day, (rows, wrong) in _by_day(list(labels), zone)]


def _by_day(labels: Sequence[SaidLabel], zone: ZoneInfo) -> Iterator[tuple[date, tuple[list[Scored], list[SaidLabel]]]]:
    for day, group in groupby(labels, key=lambda label: label.departs_at.astimezone(zone).date()):
        mine = list(group)
        rows = [
            Scored(
                kind,
                sum(one.said == kind for one in mine),
                sum(one.said == kind and bool(one.was_ready) for one in mine),
            )
            for kind in Label
        ]
        fine = (Label.READY, Label.TRACK)
        yield (
            day,
            ([row for row in rows if row.vehicles], [one for one in mine if one.said in fine and not one.was_ready]),
        )
