"""The audit to read, to filter and to take along."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.csv_rows import cell
from depot import clock
from depot.access.audit import note
from depot.access.forms import AuditFilterForm
from depot.access.models import AuditEntry
from depot.access.pages import UserRequest, needs
from depot.access.reach import within_reach
from depot.board.frame import Frame

PAGE = 100
COLUMNS = ("at", "who", "act", "subject", "detail", "depot", "address")


@require_GET
@needs("access.view_auditentry")
def audit(request: UserRequest) -> HttpResponse:
    form = AuditFilterForm(request.GET)
    entries = _asked_for(request, form)
    before = request.GET.get("before", "")
    older_than = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    page = list((entries.filter(pk__lt=older_than) if older_than else entries)[: PAGE + 1])
    query = request.GET.copy()
    query.pop("before", None)
    context = {
        "form": form,
        "entries": page[:PAGE],
        "query": query.urlencode(),
        "before": page[PAGE - 1].pk if len(page) > PAGE else None,
        "is_filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "access/audit.html", context)


@require_GET
@needs("access.view_auditentry")
def audit_csv(request: UserRequest) -> HttpResponseBase:
    entry = note(request, "exported audit", "audit", filter=request.GET.urlencode()[:500])
    # The lines are read while they are sent: what is noted meanwhile, and the export itself, is not among them.
    entries = _asked_for(request, AuditFilterForm(request.GET)).filter(pk__lt=entry.pk)
    response = StreamingHttpResponse(_lines(entries), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="audit-{clock.now():%Y-%m-%d}.csv"'
    return response


def _asked_for(request: UserRequest, form: AuditFilterForm) -> QuerySet[AuditEntry]:
    """Newest first; a filter that cannot be read selects nothing, for all of it would look like an answer."""
    entries = within_reach(request.user, AuditEntry.objects.select_related("depot")).order_by("-pk")
    if not form.is_valid():
        return entries.none()
    said, zone = form.cleaned_data, Frame(request).zone
    if said["who"]:
        entries = entries.filter(user_name__icontains=said["who"])
    if said["what"]:
        entries = entries.filter(act__icontains=said["what"])
    if said["to"]:
        entries = entries.filter(subject__icontains=said["to"])
    if said["since"]:
        entries = entries.filter(at__gte=_midnight(said["since"], zone))
    if said["until"]:
        entries = entries.filter(at__lt=_midnight(said["until"] + timedelta(days=1), zone))
    return entries


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


class _Echo:
    """Hands each line on, where a csv writer expects a file."""

    def write(self, line: str) -> str:
        return line


def _lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for entry in entries.iterator(chunk_size=500):
        yield writer.writerow(
            cell(value)
            for value in (
                entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                entry.user_name,
                entry.act,
                entry.subject,
                entry.detail or None,
                str(entry.depot or ""),
                entry.address,
            )
        )
