"""Meters of the site: what they show, how old it is, and where their values are pushed to."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from depot import clock
from depot.access import audit
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.board.frame import current_depot
from depot.energy.models import MeterKind, MeterSample, MeterSource
from depot.energy.queries.site import meters_of
from depot.energy.services import want_plan
from depot.energy.wiring_pages.forms import MeterForm
from depot.energy.wiring_pages.views import depot_or_404
from depot.models import Depot


@require_GET
@needs("energy.view_metersource")
def meters(request: UserRequest) -> HttpResponse:
    depot, now = current_depot(request), clock.now()
    context: dict[str, Any] = {"tab": "meters"}
    if depot is not None:
        newest = MeterSample.objects.filter(source=OuterRef("pk"), at__lte=now).order_by("-at")
        context |= {
            "meters": meters_of(depot, now),
            "price": MeterSource.objects.filter(depot=depot, kind=MeterKind.PRICE)
            .annotate(newest_value=Subquery(newest.values("value")[:1]), newest_at=Subquery(newest.values("at")[:1]))
            .first(),
            "currency": depot.currency,
        }
    return render(request, "energy/wiring/meters.html", context)


@require_http_methods(["GET", "POST"])
@needs("energy.add_metersource")
def add_meter(request: UserRequest) -> HttpResponse:
    depot = depot_or_404(request)
    return _meter_page(request, depot, MeterForm(request.POST or None, depot=depot), "Add a meter")


@require_http_methods(["GET", "POST"])
@needs("energy.change_metersource")
def change_meter(request: UserRequest, meter_id: int) -> HttpResponse:
    meter = reachable_or_404(request, MeterSource.objects.select_related("depot"), pk=meter_id)
    form = MeterForm(request.POST or None, depot=meter.depot, instance=meter)
    return _meter_page(request, meter.depot, form, meter.name)


def _meter_page(request: UserRequest, depot: Depot, form: MeterForm, title: str) -> HttpResponse:
    is_new = form.instance.pk is None
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            meter = form.save()
            audit.note(request, "added meter" if is_new else "changed meter", meter, fields=form.changed_data)
            want_plan(depot.pk, f"meter {meter} {'added' if is_new else 'changed'}", now=clock.now())
        messages.success(request, f"{meter} is {'there' if is_new else 'changed'}.")
        return redirect("meters")
    push_url = "" if is_new else request.build_absolute_uri(reverse("api-meter-samples", args=[form.instance.pk]))
    context = {"form": form, "title": title, "meter": None if is_new else form.instance, "push_url": push_url}
    return render(request, "energy/wiring/meter_form.html", context)


@require_POST
@needs("energy.delete_metersource")
def delete_meter(request: UserRequest, meter_id: int) -> HttpResponse:
    meter = reachable_or_404(request, MeterSource, pk=meter_id)
    with transaction.atomic():
        audit.note(request, "deleted meter", meter)
        want_plan(meter.depot_id, f"meter {meter} deleted", now=clock.now())
        meter.delete()
    messages.success(request, f"{meter} and its values are gone.")
    return redirect("meters")
