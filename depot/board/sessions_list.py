"""Sessions as a list: filtered, summed up by day and in all, a page at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from billing.models import Transaction
from depot.access.models import User
from depot.access.reach import within_reach
from depot.models import Depot
from sessions.models import Session
from sessions.queries import Taken, energy_by_depot, energy_by_token, energy_by_vehicle

PAGE_LENGTH = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PERIODS = {"7": "7 days", "30": "30 days", "90": "90 days", "366": "A year", "": "Always"}
DEFAULT_PERIOD = "30"
SUMS = {"": "No", "vehicle": "By vehicle", "card": "By card", "depot": "By depot"}
STANDS = {"": "All", "open": "Charging now", "ended": "Ended", "estimated": "With something estimated"}


class SessionFilter(forms.Form):
    vehicle = forms.CharField(required=False, max_length=40, label="Vehicle")
    bay = forms.CharField(required=False, max_length=40, label="Bay")
    card = forms.CharField(required=False, max_length=255, label="Card")
    stand = forms.ChoiceField(required=False, choices=list(STANDS.items()), label="Which")
    days = forms.ChoiceField(required=False, choices=list(PERIODS.items()), label="Of the last")
    sums = forms.ChoiceField(required=False, choices=list(SUMS.items()), label="Summed up")
    # Other pages lead here for one charger or one vehicle.
    charger = forms.IntegerField(required=False, widget=forms.HiddenInput)
    vehicle_id = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @property
    def said(self) -> Mapping[str, str]:
        """What of it is set, to be carried on in links."""
        values = self.cleaned_data if self.is_valid() else {}
        return {name: str(value) for name, value in values.items() if value not in ("", None)}


@dataclass(frozen=True, slots=True)
class Totals:
    count: int
    energy_wh: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Line:
    session: Session
    cost: Decimal | None
    currency: str
    is_estimated: bool


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    totals: Totals
    lines: Sequence[Line]


def found(user: User, depot: Depot | None, asked: SessionFilter, *, now: datetime) -> QuerySet[Session]:
    """The sessions that fit; those without a depot too, for who sees all."""
    sessions = within_reach(user, Session.objects.all())
    sessions = sessions.filter(Q(depot_key=depot.pk) | Q(depot_key=None)) if depot else sessions
    if not asked.is_valid():
        return sessions.none()
    said = asked.cleaned_data
    if said["vehicle"]:
        sessions = sessions.filter(vehicle__unit_number__icontains=said["vehicle"].strip())
    if said["bay"]:
        sessions = sessions.filter(bay_name__icontains=said["bay"].strip())
    if said["card"] and user.has_perm("charging_sessions.view_idtoken"):
        sessions = sessions.filter(token_value__icontains=said["card"].strip())
    if said["charger"]:
        sessions = sessions.filter(charger=said["charger"])
    if said["vehicle_id"]:
        sessions = sessions.filter(vehicle=said["vehicle_id"])
    if said["days"]:
        sessions = sessions.filter(started_at__gte=now - timedelta(days=int(said["days"])))
    match said["stand"]:
        case "open":
            sessions = sessions.filter(ended_at=None)
        case "ended":
            sessions = sessions.filter(ended_at__isnull=False)
        case "estimated":
            sessions = sessions.exclude(quality=[])
    return sessions


def totals_of(sessions: QuerySet[Session]) -> Totals:
    summed = sessions.order_by().aggregate(
        count=Count("pk"), energy=Sum("energy_wh"), unknown=Count("pk", filter=Q(energy_wh=None))
    )
    return Totals(summed["count"], summed["energy"] or 0, summed["unknown"])


def taken_of(sessions: QuerySet[Session], asked: SessionFilter, user: User, *, now: datetime) -> list[Taken] | None:
    """Who took how much, of those that have ended; None where nobody asked for it, or may not see cards."""
    summed = {"vehicle": energy_by_vehicle, "card": energy_by_token, "depot": energy_by_depot}
    by = asked.cleaned_data["sums"] if asked.is_valid() else ""
    if by not in summed or (by == "card" and not user.has_perm("charging_sessions.view_idtoken")):
        return None
    # The period is the filter's: by then, whenever it was.
    return summed[by](sessions, since=EPOCH, until=now)


def costs_of(sessions: QuerySet[Session]) -> dict[str, Decimal]:
    """What was booked for them, by currency; credits count against what they take back."""
    booked = Transaction.objects.filter(session__in=sessions.order_by().values("pk"), cost__isnull=False)
    return {
        row["currency"]: row["total"]
        for row in booked.order_by().values("currency").annotate(total=Sum("cost"))
        if row["total"] is not None
    }


def page_of(sessions: QuerySet[Session], before: str) -> tuple[list[Session], str]:
    """One page, newest first, and the cursor of the next one: blank at the end."""
    cursor = read_cursor(before)
    if cursor is not None:
        at, pk = cursor
        sessions = sessions.filter(Q(started_at__lt=at) | Q(started_at=at, pk__lt=pk))
    newest = sessions.select_related("vehicle", "charger").order_by("-started_at", "-pk")
    rows = list(newest[: PAGE_LENGTH + 1])
    if len(rows) <= PAGE_LENGTH:
        return rows, ""
    last = rows[PAGE_LENGTH - 1]
    return rows[:PAGE_LENGTH], f"{last.started_at.isoformat()}_{last.pk}"


def read_cursor(before: str) -> tuple[datetime, int] | None:
    """None for what is no cursor: then the list begins at its newest."""
    moment, _, number = before.rpartition("_")
    try:
        at = datetime.fromisoformat(moment)
        return (at, int(number)) if at.tzinfo else None
    except ValueError:
        return None


def days_of(rows: Sequence[Session], sessions: QuerySet[Session], zone: ZoneInfo) -> list[Day]:
    """The rows of a page under the days of the depot's zone, each with the totals of the whole day."""
    costs = _cost_by_session(rows)
    by_day: dict[date, list[Line]] = {}
    for session in rows:
        cost, currency = costs.get(session.pk, (None, session.currency))
        line = Line(session, cost, currency, bool(session.quality))
        by_day.setdefault(session.started_at.astimezone(zone).date(), []).append(line)
    totals = _day_totals(sessions, by_day, zone)
    return [Day(day, totals.get(day, Totals(len(lines), 0, 0)), lines) for day, lines in by_day.items()]


def _day_totals(sessions: QuerySet[Session], days: Iterable[date], zone: ZoneInfo) -> dict[date, Totals]:
    wanted = sorted(days)
    if not wanted:
        return {}
    first = datetime(wanted[0].year, wanted[0].month, wanted[0].day, tzinfo=zone)
    last = datetime(wanted[-1].year, wanted[-1].month, wanted[-1].day, tzinfo=zone) + timedelta(days=2)
    rows = (
        sessions.filter(started_at__gte=first, started_at__lt=last)
        .order_by()
        .annotate(day=TruncDate("started_at", tzinfo=zone))
        .values("day")
        .annotate(count=Count("pk"), energy=Sum("energy_wh"), unknown=Count("pk", filter=Q(energy_wh=None)))
    )
    return {row["day"]: Totals(row["count"], row["energy"] or 0, row["unknown"]) for row in rows}


def _cost_by_session(rows: Sequence[Session]) -> dict[int, tuple[Decimal, str]]:
    booked = Transaction.objects.filter(session__in=[session.pk for session in rows], cost__isnull=False)
    summed = booked.order_by().values("session", "currency").annotate(total=Sum("cost"))
    return {row["session"]: (row["total"], row["currency"]) for row in summed}
