"""The demo's panel: how fast its clock runs, and what shall go wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from chargers.choices import Standing
from chargers.models import Charger
from depot.access import audit
from depot.access.pages import UserRequest, needs
from depot.access.reach import within_reach
from depot.board.frame import DEMO_RATES
from depot.demo import services

NEEDED = "depot.run_demo"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong, in the yard's own words."""

    words: str
    name: str
    told: Mapping[str, Any] = field(default_factory=dict)


FAULTS: Mapping[str, Fault] = {
    "faulted": Fault("Ground failure", "faulted", {"code": "GroundFailure"}),
    "recovered": Fault("Failure mended", "recovered"),
    "drop_link": Fault("Loses its link once", "drop_link"),
    "offline": Fault("No contact for 3 minutes", "offline", {"seconds": 180}),
    "power_loss": Fault("Loses power, keeps its memory", "power_loss", {"seconds": 20, "memory": True}),
    "power_loss_forgets": Fault("Loses power and its memory", "power_loss", {"seconds": 20, "memory": False}),
    "emergency_stop": Fault("Its emergency button is pressed", "emergency_stop"),
    "replay_last": Fault("Tells its last messages again", "replay_last"),
    "jump_meter": Fault("Its meter jumps by 100 kWh", "jump_meter", {"wh": 100_000}),
    "sends_twice": Fault("Sends everything twice", "sends_twice", {"value": True}),
    "never_answers": Fault("Answers nothing that it is asked", "never_answers", {"value": True}),
    "ignores_limits": Fault("Accepts limits and ignores them", "ignores_limits", {"value": True}),
    "refuses_profiles": Fault("Refuses every limit", "refuses_profiles", {"value": True}),
    "silent_meter": Fault("Its meter falls silent", "silent_meter", {"value": True}),
    "forgets_stop": Fault("Forgets to tell its stops", "forgets_stop", {"value": True}),
    "clock_1970": Fault("Believes that it is 1970", "clock_1970", {"value": True}),
}
# What is switched on stays on, until all is well again.
STANDING = [fault.name for fault in FAULTS.values() if "value" in fault.told]
ALL_WELL = "all_well"


def _back(request: HttpRequest) -> str:
    came_from = request.POST.get("back", "")
    return came_from if came_from.startswith("/") and not came_from.startswith("//") else reverse("board")


@require_POST
@needs(NEEDED)
def clock(request: UserRequest) -> HttpResponse:
    rate = request.POST.get("rate", "")
    if rate in DEMO_RATES:
        try:
            services.set_rate(float(rate))
        except (services.DemoNotRunning, services.YardRefused) as refused:
            messages.error(request, f"The yard's clock did not follow: {refused or 'it does not answer'}.")
        else:
            audit.note(request, "set demo clock", DEMO_RATES[rate])
    return redirect(_back(request))


@require_http_methods(["GET", "POST"])
@needs(NEEDED)
def faults(request: UserRequest) -> HttpResponse:
    chargers = within_reach(request.user, Charger.objects.filter(standing=Standing.ADOPTED)).order_by("identity")
    if request.method == "POST":
        identity, key = request.POST.get("charger", ""), request.POST.get("fault", "")
        if chargers.filter(identity=identity).exists() and (key in FAULTS or key == ALL_WELL):
            _cause(request, identity, key)
        else:
            messages.error(request, "There is no such charger here, or no such fault.")
        if not getattr(request, "htmx", False):
            return redirect("demo")
        return render(request, "_messages.html", {"oob": True})
    context = {"chargers": chargers, "faults": FAULTS, "all_well": ALL_WELL, "runs": services.is_running()}
    return render(request, "demo/_faults.html" if getattr(request, "htmx", False) else "demo/demo.html", context)


def _cause(request: UserRequest, identity: str, key: str) -> None:
    try:
        if key == ALL_WELL:
            for name in STANDING:
                services.cause_fault(identity, name, value=False)
            services.cause_fault(identity, "recovered")
        else:
            services.cause_fault(identity, FAULTS[key].name, **FAULTS[key].told)
    except services.DemoNotRunning:
        messages.error(request, "No demo is running here, or its yard does not answer.")
    except services.YardRefused as refused:
        messages.error(request, f"{identity}: {refused}")
    else:
        words = "all is well again" if key == ALL_WELL else FAULTS[key].words.lower()
        messages.info(request, f"{identity}: {words}.")
        audit.note(request, "cause demo fault", identity, fault=key)
