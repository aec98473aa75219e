"""Tariffs: one price or prices by the clock; a change is a new version."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from billing.models import Tariff
from billing.pricing import Period, PeriodUnreadable
from billing.services import TariffReplaced, ValidFromPast, change_tariff, make_tariff
from depot import clock
from depot.access import audit
from depot.access.pages import UserRequest, changeable_or_refused, needs, reachable_or_404
from depot.access.reach import may_change, within_reach
from depot.board.frame import Frame, current_depot
from depot.models import Bay, Depot
from depot.yard.forms.tariffs import MONTHS, PeriodFormSet, TariffForm, initial_of
from depot.yard.week import Day, week_of

ROWS_MORE = 3
# Above the week's table, every third hour.
HOURS = [f"{hour:02}" for hour in range(0, 24, 3)]


@require_GET
@needs("billing.view_tariff")
def tariffs(request: UserRequest) -> HttpResponse:
    current = within_reach(request.user, Tariff.objects.filter(replaced_by=None)).order_by("name")
    names = [tariff.name for tariff in current]
    versions = dict(Tariff.objects.filter(name__in=names).order_by().values_list("name").annotate(Count("pk")))
    context = {
        "tariffs": [(tariff, versions[tariff.name], _used_at(request, tariff)) for tariff in current],
    }
    return render(request, "yard/tariffs.html", context)


def _used_at(request: UserRequest, tariff: Tariff) -> str:
    """Where sessions are billed by it, in words; a depot may point at any version."""
    depots = within_reach(request.user, Depot.objects.filter(tariff__name=tariff.name))
    bays = within_reach(request.user, Bay.objects.filter(tariff__name=tariff.name)).count()
    parts = [depot.name for depot in depots]
    if bays:
        parts.append(f"{bays} bay{'s' if bays > 1 else ''}")
    return ", ".join(parts)


@require_GET
@needs("billing.view_tariff")
def tariff(request: UserRequest, tariff_id: int) -> HttpResponse:
    one = reachable_or_404(request, Tariff, pk=tariff_id)
    month = _month(request)
    context = {
        "tariff": one,
        "versions": list(Tariff.objects.filter(name=one.name).order_by("-version")),
        "week": _week(one.periods, one.price_per_kwh, month),
        "hours": HOURS,
        "month": month,
        "months": MONTHS,
        "depends_on_month": any(written.get("months") for written in one.periods),
        "used_at": _used_at(request, one),
        "may_change": request.user.has_perm("billing.change_tariff")
        and may_change(request.user, one)
        and one.replaced_by_id is None,
    }
    return render(request, "yard/tariff.html", context)


def _month(request: UserRequest) -> int:
    said = request.POST.get("month") or request.GET.get("month", "")
    zone = Frame(request).zone
    return int(said) if said.isdigit() and 1 <= int(said) <= 12 else clock.now().astimezone(zone).month


def _week(written: list[dict[str, Any]], base_price: Decimal, month: int) -> list[Day]:
    periods = []
    for one in written:
        try:
            periods.append(Period.read(one))
        except PeriodUnreadable:
            continue  # the form says what is wrong with it
    return week_of(periods, base_price, month)


@require_http_methods(["GET", "POST"])
@needs("billing.add_tariff")
def add(request: UserRequest) -> HttpResponse:
    depot = current_depot(request)
    initial = {"currency": depot.currency if depot else ""}
    form = TariffForm(request.POST or None, zone=Frame(request).zone, initial=initial)
    rows = PeriodFormSet(request.POST or None, prefix="period")
    if _is_meant_to_be_kept(request) and form.is_valid() and rows.is_valid():
        with transaction.atomic():
            made = make_tariff(form.cleaned_data["name"], form.terms(_periods(rows)), now=clock.now())
            audit.note(request, "made tariff", made)
        messages.success(request, f"{made.name} is there. It holds where a depot or a bay names it.")
        return redirect("tariff", made.pk)
    return _form_page(request, form, rows, {"title": "Make a tariff"})


@require_http_methods(["GET", "POST"])
@needs("billing.change_tariff")
def change(request: UserRequest, tariff_id: int) -> HttpResponse:
    one = changeable_or_refused(request, Tariff, pk=tariff_id)
    zone = ZoneInfo(one.time_zone) if one.time_zone else Frame(request).zone
    prices = ("price_per_kwh", "price_per_session", "tax_percent")
    initial = {name: f"{getattr(one, name).normalize():f}" for name in prices}
    initial |= {"currency": one.currency, "time_zone": one.time_zone}
    form = TariffForm(request.POST or None, zone=zone, tariff=one, initial=initial)
    rows = PeriodFormSet(request.POST or None, prefix="period", initial=initial_of(one))
    if _is_meant_to_be_kept(request) and form.is_valid() and rows.is_valid():
        try:
            with transaction.atomic():
                newer = change_tariff(one, asdict(form.terms(_periods(rows))), now=clock.now())
                audit.note(request, "changed tariff", newer, version=newer.version)
        except TariffReplaced:
            form.add_error(None, "Somebody made a newer version meanwhile; change that one.")
        except ValidFromPast:
            form.add_error("valid_from", "A new price cannot hold in the past: sessions were begun under the old one.")
        else:
            said = "is unchanged" if newer.pk == one.pk else f"has a version {newer.version} now"
            messages.success(request, f"{one.name} {said}.")
            return redirect("tariff", newer.pk)
    return _form_page(request, form, rows, {"title": f"Change {one.name}", "tariff": one})


def _is_meant_to_be_kept(request: UserRequest) -> bool:
    """The form is also posted to see its week, or to get more rows."""
    return request.method == "POST" and "keep" in request.POST


def _periods(rows: Any) -> list[dict[str, Any]]:
    return [period for row in rows if (period := row.period()) is not None]


def _form_page(request: UserRequest, form: TariffForm, rows: Any, context: dict[str, Any]) -> HttpResponse:
    month = _month(request)
    week: list[Day] = []
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        week = _week(_periods(rows), form.cleaned_data["price_per_kwh"], month)
    if "more" in request.POST:
        said = request.POST.copy()
        said["period-TOTAL_FORMS"] = str(min(40, _number(said.get("period-TOTAL_FORMS")) + ROWS_MORE))
        rows = PeriodFormSet(said, prefix="period", initial=rows.initial)
    context |= {"hours": HOURS, "form": form, "rows": rows, "week": week, "month": month, "months": MONTHS}
    return render(request, "yard/tariff_form.html", context)


def _number(said: str | None) -> int:
    return int(said) if said and said.isdigit() else 0
