"""One session as its page tells it: the curve, the evidence, what happened, what the ERP was given."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from zoneinfo import ZoneInfo

from django.db.models import Q

from billing.models import Transaction, TransactionKind
from chargers.models import IssuedCommand
from depot.access.models import User
from depot.board import asked, chart, figures
from sessions.models import ClosedBy, MeterReading, Session, SessionMessage, VehicleSource

# A message that took longer to reach us than this is worth a line.
LATE = timedelta(minutes=2)
TABLE_ROWS_AT_MOST = 96
REASONS = {
    "DeAuthorized": "The card was not accepted",
    "EVDisconnected": "The cable was pulled at the vehicle",
    "EmergencyStop": "The emergency button was pressed",
    "EnergyLimitReached": "It has taken what it was allowed to",
    "HardReset": "The charger was reset",
    "ImmediateReset": "The charger was reset",
    "Local": "Stopped at the charger",
    "PowerLoss": "The charger lost its power",
    "Reboot": "The charger restarted by itself",
    "Remote": "Stopped from here",
    "SOCLimitReached": "The vehicle reached its target",
    "SoftReset": "The charger was reset",
    "StoppedByEV": "The vehicle stopped it",
    "TimeLimitReached": "Its time was over",
    "Timeout": "Nothing was plugged in, or no card shown, in time",
    "UnlockCommand": "The cable was unlocked from here",
}


@dataclass(frozen=True, slots=True)
class Happening:
    at: datetime
    icon: str
    colour: str
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    register_now_wh: int | None
    readings: int
    every: str
    missing: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Quarter:
    """A line of the table that says what the curve shows."""

    since: datetime
    until: datetime
    energy_wh: int | None
    power_w: float | None
    soc_percent: float | None


def points_of(session: Session) -> list[chart.Point]:
    rows = MeterReading.objects.filter(session=session).order_by("at", "pk")
    return [chart.Point(*row) for row in rows.values_list("at", "power_w", "soc_percent", "energy_wh")]


def curve_of(session: Session, points: Sequence[chart.Point], *, now: datetime) -> chart.Curve:
    ends_at = session.ended_at or max([now, *(point.at for point in points[-1:])])
    return chart.curve_of(points, starts_at=session.started_at, ends_at=ends_at, zone=ZoneInfo(session.time_zone))


def evidence_of(points: Sequence[chart.Point], curve: chart.Curve) -> Evidence:
    registers = [point for point in points if point.energy_wh is not None]
    intervals = [(later.at - earlier.at).total_seconds() for earlier, later in pairwise(points)]
    usual_s = median(intervals) if intervals else 0
    missing = sum(max(0, round((gap.until - gap.since).total_seconds() / usual_s) - 1) for gap in curve.gaps if usual_s)
    return Evidence(
        register_now_wh=registers[-1].energy_wh if registers else None,
        readings=len(points),
        every=figures.length(timedelta(seconds=usual_s)) if usual_s else "",
        missing=missing,
        first_at=points[0].at if points else None,
        last_at=points[-1].at if points else None,
    )


def table_of(points: Sequence[chart.Point], *, starts_at: datetime) -> list[Quarter]:
    """The curve by quarters of an hour, or by longer steps where it is long."""
    if not points:
        return []
    span_s = max(1.0, (points[-1].at - starts_at).total_seconds())
    step_s = next(step for step in (900, 1800, 3600, 10800, 21600, 86400, 1e12) if span_s / step <= TABLE_ROWS_AT_MOST)
    buckets: dict[int, list[chart.Point]] = {}
    for point in points:
        buckets.setdefault(int(max(0.0, (point.at - starts_at).total_seconds()) // step_s), []).append(point)
    return [_quarter(bucket) for _, bucket in sorted(buckets.items())]


def _quarter(bucket: Sequence[chart.Point]) -> Quarter:
    powers = [point.power_w for point in bucket if point.power_w is not None]
    socs = [point.soc_percent for point in bucket if point.soc_percent is not None]
    registers = [point.energy_wh for point in bucket if point.energy_wh is not None]
    return Quarter(
        since=bucket[0].at,
        until=bucket[-1].at,
        energy_wh=registers[-1] if registers else None,
        power_w=sum(powers) / len(powers) if powers else None,
        soc_percent=socs[-1] if socs else None,
    )


def happenings(session: Session, curve: chart.Curve, user: User) -> list[Happening]:
    """Oldest first."""
    told = [*_start(session, user), *_gaps(curve), *_late(session), *_commands(session, user), *_end(session)]
    if user.has_perm("billing.view_transaction"):
        told += _booked(session)
    return sorted(told, key=lambda happening: happening.at)


def _start(session: Session, user: User) -> Iterator[Happening]:
    yield Happening(session.started_at, "ok", "is-ok", "Started", _who(session, user))


def _who(session: Session, user: User) -> str:
    """How we know whose it is, without the number of a card for those who may not see cards."""
    vehicle = str(session.vehicle) if session.vehicle else ""
    by = session.started_by
    match session.vehicle_source:
        case VehicleSource.REMOTE_START:
            who = f" by {by.get_full_name() or by.get_username()}" if by else ""
            return f"Asked for from here{who}: {vehicle}"
        case VehicleSource.AUTOSTART:
            return f"By plugging in: the bay is {vehicle}'s own"
        case VehicleSource.DISPATCHER:
            return f"Somebody here said that it is {vehicle}"
    card = f"Card {session.token_value}" if user.has_perm("charging_sessions.view_idtoken") else "Its card"
    if session.vehicle_source == VehicleSource.TOKEN:
        return f"{card} is {vehicle}'s"
    if not session.token_value:
        return "Without a card"
    return f"{card}: {session.token_status or 'not judged'}"


def _gaps(curve: chart.Curve) -> Iterator[Happening]:
    for gap in curve.gaps:
        text = "The energy in it is measured all the same where the register went on counting"
        yield Happening(gap.since, "gone", "", f"No readings for {figures.length(gap.until - gap.since)}", text)


def _late(session: Session) -> Iterator[Happening]:
    late = [
        message
        for message in SessionMessage.objects.filter(session=session).order_by("at")
        if message.heard_at - message.at > LATE
    ]
    if late:
        longest = max(message.heard_at - message.at for message in late)
        text = f"The longest took {figures.length(longest)}: the charger keeps them while it has no contact"
        yield Happening(late[-1].heard_at, "note", "", f"{len(late)} told late", text)


def commands_of(session: Session) -> list[IssuedCommand]:
    """What was asked of it: by its reference, or at its EVSE while it ran."""
    about = Q(reference=session.reference) if session.reference else Q(pk__in=())
    if session.evse is not None:
        during = Q(evse_number=session.evse.number, issued_at__gte=session.started_at - timedelta(minutes=10))
        if session.ended_at is not None:
            during &= Q(issued_at__lte=session.ended_at)
        about |= during
    commands = IssuedCommand.objects.filter(about, charger=session.charger_id)
    return list(commands.select_related("issued_by", "charger").order_by("-pk")[:30])


def _commands(session: Session, user: User) -> Iterator[Happening]:
    steps = asked.describe(commands_of(session), asking=user)
    for step in steps:
        yield Happening(step.at, step.shape, step.kind_class, f"{step.title} · {step.who}", step.words)


def _end(session: Session) -> Iterator[Happening]:
    if session.ended_at is None:
        return
    if session.closed_by == ClosedBy.EVIDENCE:
        yield Happening(session.ended_at, "risk", "is-risk", "Ended", "By evidence: the charger never told its stop")
    else:
        yield Happening(session.ended_at, "full", "is-full", "Ended", reason_in_words(session.stop_reason))


def reason_in_words(said: str) -> str:
    """Why a charger ended a session (1.6 Reason, 2.x ReasonEnumType); what is not known here, in its own word."""
    return REASONS.get(said) or (f"The charger says: {said}" if said else "")


def _booked(session: Session) -> Iterator[Happening]:
    for row in Transaction.objects.filter(session=session).order_by("seq"):
        title = {
            TransactionKind.FINAL: "Booked",
            TransactionKind.CREDIT: "Taken back",
            TransactionKind.REPLACEMENT: "Booked anew",
        }[TransactionKind(row.kind)]
        text = f"No. {row.seq} · {figures.money(row.cost, row.currency) or 'no price'}"
        why = f" · {row.correction_reason}" if row.correction_reason else ""
        yield Happening(row.recorded_at, "note", "", title, text + why)
