"""Pure: the coefficients of the programme, which depend on its shape only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from depot.energy.instance import ALL_LINES
from depot.energy.layout import Indices, Layout

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Matrix:
    """By columns: where each column starts, its rows, its coefficients."""

    starts: Indices
    rows: Indices
    values: Floats


class _Entries:
    def __init__(self) -> None:
        self.rows: list[Indices] = []
        self.columns: list[Indices] = []
        self.values: list[Floats] = []

    def add(self, rows: Indices, columns: Indices, value: float) -> None:
        rows, columns = np.broadcast_arrays(rows, columns)
        self.rows.append(rows.ravel())
        self.columns.append(columns.ravel())
        self.values.append(np.full(rows.size, value))

    def matrix(self, count: int) -> Matrix:
        rows, columns = np.concatenate(self.rows), np.concatenate(self.columns)
        values = np.concatenate(self.values)
        order = np.lexsort((rows, columns))
        starts = np.searchsorted(columns[order], np.arange(count + 1)).astype(np.int32)
        return Matrix(starts, rows[order].astype(np.int32), values[order])


def matrix_of(at: Layout) -> Matrix:
    entries = _Entries()
    _lanes(at, entries)
    _circuits(at, entries)
    _site(at, entries)
    _levels(at, entries)
    _caps(at, entries)
    _fallbacks(at, entries)
    _allowances(at, entries)
    return entries.matrix(at.columns)


def _lanes(at: Layout, entries: _Entries) -> None:
    """What a lane draws counts towards its energy and its circuit's flow; what it gives, against its energy only.

    A circuit is kept without what vehicles give back: who could stop giving at any moment makes room for nobody.
    """
    hours = at.shape.slot_h
    for i, lane in enumerate(at.shape.lanes):
        for power in _powers(at, i):
            entries.add(at.energy[i], power, hours * lane.efficiency)
            _flow(at, entries, i, power)
    for k, i in enumerate(at.giving):
        entries.add(at.energy[i], at.given[k], -hours / at.shape.lanes[i].discharge_efficiency)
    entries.add(at.energy, at.unmet, 1.0)


def _flow(at: Layout, entries: _Entries, lane: int, power: Indices) -> None:
    entries.add(at.circuit[at.shape.lanes[lane].circuit], power, -1.0)
    for group in at.shape.lanes[lane].groups:
        entries.add(at.group[group], power, -1.0)


def _powers(at: Layout, lane: int) -> list[Indices]:
    lifted = [at.lifted[at.lifting.index(lane)]] if at.shape.lanes[lane].lifts else []
    return [at.kept[lane], at.raised[lane], *lifted]


def _circuits(at: Layout, entries: _Entries) -> None:
    """A circuit's flow runs on into the one above; what counts on its lines is summed up apart, where it matters."""
    entries.add(at.circuit, at.flow, 1.0)
    for c, parent in enumerate(at.shape.parents):
        if parent is not None:
            entries.add(at.circuit[parent], at.flow[c], -1.0)
    entries.add(at.group, at.wired, 1.0)
    for g, group in enumerate(at.shape.groups):
        for line in group.lines:
            entries.add(at.line[group.lined, ALL_LINES.index(line)], at.wired[g], 1.0 / len(group.lines))


def _site(at: Layout, entries: _Entries) -> None:
    """Imported less exported is what the building and the chargers take, less the sun and what vehicles give back."""
    entries.add(at.balance, at.imported, 1.0)
    entries.add(at.balance, at.exported, -1.0)
    entries.add(at.balance, at.spilled, -1.0)
    entries.add(at.balance, at.flow[at.shape.parents.index(None)], -1.0)
    for given in at.given:
        entries.add(at.balance, given, 1.0)
    for w, slots in enumerate(at.shape.windows):
        entries.add(at.demand[w], at.peak[w], 1.0)
        entries.add(np.repeat(at.demand[w], slots), at.imported, -1.0 / slots)


def _levels(at: Layout, entries: _Entries) -> None:
    hours = at.shape.slot_h
    for k, i in enumerate(at.levelled):
        lane = at.shape.lanes[i]
        entries.add(at.link[k], np.roll(at.level[k], -1), 1.0)
        entries.add(at.link[k], at.level[k], -1.0)
        for power in _powers(at, i):
            entries.add(at.link[k], power, -hours * lane.efficiency)
        if i in at.giving:
            entries.add(at.link[k], at.given[at.giving.index(i)], hours / lane.discharge_efficiency)
    for k, i in enumerate(at.tapering):
        lane = at.shape.lanes[i]
        assert lane.taper is not None
        # In shares of the power at the knee. A slot's power follows the level in its middle, half its own energy on.
        slope = 1.0 / (lane.taper.full_kwh - lane.taper.knee_kwh)
        entries.add(at.taper[k], at.level[at.levelled.index(i)], slope)
        for power in _powers(at, i):
            entries.add(at.taper[k], power, 1.0 / lane.taper.knee_kw + slope * hours * lane.efficiency / 2)


def _caps(at: Layout, entries: _Entries) -> None:
    """All power under a shared cap may pass it by what is lifted; the power of those that may not lift, never."""
    for c, members in enumerate(at.shape.caps):
        entries.add(at.capped[c], at.over[c], -1.0)
        for i in members:
            for power in _powers(at, i):
                entries.add(at.capped[c], power, 1.0)
        for i in at.shape.free_caps[c]:
            for power in _powers(at, i):
                entries.add(at.capped_free[c], power, 1.0)


def _fallbacks(at: Layout, entries: _Entries) -> None:
    """What is kept free for an EVSE beyond what it draws fills its circuits as if it were drawn, and is not bought."""
    for f, members in enumerate(at.shape.fallbacks):
        for i in members:
            for power in _powers(at, i):
                entries.add(at.fallback[f], power, 1.0)
        entries.add(at.fallback[f], at.idle[f], 1.0)
        _flow(at, entries, members[0], at.idle[f])
        entries.add(at.balance, at.idle[f], 1.0)


def _allowances(at: Layout, entries: _Entries) -> None:
    """An allowance is used by the kilowatt-hour, and all of them together no faster than is imported."""
    if not at.shape.allowances:
        return
    for rows, columns in zip(at.allowance, at.allowed, strict=True):
        entries.add(rows, columns, at.shape.slot_h)
        entries.add(at.within_import, columns, 1.0)
    entries.add(at.within_import, at.imported, -1.0)
