"""The depot's rules as sentences over the EVSEs and vehicles that they hold for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from depot.energy.models import Circuit, Rule, RuleScope, Wiring
from depot.energy.rules import Kind, Sentence
from depot.models import Bay, Depot

AC, DC = "ac", "dc"


def rules_in_force(depot: Depot, now: datetime) -> list[Rule]:
    """In their order."""
    held = Rule.objects.filter(depot=depot, active_from__lte=now)
    return list(held.filter(Q(taken_back_at=None) | Q(taken_back_at__gt=now)).order_by("position", "pk"))


@dataclass(frozen=True, slots=True)
class Yard:
    """Where each EVSE is, for scopes."""

    wirings: Sequence[Wiring]
    bays: Sequence[Bay]
    circuits: Sequence[Circuit]

    def evses_of(self, rule: Rule) -> frozenset[str]:
        """Keys of the EVSEs at which a rule holds."""
        of: dict[str, Iterable[int]] = {
            RuleScope.DEPOT: (wiring.evse_id for wiring in self.wirings),
            RuleScope.VEHICLE: (wiring.evse_id for wiring in self.wirings),
            RuleScope.CIRCUIT: self._on_circuit(rule.circuit_id),
            RuleScope.GROUP: self._in_group(rule.group),
            RuleScope.CHARGER: (w.evse_id for w in self.wirings if w.evse.charger_id == rule.charger_id),
            RuleScope.EVSE: (w.evse_id for w in self.wirings if w.evse_id == rule.evse_id),
            RuleScope.BAY: (bay.evse_id for bay in self.bays if bay.pk == rule.bay_id and bay.evse_id),
        }
        return frozenset(str(evse) for evse in of[rule.scope])

    def _on_circuit(self, circuit_id: int | None) -> Iterable[int]:
        under, grown = {circuit_id}, True
        while grown:
            more = {circuit.pk for circuit in self.circuits if circuit.feeds_from_id in under}
            grown = not more <= under
            under |= more
        return (wiring.evse_id for wiring in self.wirings if wiring.circuit_id in under)

    def _in_group(self, group: str) -> Iterable[int]:
        if group.casefold() in (AC, DC):
            return (wiring.evse_id for wiring in self.wirings if wiring.evse.is_dc == (group.casefold() == DC))
        return (bay.evse_id for bay in self.bays if bay.zone == group and bay.evse_id)


def sentence_of(rule: Rule, yard: Yard) -> Sentence:
    return Sentence(
        key=rule.pk or 0,
        kind=Kind(rule.kind),
        evses=yard.evses_of(rule),
        vehicles=frozenset({f"vehicle {rule.vehicle_id}"}) if rule.scope == RuleScope.VEHICLE else None,
        weekdays=frozenset(int(day) for day in rule.weekdays),
        from_time=rule.from_time,
        to_time=rule.to_time,
        limit_kw=(rule.limit_w or 0) / 1000,
        price_per_kwh=float(rule.price_per_kwh or 0),
        leaves_before=rule.leaves_before,
        except_leaves_before=rule.except_leaves_before,
    )
