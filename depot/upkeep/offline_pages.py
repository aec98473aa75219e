"""Who may charge at a charger that is cut off from us, and how far the chargers' lists are from it."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chargers.upkeep import forgetting, list_facts
from chargers.upkeep.models import LocalList
from depot import clock, live
from depot.access import audit
from depot.access.pages import UserRequest, needs, reachable_or_404
from depot.access.reach import within_reach
from depot.upkeep.forms import OfflineRuleForm
from depot.upkeep.lists import shown_lists
from depot.upkeep.models import OfflineRule
from depot.yard.pages import page_of


@require_GET
@needs("depot_upkeep.view_offlinerule")
def offline(request: UserRequest) -> HttpResponse:
    rules = within_reach(request.user, OfflineRule.objects.select_related("depot", "tokens_of"))
    page = page_of(request, shown_lists(request.user))
    return render(request, "upkeep/offline.html", {"rules": rules, "page": page})


@require_http_methods(["GET", "POST"])
@needs("depot_upkeep.add_offlinerule")
def add_rule(request: UserRequest) -> HttpResponse:
    form = OfflineRuleForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        rule = form.save(commit=False)
        rule.created_at = clock.now()
        with transaction.atomic():
            rule.save()
            audit.note(request, "added offline rule", rule)
        messages.success(request, f"{rule}. The lists of its chargers are being brought to that.")
        return redirect("offline")
    return render(request, "upkeep/rule_form.html", {"form": form})


@require_POST
@needs("depot_upkeep.delete_offlinerule")
def delete_rule(request: UserRequest, rule_id: int) -> HttpResponse:
    rule = reachable_or_404(request, OfflineRule, pk=rule_id)
    with transaction.atomic():
        audit.note(request, "deleted offline rule", rule)
        rule.delete()
    messages.success(request, "The rule is gone; what it put onto chargers is taken off again.")
    return redirect("offline")


@require_POST
@needs("chargers.engineer_charger")
def try_again(request: UserRequest, list_id: int) -> HttpResponse:
    local_list = reachable_or_404(request, LocalList.objects.select_related("charger"), pk=list_id)
    with transaction.atomic():
        list_facts.try_again(local_list)
        audit.note(request, "tried local list again", local_list.charger)
        live.tell([local_list.charger_id], what="local-list")
    messages.info(request, f"{local_list.charger} is asked again what it holds.")
    return redirect("offline")


@require_POST
@needs("chargers.engineer_charger")
def put_back(request: UserRequest, list_id: int) -> HttpResponse:
    local_list = reachable_or_404(request, LocalList.objects.select_related("charger"), pk=list_id)
    with transaction.atomic():
        forgetting.put_back(local_list)
        audit.note(request, "put forgotten cards back on local list", local_list.charger)
        live.tell([local_list.charger_id], what="local-list")
    messages.info(request, f"What the rules want comes back onto the list of {local_list.charger}.")
    return redirect("offline")
