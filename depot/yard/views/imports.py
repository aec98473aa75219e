"""Lists pasted from a spreadsheet: pasted, looked at, imported, taken back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from depot import clock, live
from depot.access import audit
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.access.reach import within_reach
from depot.board.frame import current_depot
from depot.yard import services
from depot.yard.columns import COLUMNS, Kind
from depot.yard.forms.imports import ColumnsForm, PasteForm
from depot.yard.models import UNDO_WITHIN, ImportBatch, ImportState
from depot.yard.paste import CLEAR, PasteUnreadable, Proposal, Verdict
from depot.yard.services.imports import Imported, Preview

BATCHES_SHOWN = 5
ROWS_SHOWN = 500
# Where the rows of an import are seen afterwards.
PLACES = {Kind.CHARGERS: "chargers", Kind.BAYS: "bays", Kind.VEHICLES: "vehicles", Kind.TOKENS: "tokens"}
Page = Callable[..., HttpResponseBase]


def paste_page(kind: Kind, permission: str) -> Page:
    """The page where a list of this kind is pasted; who may add one may add many."""

    @require_http_methods(["GET", "POST"])
    @needs(permission)
    def page(request: UserRequest) -> HttpResponse:
        form = PasteForm(request.POST or None, user=request.user, kind=kind, here=current_depot(request))
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            batch = services.start_import(kind, said["text"], depot=said["depot"], user=request.user, now=clock.now())
            return redirect(f"import-{kind}-preview", batch.pk)
        context = {
            "form": form,
            "kind": kind,
            "columns": COLUMNS[kind],
            "clear": CLEAR,
            "batches": list(_batches(request, kind)[:BATCHES_SHOWN]),
            "place": PLACES[kind],
            "preview_url": f"import-{kind}-preview",
        }
        return render(request, "yard/import.html", context)

    return page


def _batches(request: UserRequest, kind: Kind) -> QuerySet[ImportBatch]:
    return within_reach(request.user, ImportBatch.objects.filter(kind=kind).select_related("created_by"))


def preview_page(kind: Kind, permission: str) -> Page:
    """What importing would do; the columns can be corrected here."""

    @require_http_methods(["GET", "POST"])
    @needs(permission)
    def page(request: UserRequest, batch_id: int) -> HttpResponse:
        batch = reachable_batch(request, kind, batch_id)
        if batch.state != ImportState.PREVIEWED:
            return render(request, "yard/import_done.html", _done_context(request, batch, None))
        try:
            preview = services.preview_import(batch, user=request.user, now=clock.now())
        except PasteUnreadable as why:
            raise Http404(str(why)) from why
        titles = [
            preview.table.titles[place] if place < len(preview.table.titles) else ""
            for place in range(preview.table.width)
        ]
        form = ColumnsForm(request.POST or None, batch=batch, titles=titles)
        if request.method == "POST" and form.is_valid():
            services.choose_columns(batch, form.columns())
            return redirect(f"import-{kind}-preview", batch.pk)
        return render(request, "yard/import_preview.html", _preview_context(batch, preview, form))

    return page


def run_page(kind: Kind, permission: str) -> Page:
    @require_POST
    @needs(permission)
    def page(request: UserRequest, batch_id: int) -> HttpResponse:
        batch = reachable_batch(request, kind, batch_id)
        try:
            with transaction.atomic():
                imported = services.run_import(
                    batch,
                    digest=request.POST.get("digest", ""),
                    only_good=request.POST.get("only_good") == "1",
                    user=request.user,
                    now=clock.now(),
                )
                audit.note(request, f"imported {kind}", f"paste {batch.pk}", depot=batch.depot, **imported.counts)
                live.tell(what="import")
        except services.ImportSettled:
            messages.info(request, "This paste was imported already.")
        except services.PreviewOutdated:
            messages.warning(request, "The yard changed since you looked. This is what importing would do now.")
        except services.RowsWrong:
            messages.error(request, "Some rows are wrong: import the good ones only, or mend the list and paste again.")
        else:
            batch.refresh_from_db()
            # Passwords of new chargers are shown by this answer and kept nowhere.
            response = render(request, "yard/import_done.html", _done_context(request, batch, imported))
            response.headers["Cache-Control"] = "no-store"
            return response
        return redirect(f"import-{kind}-preview", batch.pk)

    return page


def undo_page(kind: Kind, permission: str) -> Page:
    @require_POST
    @needs(permission)
    def page(request: UserRequest, batch_id: int) -> HttpResponse:
        batch = reachable_batch(request, kind, batch_id)
        try:
            with transaction.atomic():
                left = services.undo_import(batch, now=clock.now())
                audit.note(request, f"took back {kind}", f"paste {batch.pk}", depot=batch.depot, left=left[:20])
                live.tell(what="import")
        except services.ImportSettled:
            messages.info(request, "There is nothing to take back.")
        except services.UndoTooLate:
            messages.error(request, "More than a day has gone by: what was imported stays, and is changed by hand.")
        else:
            messages.success(request, "The import is taken back." if not left else "The import is taken back, except:")
            for words in left[:20]:
                messages.warning(request, words)
        return redirect(f"import-{kind}-preview", batch.pk)

    return page


def reachable_batch(request: UserRequest, kind: Kind, batch_id: int) -> ImportBatch:
    """A paste is seen by who pasted it, and by who sees all that this person sees."""
    return reachable_or_404(request, ImportBatch.objects.select_related("depot").filter(kind=kind), pk=batch_id)


def _preview_context(batch: ImportBatch, preview: Preview, form: ColumnsForm) -> dict[str, Any]:
    kind = Kind(batch.kind)
    shown = [column for column in COLUMNS[kind] if column.name in preview.columns]
    names = [column.name for column in shown]
    # What needs a look comes first: wrong rows, then changes.
    order = [Verdict.WRONG, Verdict.CHANGED, Verdict.NEW, Verdict.UNCHANGED]
    proposals = sorted(preview.proposals, key=lambda proposal: order.index(proposal.verdict))
    return {
        "batch": batch,
        "kind": kind,
        "form": form,
        "fields": list(form),
        "shown": shown,
        "rows": [(proposal, _cells(proposal, names)) for proposal in proposals[:ROWS_SHOWN]],
        "left_out": max(0, len(proposals) - ROWS_SHOWN),
        "counts": {verdict.value: preview.count(verdict) for verdict in Verdict},
        "total": len(preview.proposals),
        "good": preview.count(Verdict.NEW) + preview.count(Verdict.CHANGED),
        "digest": preview.digest,
        "has_titles": bool(preview.table.titles),
        "run_url": f"import-{kind}-run",
        "paste_url": f"import-{kind}",
    }


def _cells(proposal: Proposal, names: list[str]) -> list[dict[str, str]]:
    """For each column what it will be, and what it was where that changes."""
    changes = {change.name: change for change in proposal.changes}
    cells = []
    for name in names:
        value = words_of(proposal.row.values.get(name))
        old = words_of(changes[name].old) if name in changes else ""
        cells.append({"value": value, "old": old, "changed": "1" if name in changes else ""})
    return cells


def words_of(value: object) -> str:
    """A value as a cell shows it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, tuple):
        return " / ".join(value) or "–"
    if hasattr(value, "normalize"):
        return f"{value.normalize():f}"
    return str(value).replace("T00:00", "").replace("T", " ") if _is_wall_time(value) else str(value).replace("_", " ")


def _is_wall_time(value: object) -> bool:
    return isinstance(value, str) and len(value) == 16 and value[4] == value[7] == "-" and value[10] == "T"


def _done_context(request: UserRequest, batch: ImportBatch, imported: Imported | None) -> dict[str, Any]:
    return {
        "batch": batch,
        "kind": batch.kind,
        "secrets": imported.secrets if imported else [],
        "may_undo": batch.state == ImportState.DONE
        and batch.done_at is not None
        and clock.now() - batch.done_at <= UNDO_WITHIN,
        "undo_until": batch.done_at + UNDO_WITHIN if batch.done_at else None,
        "undo_url": f"import-{batch.kind}-undo",
        "paste_url": f"import-{batch.kind}",
        "place": PLACES[Kind(batch.kind)],
    }
