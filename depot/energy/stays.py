"""Pure: what each stay could take if it were alone, and what is expected of EVSEs that are out of our hands."""

from dataclasses import dataclass, field

import numpy as np

from depot.energy.instance import Control, Evse, Instance, Need
from depot.energy.matrix import Floats

FREE = np.inf


@dataclass(slots=True)
class Expected:
    """What an EVSE out of our hands is expected to draw for its vehicle, and what it might draw beyond that."""

    kw: Floats  # [need, slot], 0 where we plan
    reserved_kw: dict[str, Floats] = field(default_factory=dict)


def asked_kwh(instance: Instance) -> Floats:
    """Of each need, what has to be in by its departure, or by the end of the horizon if that comes first.

    A stay that reaches beyond takes, of its energy, the share of its time that lies within. At the same power all the
    while that is what it takes to be ready, so what is left to do afterwards can always be done.
    """
    held = {evse.key for evse in instance.evses if evse.held_kw is not None}
    asked = np.array([need.energy_kwh for need in instance.needs], dtype=float)
    for n, need in enumerate(instance.needs):
        if need.departs > instance.slots and need.evse not in held:
            asked[n] *= max(0, instance.slots - need.arrives) / (need.departs - need.arrives)
    return asked


def own_limits(instance: Instance, evses: dict[str, Evse]) -> tuple[Floats, Floats, Floats]:
    slots, needs = instance.slots, instance.needs
    top, least = np.zeros(len(needs)), np.zeros(len(needs))
    window = np.full((len(needs), slots), FREE)
    for n, need in enumerate(needs):
        evse = evses[need.evse]
        top[n] = evse.max_kw if need.max_kw is None else min(evse.max_kw, need.max_kw)
        least[n] = evse.min_kw if need.min_kw is None else max(evse.min_kw, need.min_kw)
        if evse.control is Control.START_STOP:
            least[n] = top[n]
        if need.window_kw is not None:
            window[n] = need.window_kw
    slot = np.arange(slots)
    arrives, departs = _stays(needs)
    here = (slot >= arrives[:, None]) & (slot < departs[:, None])
    needs_any = np.array([need.energy_kwh > 0 or need.battery is not None for need in needs], dtype=bool)
    most = np.where(here & needs_any[:, None] & (top >= least)[:, None], top[:, None], 0.0)
    ruled = np.minimum(most, window)
    # A window below the vehicle's least power is a window of nothing.
    ruled[ruled < least[:, None] - 1e-9] = 0.0
    lifts = np.array([need.may_lift_rules for need in needs], dtype=bool)
    _taper_now(instance, evses, most, ruled)
    return np.where(lifts[:, None], most, ruled), ruled, least


def excess_kwh(instance: Instance, evses: dict[str, Evse], least: Floats) -> Floats:
    excess = np.zeros(len(instance.needs))
    for n, need in enumerate(instance.needs):
        evse = evses[need.evse]
        portion = instance.slot_h * evse.efficiency * least[n]
        if evse.held_kw is None and need.energy_kwh > 0 and evse.control is Control.START_STOP:
            excess[n] = portion
        elif evse.held_kw is None and 0 < need.energy_kwh < portion:
            excess[n] = portion - need.energy_kwh
    return excess


def attainable_kwh(instance: Instance, evses: dict[str, Evse], most: Floats) -> Floats:
    hours = np.full(instance.slots, instance.slot_h)
    hours[0] *= instance.first_slot_share
    efficiency = np.array([evses[need.evse].efficiency for need in instance.needs], dtype=float)
    attainable: Floats = (most @ hours) * efficiency
    return attainable


def _taper_now(instance: Instance, evses: dict[str, Evse], most: Floats, ruled: Floats) -> None:
    """Slot 0 is shorter than the slots that the programme's rows are made for: its taper is a plain limit."""
    for n, need in enumerate(instance.needs):
        taper = need.battery.taper if need.battery is not None else None
        if need.arrives == 0 and need.battery is not None and taper is not None:
            slope = 1.0 / (taper.full_kwh - taper.knee_kwh)
            rise = slope * instance.hours(0) * evses[need.evse].efficiency / 2
            limit = slope * max(0.0, taper.full_kwh - need.battery.level_kwh) / (1.0 / taper.knee_kw + rise)
            most[n, 0], ruled[n, 0] = min(most[n, 0], limit), min(ruled[n, 0], limit)


def _stays(needs: tuple[Need, ...]) -> tuple[Floats, Floats]:
    return np.array([need.arrives for need in needs], float), np.array([need.departs for need in needs], float)


def expected_of(instance: Instance, evses: dict[str, Evse], most: Floats) -> Expected:
    expected = Expected(np.zeros_like(most))
    for evse in evses.values():
        if evse.held_kw is not None:
            expected.reserved_kw[evse.key] = np.array(evse.held_kw, dtype=float)
    for n, need in enumerate(instance.needs):
        reserved = expected.reserved_kw.get(need.evse)
        if reserved is None:
            continue
        left = need.energy_kwh / evses[need.evse].efficiency  # asked for in whole: what it does is not ours to spread
        for slot in range(instance.slots):
            kw = min(reserved[slot], most[n, slot], left / instance.hours(slot))
            expected.kw[n, slot] = kw
            left = max(0.0, left - kw * instance.hours(slot))
    for n, need in enumerate(instance.needs):
        if need.evse in expected.reserved_kw:
            expected.reserved_kw[need.evse] = np.maximum(0.0, expected.reserved_kw[need.evse] - expected.kw[n])
    return expected
