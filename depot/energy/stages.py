"""What gives way when not everything fits: class by class, then so that the worst-off vehicle misses least.

Called when the plain programme leaves energy out that the stays' own limits would have let in. Each stage finds the
least that must be missed and binds the next ones to it; cost comes last.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from depot.energy.bounds import Bounds
from depot.energy.layout import Indices
from depot.energy.matrix import Floats
from depot.energy.programme import Answer, Programme

# Below this a shortfall is the solver's rounding.
NOTHING_KWH = 1e-3
# A stage keeps to the one before it this loosely, or the solver's rounding would leave it no way at all.
LEEWAY = 2e-6


@dataclass(frozen=True, slots=True)
class Misses:
    """Which columns say what each need misses."""

    columns: Indices  # [need]
    asked_kwh: Floats
    unavoidable_kwh: Floats  # by the stay's own limits, whatever the others do
    priorities: Sequence[int]

    def avoidable_kwh(self, answer: Answer) -> float:
        return float(np.sum(np.maximum(0.0, answer.values[self.columns] - self.unavoidable_kwh)))


def serve_in_order(programme: Programme, bounds: Bounds, misses: Misses) -> Answer:
    """Binds the programme by what each stage found, and solves for cost. The bonds stay until `drop_added`."""
    programme.price(programme.all_columns, np.zeros(len(programme.all_columns)))
    priorities = np.array(misses.priorities)
    for priority in sorted(set(misses.priorities)):
        members = misses.columns[priorities == priority]
        missed = _least_total(programme, members, np.ones(len(members)))
        slack = programme.add_column(0.0, 0.0, 0.0)
        _bind(programme, members, np.ones(len(members)), slack, missed)
        # Whether the last class misses nothing is known by then; a worst-off vehicle there is only among losers.
        if missed > NOTHING_KWH:
            _ease_the_worst(programme, misses, [n for n, p in enumerate(misses.priorities) if p == priority])
    programme.price(programme.all_columns, bounds.cost)
    return programme.solve_surely()


def loosen(programme: Programme, bounds: Bounds, count_before: int) -> None:
    """Lets the bonds give, dearly: with minimum currents there may be a little more to miss than without."""
    added = np.arange(count_before, programme.solver.getNumCol(), dtype=np.int32)
    programme.limit(added, np.zeros(len(added)), np.full(len(added), np.inf))
    steps = np.arange(len(added), 0, -1, dtype=np.float64)
    programme.price(added, 4 * bounds.penalty * np.exp2(steps))


def _least_total(programme: Programme, columns: Indices, weights: Floats) -> float:
    programme.price(columns, weights)
    total = programme.solve_surely().objective
    programme.price(columns, np.zeros(len(columns)))
    return max(0.0, total)


def _bind(programme: Programme, columns: Indices, weights: Floats, slack: int, most: float) -> None:
    indices = np.append(columns, np.int32(slack)).astype(np.int32)
    programme.add_row(-np.inf, most + LEEWAY, indices, np.append(weights, -1.0))


def _ease_the_worst(programme: Programme, misses: Misses, needs: Sequence[int]) -> None:
    worst = programme.add_column(1.0, 0.0, 1.0)
    for n in needs:
        indices = np.array([misses.columns[n], worst], dtype=np.int32)
        # Its shortfall is measured by what it could have had at all, or who is past help would hide the others.
        could_have = max(misses.asked_kwh[n] - misses.unavoidable_kwh[n], NOTHING_KWH)
        programme.add_row(-np.inf, float(misses.unavoidable_kwh[n]), indices, np.array([1.0, -could_have]))
    share = programme.solve_surely().objective
    column = np.array([worst], dtype=np.int32)
    programme.price(column, np.zeros(1))
    programme.limit(column, np.zeros(1), np.array([min(1.0, share + LEEWAY)]))
