"""Rules come into force and are taken back; what held is kept."""

from datetime import datetime

from django.db.models import Q

from depot.energy.models import Rule, RuleScope
from depot.energy.queries.ruling import Yard, sentence_of
from depot.energy.services.marks import want_plan
from depot.energy.wording import sentence_in_words

ACTIVE = Q(active_from__isnull=False, taken_back_at=None)


def activate(rule: Rule, *, now: datetime, since: datetime | None = None) -> None:
    """One that is taken back stays so: write another."""
    if rule.active_from is None and rule.taken_back_at is None:
        rule.active_from = since or now
        rule.save(update_fields=["active_from"])
        want_plan(rule.depot_id, "a rule came into force", now=now)


def take_back(rule: Rule, *, now: datetime) -> None:
    if rule.taken_back_at is None:
        rule.taken_back_at = now
        rule.save(update_fields=["taken_back_at"])
        want_plan(rule.depot_id, "a rule was taken back", now=now)


def rule_in_words(rule: Rule) -> str:
    return sentence_in_words(sentence_of(rule, Yard((), (), ())), where_in_words(rule))


def where_in_words(rule: Rule) -> str:
    if rule.scope == RuleScope.DEPOT:
        return "all bays"
    if rule.scope == RuleScope.GROUP:
        return {"ac": "all AC bays", "dc": "all DC bays"}.get(rule.group.casefold(), rule.group)
    return str(getattr(rule, rule.scope) or "nowhere")
