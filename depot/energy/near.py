"""What a charger can carry out: nothing or at least the minimum current; nothing or the rating."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from depot.energy.bounds import Bounds
from depot.energy.instance import Control, Instance
from depot.energy.layout import Indices, Layout
from depot.energy.matrix import Floats
from depot.energy.programme import Answer, Programme

NEAR_SLOTS = 4
# A watt is the solver's rounding.
ZERO_KW = 1e-3

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
    slot_h: float

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

    def lost_kwh(self, answer: Answer) -> float:
        """What vehicles would not take of all that their chargers are told, were it never told anew."""
        return self.slot_h * float(self.power(answer)[self.broken(answer) & self.here[:, None]].sum())

    def may_run(self) -> Flags:
        """Where there is a choice between nothing and the least."""
        flags: Flags = (self.least > 0) & (sum(self.upper) > 0)
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
        slot_h=instance.slot_h,
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


def open_all(programme: Programme, near: Near) -> None:
    """Whatever was rounded is free again."""
    everything = np.ones_like(near.least, dtype=bool)
    open_again(programme, near, everything)
    _limit(programme, near.given, everything, near.given_lower, near.given_upper)


def open_again(programme: Programme, near: Near, flags: Flags) -> None:
    for columns, lower, upper in zip(near.columns, near.lower, near.upper, strict=True):
        _limit(programme, columns, flags, lower, upper)


def raise_to_least(programme: Programme, near: Near, flags: Flags) -> None:
    left = near.least.copy()
    for columns, upper in zip(near.columns, near.upper, strict=True):
        lower = np.minimum(left, upper)
        left = left - lower
        _limit(programme, columns, flags, lower, upper)


def shut(programme: Programme, near: Near, flags: Flags) -> None:
    nothing = np.zeros_like(near.least)
    for columns in near.columns:
        _limit(programme, columns, flags, nothing, nothing)


def _limit(programme: Programme, columns: Indices, flags: Flags, lower: Floats, upper: Floats) -> None:
    which = flags & (columns >= 0)
    if which.any():
        programme.limit(columns[which], lower[which], upper[which])
