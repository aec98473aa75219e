"""The list of chargers, and what is known of one."""

from collections.abc import Sequence
from datetime import UTC, datetime

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chargers.choices import Standing
from chargers.models import Charger, Job, Oddity, SecurityEvent, UnreadFact
from chargers.services import refuse_charger
from depot import clock
from depot.access import audit
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.access.reach import within_reach
from depot.board import asked
from depot.board.frame import current_depot
from depot.yard import services
from depot.yard.forms.chargers import ChargerForm
from depot.yard.pages import PAGE_SIZE, page_of
from depot.yard.queries import abilities, charger_list, overview

RECORDS_SHOWN = 5


@require_GET
@needs("chargers.view_charger")
def chargers(request: UserRequest) -> HttpResponse:
    depot, now = current_depot(request), clock.now()
    wanted = charger_list.Wanted(
        **{name: request.GET.get(name, "").strip()[:60] for name in charger_list.Wanted.__slots__}
    )
    all_here = charger_list.chargers_of(request.user, depot)
    found = charger_list.in_natural_order(list(charger_list.filtered(all_here, wanted)))
    if wanted.state:
        # No column holds a state: it is what the board makes of the connector, the session and the link.
        listed = charger_list.with_states(request.user, depot, found, now=now)
        fitting: Sequence[Charger] = [one.charger for one in charger_list.in_state(listed, wanted.state)]
    else:
        fitting = found
    page = page_of(request, fitting, PAGE_SIZE)
    context = {
        "wanted": wanted,
        "page": page,
        "chargers": charger_list.with_states(request.user, depot, page.rows, now=now),
        "count": len(fitting),
        "choices": charger_list.choices_of(all_here),
        "waiting": _waiting_count(request),
        "real_now": datetime.now(UTC),
    }
    return render(request, "yard/chargers.html", context)


def _waiting_count(request: UserRequest) -> int:
    if not request.user.has_perm("chargers.change_charger"):
        return 0
    return within_reach(request.user, Charger.objects.filter(standing=Standing.WAITING)).count()


@require_GET
@needs("chargers.view_charger")
def charger(request: UserRequest, charger_id: int) -> HttpResponse:
    one = reachable_or_404(request, Charger, pk=charger_id)
    now = clock.now()
    bays = overview.bays_of(request.user, one)
    records = {
        "oddities": (Oddity, "chargers.view_oddity", 30),
        "security_events": (SecurityEvent, "chargers.view_securityevent", RECORDS_SHOWN),
        "jobs": (Job, "chargers.view_job", RECORDS_SHOWN),
    }
    context = {
        "charger": one,
        "bays": bays,
        "tab": "overview",
        "outlets": overview.outlets_of(request.user, one, bays, now=now),
        "facts": overview.link_facts(one),
        "clock_words": overview.clock_words(one.clock_offset_s),
        "clock_is_wrong": overview.clock_is_wrong(one.clock_offset_s),
        "back": request.path,
        "real_now": datetime.now(UTC),
    }
    for name, (model, permission, most) in records.items():
        if request.user.has_perm(permission):
            context[name] = list(model._default_manager.filter(charger=one)[:most])
    if request.user.has_perm("chargers.view_capability"):
        context |= {"abilities": abilities.abilities_of(one), "known": abilities.known_of(one)}
    if request.user.has_perm("chargers.view_issuedcommand"):
        lately = asked.latest(request.user, limit=RECORDS_SHOWN, charger_ids=[one.pk])
        context["steps"] = asked.describe(lately, asking=request.user)
    if request.user.has_perm("chargers.view_unreadfact"):
        unread = UnreadFact.objects.filter(charger=one, read_at=None)
        context["unread"] = list(unread[:RECORDS_SHOWN])
        context["unread_count"] = unread.count()
    return render(request, "yard/charger.html", context)


@require_http_methods(["GET", "POST"])
@needs("chargers.change_charger")
def edit(request: UserRequest, charger_id: int) -> HttpResponse:
    one = reachable_or_404(request, Charger, pk=charger_id)
    form = ChargerForm(request.POST or None, instance=one)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            services.change_charger(form.save(commit=False))
            audit.note(request, "changed charger", one, **{name: form.cleaned_data[name] for name in form.changed_data})
        messages.success(request, f"{one} is changed.")
        return redirect("charger", one.pk)
    return render(request, "yard/charger_edit.html", {"charger": one, "form": form})


@require_POST
@needs("chargers.change_charger")
def switch_automation(request: UserRequest, charger_id: int) -> HttpResponse:
    one = reachable_or_404(request, Charger, pk=charger_id)
    is_on = request.POST.get("on") == "1"
    with transaction.atomic():
        services.switch_automation(one, is_on)
        audit.note(request, "switched automation", one, on=is_on)
    if is_on:
        messages.success(request, f"{one} is asked and set up again by itself when it connects.")
    else:
        messages.success(request, f"Nothing is sent to {one} unasked any more.")
    return redirect("charger", one.pk)


@require_POST
@needs("chargers.change_charger")
def switch_energy_management(request: UserRequest, charger_id: int) -> HttpResponse:
    one = reachable_or_404(request, Charger, pk=charger_id)
    is_on = request.POST.get("on") == "1"
    with transaction.atomic():
        services.switch_energy_management(one, is_on)
        audit.note(request, "switched energy management", one, on=is_on)
    if is_on:
        messages.success(request, f"{one} takes part in energy management again.")
    else:
        messages.success(request, f"{one} is left out of energy management; it is counted with its full power.")
    return redirect("charger", one.pk)


@require_http_methods(["GET", "POST"])
@needs("chargers.delete_charger")
def delete(request: UserRequest, charger_id: int) -> HttpResponse:
    """Asked for once more on a page of its own, for nothing brings it back."""
    one = reachable_or_404(request, Charger, pk=charger_id)
    context = {"charger": one, "bays": overview.bays_of(request.user, one), "sessions": services.sessions_of(one)}
    if request.method == "POST":
        identity = one.identity
        try:
            if not context["sessions"]:
                # First, and committed: what holds its socket is told by its rows, which are gone afterwards.
                refuse_charger(one)
            with transaction.atomic():
                audit.note(request, "deleted charger", one, identity=identity)
                services.delete_charger(one)
        except services.ChargerInUse as in_use:
            named = f"{in_use.sessions} session{'s' if in_use.sessions > 1 else ''}"
            messages.error(request, f"{one} stays: {named} in the books came from it. It can be refused instead.")
            return redirect("charger", charger_id)
        messages.success(request, f"{identity} is deleted. If it calls in again, it comes to the waiting room.")
        return redirect("chargers")
    return render(request, "yard/charger_delete.html", context)
