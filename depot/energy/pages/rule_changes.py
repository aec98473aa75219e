"""A saving of the rules: what stays, what comes into force, what is taken back; and all of it turned round."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from depot.access.models import User
from depot.energy.models import Rule
from depot.energy.pages.models import RuleChange
from depot.energy.pages.rule_forms import SAID, same_words
from depot.energy.services.ruling import activate, rule_in_words, take_back
from depot.models import Depot

APART = 10


class NotTheNewest(Exception):
    """Other rules came into force since: undone, it would take those with it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One sentence as it shall hold; `known` is the rule that says it already."""

    rule: Rule
    known: Rule | None = None


@dataclass(frozen=True, slots=True)
class Change:
    order: tuple[Rule, ...]  # all that shall hold, those that are new not stored yet
    new: tuple[Rule, ...]
    gone: tuple[Rule, ...]

    @property
    def is_nothing(self) -> bool:
        return not self.new and not self.gone


def standing_rules(depot: Depot) -> list[Rule]:
    """In force, or drafts, in their order."""
    rules = Rule.objects.filter(Q(active_from__isnull=False) | Q(active_from=None), depot=depot, taken_back_at=None)
    related = ("circuit", "charger", "evse__charger", "bay", "vehicle", "made_by")
    return list(rules.select_related(*related).order_by("position", "pk"))


def change_to(wanted: Sequence[Wanted], standing: Sequence[Rule]) -> Change:
    """Rules are not rewritten once they held: one that says or stands otherwise is taken back, and another comes."""
    order: list[Rule] = []
    last = -1
    for number, want in enumerate(wanted):
        known = want.known
        if known is not None and same_words(known, want.rule) and known.position > last:
            order.append(known)
            last = known.position
            continue
        following = (later.known for later in wanted[number + 1 :])
        upper = min((rule.position for rule in following if rule is not None and rule.position > last), default=None)
        # A newer row of the same position stands behind the older one.
        step = APART if upper is None else 1 if upper > last + 1 else 0
        last = max(0, last + step)
        want.rule.position = last
        order.append(want.rule)
    kept = {rule.pk for rule in order if rule.pk is not None}
    return Change(
        order=tuple(order),
        new=tuple(rule for rule in order if rule.pk is None or rule.active_from is None),
        gone=tuple(rule for rule in standing if rule.pk not in kept),
    )


def put_in_force(depot: Depot, change: Change, *, by: User | None, now: datetime) -> RuleChange:
    kept = RuleChange.objects.create(depot=depot, made_at=now, made_by=by, words=words_of(change))
    for rule in change.new:
        if rule.pk is None:
            rule.made_by, rule.made_at = by, now
            rule.save()
        activate(rule, now=now)
    for rule in change.gone:
        take_back(rule, now=now)
    kept.activated.set(change.new)
    kept.taken_back.set(rule for rule in change.gone if rule.active_from is not None)
    return kept


def words_of(change: Change) -> list[dict[str, Any]]:
    new = {id(rule) for rule in change.new}
    said = [{"sign": "new" if id(rule) in new else "kept", "text": rule_in_words(rule)} for rule in change.order]
    return said + [{"sign": "gone", "text": rule_in_words(rule)} for rule in change.gone]


def undo(change: RuleChange, *, by: User, now: datetime) -> None:
    """What it brought is taken back, what it took back holds again. Raises NotTheNewest."""
    newest = RuleChange.objects.filter(depot=change.depot, undone_at=None).first()
    if newest is None or newest.pk != change.pk:
        raise NotTheNewest
    for rule in change.activated.all():
        take_back(rule, now=now)
    for rule in change.taken_back.all():
        again = Rule(depot=change.depot, position=rule.position, made_at=now, made_by=by)
        for name in SAID:
            setattr(again, name, getattr(rule, name))
        again.save()
        activate(again, now=now)
    change.undone_at, change.undone_by = now, by
    change.save(update_fields=["undone_at", "undone_by"])
