"""A plan is made one that chargers can carry out, for the whole night: a server that dies tells nothing more.

The plain solution is rounded and solved again, which costs almost nothing. Where that is clearly dearer, or leaves
pieces below the least power, the night's choices are searched; and where those are too many, at least the next hour is
carried out as it was planned, and the rest comes near in its turn.
"""

import numpy as np

from depot.energy.matrix import Floats
from depot.energy.near import NEAR_SLOTS, ZERO_KW, Flags, Near, open_again, open_all, raise_to_least, shut
from depot.energy.programme import Answer, Effort, Programme
from depot.energy.stages import NOTHING_KWH

ROUNDS = 6
NIGHT_TURNS = 6
# In kilowatt-hours at the mean price: below this a rounded plan is as good as the plain one.
GOOD_ENOUGH = 0.02
# And these shares of the whole.
HOUR_WORTH = 1e-4
NIGHT_WORTH = 1e-3
# Where not all can have all, which of them has the last slots is weighed far above any price.
SHORT_WORTH = 0.03
# Whole steps may raise a peak by a third; beyond this they leave energy out.
SEARCHED_WORTH = 0.5
MOST_CHOICES = 400
HOUR_EFFORT = Effort(nodes=200, gap=HOUR_WORTH)
NIGHT_EFFORT = Effort(nodes=10, gap=NIGHT_WORTH)


def round_night(programme: Programme, near: Near, plain: Answer, *, was_short: bool = False) -> Answer | None:
    """As far as it is worth its cost; None where even the next hour is not."""
    if not near.broken(plain).any():
        return plain
    worth = SHORT_WORTH if was_short else NIGHT_WORTH
    night = _round_hour(programme, near, _round_whole(programme, near, plain, worth))
    return night if is_worth(night, plain, worth) else None


def search_night(
    programme: Programme, near: Near, plain: Answer, rounded: Answer | None, *, was_short: bool
) -> Answer | None:
    """Whatever runs in the plain solution runs, and where else something does is searched; or else all is.

    Where that is too much, only those are searched who are left with pieces below the least in what was `rounded`. It
    may cost more than the plain solution: nobody can carry that one out, and the difference comes to be paid anyhow.
    None where there is too much to search still, or where it leaves energy out that had a place.
    """
    may_run = near.here[:, None] & near.may_run()
    runs = may_run & (near.power(plain) >= near.least - ZERO_KW)
    elsewhere = may_run & ~runs
    if np.count_nonzero(elsewhere) > MOST_CHOICES:
        nearly = rounded or plain
        runs = may_run & (near.power(nearly) >= near.least - ZERO_KW)
        elsewhere = may_run & ~runs
        elsewhere[~near.broken(nearly).any(axis=1)] = False
    tries = [(elsewhere, may_run & ~runs & ~elsewhere)]
    if runs.any():
        tries.append((may_run, may_run & False))
    for choices, stands in tries:
        if not 0 < np.count_nonzero(choices) <= MOST_CHOICES:
            continue
        open_all(programme, near)
        raise_to_least(programme, near, may_run & ~choices & ~stands)
        shut(programme, near, stands)
        found = _search_steps(programme, near, choices)
        if found is not None and _is_worth_its_cost(programme, near, found, plain, was_short=was_short):
            return found
    return None


def _search_steps(programme: Programme, near: Near, choices: Flags) -> Answer | None:
    found = _search(programme, near, choices, NIGHT_EFFORT)
    if found is None:
        return None
    # The search says which run; how much each of them takes is best solved for without it.
    stands = choices & (near.power(found) <= ZERO_KW)
    raise_to_least(programme, near, choices & ~stands)
    shut(programme, near, stands)
    return _round_hour(programme, near, programme.solve() or found)


def _is_worth_its_cost(programme: Programme, near: Near, found: Answer, plain: Answer, *, was_short: bool) -> bool:
    if not was_short:
        return is_worth(found, plain, SEARCHED_WORTH)
    # What the plain solution gives in pieces below the least is missed as well, though it is not counted as that.
    return programme.missed_kwh(found) <= programme.missed_kwh(plain) + near.lost_kwh(plain) + NOTHING_KWH


def round_hour(programme: Programme, near: Near, plain: Answer) -> Answer:
    open_all(programme, near)
    return _round_hour(programme, near, plain)


def search_hour(programme: Programme, near: Near, plain: Answer) -> Answer:
    """Rounded, and searched where that is dear."""
    rounded = round_hour(programme, near, plain)
    choices = _hour(near) & near.may_run()
    if is_worth(rounded, plain, HOUR_WORTH) or np.count_nonzero(choices) > MOST_CHOICES:
        return rounded
    open_all(programme, near)
    found = _search(programme, near, choices, HOUR_EFFORT, start=rounded)
    return found if found is not None and found.objective < rounded.objective else rounded


def _hour(near: Near) -> Flags:
    hour = np.zeros_like(near.least, dtype=bool)
    hour[:, :NEAR_SLOTS] = True
    return hour


def is_worth(rounded: Answer, plain: Answer, share: float) -> bool:
    """Whether the one costs hardly more than the other."""
    return share_above(rounded, plain) <= share


def share_above(rounded: Answer, plain: Answer) -> float:
    """Of what the plain one costs, what the other costs on top."""
    above = max(0.0, rounded.objective - plain.objective - GOOD_ENOUGH)
    return above / max(abs(plain.objective), GOOD_ENOUGH)


def _round_whole(programme: Programme, near: Near, plain: Answer, worth: float) -> Answer:
    """Some turns over the whole horizon; what is broken still is left to the hour in which it comes near."""
    answer = plain
    for turn in range(NIGHT_TURNS):
        broken = near.broken(answer) & near.here[:, None]
        if not broken.any():
            break
        on = _worth_starting(near, near.power(answer), broken, at_least_one=turn > 0)
        raise_to_least(programme, near, on)
        shut(programme, near, broken & ~on)
        found = programme.solve()
        if found is None or not is_worth(found, plain, worth):
            open_again(programme, near, broken)
            break
        answer = found
    return answer


def _round_hour(programme: Programme, near: Near, answer: Answer) -> Answer:
    """Rounds and solves in turn; what is still broken after some turns is shut."""
    hour = _hour(near)
    for turn in range(ROUNDS + near.least.size):
        broken = near.broken(answer) & hour
        if not broken.any():
            break
        on = np.zeros_like(broken)
        if turn < ROUNDS:
            on = _worth_starting(near, near.power(answer), broken, at_least_one=turn > 1)
        raise_to_least(programme, near, on)
        shut(programme, near, broken & ~on)
        found = programme.solve()
        if found is None:
            # Not all of them fit at once.
            shut(programme, near, on)
            found = programme.solve_surely()
        answer = found
    return answer


def _worth_starting(near: Near, power: Floats, broken: Flags, *, at_least_one: bool) -> Flags:
    """As many slots at the least power as hold the energy of the broken ones, where the power was highest.

    Energy too little for a slot of its own is first tried elsewhere. Where it comes back, a slot takes it at the least
    power, and another gives some up.
    """
    on = np.zeros_like(broken)
    for n in np.flatnonzero(broken.any(axis=1)):
        slots = np.flatnonzero(broken[n])
        worth = float(np.sum(power[n, slots] / near.least[n, slots]))
        count = int(np.ceil(worth)) if near.clicks_on[n] else round(worth)
        count = max(count, int(at_least_one))
        full = int(np.count_nonzero((power[n] >= near.least[n] - ZERO_KW) & (near.least[n] > 0)))
        count = min(count, max(0, int(near.portions[n] + 1e-9) - full))
        order = sorted(slots, key=lambda slot: (-round(power[n, slot], 6), slot))
        on[n, order[:count]] = True
    return on


def _search(
    programme: Programme, near: Near, choices: Flags, effort: Effort, *, start: Answer | None = None
) -> Answer | None:
    """Each choice as a yes or no, from a rounded plan on where there is one."""
    size = programme.size()
    highest = np.sum(near.upper, axis=0)
    yes: list[float] = []
    power = None if start is None else near.power(start)
    for n, slot in zip(*np.nonzero(choices), strict=True):
        powers = [int(columns[n, slot]) for columns in near.columns if columns[n, slot] >= 0]
        runs = programme.add_choice()
        if power is not None:
            yes.append(1.0 if power[n, slot] > ZERO_KW else 0.0)
        indices, ones = np.array([*powers, runs], dtype=np.int32), np.ones(len(powers))
        programme.add_row(-np.inf, 0.0, indices, np.append(ones, -highest[n, slot]))
        programme.add_row(0.0, np.inf, indices, np.append(ones, -near.least[n, slot]))
    found = programme.search(None if start is None else np.append(start.values, yes), effort)
    programme.drop_added(size)
    return found
