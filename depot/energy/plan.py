"""Pure: what the planner answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from depot.energy.instance import Need, Series


@dataclass(frozen=True, slots=True)
class PlannedNeed:
    need: Need
    kw: Series  # what it draws in each slot; below 0, what it gives back
    unmet_kwh: float  # of what is asked for within the horizon


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Of the horizon, in the currency of the prices."""

    energy: float
    export: float  # earned
    demand: float  # what the peaks of this plan add to the month's bill, beyond what is incurred
    wear: float

    @property
    def total(self) -> float:
        return self.energy - self.export + self.demand + self.wear


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    needs: tuple[PlannedNeed, ...]  # by EVSE and vehicle
    evse_kw: Mapping[str, Series]
    grid_kw: Series  # what the site takes from the grid; below 0, what it sends out
    peak_kw: Mapping[str, float]  # of each demand window, with what is incurred
    costs: Costs
    was_short: bool  # not all energy that could be asked for fits: it went by class, and then to the worst-off

    @property
    def unmet_kwh(self) -> float:
        return sum(planned.unmet_kwh for planned in self.needs)

    def unmet_of_class_kwh(self, priority: int) -> float:
        return sum(planned.unmet_kwh for planned in self.needs if planned.need.priority == priority)

    def of_vehicle(self, vehicle: str) -> tuple[PlannedNeed, ...]:
        return tuple(planned for planned in self.needs if planned.need.vehicle == vehicle)
