"""What a charger tells of the grid and of who goes first, kept."""

from dataclasses import fields
from datetime import datetime

from chargers.commands import Rates
from chargers.commands.base import from_row, to_row
from chargers.events import (
    DynamicLimitTaken,
    GridAlarmed,
    GridRulesCleared,
    GridRulesReported,
    GridRuleSwitched,
    GridRuleTaken,
    PriorityMoved,
    ReserveSignalTaken,
    TransferAllowed,
)
from chargers.events import GridRule as ToldRule
from chargers.grid.models import ChargeTerms, DynamicLimit, GridAlarm, GridRule, ReserveSignal
from chargers.models import Charger


def take_rule(charger: Charger, event: GridRuleTaken, *, now: datetime) -> None:
    _keep(charger, event.rule, taken_at=now)
    _supersede(charger, event.superseded)


def keep_report(charger: Charger, event: GridRulesReported, *, now: datetime) -> None:
    for rule in event.rules:
        _keep(charger, rule, reported_at=now)


def _keep(charger: Charger, rule: ToldRule, **when: datetime) -> None:
    GridRule.objects.update_or_create(
        charger=charger,
        rule_id=rule.rule_id,
        defaults={
            "kind": rule.kind,
            "is_default": rule.is_default,
            "is_superseded": rule.is_superseded,
            "settings": rule.settings,
            **when,
        },
    )


def _supersede(charger: Charger, rule_ids: tuple[str, ...]) -> None:
    if rule_ids:
        GridRule.objects.filter(charger=charger, rule_id__in=rule_ids).update(is_superseded=True)


def drop_rules(charger: Charger, event: GridRulesCleared) -> int:
    """An id says it all; without one all of the kind, or all, that are default (or that are not)."""
    rules = GridRule.objects.filter(charger=charger)
    if event.rule_id:
        rules = rules.filter(rule_id=event.rule_id)
    else:
        rules = rules.filter(is_default=event.is_default)
        if event.kind:
            rules = rules.filter(kind=event.kind)
    return rules.delete()[0]


def switch_rule(charger: Charger, event: GridRuleSwitched) -> None:
    rules = GridRule.objects.filter(charger=charger, rule_id=event.rule_id)
    if event.started:
        rules.update(started_at=event.at, ended_at=None, is_superseded=False)
    else:
        rules.update(ended_at=event.at)
    _supersede(charger, event.superseded)


def keep_alarm(charger: Charger, event: GridAlarmed, *, now: datetime) -> GridAlarm | None:
    """A new alarm; None where it only goes on, or has ended."""
    going_on = GridAlarm.objects.filter(charger=charger, kind=event.kind, ended_at=None)
    if event.has_ended:
        going_on.update(ended_at=event.at)
        return None
    told = {"fault": event.fault, "info": event.info[:200]}
    if going_on.update(**told):
        return None
    return GridAlarm.objects.create(charger=charger, kind=event.kind, began_at=event.at, heard_at=now, **told)


def follow_signal(charger: Charger, event: ReserveSignalTaken) -> None:
    ReserveSignal.objects.update_or_create(charger=charger, defaults={"signal": event.signal, "at": event.at})


def move_priority(charger: Charger, event: PriorityMoved, *, now: datetime) -> bool:
    """True when it is news: our own question is answered twice, by its answer and by what the charger then tells."""
    terms, _ = ChargeTerms.objects.get_or_create(
        charger=charger, reference=event.reference, defaults={"changed_at": now}
    )
    if terms.is_first == event.is_on:
        return False
    terms.is_first, terms.first_since, terms.changed_at = event.is_on, now if event.is_on else None, now
    terms.save()
    return True


def allow_transfer(charger: Charger, event: TransferAllowed, *, now: datetime) -> None:
    ChargeTerms.objects.update_or_create(
        charger=charger,
        reference=event.reference,
        defaults={"transfer_modes": list(event.modes), "changed_at": now},
    )


def take_dynamic_limit(charger: Charger, event: DynamicLimitTaken, *, now: datetime) -> None:
    """What an update leaves out stays as it was (2.1 K28.FR.06)."""
    held = DynamicLimit.objects.filter(charger=charger, profile_id=event.profile_id).first()
    rates = merged(held.rates if held else {}, event.rates)
    DynamicLimit.objects.update_or_create(
        charger=charger, profile_id=event.profile_id, defaults={"rates": rates, "set_at": now}
    )


def merged(held: dict[str, float | None], rates: Rates) -> dict[str, float | None]:
    told = to_row(rates)
    names = [field.name for field in fields(Rates)]
    return {name: held.get(name) if told.get(name) is None else told[name] for name in names}


def dynamic_limit_asked(charger: Charger, profile_id: int, *, now: datetime) -> Rates | None:
    """The values that hold now; None where no such profile is of ours."""
    limit = DynamicLimit.objects.filter(charger=charger, profile_id=profile_id).first()
    if limit is None:
        return None
    limit.asked_at = now
    limit.save(update_fields=["asked_at"])
    rates: Rates = from_row(Rates, limit.rates)
    return rates
