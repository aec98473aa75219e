"""Pure: the plain solution becomes a plan in whole steps, with as little searching as will do."""

from dataclasses import dataclass

from depot.energy.bounds import Bounds
from depot.energy.instance import Instance
from depot.energy.keep import keep_installed
from depot.energy.near import Near
from depot.energy.programme import Answer, Programme
from depot.energy.rounding import round_night, search_hour, search_night, share_above


@dataclass(slots=True)
class Steps:
    """What a planner remembers of its last search."""

    may_search: bool = True
    worth: float = 0.0  # the share that whole steps cost above the plain solution: who holds them need not search again
    in_vain: bool = False  # this time


def in_whole_steps(
    programme: Programme,
    bounds: Bounds,
    near: Near,
    instance: Instance,
    plain: Answer,
    steps: Steps,
    *,
    was_short: bool,
) -> Answer:
    rounded = round_night(programme, near, plain, was_short=was_short)
    if rounded is not None and near.lost_kwh(rounded) == 0:
        return rounded
    # What is held may still do, and costs no search.
    kept = keep_installed(programme, bounds, near, instance, plain, worth=steps.worth)
    if kept is not plain and near.lost_kwh(kept) == 0:
        steps.worth = min(steps.worth, share_above(kept, plain))
        return kept
    searched = None
    if steps.may_search and not steps.in_vain:
        searched = search_night(programme, near, plain, rounded, was_short=was_short)
    if searched is None:
        steps.worth, steps.in_vain = 0.0, True
        return rounded or search_hour(programme, near, plain)
    steps.worth = share_above(searched, plain)
    return searched
