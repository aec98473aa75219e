"""Pages of what a charger reports: monitoring, power, display; and a form for each thing that is asked of it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from chargers.device_model.models import (
    ChargingNeeds,
    CustomerFile,
    DisplayMessage,
    ExternalLimit,
    MonitorAlert,
    NetworkSlot,
    Report,
    ReportedProfile,
    VariableMonitor,
    VehicleSchedule,
)
from chargers.models import Charger, IssuedCommand, SettingValue
from chargers.queries import Link, link_of
from depot.access.pages import AnyPage, UserRequest, needs, reachable_or_404
from depot.device.asks import ASKS, Ask, asks_of
from depot.device.schedules import Stretch, composite_told, stretches_of
from depot.device.taken import taken_by
from depot.energy.delivery.shown import own_limits
from depot.yard.asking import ask, why_not
from depot.yard.queries import overview

ALERTS_SHOWN = 50
REPORTS_SHOWN = 8
LATELY_SHOWN = 5
USUAL_PROTOCOL = "ocpp1.6"


def _page(request: UserRequest, charger: Charger, tab: str, tab_url: str) -> dict[str, Any]:
    link = link_of(charger.pk)
    protocol = _protocol(charger, link)
    return {
        "charger": charger,
        "bays": overview.bays_of(request.user, charger),
        "tab": tab,
        "why_not": why_not(link),
        "protocol": protocol,
        "asks": [one for one in asks_of(protocol, tab_url) if request.user.has_perm(one.permission)],
        "real_now": datetime.now(UTC),
    }


def _protocol(charger: Charger, link: Link) -> str:
    return link.protocol or charger.protocol or charger.pinned_protocol or USUAL_PROTOCOL


def _reports(charger: Charger, kinds: Iterable[str]) -> list[Report]:
    return list(Report.objects.filter(charger=charger, kind__in=kinds)[:REPORTS_SHOWN])


@require_GET
@needs("device_model.view_variablemonitor")
def monitoring(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    context = _page(request, charger, "monitoring", "charger-monitoring") | {
        "monitors": VariableMonitor.objects.filter(charger=charger),
        "alerts": MonitorAlert.objects.filter(charger=charger)[:ALERTS_SHOWN],
        "reports": _reports(charger, ["monitors", "settings"]),
    }
    return render(request, "device/monitoring.html", context)


@require_GET
@needs("device_model.view_externallimit")
def power(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    limits = ExternalLimit.objects.filter(charger=charger).select_related("evse")
    context = _page(request, charger, "power", "charger-power") | {
        "limits": [(limit, _all_stretches(limit.schedule, limit.told_at)) for limit in limits.filter(lifted_at=None)],
        "lifted": limits.exclude(lifted_at=None)[:LATELY_SHOWN],
        "needs": ChargingNeeds.objects.filter(evse__charger=charger).select_related("evse")[:LATELY_SHOWN],
        "vehicle_schedules": [
            (told, stretches_of(told.schedule, told.base_at) if told.schedule else [])
            for told in VehicleSchedule.objects.filter(evse__charger=charger).select_related("evse")[:LATELY_SHOWN]
        ],
        "composites": _composites(charger),
        "own": own_limits(charger),
        "taken": taken_by(charger),
        "reports": _reports(charger, ["profiles"]),
    }
    if request.user.has_perm("device_model.view_reportedprofile"):
        profiles = ReportedProfile.objects.filter(charger=charger)
        context["profiles"] = [(one, _all_stretches(one.profile["schedules"], None)) for one in profiles]
    return render(request, "device/power.html", context)


def _all_stretches(schedules: list[dict[str, Any]], base_at: datetime | None) -> list[Stretch]:
    return [stretch for schedule in schedules for stretch in stretches_of(schedule, base_at)]


def _composites(charger: Charger) -> list[Any]:
    """The newest answer for each outlet: when it was asked, and what the charger said."""
    asked = IssuedCommand.objects.filter(charger=charger, kind="read_composite_schedule", state="accepted")
    found: dict[int, Any] = {}
    for command in asked.order_by("-pk")[:20]:
        told = composite_told(command.response, command.request)
        if told is not None:
            found.setdefault(told.evse, (command, told))
    return [found[evse] for evse in sorted(found)]


@require_GET
@needs("device_model.view_displaymessage")
def display(request: UserRequest, charger_id: int) -> HttpResponse:
    charger = reachable_or_404(request, Charger, pk=charger_id)
    context = _page(request, charger, "display", "charger-display") | {
        "display_messages": DisplayMessage.objects.filter(charger=charger),
        "network_slots": NetworkSlot.objects.filter(charger=charger),
        "reports": _reports(charger, ["messages", "customer"]),
    }
    if request.user.has_perm("device_model.view_customerfile"):
        context["customer_files"] = CustomerFile.objects.filter(charger=charger)[:LATELY_SHOWN]
    return render(request, "device/display.html", context)


def ask_page(one: Ask) -> AnyPage[Any]:
    """The page of one form: shown by GET, asked by POST."""

    @require_http_methods(["GET", "POST"])
    @needs(one.permission)
    def page(request: UserRequest, charger_id: int) -> HttpResponse:
        charger = reachable_or_404(request, Charger, pk=charger_id)
        zone = _zone_of(request, charger)
        data = request.POST if request.method == "POST" else None
        form = one.form(data, charger=charger, zone=zone, initial=_initial(request, charger))
        if request.method == "POST" and form.is_valid() and ask(request, charger, form.command(), one.title):
            return redirect(one.shows_at, charger.pk)
        context = _page(request, charger, _tab_of(one), one.shows_at) | {"ask": one, "form": form}
        return render(request, "device/ask.html", context)

    return page


def _tab_of(one: Ask) -> str:
    return one.shows_at.removeprefix("charger-")


def _zone_of(request: UserRequest, charger: Charger) -> ZoneInfo:
    bays = overview.bays_of(request.user, charger)
    return ZoneInfo(bays[0].depot.time_zone) if bays else ZoneInfo("UTC")


def _initial(request: UserRequest, charger: Charger) -> dict[str, Any]:
    """What a link to the form says already: a setting to watch, a monitor to change, a number to take away."""
    initial: dict[str, Any] = {}
    setting, monitor, number = (request.GET.get(name, "") for name in ("setting", "monitor", "number"))
    if setting.isascii() and setting.isdigit():
        row = SettingValue.objects.filter(charger=charger, pk=setting).first()
        if row is not None:
            initial |= {"component": row.component, "variable": row.variable, "evse": row.evse_number or None}
    if monitor.isascii() and monitor.isdigit():
        held = VariableMonitor.objects.filter(charger=charger, number=monitor).first()
        if held is not None:
            initial |= {"component": held.component, "variable": held.variable, "evse": held.evse_number or None}
            initial |= {"kind": held.kind, "value": held.value, "severity": held.severity, "monitor_id": held.number}
            initial |= {"in_transactions_only": held.in_transactions_only}
    if number.isascii() and number.isdigit():
        initial["number"] = int(number)
    elif charger.display_messages.exists():
        initial["number"] = max(charger.display_messages.values_list("number", flat=True)) + 1
    else:
        initial["number"] = 1
    return initial


ASK_PAGES = {name: ask_page(one) for name, one in ASKS.items()}
