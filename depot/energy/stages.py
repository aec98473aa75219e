"""What gives way when not everything fits: class by class, then so that the worst-off vehicle misses least.

Called when the plain programme leaves energy out that the stays' own limits would have let in. Each stage finds the
least that must be missed and binds the next ones to it; cost comes last.

Who is worst off is told by its whole stay, what it has had and what it could have had by now included. By what is still
to come alone, what is fair would be another thing after each kilowatt-hour, and all would be told anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from depot.energy.bounds import Bounds
from depot.energy.instance import Instance
from depot.energy.layout import Indices
from depot.energy.matrix import Floats
from depot.energy.programme import Answer, Programme

# Below this a shortfall is the solver's rounding.
NOTHING_KWH = 1e-3
# A stage keeps to the one before it this loosely, or the solver's rounding would leave it no way at all.
LEEWAY = 2e-6
# So often those are left aside whom nothing helps any more.
TURNS = 3


@dataclass(frozen=True, slots=True)
class Misses:
    """Which columns say what each need misses."""

    columns: Indices  # [need]
    unavoidable_kwh: Floats  # by the stay's own limits from now on, whatever the others do
    could_kwh: Floats  # of all that it needed, what these limits let in since it came
    excused_kwh: Floats  # and the rest
    priorities: Sequence[int]

    def avoidable_kwh(self, answer: Answer) -> float:
        return float(np.sum(np.maximum(0.0, answer.values[self.columns] - self.unavoidable_kwh)))


def misses_of(instance: Instance, bounds: Bounds, columns: Indices) -> Misses:
    had_kwh = np.array([need.had_kwh for need in instance.needs])
    by_now_kwh = np.maximum(had_kwh, [need.could_have_had_kwh for need in instance.needs])
    # What nobody notices is missed all the same, or it would be taken from the same ones at each plan.
    waived_kwh = np.array([need.waived_kwh for need in instance.needs])
    whole_kwh = had_kwh + bounds.asked_kwh + waived_kwh
    could_kwh = np.minimum(whole_kwh, by_now_kwh + bounds.attainable_kwh)
    return Misses(
        columns=columns,
        unavoidable_kwh=np.maximum(0.0, bounds.asked_kwh - bounds.attainable_kwh),
        could_kwh=np.maximum(could_kwh, NOTHING_KWH),
        excused_kwh=whole_kwh - could_kwh - waived_kwh,
        priorities=[need.priority for need in instance.needs],
    )


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
    """By what it could have had at all, or who is past help would hide the others; and then once more without those
    who are past help by now, though they were not when they came."""
    for _ in range(TURNS):
        share = _least_share(programme, misses, needs)
        most_kwh = misses.excused_kwh + share * misses.could_kwh
        others = [n for n in needs if misses.unavoidable_kwh[n] < most_kwh[n] - NOTHING_KWH]
        if not others or len(others) == len(needs):
            break
        needs = others


def _least_share(programme: Programme, misses: Misses, needs: Sequence[int]) -> float:
    """Of what it could have had, the share that none of these needs to miss more of; from here on it is kept."""
    worst = programme.add_column(1.0, 0.0, 1.0)
    for n in needs:
        indices = np.array([misses.columns[n], worst], dtype=np.int32)
        programme.add_row(-np.inf, float(misses.excused_kwh[n]), indices, np.array([1.0, -misses.could_kwh[n]]))
    share = min(1.0, programme.solve_surely().objective)
    column = np.array([worst], dtype=np.int32)
    programme.price(column, np.zeros(1))
    programme.limit(column, np.zeros(1), np.array([min(1.0, share + LEEWAY)]))
    return share
