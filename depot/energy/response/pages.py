"""The page on which a cap of the grid is entered, and on which it shows what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from depot import clock
from depot.access.audit import note
from depot.access.pages import NotAllowed, UserRequest, needs, reachable_or_404
from depot.board.frame import current_depot
from depot.energy.delivery.models import Writer
from depot.energy.models import GridCap
from depot.energy.needs import moment_of
from depot.energy.pages.readiness_forms import next_time
from depot.energy.pages.rule_forms import WallTimeField
from depot.energy.response.models import CapEffect
from depot.energy.services import hands
from depot.models import Depot

CAPS_SHOWN = 20


class CapForm(forms.Form):
    kw = forms.DecimalField(
        label="At most from the grid, kW", min_value=0, max_value=100_000, decimal_places=3,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    since = WallTimeField("From", help_text="Blank: from now on")
    until = WallTimeField("Until", required=True)
    day = forms.ChoiceField(
        label="Day", required=False,
        choices=[("0", "next time it is that hour"), ("1", "a day later"), ("2", "two days later")],
    )  # fmt: skip
    note = forms.CharField(label="Whose event", max_length=120, required=False, help_text="As: Utility, event 4711")

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if "until" not in self.errors and said.get("until") is None:
            self.add_error("until", "A cap has an end: tell its hour.")
        if said.get("since") is not None and said.get("since") == said.get("until"):
            self.add_error("until", "It ends when it begins.")
        return said

    def window(self, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
        said = self.cleaned_data
        begins = next_time(said["since"], zone, now) or now
        if said["since"] is not None and said["day"]:
            day = begins.astimezone(zone).date() + timedelta(days=int(said["day"]))
            begins = moment_of(day, said["since"], zone)
        ends = next_time(said["until"], zone, begins)
        assert ends is not None
        return begins, ends


@dataclass(frozen=True, slots=True)
class CapRow:
    cap: GridCap
    effect: CapEffect | None
    now: datetime

    @property
    def state(self) -> str:
        if self.cap.taken_back_at is not None:
            return "lifted"
        if self.now < self.cap.starts_at:
            return "ahead"
        return "holds" if self.now < self.cap.ends_at else "over"

    @property
    def limit_kw(self) -> float:
        return self.cap.limit_w / 1000

    @property
    def falls_by_kw(self) -> float | None:
        effect = self.effect
        if effect is None or effect.without_kw is None or effect.with_kw is None:
            return None
        return max(0.0, effect.without_kw - effect.with_kw)

    @property
    def is_more_than_allowed(self) -> bool:
        """Even as planned: the building alone, or chargers out of our hands, take more."""
        planned = self.effect.with_kw if self.effect is not None else None
        return planned is not None and planned > self.limit_kw + 0.05


@require_http_methods(["GET", "HEAD", "POST"])
@needs("energy.view_gridcap")
def caps(request: UserRequest) -> HttpResponse:
    depot = current_depot(request)
    if depot is None:
        return redirect("energy")
    if request.method != "POST":
        return _page(request, depot, CapForm())
    if not request.user.has_perm("energy.add_gridcap"):
        raise NotAllowed("energy.add_gridcap")
    form = CapForm(request.POST)
    if not form.is_valid():
        return _page(request, depot, form)
    now = clock.now()
    begins, ends = form.window(ZoneInfo(depot.time_zone), now)
    with transaction.atomic():
        cap = hands.cap_grid(
            depot, round(form.cleaned_data["kw"] * 1000), starts_at=begins, ends_at=ends, now=now,
            note=form.cleaned_data["note"], entered_by=request.user,
        )  # fmt: skip
        note(request, "capped the grid", cap, depot=depot, limit_w=cap.limit_w, starts_at=begins, ends_at=ends)
    messages.success(request, f"At most {cap.limit_w / 1000:g} kW from the grid. The plan that keeps it is being made.")
    return redirect("energy-caps")


def _page(request: UserRequest, depot: Depot, form: CapForm) -> HttpResponse:
    return render(request, "energy/caps.html", {"form": form, **shown(depot, clock.now())})


def shown(depot: Depot, now: datetime) -> dict[str, Any]:
    """What `energy/_caps.html` shows, on this page or within another."""
    rows = GridCap.objects.filter(depot=depot).select_related("entered_by", "effect").order_by("-starts_at", "-pk")
    writer = Writer.objects.filter(depot=depot).first()
    told = [CapRow(cap, getattr(cap, "effect", None), now) for cap in rows[:CAPS_SHOWN]]
    return {
        "caps": told,
        # Until chargers have acknowledged less, or where some cannot be told, the circuit is not guaranteed.
        "overloads": writer.overloads if writer is not None and any(row.state == "holds" for row in told) else [],
    }


@require_POST
@needs("energy.delete_gridcap")
def lift_cap(request: UserRequest, cap_id: int) -> HttpResponse:
    cap = reachable_or_404(request, GridCap.objects.select_related("depot"), pk=cap_id)
    with transaction.atomic():
        hands.lift_cap(cap, now=clock.now())
        note(request, "lifted a cap of the grid", cap, depot=cap.depot)
    messages.success(request, "The cap is lifted. The next plan uses the whole connection again.")
    return redirect("energy-caps")
