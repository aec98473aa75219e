"""Cards and other tokens from a spreadsheet."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from chargers.events import token_key
from depot.yard.importing.base import Importer
from depot.yard.paste import Change, Row
from depot.yard.services.ledger import Ledger
from depot.yard.services.tokens import add_token
from sessions.models import IdToken

PLAIN = ("type", "driver", "group", "standing", "note")
LOOKED_UP_AT_ONCE = 500


class TokenImporter(Importer):
    key_name: ClassVar[str] = "value"
    found: dict[str, IdToken]  # type: ignore[assignment]

    def key(self, row: Row) -> str:
        return token_key(str(row.values.get("value", "")))

    def look_up(self, rows: Sequence[Row]) -> None:
        for token in self._known_tokens(sorted(set(self.keys(rows)))):
            self.found[token.key] = token
            self.known[token.key] = {
                "value": token.value,
                "vehicle": token.vehicle.unit_number if token.vehicle else "",
                "expires_at": self._wall_time(token.expires_at),
                **{name: getattr(token, name) for name in PLAIN},
            }
        vehicles = self.vehicles_in_reach()
        for row in rows:
            if "blocked" in row.values:
                row.values["standing"] = row.values.pop("blocked")
            row.resolved["vehicle"] = self.settle_vehicle(row, "vehicle", vehicles)
            row.resolved["expires_at"] = self._moment(row.values.get("expires_at"))
            key = self.key(row)
            if key in self.known:
                row.values["value"] = self.known[key]["value"]
                if self.found[key].is_ours:
                    row.problems.append("This token was made here for its vehicle; it is not imported over.")
        self.refuse_beyond_reach(rows, "card")

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
            expires_at=row.resolved["expires_at"],
            depot_key=depot.pk if depot else vehicle.depot_key if vehicle else None,
            **{name: row.values[name] for name in PLAIN if name in row.values},
        )
        add_token(token, now=self.setting.now)
        ledger.made(token, token.value)

    def change(self, row: Row, key: str, changes: Iterable[Change], ledger: Ledger) -> None:
        token = self.found[key]
        attributes: dict[str, Any] = {}
        for change in changes:
            if change.name == "vehicle":
                vehicle = row.resolved["vehicle"]
                attributes["vehicle_id"] = vehicle.pk if vehicle else None
            elif change.name == "expires_at":
                attributes["expires_at"] = row.resolved["expires_at"]
            else:
                attributes[change.name] = change.new
        ledger.change(token, token.value, **attributes)
