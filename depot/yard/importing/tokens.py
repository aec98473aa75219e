"""Cards and other tokens from a spreadsheet."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from chargers.events import token_key
from depot.access.reach import within_reach
from depot.models import Bay
from depot.yard.importing.base import Importer
from depot.yard.paste import Change, Row
from depot.yard.services.ledger import Ledger
from depot.yard.services.tokens import add_token
from sessions.models import IdToken, TokenGroup
from sessions.services import add_credit

PLAIN = (
    "type", "driver", "group", "standing", "note", "max_concurrent", "limit_cost", "limit_soc_percent",
    "charging_priority", "language",
)  # fmt: skip
LOOKED_UP_AT_ONCE = 500
KWH_DIGITS = Decimal("0.01")


class TokenImporter(Importer):
    key_name: ClassVar[str] = "value"
    found: dict[str, IdToken]  # type: ignore[assignment]

    def key(self, row: Row) -> str:
        return token_key(str(row.values.get("value", "")))

    def look_up(self, rows: Sequence[Row]) -> None:
        self.group_limits: dict[str, int | None] = dict(TokenGroup.objects.values_list("name", "max_concurrent"))
        self._said_of_groups: dict[str, int | None] = {}
        bays = list(within_reach(self.setting.user, Bay.objects.order_by("name")).values_list("pk", "name", "depot"))
        names = {pk: name for pk, name, _ in bays}
        for token in self._known_tokens(sorted(set(self.keys(rows)))):
            self.found[token.key] = token
            self.known[token.key] = self._values_of(token, names)
        vehicles = self.vehicles_in_reach()
        for row in rows:
            if "blocked" in row.values:
                row.values["standing"] = row.values.pop("blocked")
            row.resolved["vehicle"] = self.settle_vehicle(row, "vehicle", vehicles)
            for name in ("valid_from", "expires_at"):
                row.resolved[name] = self._moment(row.values.get(name))
            self._settle_bays(row, bays)
            self._settle_group(row)
            key = self.key(row)
            if key in self.known:
                row.values["value"] = self.known[key]["value"]
                if self.found[key].is_ours:
                    row.problems.append("This token was made here for its vehicle; it is not imported over.")
            self._refuse_what_cannot_be(row, self.known.get(key))
        self.refuse_beyond_reach(rows, "card")

    def _values_of(self, token: IdToken, bay_names: Mapping[int, str]) -> dict[str, Any]:
        return {
            "value": token.value,
            "vehicle": token.vehicle.unit_number if token.vehicle else "",
            "valid_from": self._wall_time(token.valid_from),
            "expires_at": self._wall_time(token.expires_at),
            "bays": tuple(bay_names[pk] for pk in bay_names if pk in token.bay_keys),
            "limit_kwh": None if token.limit_wh is None else (Decimal(token.limit_wh) / 1000).quantize(KWH_DIGITS),
            "limit_minutes": None if token.limit_s is None else token.limit_s // 60,
            "is_master_pass": "yes" if token.is_master_pass else "no",
            "credit": token.prepaid_balance,
            "group_max_concurrent": self.group_limits.get(token.group),
            **{name: getattr(token, name) for name in PLAIN},
        }

    def _settle_bays(self, row: Row, bays: Sequence[tuple[int, str, int]]) -> None:
        """Bays by name: of the depot that was chosen for all rows, else of any of his where no other has the name."""
        said: tuple[str, ...] = row.values.get("bays") or ()
        here = self.setting.depot
        found: list[tuple[int, str]] = []
        for name in said:
            same = [
                (pk, bay)
                for pk, bay, depot in bays
                if bay.casefold() == name.casefold() and (here is None or depot == here.pk)
            ]
            if not same:
                row.problems.append(f"There is no bay “{name}” here.")
            elif len(same) > 1:
                row.problems.append(f"Several depots have a bay “{name}”: choose one depot for the list.")
            else:
                found += same
        if "bays" in row.values:
            order = {pk: place for place, (pk, _, _) in enumerate(bays)}
            found.sort(key=lambda bay: order[bay[0]])
            row.values["bays"] = tuple(name for _, name in found)
        row.resolved["bay_keys"] = [pk for pk, _ in found]

    def _settle_group(self, row: Row) -> None:
        """How many of a group's cards charge at a time is a fact of the group: each of its rows says the same."""
        if "group_max_concurrent" not in row.values:
            return
        known, most = self.known.get(self.key(row)), row.values["group_max_concurrent"]
        group = row.values.get("group", known["group"] if known else "")
        held = self.group_limits.get(group)
        if known is not None:
            known["group_max_concurrent"] = held
        said = self._said_of_groups.setdefault(group, most)
        if group and said != most:
            row.problems.append(f"Another line says {said or 'any number'} of its group.")
        elif most == held:
            return
        elif not group:
            row.problems.append("How many charge at a time is said of a group, and it is in none.")
        elif not self.setting.user.all_depots:
            row.problems.append("Groups hold in every depot: who sees all of them says how many charge at a time.")
        row.resolved["group_limit"] = (group, most)

    def _keep_group(self, row: Row, ledger: Ledger) -> None:
        name, most = row.resolved.get("group_limit", ("", None))
        if not name or self.group_limits.get(name) == most:
            return
        self.group_limits[name] = most
        group = TokenGroup.objects.filter(name=name).first()
        if group is None:
            ledger.made(TokenGroup.objects.create(name=name, max_concurrent=most), name)
        else:
            ledger.change(group, name, max_concurrent=most)

    def _refuse_what_cannot_be(self, row: Row, known: Mapping[str, Any] | None) -> None:
        values = {**(known or {}), **row.values}
        starts, ends = values.get("valid_from"), values.get("expires_at")
        if starts and ends and ends <= starts:
            row.problems.append("It would end before it begins.")
        # An amount that is paid in has an author and a reason; a list would silently make one of what was spent.
        if known is not None and "credit" in row.values and row.values["credit"] != known["credit"]:
            row.problems.append("Credit: a list gives it to new cards only; add it on the card's own page.")

    def _known_tokens(self, keys: Sequence[str]) -> list[IdToken]:
        # A database takes only so many parameters in one question.
        tokens: list[IdToken] = []
        for begin in range(0, len(keys), LOOKED_UP_AT_ONCE):
            part = keys[begin : begin + LOOKED_UP_AT_ONCE]
            tokens += IdToken.objects.filter(key__in=part).select_related("vehicle")
        return tokens

    def _wall_time(self, moment: datetime | None) -> str | None:
        return moment.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M") if moment else None

    def _moment(self, wall_time: str | None) -> datetime | None:
        return datetime.fromisoformat(wall_time).replace(tzinfo=self.zone) if wall_time else None

    def make(self, row: Row, ledger: Ledger) -> None:
        vehicle, depot = row.resolved["vehicle"], self.setting.depot
        token = IdToken(
            value=row.values["value"],
            vehicle=vehicle,
            depot_key=depot.pk if depot else vehicle.depot_key if vehicle else None,
            **{name: row.values[name] for name in PLAIN if name in row.values},
            **{attribute: value for name in row.values for attribute, value in self._converted(name, row).items()},
        )
        add_token(token, now=self.setting.now)
        if credit := row.values.get("credit"):
            add_credit(token, credit, now=self.setting.now, author=self.setting.user, note="Imported with the card")
            token.refresh_from_db(fields=["prepaid_balance"])
        ledger.made(token, token.value)
        self._keep_group(row, ledger)

    def change(self, row: Row, key: str, changes: Iterable[Change], ledger: Ledger) -> None:
        token = self.found[key]
        attributes: dict[str, Any] = {}
        self._keep_group(row, ledger)
        for change in changes:
            if change.name == "group_max_concurrent":
                continue
            if change.name == "vehicle":
                vehicle = row.resolved["vehicle"]
                attributes["vehicle_id"] = vehicle.pk if vehicle else None
            else:
                attributes |= self._converted(change.name, row) or {change.name: change.new}
        if attributes:
            ledger.change(token, token.value, **attributes)

    def _converted(self, name: str, row: Row) -> dict[str, Any]:
        """The attribute of a card that a column becomes, where it is not kept as it is read."""
        value = row.values.get(name)
        match name:
            case "valid_from" | "expires_at":
                return {name: row.resolved[name]}
            case "bays":
                return {"bay_keys": sorted(row.resolved["bay_keys"])}
            case "limit_kwh":
                return {"limit_wh": None if value is None else int(value * 1000)}
            case "limit_minutes":
                return {"limit_s": None if value is None else value * 60}
            case "is_master_pass":
                return {name: value == "yes"}
        return {}
