"""All rows of the form of a utility's tariff at once: shown from terms, looked at, and told as terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from depot.energy.wiring_pages.tariff_rows import (
    DemandRows,
    EnergyRows,
    ExportRows,
    SeasonRows,
    rows_of,
    season_rows,
    seasons_told,
)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong in which row, and the field that it stands beside."""

    where: str
    field_id: str
    text: str


class RowSets:
    """`data`: what was sent, or None where the form is only shown."""

    def __init__(self, shown: dict[str, Any], data: Mapping[str, Any] | None, *, with_seasons: bool) -> None:
        self.seasons = SeasonRows(data, prefix="seasons", initial=season_rows(shown) if with_seasons else [])
        self.energy = EnergyRows(data, prefix="energy", initial=rows_of(shown.get("energy") or []))
        self.demand = DemandRows(data, prefix="demand", initial=rows_of(shown.get("demand") or []))
        self.export = ExportRows(data, prefix="export", initial=rows_of(shown.get("export") or []))

    @property
    def all(self) -> dict[str, Any]:
        """By the name under which the page has them."""
        return {"seasons": self.seasons, "energy": self.energy, "demand": self.demand, "export": self.export}

    @cached_property
    def are_fit(self) -> bool:
        """Every row is looked at, so that all that is wrong is said at once."""
        fits = [rows.is_valid() for rows in self.all.values()]
        names = list(dict.fromkeys(row.cleaned_data["name"] for row in self.seasons if row.cleaned_data.get("name")))
        dated = (*self.energy, *self.demand, *self.export)
        for row in dated:
            row.look_for_season(names)
        return all(fits) and not any(row.errors for row in dated)

    @property
    def wrong(self) -> list[Wrong]:
        sets = (
            ("Season", self.seasons), ("Energy", self.energy), ("Demand", self.demand), ("Sent out", self.export),
        )  # fmt: skip
        return [
            Wrong(f"{name} row {number}, {field.label}", field.id_for_label, str(text))
            for name, rows in sets
            for number, row in enumerate(rows, 1)
            for field in row
            for text in field.errors
        ]

    def terms(self) -> dict[str, Any]:
        """What of it is filled in, by its word in the terms."""
        told = {
            "seasons": seasons_told(self.seasons),
            "energy": [period for row in self.energy if (period := row.period()) is not None],
            "demand": [charge for row in self.demand if (charge := row.charge()) is not None],
            "export": [period for row in self.export if (period := row.period()) is not None],
        }
        return {word: entries for word, entries in told.items() if entries}
