"""Pure: all limits of an instance side by side, to ask how full each would be under given powers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from depot.energy.instance import ALL_LINES, Instance, Series

Floats = NDArray[np.float64]
SMALL_KW = 1e-6


class LimitKind(StrEnum):
    SITE = "site"  # the grid connection
    CIRCUIT = "circuit"
    LINE = "line"  # one line of a circuit
    CAP = "cap"  # a manager's rule over several EVSEs


@dataclass(frozen=True, slots=True)
class Limit:
    kind: LimitKind
    key: str = ""
    line: int | None = None

    @property
    def keeps_fallbacks_free(self) -> bool:
        return self.kind in (LimitKind.CIRCUIT, LimitKind.LINE)


@dataclass(frozen=True, slots=True)
class Limits:
    """`parts[limit, evse]` is the share of an EVSE's power that counts, `caps_kw[limit, slot]` what is left for all.

    On circuits and their lines an EVSE counts at `fallbacks_kw[evse, slot]` at least.
    """

    limits: tuple[Limit, ...]
    evses: tuple[str, ...]
    parts: Floats
    caps_kw: Floats
    fallbacks_kw: Floats

    def load_kw(self, evse_kw: Mapping[str, Series | Floats]) -> Floats:
        """Per limit and slot. What vehicles give back counts at the grid's meter, and makes room on no circuit."""
        powers = np.array([np.asarray(evse_kw[key], dtype=float) for key in self.evses])
        if not powers.size:
            return np.zeros_like(self.caps_kw)
        powers = powers.reshape(len(self.evses), -1)
        load: Floats = self.parts @ np.maximum(powers, 0.0)
        kept_free = np.array([limit.keeps_fallbacks_free for limit in self.limits])
        load[kept_free] = self.parts[kept_free] @ np.maximum(powers, self.fallbacks_kw)
        load[self.limits.index(Limit(LimitKind.SITE))] += np.minimum(powers, 0.0).sum(axis=0)
        return load

    def room_kw(self, evse_kw: Mapping[str, Series | Floats]) -> Floats:
        """Below 0 where a limit is passed."""
        room: Floats = self.caps_kw - self.load_kw(evse_kw)
        return room


def limits_of(instance: Instance, *, with_rules: bool = True) -> Limits:
    """Infinite where there is no limit; never below 0, for others' load is not ours to mend."""
    parents = {circuit.key: circuit.feeds_from for circuit in instance.circuits}
    evses = tuple(sorted(evse.key for evse in instance.evses))
    above = {evse.key: _path(evse.circuit, parents) for evse in instance.evses}
    lines = {evse.key: evse.lines for evse in instance.evses}
    site, slots = instance.site, instance.slots
    limits: list[Limit] = [Limit(LimitKind.SITE)]
    parts: list[list[float]] = [[1.0] * len(evses)]
    caps: list[Floats] = [np.array(site.import_limit_kw) - np.array(site.building_kw) + np.array(site.solar_kw)]
    for circuit in sorted(instance.circuits, key=lambda circuit: circuit.key):
        under = [float(circuit.key in above[key]) for key in evses]
        other = np.array(circuit.other_load_kw) if circuit.other_load_kw is not None else np.zeros(slots)
        if circuit.limit_kw is not None:
            limits.append(Limit(LimitKind.CIRCUIT, circuit.key))
            parts.append(under)
            caps.append(np.array(circuit.limit_kw) - other)
        if circuit.line_limit_kw is not None:
            for line in ALL_LINES:
                limits.append(Limit(LimitKind.LINE, circuit.key, line))
                parts.append([u * (line in lines[k]) / len(lines[k]) for u, k in zip(under, evses, strict=True)])
                caps.append(np.array(circuit.line_limit_kw) - other / 3)
    for cap in instance.caps if with_rules else ():
        limits.append(Limit(LimitKind.CAP, cap.key))
        parts.append([float(key in cap.evses) for key in evses])
        caps.append(np.array(cap.kw))
    nothing = np.zeros((len(evses), slots))
    found = Limits(tuple(limits), evses, np.array(parts), np.maximum(0.0, np.array(caps)), nothing)
    return replace(found, fallbacks_kw=_fallbacks_kw(instance, found))


def _fallbacks_kw(instance: Instance, limits: Limits) -> Floats:
    """What is kept free, [evse, slot]: nothing in a slot in which a limit cannot keep all of them anyway."""
    by_key = {evse.key: evse for evse in instance.evses}
    fallbacks, held = np.zeros_like(limits.fallbacks_kw), np.zeros_like(limits.fallbacks_kw)
    for row, key in enumerate(limits.evses):
        evse = by_key[key]
        if evse.held_kw is not None:
            held[row] = evse.held_kw
        elif evse.fallback_kw is not None:
            fallbacks[row] = evse.fallback_kw
    if fallbacks.any():
        kept_free = np.array([limit.keeps_fallbacks_free for limit in limits.limits])
        parts = limits.parts[kept_free]
        too_much = parts @ (fallbacks + held) > limits.caps_kw[kept_free] + SMALL_KW
        fallbacks[(parts > 0).T.astype(float) @ too_much > 0] = 0.0
    return fallbacks


def counted_kw(instance: Instance, evse_kw: Mapping[str, Series] | Mapping[str, Floats]) -> dict[str, Floats]:
    """What counts against limits: the planned powers, and of EVSEs out of our hands the most that they may draw."""
    counted = {key: np.array(kw, dtype=float) for key, kw in evse_kw.items()}
    for evse in instance.evses:
        if evse.held_kw is not None:
            counted[evse.key] = np.maximum(counted[evse.key], np.array(evse.held_kw))
    return counted


def _path(circuit: str, parents: Mapping[str, str | None]) -> set[str]:
    path, at = set(), parents[circuit]
    path.add(circuit)
    while at is not None:
        path.add(at)
        at = parents[at]
    return path
