"""What a charge has cost so far, for the charger's display (2.x I02)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from chargers.commands.base import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCost(Command):
    kind: ClassVar[str] = "show_cost"
    reference: str  # of the transaction
    total: Decimal  # in the currency that the charger is set to
