"""Vehicles from a spreadsheet."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from depot.yard.importing.base import Importer
from depot.yard.paste import Change, Row
from depot.yard.services.ledger import Ledger
from depot.yard.services.vehicles import add_vehicle
from sessions.models import Vehicle

PLAIN = ("vin", "cost_centre", "battery_kwh", "max_ac_kw", "max_dc_kw", "target_soc_percent")


class VehicleImporter(Importer):
    key_name: ClassVar[str] = "unit_number"
    found: dict[str, Vehicle]  # type: ignore[assignment]

    def look_up(self, rows: Sequence[Row]) -> None:
        depot_names = {depot.pk: depot.name for depot in self.depots.values()}
        wanted = set(self.keys(rows))
        for vehicle in Vehicle.objects.all():
            key = vehicle.unit_number.casefold()
            if key in wanted:
                self.found[key] = vehicle
                plain = {name: getattr(vehicle, name) for name in PLAIN}
                depot = depot_names.get(vehicle.depot_key or 0, "")
                self.known[key] = {"unit_number": vehicle.unit_number, "depot": depot, **plain}
        for row in rows:
            key = self.key(row)
            if key in self.known:
                row.values["unit_number"] = self.known[key]["unit_number"]
            row.resolved["depot"] = self.settle_depot(row)
        self.refuse_beyond_reach(rows, "vehicle")

    def make(self, row: Row, ledger: Ledger) -> None:
        depot = row.resolved["depot"]
        vehicle = Vehicle(
            unit_number=row.values["unit_number"],
            depot_key=depot.pk if depot else None,
            **{name: row.values[name] for name in PLAIN if name in row.values},
        )
        token = add_vehicle(vehicle, now=self.setting.now)
        ledger.made(vehicle, vehicle.unit_number)
        ledger.made(token, f"the token of {vehicle.unit_number}")

    def change(self, row: Row, key: str, changes: Iterable[Change], ledger: Ledger) -> None:
        vehicle = self.found[key]
        attributes: dict[str, Any] = {}
        for change in changes:
            if change.name == "depot":
                depot = row.resolved["depot"]
                attributes["depot_key"] = depot.pk if depot else None
            else:
                attributes[change.name] = change.new
        ledger.change(vehicle, vehicle.unit_number, **attributes)
