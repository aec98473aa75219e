"""Bays from a spreadsheet, each with the EVSE that serves it and who may charge there."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from chargers.choices import Standing
from chargers.models import Charger, Evse
from chargers.queries import evse_of
from depot.access.reach import within_reach
from depot.models import Access, Bay, Depot
from depot.yard.importing.base import Importer
from depot.yard.paste import Change, Row
from depot.yard.services.ledger import Ledger


class BayImporter(Importer):
    key_name: ClassVar[str] = "name"
    found: dict[str, Bay]  # type: ignore[assignment]

    def key(self, row: Row) -> str:
        depot = row.resolved.get("depot")
        name = str(row.values.get("name", "")).casefold()
        return f"{depot.pk}/{name}" if isinstance(depot, Depot) and name else ""

    def look_up(self, rows: Sequence[Row]) -> None:
        for row in rows:
            row.resolved["depot"] = self.settle_depot(row)
            if row.resolved["depot"] is None and not row.problems:
                row.problems.append("Depot: say which, in a column or above for all rows.")
        bays = Bay.objects.filter(depot__in=list(self.depots.values())).select_related(
            "depot", "evse__charger", "own_vehicle"
        )
        wanted = set(self.keys(rows))
        for bay in bays:
            key = f"{bay.depot_id}/{bay.name.casefold()}"
            if key in wanted:
                self.found[key] = bay
                self.known[key] = _values(bay)
        self.chargers = {
            charger.identity.casefold(): charger
            for charger in within_reach(self.setting.user, Charger.objects.filter(standing=Standing.ADOPTED))
        }
        self.served = {(bay.evse.charger_id, bay.evse.number): bay for bay in bays if bay.evse}
        self.claimed: dict[tuple[int, int], int] = {}
        vehicles = self.vehicles_in_reach()
        for row in rows:
            key = self.key(row)
            if key in self.known:
                row.values["name"] = self.known[key]["name"]
            row.resolved["own_vehicle"] = self.settle_vehicle(row, "own_vehicle", vehicles)
            self._settle_access(row, self.known.get(key))
            self._settle_evse(row, self.found.get(key), self.known.get(key, {}))

    def _settle_access(self, row: Row, known: dict[str, Any] | None) -> None:
        now = known or {"access": Access.KNOWN, "own_vehicle": ""}
        access = row.values.get("access", now["access"])
        own_vehicle = row.values.get("own_vehicle", now["own_vehicle"])
        if access == Access.OWN_VEHICLE and not own_vehicle and not row.problems:
            row.problems.append("Only its own vehicle may charge there, and none is named.")

    def _settle_evse(self, row: Row, bay: Bay | None, known: dict[str, Any]) -> None:
        """The charger and the number of the EVSE; it need not be there yet, for the charger may never have called."""
        if "charger" not in row.values and "evse" not in row.values:
            return
        identity = row.values.get("charger", known.get("charger", ""))
        if not identity:
            row.values.pop("evse", None)
            row.resolved["evse"] = None
            return
        charger = self.chargers.get(str(identity).casefold())
        if charger is None:
            row.problems.append(f"There is no charger “{identity}” here; import or adopt the chargers first.")
            return
        number = row.values.setdefault("evse", known.get("evse") or 1)
        row.values["charger"] = charger.identity
        row.resolved["evse"] = (charger, number)
        other = self.served.get((charger.pk, number))
        if other is not None and (bay is None or other.pk != bay.pk):
            row.problems.append(f"EVSE {number} of {charger.identity} serves bay {other.name}; free it there first.")
        claimed_on = self.claimed.setdefault((charger.pk, number), row.line)
        if claimed_on != row.line:
            row.problems.append(f"Line {claimed_on} takes EVSE {number} of {charger.identity} already.")

    def make(self, row: Row, ledger: Ledger) -> None:
        vehicle = row.resolved["own_vehicle"]
        bay = Bay(
            depot=row.resolved["depot"],
            name=row.values["name"],
            zone=row.values.get("zone", ""),
            access=row.values.get("access", Access.KNOWN),
            own_vehicle=vehicle,
            evse=_evse(row),
        )
        bay.save()
        ledger.made(bay, f"bay {bay.name}")

    def change(self, row: Row, key: str, changes: Iterable[Change], ledger: Ledger) -> None:
        bay = self.found[key]
        attributes: dict[str, Any] = {}
        for change in changes:
            if change.name in ("charger", "evse"):
                evse = _evse(row)
                attributes["evse_id"] = evse.pk if evse else None
            elif change.name == "own_vehicle":
                vehicle = row.resolved["own_vehicle"]
                attributes["own_vehicle_id"] = vehicle.pk if vehicle else None
            else:
                attributes[change.name] = change.new
        ledger.change(bay, f"bay {bay.name}", **attributes)


def _values(bay: Bay) -> dict[str, Any]:
    return {
        "name": bay.name,
        "depot": bay.depot.name,
        "zone": bay.zone,
        "charger": bay.evse.charger.identity if bay.evse else "",
        "evse": bay.evse.number if bay.evse else None,
        "access": bay.access,
        "own_vehicle": bay.own_vehicle.unit_number if bay.own_vehicle else "",
    }


def _evse(row: Row) -> Evse | None:
    said = row.resolved.get("evse")
    if said is None:
        return None
    charger, number = said
    return evse_of(charger.pk, number)
