"""Chargers from a spreadsheet: each new one gets a password, which is shown once."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from chargers.choices import Standing
from chargers.models import Charger
from chargers.queries import evse_of
from chargers.services import register_charger
from depot.access.reach import within_reach
from depot.models import Bay
from depot.yard.importing.base import Importer
from depot.yard.paste import Change, Row
from depot.yard.services.ledger import Ledger

STANDINGS = {
    Standing.WAITING: "It is in the waiting room: adopt it there.",
    Standing.REFUSED: "It was refused; take that back in the waiting room.",
}


class ChargerImporter(Importer):
    key_name: ClassVar[str] = "identity"
    found: dict[str, Charger]  # type: ignore[assignment]

    def look_up(self, rows: Sequence[Row]) -> None:
        wanted = set(self.keys(rows))
        for charger in Charger.objects.all():
            key = charger.identity.casefold()
            if key in wanted:
                self.found[key] = charger
        bays = list(
            within_reach(self.setting.user, Bay.objects.select_related("evse", "depot")).filter(
                **({"depot": self.setting.depot} if self.setting.depot else {})
            )
        )
        placed = self._placed_bays(bays)
        for key, charger in self.found.items():
            self.known[key] = {
                "identity": charger.identity,
                "name": charger.name,
                "pinned_protocol": charger.pinned_protocol,
                "bays": placed.get(charger.pk, ()),
            }
        by_name: dict[str, list[Bay]] = {}
        for bay in bays:
            by_name.setdefault(bay.name.casefold(), []).append(bay)
        taken: dict[int, int] = {}
        for row in rows:
            key = self.key(row)
            if key in self.known:
                row.values["identity"] = self.known[key]["identity"]
                if standing := STANDINGS.get(Standing(self.found[key].standing)):
                    row.problems.append(standing)
            self._settle_bays(row, self.found.get(key), by_name, taken)
        self.refuse_beyond_reach(rows, "charger")

    @staticmethod
    def _placed_bays(bays: Iterable[Bay]) -> dict[int, tuple[str, ...]]:
        """Charger -> the names of its bays, by the number of the EVSE."""
        placed: dict[int, dict[int, str]] = {}
        for bay in bays:
            if bay.evse:
                placed.setdefault(bay.evse.charger_id, {})[bay.evse.number] = bay.name
        return {pk: tuple(names[number] for number in sorted(names)) for pk, names in placed.items()}

    def _settle_bays(
        self, row: Row, charger: Charger | None, by_name: dict[str, list[Bay]], taken: dict[int, int]
    ) -> None:
        """The bays that the row names; each must be there, be meant alone, and be free or this charger's own."""
        named: list[Bay] = []
        for name in row.values.get("bays", ()):
            meant = by_name.get(name.casefold(), [])
            if not meant:
                row.problems.append(f"There is no bay “{name}” here; import the bays first.")
            elif len(meant) > 1:
                row.problems.append(f"Several depots have a bay “{name}”; choose the depot above.")
            elif meant[0].evse and (charger is None or meant[0].evse.charger_id != charger.pk):
                row.problems.append(f"Bay {meant[0].name} is served by another charger; free it there first.")
            elif meant[0].pk in taken:
                row.problems.append(f"Line {taken[meant[0].pk]} takes bay {meant[0].name} already.")
            else:
                taken[meant[0].pk] = row.line
                named.append(meant[0])
        if "bays" in row.values and not row.problems:
            row.values["bays"] = tuple(bay.name for bay in named)
        if charger is None and not named and not self.setting.user.all_depots:
            row.problems.append("Name the bay that it serves; without one you would not see it.")
        row.resolved["bays"] = named

    def make(self, row: Row, ledger: Ledger) -> str:
        charger, password = register_charger(
            row.values["identity"],
            name=row.values.get("name", ""),
            now=self.setting.now,
            pinned_protocol=row.values.get("pinned_protocol", ""),
        )
        ledger.made(charger, charger.identity)
        self._place(charger, row.resolved["bays"], ledger)
        return password

    def change(self, row: Row, key: str, changes: Iterable[Change], ledger: Ledger) -> None:
        charger = self.found[key]
        attributes: dict[str, Any] = {change.name: change.new for change in changes if change.name != "bays"}
        if attributes:
            ledger.change(charger, charger.identity, **attributes)
        if any(change.name == "bays" for change in changes):
            self._place(charger, row.resolved["bays"], ledger)

    @staticmethod
    def _place(charger: Charger, bays: Sequence[Bay], ledger: Ledger) -> None:
        """EVSE 1 serves the first bay, and so on; bays that are not named any more are freed first."""
        wanted = {bay.pk: evse_of(charger.pk, number).pk for number, bay in enumerate(bays, start=1)}
        present = {bay.pk: bay for bay in Bay.objects.filter(evse__charger=charger)}
        for bay in present.values():
            if wanted.get(bay.pk) != bay.evse_id:
                ledger.change(bay, f"bay {bay.name}", evse_id=None)
        for bay in bays:
            bay = present.get(bay.pk, bay)
            if bay.evse_id != wanted[bay.pk]:
                ledger.change(bay, f"bay {bay.name}", evse_id=wanted[bay.pk])
