"""Reports put together from their parts: out of order, told twice, with parts that never came."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chargers.device_model.models import PendingPart, Report, ReportState
from chargers.events import ReportKind, ReportPromised
from chargers.models import Charger
from chargers.ocpp.values import digest

# What a charger may make us keep of one report.
PARTS_AT_MOST = 2000


@dataclass(frozen=True, slots=True)
class Assembled:
    """A report that is complete, with what its parts say, in their order."""

    report: Report
    contents: list[Any]


def promise_report(charger: Charger, event: ReportPromised, *, now: datetime) -> Report:
    """Note that it will come, or that it has: parts that follow an answer closely may overtake it on their way here."""
    report, is_new = _report(charger, event.kind, event.request_id, now)
    if not is_new and event.is_empty:
        _begin_anew(report, now)
    report.is_everything = event.is_everything
    report.changed_at = now
    if event.profiles is not None:
        report.scope = {
            "evse": event.profiles.evse,
            "profile_ids": list(event.profiles.profile_ids),
            "purpose": event.profiles.purpose,
            "stack_level": event.profiles.stack_level,
        }
    if event.is_empty:
        report.state = ReportState.EMPTY
    report.save()
    return report


def take_part(
    charger: Charger,
    kind: ReportKind,
    request_id: int,
    content: Any,
    *,
    sequence: int | None,
    more: bool,
    items: int,
    now: datetime,
) -> Assembled | None:
    """Keep a part; the whole report once nothing is missing of it. The same part told twice is one part."""
    report, _ = _report(charger, kind, request_id, now)
    mark = digest({"content": content, "more": more})
    if _is_repeated(report, sequence, mark):
        return None
    if report.is_over:
        # The number is used again: another report.
        _begin_anew(report, now)
    number = len(report.parts) if sequence is None else sequence
    if not 0 <= number < PARTS_AT_MOST:
        return None
    PendingPart.objects.update_or_create(report=report, sequence=number, defaults={"content": content})
    report.parts = {**report.parts, str(number): mark}
    report.items += items
    report.changed_at = now
    report.state = ReportState.COMING
    if not more:
        report.last_sequence = number
    if report.last_sequence is None or report.missing:
        report.save()
        return None
    parts = list(PendingPart.objects.filter(report=report, sequence__lte=report.last_sequence).order_by("sequence"))
    PendingPart.objects.filter(report=report).delete()
    report.state = ReportState.COMPLETE
    report.save()
    return Assembled(report, [part.content for part in parts])


def _report(charger: Charger, kind: ReportKind, request_id: int, now: datetime) -> tuple[Report, bool]:
    return Report.objects.select_for_update().get_or_create(
        charger=charger,
        kind=kind.value,
        request_id=request_id,
        defaults={"begun_at": now, "changed_at": now},
    )


def _is_repeated(report: Report, sequence: int | None, mark: str) -> bool:
    if sequence is None:
        return mark in report.parts.values()
    known: str | None = report.parts.get(str(sequence))
    return known == mark


def _begin_anew(report: Report, now: datetime) -> None:
    PendingPart.objects.filter(report=report).delete()
    report.parts, report.rows, report.last_sequence, report.items = {}, [], None, 0
    report.begun_at = now
