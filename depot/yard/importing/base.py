"""What every importer does: look up, settle names, make and change rows through the ledger."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db.models import Model

from depot.access.models import User
from depot.access.reach import changeable, within_reach
from depot.models import Depot
from depot.yard.paste import Change, Row
from depot.yard.services.ledger import Ledger
from sessions.models import Vehicle


@dataclass(frozen=True, slots=True)
class Setting:
    """Who imports, when, and the depot of rows that name none."""

    user: User
    now: datetime
    depot: Depot | None = None


class Importer(ABC):
    """One for each import: it reads what it needs in a bounded number of queries, whatever the number of rows."""

    key_name: ClassVar[str]

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        # Key -> the row of the yard with it, and its values in the words of the columns.
        self.found: dict[str, Model] = {}
        self.known: dict[str, dict[str, Any]] = {}
        self.depots = {depot.name.casefold(): depot for depot in within_reach(setting.user, Depot.objects.all())}

    @abstractmethod
    def look_up(self, rows: Sequence[Row]) -> None:
        """Fill `found` and `known`, settle what names stand for, and note what is wrong with a row."""

    @abstractmethod
    def make(self, row: Row, ledger: Ledger) -> str | None:
        """Keep a new row; gives back a secret to be shown once, where making it made one."""

    @abstractmethod
    def change(self, row: Row, key: str, changes: Iterable[Change], ledger: Ledger) -> None:
        """Change the known row `key`."""

    def key(self, row: Row) -> str:
        return str(row.values.get(self.key_name, "")).casefold()

    def keys(self, rows: Sequence[Row]) -> list[str]:
        return [self.key(row) for row in rows]

    @property
    def zone(self) -> ZoneInfo:
        depot = self.setting.depot or next(iter(self.depots.values()), None)
        return ZoneInfo(depot.time_zone) if depot else ZoneInfo("UTC")

    def settle_depot(self, row: Row) -> Depot | None:
        """The depot that the row names, or the one that was chosen for all; a name that is not ours is a problem."""
        said = row.values.get("depot")
        if said is None:
            return self.setting.depot
        if not said:
            if self.setting.user.all_depots:
                return None
            row.problems.append("Depot: it must be one of yours.")
            return None
        depot = self.depots.get(str(said).casefold())
        if depot is None:
            row.problems.append(f"Depot: there is no “{said}” among yours.")
            return None
        row.values["depot"] = depot.name
        return depot

    def settle_vehicle(self, row: Row, name: str, vehicles: Mapping[str, Vehicle]) -> Vehicle | None:
        said = row.values.get(name)
        if not said:
            return None
        vehicle = vehicles.get(str(said).casefold())
        if vehicle is None:
            row.problems.append(f"There is no vehicle “{said}” here; import the vehicles first.")
            return None
        row.values[name] = vehicle.unit_number
        return vehicle

    def vehicles_in_reach(self) -> dict[str, Vehicle]:
        return {
            vehicle.unit_number.casefold(): vehicle
            for vehicle in within_reach(self.setting.user, Vehicle.objects.all())
        }

    def refuse_beyond_reach(self, rows: Sequence[Row], what: str) -> None:
        """A row of the yard that this user may not change makes the pasted row wrong."""
        if not self.found:
            return
        model = type(next(iter(self.found.values())))
        pks = [row.pk for row in self.found.values()]
        known = model._default_manager.filter(pk__in=pks)
        mine = set(changeable(self.setting.user, known).values_list("pk", flat=True))
        for row in rows:
            found = self.found.get(self.key(row))
            if found is not None and found.pk not in mine:
                row.problems.append(f"This {what} is known already, and not only to your depots.")
