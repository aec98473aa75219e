"""The configuration of a charger: what it reported, read again, one value set at a time."""

import secrets
from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from chargers.commands import ChangeSettings, ReadSettings, ReportSettings
from chargers.models import Charger, IssuedCommand, SettingValue
from chargers.queries import link_of
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.board import asked
from depot.yard.asking import ask, why_not
from depot.yard.forms.chargers import SetValueForm
from depot.yard.queries import configuration, overview

REQUEST_IDS = 2**31 - 1


@require_GET
@needs("chargers.view_settingvalue")
def settings(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    q = request.GET.get("q", "").replace("\x00", "")[:100]
    link = link_of(charger.pk)
    issued = list(
        IssuedCommand.objects.filter(charger=charger, kind__in=configuration.SETTINGS_KINDS)
        .select_related("issued_by", "charger")
        .order_by("-pk")[: configuration.COMMANDS_SHOWN]
    )
    steps = asked.describe(issued, asking=request.user)
    components = configuration.components_of(charger, q)
    being_set = request.GET.get("set", "")
    context = {
        "charger": charger,
        "bays": overview.bays_of(request.user, charger),
        "tab": "configuration",
        "q": q,
        "components": components,
        "count": sum(len(component.settings) for component in components),
        "has_components": any(component.title for component in components),
        "reported_at": SettingValue.objects.filter(charger=charger).order_by("-reported_at").first(),
        "waiting_for_restart": configuration.waiting_for_restart(charger),
        "being_set": int(being_set) if being_set.isascii() and being_set.isdigit() else None,
        "link": link,
        "why_not": why_not(link),
        "answers": [
            (one, step, configuration.changed_setting(one.command))
            for one, step in zip(configuration.answered(issued, [step.words for step in steps]), steps, strict=True)
        ],
        "real_now": datetime.now(UTC),
    }
    return render(request, "yard/configuration.html", context)


@require_POST
@needs("chargers.engineer_charger")
def read_again(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    ask(request, charger, ReportSettings(request_id=secrets.randbelow(REQUEST_IDS) + 1), "Read everything again")
    return redirect("charger-configuration", charger.pk)


@require_POST
@needs("chargers.engineer_charger")
def set_value(request: UserRequest, charger_id: int) -> HttpResponse:
    """Ask for one new value, and then ask what it is: only what the charger says is shown as set."""
    charger = reachable_or_404(request, Charger, pk=charger_id)
    form = SetValueForm(request.POST)
    if not form.is_valid():
        messages.error(request, "This value is too long for any charger.")
        return redirect("charger-configuration", charger.pk)
    row = get_object_or_404(SettingValue, charger=charger, pk=form.cleaned_data["setting"])
    shown = configuration.ShownSetting(row)
    if not shown.may_be_set:
        why = "secrets are set with “New password”" if shown.is_secret else "the charger lets nobody change it"
        messages.error(request, f"{shown.name} was not set: {why}.")
        return redirect("charger-configuration", charger.pk)
    setting = configuration.setting_of(row)
    command = ChangeSettings(values=((setting, str(form.cleaned_data["value"])),))
    if ask(request, charger, command, f"Set {shown.name}") is not None:
        ask(request, charger, ReadSettings(settings=(setting,)), f"Read {shown.name} back")
    return redirect(f"{reverse('charger-configuration', args=[charger.pk])}#setting-{row.pk}")
