"""What if the limit were another, more vehicles came, or a charger failed? Planned, shown, and forgotten."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from chargers.models import Charger, Evse
from depot import clock
from depot.access.pages import UserRequest, needs
from depot.board.figures import natural
from depot.board.frame import current_depot
from depot.energy.instance import InstanceInvalid
from depot.energy.models import ManualLimit, Timetable
from depot.energy.pages.compare import Comparison, compare
from depot.energy.pages.rule_forms import WallTimeField
from depot.energy.queries.instance import wirings_of
from depot.energy.queries.planned import newest_plan
from depot.energy.services import preview
from depot.energy.terms import TermsUnreadable
from depot.models import Bay, Depot
from sessions.models import Session, Vehicle

MORE_AT_MOST = 40
FAILS_FOR = timedelta(days=2)
COMES_IN = timedelta(minutes=15)


class WhatIfForm(forms.Form):
    limit_kw = forms.DecimalField(
        label="The site may draw at most, kW", required=False, min_value=1, max_value=100_000, decimal_places=1,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    more = forms.IntegerField(
        label="More vehicles, from now on", required=False, min_value=0, max_value=MORE_AT_MOST,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}), help_text="Each takes a free bay",
    )  # fmt: skip
    kwh = forms.DecimalField(
        label="Each needs, kWh", required=False, min_value=0, max_value=2_000, initial=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    leaves = WallTimeField("And leaves")
    fails = forms.ModelChoiceField(
        Charger.objects.none(), label="This charger fails", required=False, empty_label="none"
    )

    def __init__(self, *args: Any, depot: Depot, **options: Any) -> None:
        super().__init__(*args, **options)
        ours = {wiring.evse.charger_id for wiring in wirings_of(depot)}
        fails = self.fields["fails"]
        assert isinstance(fails, forms.ModelChoiceField)
        fails.queryset = Charger.objects.filter(pk__in=ours).order_by("identity")

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("more") and "leaves" not in self.errors and said.get("leaves") is None:
            self.add_error("leaves", "When do they leave?")
        return said

    @property
    def is_told(self) -> bool:
        return bool(self.is_valid() and any(self.cleaned_data[name] for name in ("limit_kw", "more", "fails")))


@require_safe
@needs("energy.view_storedplan")
def what_if(request: UserRequest) -> HttpResponse:
    """A question, so it is asked by its address: it may be kept and sent to a colleague."""
    depot = current_depot(request)
    if depot is None:
        return redirect("energy")
    now = clock.now()
    form = WhatIfForm(request.GET if request.GET else None, depot=depot, initial={"limit_kw": _limit_kw(depot)})
    result: Comparison | None = None
    failed = ""
    if request.GET and form.is_told:
        try:
            found = preview(depot, _change(depot, form.cleaned_data, now), now=now)
            result = compare(depot, found, now) if found is not None else None
        except (InstanceInvalid, TermsUnreadable) as error:
            failed = str(error)
    context = {
        "form": form,
        "result": result,
        "failed": failed,
        "is_asked": bool(request.GET) and form.is_valid(),
        "currency": depot.currency,
        "plan": newest_plan(depot),
        "free": len(_free_evses(depot)),
    }
    return render(request, "energy/what_if.html", context)


def _limit_kw(depot: Depot) -> Decimal | None:
    return None if depot.site_limit_w is None else Decimal(depot.site_limit_w) / 1000


def _change(depot: Depot, said: dict[str, Any], now: datetime) -> Callable[[], None]:
    """All of it is rolled back by the preview."""

    def pretend() -> None:
        if said["limit_kw"]:
            Depot.objects.filter(pk=depot.pk).update(site_limit_w=round(said["limit_kw"] * 1000))
        if said["fails"]:
            for evse in Evse.objects.filter(charger=said["fails"]):
                ManualLimit.objects.create(evse=evse, limit_w=0, starts_at=now, ends_at=now + FAILS_FOR)
        if said["more"]:
            _bring(depot, said, now)

    return pretend


def _bring(depot: Depot, said: dict[str, Any], now: datetime) -> None:
    comes_at = (now + COMES_IN).astimezone(ZoneInfo(depot.time_zone)).time().replace(second=0, microsecond=0)
    bays = Bay.objects.filter(depot=depot, evse__in=_free_evses(depot))
    for number, bay in enumerate(sorted(bays, key=lambda bay: natural(bay.name))[: said["more"]], 1):
        vehicle = Vehicle.objects.create(unit_number=f"Extra {number}", depot_key=depot.pk, created_at=now)
        Timetable.objects.create(
            depot=depot, vehicle=vehicle, weekdays="1234567", comes_at=comes_at, leaves_at=said["leaves"], bay=bay,
            energy_wh=round((said["kwh"] or 0) * 1000),
        )  # fmt: skip


def _free_evses(depot: Depot) -> set[int]:
    """Where nobody stands and nobody is expected."""
    wired = {wiring.evse_id for wiring in wirings_of(depot)}
    taken = set(Session.objects.running().filter(evse__in=wired).values_list("evse", flat=True))
    plan = newest_plan(depot)
    planned = set(plan.stays.values_list("evse", flat=True)) if plan is not None else set()
    return wired - taken - planned
