"""What the utility charges the site: its versions, one as a form, and what one more kilowatt costs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from depot import clock
from depot.access import audit
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.board.frame import current_depot
from depot.energy.demand_windows import LATER, ON_DAY
from depot.energy.models import MonthPeak, SiteTariff
from depot.energy.queries.prices import month_of, tariff_in_force, windows_of
from depot.energy.services import count_peaks, want_plan
from depot.energy.slots import HORIZON_SLOTS
from depot.energy.tariff import SUBSCRIPTION, Climb
from depot.energy.terms import TermsUnreadable, read_terms
from depot.energy.wiring_pages.tariff_forms import STARTS, SiteTariffForm, fits_rows
from depot.energy.wiring_pages.tariff_sets import RowSets
from depot.energy.wiring_pages.views import depot_or_404
from depot.models import Depot


@dataclass(frozen=True, slots=True)
class OneMore:
    """Of one charge on peaks: up to where power costs nothing more this month, and each kilowatt above it."""

    name: str
    price_per_kw: float
    free_kw: float
    peak: MonthPeak | None
    climb: Climb | None = None  # where the price is by steps
    mean_of_days: int = 0


@require_GET
@needs("energy.view_sitetariff")
def site_tariffs(request: UserRequest) -> HttpResponse:
    depot, now = current_depot(request), clock.now()
    context: dict[str, Any] = {"tab": "tariffs"}
    if depot is not None:
        today = now.astimezone(ZoneInfo(depot.time_zone)).date()
        rows = list(SiteTariff.objects.filter(depot=depot).order_by("-valid_from"))
        context |= {
            "tariffs": rows,
            "holds": next((row for row in rows if row.valid_from <= today), None),
            "starts": [(key, words) for key, (words, _) in STARTS.items()],
            "currency": depot.currency,
        }
        try:
            context["one_more"] = _one_more(depot, now)
            context["price_now"] = tariff_in_force(depot, now).price_at(now)
        except TermsUnreadable as error:
            context["unreadable"] = str(error)
    return render(request, "energy/wiring/tariffs.html", context)


def _one_more(depot: Depot, now: datetime) -> list[OneMore]:
    tariff = tariff_in_force(depot, now)
    windows = windows_of(depot, tariff, now, HORIZON_SLOTS, 0.0)
    month = month_of(depot, now)
    by_name = {peak.window: peak for peak in MonthPeak.objects.filter(depot=depot, starts_on=month.starts_on)}
    charges = {charge.name: charge for charge in tariff.demand}
    found: dict[str, OneMore] = {}
    for window in windows:
        # Of a charge by days, today's.
        name, *_ = window.key.split(ON_DAY)
        charge = charges.get(name)
        one_more = OneMore(
            "Subscription" if name == SUBSCRIPTION else name,
            window.price_per_kw,
            window.incurred_kw,
            by_name.get(name.removesuffix(LATER)),
            charge.climb_from(window.incurred_kw) if charge is not None and not charge.mean_of_days else None,
            charge.mean_of_days if charge is not None else 0,
        )
        found.setdefault(name, one_more)
    return list(found.values())


@require_http_methods(["GET", "POST"])
@needs("energy.add_sitetariff")
def add_tariff(request: UserRequest) -> HttpResponse:
    depot = depot_or_404(request)
    start = STARTS.get(request.GET.get("start", ""), STARTS["flat"])
    return _tariff_page(request, depot, SiteTariff(depot=depot), start[1], "A new tariff of the site")


@require_http_methods(["GET", "POST"])
@needs("energy.change_sitetariff")
def change_tariff(request: UserRequest, site_tariff_id: int) -> HttpResponse:
    row = reachable_or_404(request, SiteTariff.objects.select_related("depot"), pk=site_tariff_id)
    return _tariff_page(request, row.depot, row, row.terms, row.name)


def _tariff_page(
    request: UserRequest, depot: Depot, row: SiteTariff, shown: dict[str, Any], title: str
) -> HttpResponse:
    """As rows where they can say all of it; else, or where asked for, as it is written."""
    as_written = request.POST.get("as_written") == "1" or (
        request.method == "GET" and (not fits_rows(shown) or "written" in request.GET)
    )
    data = request.POST or None
    form = SiteTariffForm(data, depot=depot, instance=row, terms=shown)
    rows = RowSets(shown, data, with_seasons=fits_rows(shown))
    if data and all((form.is_valid(), as_written or rows.are_fit)):
        try:
            terms = form.written_terms() if as_written else form.terms(rows.terms())
        except TermsUnreadable as error:
            form.add_error("written" if as_written else None, str(error))
        else:
            _keep(request, form, terms)
            return redirect("site-tariffs")
    context = {
        "form": form, **rows.all, "title": title, "as_written": as_written,
        "site_tariff": row if row.pk else None, "fits_rows": fits_rows(shown), "tab": "tariffs",
        "start": request.GET.get("start", ""), "season_names": shown.get("seasons") or {},
        "wrong": rows.wrong if data and not as_written else [],
    }  # fmt: skip
    return render(request, "energy/wiring/tariff_form.html", context)


def _keep(request: UserRequest, form: SiteTariffForm, terms: dict[str, Any]) -> None:
    is_new, now = form.instance.pk is None, clock.now()
    row = form.save(commit=False)
    row.terms = terms
    if is_new:
        row.created_at = now
    read_terms(terms, ZoneInfo(row.depot.time_zone))
    with transaction.atomic():
        row.save()
        audit.note(
            request, "added site tariff" if is_new else "changed site tariff", row, valid_from=str(row.valid_from)
        )
        count_peaks(row, now=now)
        want_plan(row.depot_id, f"site tariff {row.name} {'added' if is_new else 'changed'}", now=now)
    messages.success(request, f"{row.name} holds from {row.valid_from}; the coming plan reckons with it.")


@require_POST
@needs("energy.delete_sitetariff")
def delete_tariff(request: UserRequest, site_tariff_id: int) -> HttpResponse:
    row = reachable_or_404(request, SiteTariff, pk=site_tariff_id)
    with transaction.atomic():
        audit.note(request, "deleted site tariff", row, valid_from=str(row.valid_from))
        want_plan(row.depot_id, f"site tariff {row.name} deleted", now=clock.now())
        row.delete()
    messages.success(request, f"{row.name} is gone.")
    return redirect("site-tariffs")
