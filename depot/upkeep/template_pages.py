"""Templates of settings, and the one difference of a charger that is put right at a time."""

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chargers.events import Setting
from chargers.models import Charger
from chargers.queries import link_of
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken
from chargers.upkeep import settings
from chargers.upkeep.models import SettingTemplate
from chargers.upkeep.naming import NAME_PARTS
from depot import clock, live
from depot.access import audit
from depot.access.pages import UserRequest, changeable_or_refused, needs, reachable_or_404
from depot.access.reach import changeable, within_reach
from depot.models import Depot
from depot.upkeep.drift import drift_of_placed
from depot.upkeep.forms import NAME_LENGTH, TemplateForm
from depot.yard.asking import offline_words


@require_GET
@needs("upkeep.view_settingtemplate")
def templates(request: UserRequest) -> HttpResponse:
    rows = within_reach(request.user, SettingTemplate.objects.annotate(count=Count("wanted")))
    context = {
        "templates": rows.order_by("name"),
        "may_change": set(changeable(request.user, SettingTemplate.objects.all()).values_list("pk", flat=True)),
        "depots": dict(within_reach(request.user, Depot.objects.all()).values_list("pk", "name")),
    }
    return render(request, "upkeep/templates.html", context)


@require_http_methods(["GET", "POST"])
@needs("upkeep.add_settingtemplate")
def add(request: UserRequest) -> HttpResponse:
    initial = {name: request.GET.get(name, "")[:60] for name in ("vendor", "model", "firmware")}
    form = TemplateForm(request.POST or None, user=request.user, initial=initial)
    form.instance.created_at = clock.now()
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            template = form.keep()
            audit.note(request, "added setting template", template)
        messages.success(request, f"{template} is kept. Nothing is changed by it: each charger shows what differs.")
        return redirect("setting-templates")
    return render(request, "upkeep/template_form.html", {"form": form, "title": "Make a template"})


@require_http_methods(["GET", "POST"])
@needs("upkeep.change_settingtemplate")
def change(request: UserRequest, template_id: int) -> HttpResponse:
    template = changeable_or_refused(request, SettingTemplate, pk=template_id)
    form = TemplateForm(request.POST or None, user=request.user, instance=template)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.keep()
            audit.note(request, "changed setting template", template, fields=form.changed_data)
        messages.success(request, f"{template} is changed.")
        return redirect("setting-templates")
    return render(request, "upkeep/template_form.html", {"form": form, "template": template, "title": str(template)})


@require_POST
@needs("upkeep.delete_settingtemplate")
def delete(request: UserRequest, template_id: int) -> HttpResponse:
    template = changeable_or_refused(request, SettingTemplate, pk=template_id)
    with transaction.atomic():
        audit.note(request, "deleted setting template", template)
        template.delete()
    messages.success(request, "The template is gone; no charger was changed.")
    return redirect("setting-templates")


@require_POST
@needs("chargers.engineer_charger")
def fix_one(request: UserRequest, charger_id: int) -> HttpResponse:
    """Ask for one new value and then what it is; whatever else differs waits for its own click."""
    charger = reachable_or_404(request, Charger, pk=charger_id)
    component, component_instance, variable, variable_instance = (
        request.POST.get(part, "")[:NAME_LENGTH] for part in NAME_PARTS
    )
    named = Setting(variable, component, component_instance, variable_instance)
    difference = settings.find(drift_of_placed(charger).differences, named)
    if difference is None:
        messages.info(request, "There is no such difference any more.")
        return redirect("charger-configuration", charger.pk)
    try:
        with transaction.atomic():
            issued = settings.fix(charger, difference, issued_by=request.user, now=clock.now())
            audit.note(request, "fixed setting", charger, setting=difference.name, command=issued[0].pk)
            live.tell([charger.pk], what="command")
    except settings.NotToBeSet as why:
        messages.error(request, f"{difference.name} was not set: {why}.")
    except ChargerOffline:
        messages.error(request, f"{difference.name} was not set. {offline_words(link_of(charger.pk).since)}")
    except (CommandInvalid, CommandNotSpoken, CommandNotAllowed) as why:
        messages.error(request, f"{difference.name} was not set: {why}")
    else:
        messages.info(request, f"{difference.name}: {difference.wanted} is asked for, and then what it is.")
    return redirect("charger-configuration", charger.pk)
