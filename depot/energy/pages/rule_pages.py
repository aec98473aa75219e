"""The rules a fleet manager writes: edited as sentences, compared with the night as it is, used, and taken back."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from depot import clock
from depot.access.audit import note
from depot.access.pages import NotAllowed, UserRequest, needs, reachable_or_404
from depot.board.frame import current_depot
from depot.energy.instance import InstanceInvalid
from depot.energy.models import Circuit, Rule, RuleKind
from depot.energy.pages.compare import Comparison, compare
from depot.energy.pages.dst import next_jumps, touched
from depot.energy.pages.models import RuleChange
from depot.energy.pages.rule_changes import (
    Change,
    NotTheNewest,
    Wanted,
    change_to,
    put_in_force,
    standing_rules,
    undo,
    words_of,
)
from depot.energy.pages.rule_forms import (
    SentenceForm,
    blank_of,
    forms_of,
    forms_told,
    hidden_fields,
    moved,
    places_of,
)
from depot.energy.queries.instance import wirings_of
from depot.energy.queries.ruling import Yard, sentence_of
from depot.energy.rules import Clash, clashes
from depot.energy.services import preview
from depot.energy.services.ruling import rule_in_words
from depot.energy.terms import TermsUnreadable
from depot.energy.wording import days_in_words
from depot.models import Bay, Depot

CHANGES_SHOWN = 12
KINDS = (
    (RuleKind.AT_MOST, "At most so many kW"),
    (RuleKind.TOGETHER, "At most so many kW together"),
    (RuleKind.NOTHING, "No charging"),
    (RuleKind.FIRST, "Who goes first"),
    (RuleKind.BELOW_PRICE, "Only below a price"),
    (RuleKind.SOLAR_ONLY, "Only from solar power"),
)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("energy.view_rule")
def rules(request: UserRequest) -> HttpResponse:
    depot = current_depot(request)
    if depot is None:
        return redirect("energy")
    if request.method != "POST":
        return _editor(request, depot, forms_of(standing_rules(depot), places_of(depot)))
    if not request.user.has_perm("energy.change_rule"):
        raise NotAllowed("energy.change_rule")
    places = places_of(depot)
    told = forms_told(request.POST, places)
    what, _, about = request.POST.get("do", "compare").partition(" ")
    if what == "add" and about in RuleKind.values:
        return _editor(request, depot, [*told, blank_of(about, told, places)])
    if what in ("up", "down", "remove"):
        return _editor(request, depot, moved(told, what, about))
    if what == "edit":
        return _editor(request, depot, told)
    # Each is read, so that each shows what is wrong with it.
    if [form for form in told if not form.is_valid()]:
        return _editor(request, depot, told, shows_errors=True)
    change = _change(depot, told)
    if change.is_nothing:
        messages.info(request, "Nothing is different from the rules that hold.")
        return redirect("energy-rules")
    return _use(request, depot, change) if what == "use" else _compared(request, depot, change)


def _editor(
    request: UserRequest, depot: Depot, told: Sequence[SentenceForm], *, shows_errors: bool = False
) -> HttpResponse:
    standing = standing_rules(depot)
    jumps = next_jumps(ZoneInfo(depot.time_zone), clock.now())
    changes = RuleChange.objects.filter(depot=depot).select_related("made_by", "undone_by")
    newest = changes.filter(undone_at=None).first()
    context = {
        "told": told,
        "kinds": KINDS,
        "shows_errors": shows_errors,
        "standing": [(rule, rule_in_words(rule)) for rule in standing],
        "drafts": {rule.pk for rule in standing if rule.active_from is None},
        "clashes": _clash_words(depot, standing),
        "jumps": [
            (number, jump)
            for number, rule in enumerate(standing, 1)
            for jump in touched(jumps, rule.from_time, rule.to_time)
        ],
        "changes": changes[:CHANGES_SHOWN],
        "undoable": newest.pk if newest is not None else None,
        "currency": depot.currency,
    }
    return render(request, "energy/rules.html", context)


def _change(depot: Depot, told: Sequence[SentenceForm]) -> Change:
    standing = standing_rules(depot)
    known = {rule.pk: rule for rule in standing}
    wanted = [Wanted(form.to_rule(depot, clock.now()), known.get(form.cleaned_data["rule"] or 0)) for form in told]
    return change_to(wanted, standing)


def _clash_words(depot: Depot, rules: Sequence[Rule]) -> list[str]:
    """Of rules that are stored, numbered as they stand."""
    yard = Yard(wirings_of(depot), list(Bay.objects.filter(depot=depot)), list(Circuit.objects.filter(depot=depot)))
    numbers = {rule.pk: number for number, rule in enumerate(rules, 1)}
    return [_in_words(clash, numbers) for clash in clashes([sentence_of(rule, yard) for rule in rules])]


def _in_words(clash: Clash, numbers: dict[int, int]) -> str:
    winner, loser = numbers.get(clash.winner, 0), numbers.get(clash.loser, 0)
    whole_day = clash.from_time == clash.to_time
    hours = "all day" if whole_day else f"from {clash.from_time:%H:%M} to {clash.to_time:%H:%M}"
    return f"Rules {winner} and {loser} overlap {days_in_words(clash.weekdays)} {hours}: rule {winner} wins."


def _compared(request: UserRequest, depot: Depot, change: Change) -> HttpResponse:
    now = clock.now()
    clash_words: list[str] = []

    def put() -> None:
        put_in_force(depot, change, by=request.user, now=now)
        clash_words.extend(_clash_words(depot, change.order))

    words = words_of(change)
    result: Comparison | None = None
    failed = ""
    try:
        found = preview(depot, put, now=now)
        result = compare(depot, found, now) if found is not None else None
    except (InstanceInvalid, TermsUnreadable) as error:
        failed = str(error)
    context: dict[str, Any] = {
        "words": words,
        "numbered": [said for said in words if said["sign"] != "gone"],
        "gone": [said for said in words if said["sign"] == "gone"],
        "clashes": clash_words,
        "result": result,
        "failed": failed,
        "hidden": list(hidden_fields(request.POST)),
        "now": now,
        "currency": depot.currency,
    }
    return render(request, "energy/compare.html", context)


def _use(request: UserRequest, depot: Depot, change: Change) -> HttpResponse:
    with transaction.atomic():
        kept = put_in_force(depot, change, by=request.user, now=clock.now())
        note(request, "changed rules", depot, depot=depot, words=kept.words)
    messages.success(request, "These rules hold from now on. The plan for tonight is being made with them.")
    return redirect("energy-rules")


@require_POST
@needs("energy.change_rule")
def undo_rules(request: UserRequest, change_id: int) -> HttpResponse:
    change = reachable_or_404(request, RuleChange.objects.select_related("depot"), pk=change_id)
    try:
        with transaction.atomic():
            undo(change, by=request.user, now=clock.now())
            note(request, "undid a change of rules", change.depot, depot=change.depot, words=change.words)
    except NotTheNewest:
        messages.error(request, "Other rules came into force since. Change the sentences themselves.")
    else:
        messages.success(request, "Undone: the rules are as they were before.")
    return redirect("energy-rules")
