"""PURE: a table pasted from a spreadsheet, read row by row; what each row says, or why it cannot be read."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from depot.yard.cells import Unreadable
from depot.yard.columns import COLUMNS, Column, Kind, recognise, unit_of

# More rows than this are a mistake, or a job for several pastes.
ROWS_MAX = 2000
CELL_MAX = 500
# An empty cell leaves a value as it is; this one takes it away.
CLEAR = "-"


class PasteUnreadable(Exception):
    """The text is no table; the message says why, for the person who pasted it."""


@dataclass(frozen=True, slots=True)
class Table:
    """The cells as they were pasted. `titles` is empty where the first row holds no column title that we know."""

    titles: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]  # (line in the paste, cells)

    @property
    def width(self) -> int:
        return max([len(self.titles), *(len(cells) for _, cells in self.rows)])


@dataclass(slots=True)
class Row:
    """One row as we understood it: the values that were given, and what is wrong with it."""

    line: int
    cells: tuple[str, ...]
    values: dict[str, Any] = field(default_factory=dict)
    # What names in `values` stand for, once somebody who knows the yard has looked them up.
    resolved: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class Verdict(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Change:
    name: str
    title: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Proposal:
    """What importing one row would do."""

    row: Row
    key: str
    verdict: Verdict
    changes: tuple[Change, ...] = ()


def read_table(text: str, kind: Kind) -> Table:
    """The pasted text as cells, whatever its separator. Raises PasteUnreadable."""
    text = text.replace("\x00", "").replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n")
    lines = [(line, cells) for line, cells in _cells(text, separator_of(text)) if any(cells)]
    if not lines:
        raise PasteUnreadable("Nothing was pasted.")
    if len(lines) > ROWS_MAX + 1:
        raise PasteUnreadable(f"{len(lines)} rows were pasted; at most {ROWS_MAX} are taken at once.")
    first = lines[0][1]
    if any(recognise(kind, title) for title in first):
        return Table(first, tuple(lines[1:]))
    return Table((), tuple(lines))


def separator_of(text: str) -> str:
    """Tab, semicolon or comma: the one that the most lines of the beginning agree on."""
    sample = [line for line in text.split("\n") if line.strip()][:20]

    def agreement(separator: str) -> tuple[int, int]:
        counts = [line.count(separator) for line in sample]
        most_common = max(counts, key=counts.count, default=0)
        return (sum(1 for count in counts if count == most_common and count), most_common)

    # A tab never stands inside a cell that was copied from a spreadsheet, and a comma often does.
    for separator in ("\t", ";"):
        if all(separator in line for line in sample) and sample:
            return separator
    return max(("\t", ";", ","), key=agreement)


def _cells(text: str, separator: str) -> list[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    rows = []
    try:
        line = 1
        for cells in reader:
            rows.append((line, tuple(cell.strip()[:CELL_MAX] for cell in cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise PasteUnreadable(f"Line {reader.line_num} cannot be read as a table: {error}.") from error
    return rows


def guess_columns(kind: Kind, table: Table) -> list[str]:
    """For each column of the paste the name of ours it holds, or ""; each of ours is taken once, from the left."""
    guessed: list[str] = []
    for place in range(table.width):
        title = table.titles[place] if place < len(table.titles) else ""
        column = recognise(kind, title)
        guessed.append(column.name if column and column.name not in guessed else "")
    return guessed


def read_rows(kind: Kind, table: Table, columns: Sequence[str]) -> list[Row]:
    """Every row with its values read; a value that cannot be read is a problem of its row, never an exception."""
    ours = {column.name: column for column in COLUMNS[kind]}
    chosen = [(place, ours[name]) for place, name in enumerate(columns) if name in ours]
    units = [unit_of(title) for title in table.titles]
    rows = [_read_row(line, cells, chosen, units) for line, cells in table.rows]
    for column in ours.values():
        if column.is_key and column.name not in columns:
            for row in rows:
                row.problems.append(f"No column was chosen as “{column.title}”.")
    return rows


def _read_row(line: int, cells: tuple[str, ...], chosen: list[tuple[int, Column]], units: list[str]) -> Row:
    row = Row(line, cells)
    for place, column in chosen:
        cell = cells[place] if place < len(cells) else ""
        if column.is_key and cell in ("", CLEAR):
            row.problems.append(f"“{column.title}” is empty.")
        elif cell == CLEAR:
            row.values[column.name] = column.empty
        elif cell:
            try:
                row.values[column.name] = column.read(cell, units[place] if place < len(units) else "")
            except Unreadable as why:
                row.problems.append(f"{column.title}: {why}")
    return row


def compare(
    kind: Kind, rows: Sequence[Row], keys: Sequence[str], known: Mapping[str, Mapping[str, Any]]
) -> list[Proposal]:
    """What each row would do to what is `known` (key -> values). A key told twice is wrong from the second row on.

    Only what a row gives is compared: a column that was not pasted, or an empty cell, changes nothing.
    """
    titles = {column.name: column.title for column in COLUMNS[kind]}
    seen: dict[str, int] = {}
    proposals = []
    for row, key in zip(rows, keys, strict=True):
        if key and key in seen:
            row.problems.append(f"Line {seen[key]} says the same name already.")
        elif key:
            seen[key] = row.line
        proposals.append(_propose(row, key, known.get(key), titles))
    return proposals


def _propose(row: Row, key: str, known: Mapping[str, Any] | None, titles: dict[str, str]) -> Proposal:
    if row.problems or not key:
        return Proposal(row, key, Verdict.WRONG)
    if known is None:
        return Proposal(row, key, Verdict.NEW)
    changes = tuple(
        Change(name, titles[name], known.get(name), value)
        for name, value in row.values.items()
        if name in titles and known.get(name) != value
    )
    return Proposal(row, key, Verdict.CHANGED if changes else Verdict.UNCHANGED, changes)
