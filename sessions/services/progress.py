"""Where a running session stands after each reading: the same for one at a time and for the batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from chargers.events import ChargingState, Reading, Sample
from sessions.energy import Point, Tally, follow
from sessions.lifecycle import is_live
from sessions.models import Session
from sessions.quality import fit

ENERGY = "Energy.Active.Import.Register"
# What four bytes hold: more is a slip of the meter.
LARGEST_W = 2**31 - 1
READING_COLUMNS = (
    "charger", "evse", "session", "at", "heard_at", "context", "energy_wh", "power_w", "soc_percent", "samples",
    "signed",
)  # fmt: skip
PROGRESS_COLUMNS = (
    "energy_wh", "base_wh", "register_wh", "register_at", "power_w", "soc_start_percent", "soc_percent",
    "last_reading_at", "last_heard_at", "energy_state", "energy_state_at",
    "exported_wh", "export_base_wh", "export_register_wh", "export_register_at",
)  # fmt: skip


def registers_of(reading: Reading) -> Sequence[int]:
    """The energy register; several where a charger tells two of them under one name."""
    if reading.energy_wh is None:
        return ()
    told = [sample[1] for sample in reading.samples if _is_register(sample)]
    if len(told) < 2:
        return (reading.energy_wh,)
    return tuple(dict.fromkeys((reading.energy_wh, *(round(value) for value in told))))


def _is_register(sample: Sample) -> bool:
    name, _, _, phase, location, _ = sample
    return name == ENERGY and not phase and location in ("", "Outlet")


def reading_rows(
    reading: Reading, *, charger_id: int, evse_id: int | None, session_id: int | None, at: datetime, heard_at: datetime
) -> list[tuple[Any, ...]]:
    """A row per reading; a second register under the same name has a row of its own, so that none is lost."""
    samples = orjson.dumps(reading.samples).decode() if reading.samples else ""
    signed = (
        orjson.dumps([(s.data, s.encoding, s.method, s.public_key) for s in reading.signed]) if reading.signed else b""
    )
    registers = registers_of(reading)
    context = fit(reading.context, 24)
    first = (
        charger_id, evse_id, session_id, at, heard_at, context, registers[0] if registers else None,
        within(reading.power_w), reading.soc_percent, samples, signed.decode(),
    )  # fmt: skip
    others = ((charger_id, evse_id, session_id, at, heard_at, context, wh, None, None, "", "") for wh in registers[1:])
    return [first, *others]


def row_key(row: Sequence[Any]) -> tuple[Any, ...]:
    """By what a reading told again is the same: session, time, context and values; not when it was heard."""
    return (row[2], row[3], *row[5:10])


KEY_COLUMNS = ("session", "at", "context", "energy_wh", "power_w", "soc_percent", "samples")


def within(power_w: int | None) -> int | None:
    return power_w if power_w is None or -LARGEST_W <= power_w <= LARGEST_W else None


@dataclass(slots=True)
class Progress:
    """The part of a session that readings change. `needs_count`: one did not go on, so the whole curve decides."""

    session_id: int
    max_w: int | None
    energy_wh: int | None
    base_wh: int | None
    register_wh: int | None
    register_at: datetime | None
    power_w: int | None
    soc_start_percent: float | None
    soc_percent: float | None
    last_reading_at: datetime | None
    last_heard_at: datetime
    energy_state: str
    energy_state_at: datetime | None
    exported_wh: int | None = None
    export_base_wh: int | None = None
    export_register_wh: int | None = None
    export_register_at: datetime | None = None
    needs_count: bool = False

    def take(self, reading: Reading, *, at: datetime, heard_at: datetime, offline: bool = False) -> None:
        self._count(reading, at)
        self._count_export(reading, at)
        self.last_heard_at = max(self.last_heard_at, heard_at)
        if self.soc_start_percent is None:
            self.soc_start_percent = reading.soc_percent
        if self.last_reading_at is not None and at < self.last_reading_at:
            return
        self.last_reading_at = at
        if reading.soc_percent is not None:
            self.soc_percent = reading.soc_percent
        if reading.power_w is not None and is_live(at, heard_at, offline=offline):
            self.power_w = within(reading.power_w)

    def _count(self, reading: Reading, at: datetime) -> None:
        registers = registers_of(reading)
        if not registers:
            return
        for wh in registers:
            tally = follow(self.tally, Point(at, wh, reading.power_w), max_w=self.max_w)
            if tally is not None:
                self.count(tally)
                return
        self.needs_count = True

    def _count_export(self, reading: Reading, at: datetime) -> None:
        """What the vehicle gave back, by its own register: never taken off what it took."""
        wh = reading.export_wh
        if wh is None or wh < 0:
            return
        held = self._export_tally
        tally = follow(held, Point(at, wh, abs(reading.power_w or 0)), max_w=self.max_w)
        if tally is None and held is not None:
            if at <= held.rose_at:
                return  # told late, and of another register
            # It does not go on from there: what flows from now on is counted on top of what was known.
            tally = Tally(wh - held.energy_wh, wh, at)
        if tally is not None:
            self.export_base_wh, self.export_register_wh, self.export_register_at = (
                tally.base_wh,
                tally.register_wh,
                tally.rose_at,
            )
            self.exported_wh = max(self.exported_wh or 0, tally.energy_wh)

    @property
    def _export_tally(self) -> Tally | None:
        if self.export_base_wh is None or self.export_register_wh is None or self.export_register_at is None:
            return None
        return Tally(self.export_base_wh, self.export_register_wh, self.export_register_at)

    @property
    def tally(self) -> Tally | None:
        if self.base_wh is None or self.register_wh is None or self.register_at is None:
            return None
        return Tally(self.base_wh, self.register_wh, self.register_at)

    def count(self, tally: Tally | None) -> None:
        """A running total never falls: a reading with less in it, or with nothing, takes nothing back."""
        if tally is None:
            return
        self.base_wh, self.register_wh, self.register_at = tally.base_wh, tally.register_wh, tally.rose_at
        self.energy_wh = max(self.energy_wh or 0, tally.energy_wh)

    def state(self, state: ChargingState | None, at: datetime) -> None:
        if state is not None and (self.energy_state_at is None or at >= self.energy_state_at):
            self.energy_state, self.energy_state_at = str(state), at

    def values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in PROGRESS_COLUMNS)


def progress_of(session: Session) -> Progress:
    max_w = session.evse.max_w if session.evse is not None else None
    return Progress(session.pk, max_w, *(getattr(session, name) for name in PROGRESS_COLUMNS))


def put_back(progress: Progress, session: Session) -> None:
    for name, value in zip(PROGRESS_COLUMNS, progress.values(), strict=True):
        setattr(session, name, value)
