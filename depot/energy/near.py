"""A plan that chargers can carry out: nothing or at least the minimum current; nothing or the rating.

The plain solution is rounded and solved again, which costs almost nothing. For the whole night that is tried, since the
whole night is sent, and undone where it costs more than it is worth; for the next hour it must be, and where rounding
is clearly dearer the choices are searched.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from depot.energy.bounds import Bounds
from depot.energy.instance import Control, Instance
from depot.energy.layout import Indices, Layout
from depot.energy.matrix import Floats
from depot.energy.programme import Answer, Programme

NEAR_SLOTS = 4
ROUNDS = 6
NIGHT_TURNS = 6
# A watt is the solver's rounding.
ZERO_KW = 1e-3
# In kilowatt-hours at the mean price: below this a rounded plan is as good as the plain one.
GOOD_ENOUGH = 0.02
# And these shares of the whole.
HOUR_WORTH = 1e-4
NIGHT_WORTH = 1e-3
MOST_CHOICES = 400

Flags = NDArray[np.bool_]


@dataclass(slots=True)
class Near:
    """Powers and their limits, [need, slot], slot 0 scaled by what is left of it."""

    columns: list[Indices]  # kept, raised, lifted; -1 where there is none
    lower: list[Floats]
    upper: list[Floats]
    given: Indices  # what a battery gives back; -1 where there is none
    given_lower: Floats
    given_upper: Floats
    least: Floats  # for a start/stop charger its rating
    portions: Floats  # [need], how many slots at the least power the energy that is asked for may fill
    clicks_on: Flags  # [need], a start/stop charger that is running
    here: Flags  # [need], whose plan is sent; the plans of those who are still to come are not

    def power(self, answer: Answer) -> Floats:
        total = np.zeros_like(self.least)
        for columns in self.columns:
            total += np.where(columns >= 0, answer.values[columns], 0.0)
        return total

    def given_power(self, answer: Answer) -> Floats:
        return np.where(self.given >= 0, answer.values[self.given], 0.0)

    def broken(self, answer: Answer) -> Flags:
        power = self.power(answer)
        flags: Flags = (power > ZERO_KW) & (power < self.least - ZERO_KW)
        return flags


def near_of(instance: Instance, at: Layout, bounds: Bounds, lanes: Indices) -> Near:
    slots = instance.slots
    pos = at.positions(instance.first_metered_slot)
    evses = {evse.key: evse for evse in instance.evses}
    share = np.ones(slots)
    share[0] = instance.first_slot_share
    lifted = np.full((len(lanes), slots), -1, dtype=np.int32)
    given = lifted.copy()
    for n, i in enumerate(lanes):
        if i in at.lifting:
            lifted[n] = at.lifted[at.lifting.index(i)][pos]
        if i in at.giving:
            given[n] = at.given[at.giving.index(i)][pos]
    columns = [at.kept[lanes][:, pos], at.raised[lanes][:, pos], lifted]
    lower = [np.where(block >= 0, bounds.lower[block], 0.0) for block in columns]
    upper = [np.where(block >= 0, bounds.upper[block], 0.0) for block in columns]
    least = bounds.least_kw.copy()
    for n, need in enumerate(instance.needs):
        # What is out of our hands keeps to no least power of ours; a vehicle that tapers ends below it.
        if evses[need.evse].held_kw is not None or (need.battery is not None and need.battery.taper is not None):
            least[n] = 0.0
    portion = instance.slot_h * np.maximum(least, ZERO_KW)
    clicks_on = [need.is_charging and evses[need.evse].control is Control.START_STOP for need in instance.needs]
    return Near(
        columns=columns,
        lower=lower,
        upper=upper,
        given=given,
        given_lower=np.where(given >= 0, bounds.lower[given], 0.0),
        given_upper=np.where(given >= 0, bounds.upper[given], 0.0),
        least=np.where(bounds.most_kw > 0, least[:, None] * share, 0.0),
        portions=(bounds.asked_kwh + bounds.excess_kwh) / portion,
        clicks_on=np.array(clicks_on, dtype=bool),
        here=np.array([need.arrives == 0 for need in instance.needs], dtype=bool),
    )


def hold_starts(near: Near, instance: Instance, *, must_run: bool = True) -> None:
    """A start/stop charger runs on for as long as it must, and does not start where it may not."""
    evses = {evse.key: evse for evse in instance.evses}
    on, off = np.zeros_like(near.least, dtype=bool), np.zeros_like(near.least, dtype=bool)
    for n, need in enumerate(instance.needs):
        if evses[need.evse].control is Control.START_STOP:
            on[n, : need.must_run_slots] = need.is_charging and must_run
            off[n, :NEAR_SLOTS] = not need.may_start and not need.is_charging
    on &= near.least > 0
    left = near.least
    for lower, upper in zip(near.lower, near.upper, strict=True):
        upper[off] = 0.0
        lower[on] = np.minimum(left, upper)[on]
        left = left - np.minimum(left, upper)


def keep_minimum(programme: Programme, near: Near, plain: Answer, *, may_search: bool = True) -> Answer:
    if not near.broken(plain).any():
        return plain
    hour = np.zeros_like(near.least, dtype=bool)
    hour[:, :NEAR_SLOTS] = True
    night = _round_night(programme, near, plain)
    if night is not None:
        night = _round_hour(programme, near, night, hour)
        if is_worth(night, plain, NIGHT_WORTH):
            return night
    open_all(programme, near)
    rounded = _round_hour(programme, near, plain, hour)
    choices = int(np.count_nonzero(hour & (near.least > 0) & (sum(near.upper) > 0)))
    if not may_search or is_worth(rounded, plain, HOUR_WORTH) or choices > MOST_CHOICES:
        return rounded
    return _search(programme, near, rounded, hour)


def is_worth(rounded: Answer, plain: Answer, share: float) -> bool:
    """Whether the one costs hardly more than the other."""
    return rounded.objective - plain.objective <= GOOD_ENOUGH + share * abs(plain.objective)


def _round_night(programme: Programme, near: Near, plain: Answer) -> Answer | None:
    """Some turns over the whole horizon; what is broken still is left to the hour in which it comes near."""
    answer = plain
    for turn in range(NIGHT_TURNS):
        broken = near.broken(answer) & near.here[:, None]
        if not broken.any():
            break
        on = _worth_starting(near, near.power(answer), broken, at_least_one=turn > 0)
        _raise_to_least(programme, near, on)
        _shut(programme, near, broken & ~on)
        found = programme.solve()
        if found is None or not is_worth(found, plain, NIGHT_WORTH):
            return None
        answer = found
    return answer


def _round_hour(programme: Programme, near: Near, answer: Answer, hour: Flags) -> Answer:
    """Rounds and solves in turn; what is still broken after some turns is shut."""
    for turn in range(ROUNDS + near.least.size):
        broken = near.broken(answer) & hour
        if not broken.any():
            break
        on = np.zeros_like(broken)
        if turn < ROUNDS:
            on = _worth_starting(near, near.power(answer), broken, at_least_one=turn > 1)
        _raise_to_least(programme, near, on)
        _shut(programme, near, broken & ~on)
        found = programme.solve()
        if found is None:
            # Not all of them fit at once.
            _shut(programme, near, on)
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


def _raise_to_least(programme: Programme, near: Near, flags: Flags) -> None:
    left = near.least.copy()
    for columns, upper in zip(near.columns, near.upper, strict=True):
        lower = np.minimum(left, upper)
        left = left - lower
        _limit(programme, columns, flags, lower, upper)


def _shut(programme: Programme, near: Near, flags: Flags) -> None:
    nothing = np.zeros_like(near.least)
    for columns in near.columns:
        _limit(programme, columns, flags, nothing, nothing)


def open_all(programme: Programme, near: Near) -> None:
    """Whatever was rounded is free again."""
    everything = np.ones_like(near.least, dtype=bool)
    for columns, lower, upper in zip(near.columns, near.lower, near.upper, strict=True):
        _limit(programme, columns, everything, lower, upper)
    _limit(programme, near.given, everything, near.given_lower, near.given_upper)


def _limit(programme: Programme, columns: Indices, flags: Flags, lower: Floats, upper: Floats) -> None:
    which = flags & (columns >= 0)
    if which.any():
        programme.limit(columns[which], lower[which], upper[which])


def _search(programme: Programme, near: Near, rounded: Answer, within: Flags) -> Answer:
    """Every choice of the next hour as a yes or no, searched from the rounded plan on."""
    open_all(programme, near)
    size = programme.size()
    highest = np.sum(near.upper, axis=0)
    yes: list[float] = []
    for n, slot in zip(*np.nonzero(within & (near.least > 0) & (highest > 0)), strict=True):
        powers = [int(columns[n, slot]) for columns in near.columns if columns[n, slot] >= 0]
        runs = programme.add_choice()
        yes.append(1.0 if near.power(rounded)[n, slot] > ZERO_KW else 0.0)
        indices, ones = np.array([*powers, runs], dtype=np.int32), np.ones(len(powers))
        programme.add_row(-np.inf, 0.0, indices, np.append(ones, -highest[n, slot]))
        programme.add_row(0.0, np.inf, indices, np.append(ones, -near.least[n, slot]))
    found = programme.search(np.append(rounded.values, yes))
    programme.drop_added(size)
    return found if found is not None and found.objective < rounded.objective else rounded
