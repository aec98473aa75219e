"""What a charger does for the grid and by it: its inverter's rules, alarms, priority, limits that it asks for (2.1)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chargers.events.base import Event

if TYPE_CHECKING:
    from chargers.commands import Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRule:
    """A rule that the inverter keeps, by which it feeds in, as the charger holds it (2.1 R04)."""

    rule_id: str
    kind: str  # DERControlEnumType
    is_default: bool = False  # holds whenever no scheduled one does
    is_superseded: bool = False  # another of the same kind goes before it
    settings: dict[str, Any] = field(default_factory=dict)  # the inverter's own numbers, by kind


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRulesReported(Event[None]):
    """A part of the report of all rules that were asked for."""

    request_id: int
    more: bool
    rules: tuple[GridRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRuleTaken(Event[None]):
    """The charger accepted a rule of ours; those of `superseded` step back for it."""

    rule: GridRule
    superseded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRulesCleared(Event[None]):
    """The charger gave up rules: one by its id, those of a kind, or all that are default, or that are not."""

    is_default: bool
    kind: str = ""
    rule_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRuleSwitched(Event[None]):
    """A scheduled rule began or ended (2.1 R04, NotifyDERStartStop)."""

    rule_id: str
    started: bool
    at: datetime
    superseded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GridAlarmed(Event[None]):
    """The grid is not as it should be, and a rule reacts; or that is over (2.1 R05)."""

    kind: str
    at: datetime
    fault: str = ""  # GridEventFaultEnumType
    has_ended: bool = False
    info: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityMoved(Event[None]):
    """A vehicle charges first, as somebody at the charger or we wished it; or no longer (2.1 K21, K22)."""

    reference: str
    is_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicLimitAsked(Event["Rates | None"]):
    """A charger asks for the present values of a dynamic profile (2.1 K28); None: there are none of ours."""

    profile_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicLimitTaken(Event[None]):
    """The charger took new values for a dynamic profile."""

    profile_id: int
    rates: "Rates"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAllowed(Event[None]):
    """The charger knows in which ways energy may flow in this transaction (2.1 Q02.FR.05)."""

    reference: str
    modes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveSignalTaken(Event[None]):
    """The charger follows the grid operator's signal for frequency reserve (2.1 Q08, aFRR)."""

    signal: int
    at: datetime
