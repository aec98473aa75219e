"""The logs of a charger: asked for, awaited, here."""

from datetime import UTC, datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST, require_safe

from chargers.models import Charger, Job
from chargers.queries import link_of
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken
from depot import clock
from depot.access import audit
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.uploads import store
from depot.uploads.address import base_url_of
from depot.uploads.forms import LogForm
from depot.uploads.models import AwaitedUpload
from depot.uploads.sending import send_file
from depot.uploads.services import ask_for_log
from depot.yard.asking import offline_words, why_not
from depot.yard.queries import overview

SHOWN = 50


@require_GET
@needs("uploads.view_awaitedupload")
def logs(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    return _page(request, charger, LogForm())


def _page(request: UserRequest, charger: Charger, form: LogForm) -> HttpResponse:
    uploads = AwaitedUpload.objects.filter(charger=charger).select_related("command", "asked_by")[:SHOWN]
    context = {
        "charger": charger,
        "bays": overview.bays_of(request.user, charger),
        "tab": "logs",
        "uploads": list(uploads),
        "jobs": list(Job.objects.filter(charger=charger)[:SHOWN]),
        "form": form,
        "why_not": why_not(link_of(charger.pk)),
        "real_now": datetime.now(UTC),
    }
    return render(request, "uploads/logs.html", context)


@require_POST
@needs("uploads.ask_for_log")
def ask(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    form = LogForm(request.POST)
    if not form.is_valid():
        return _page(request, charger, form)
    now = clock.now()
    try:
        awaited = ask_for_log(
            charger,
            form.cleaned_data["sort"],
            base_url=base_url_of(request),
            asked_by=request.user,
            now=now,
            since=form.since(now),
        )
    except ChargerOffline as offline:
        messages.error(request, f"Not asked. {offline_words(offline.since)}")
    except (CommandInvalid, CommandNotAllowed, CommandNotSpoken) as error:
        messages.error(request, f"Not asked: {error}")
    else:
        audit.note(request, "asked for a log", charger, upload=awaited.pk)
        messages.info(request, f"Asked for the {awaited.get_sort_display().lower()}. It shows below once it came.")
    return redirect("charger-logs", charger.pk)


@require_safe
@needs("uploads.view_awaitedupload")
def file(request: UserRequest, charger_id: int, upload_id: int) -> HttpResponseBase:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    awaited = reachable_or_404(request, AwaitedUpload.objects.filter(charger=charger), pk=upload_id)
    path = store.path_of(awaited.stored_as) if awaited.stored_as else None
    if path is None or not path.is_file():
        raise Http404("It did not come, or was forgotten")
    return send_file(request, path, awaited.told_name or f"{charger.identity}-{awaited.sort}.log")
