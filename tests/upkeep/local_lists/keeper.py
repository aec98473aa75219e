"""Cards, rules, and a charger that keeps a local list."""

from typing import Any

from chargers.choices import CommandState
from chargers.models import Charger, IssuedCommand, SettingValue
from chargers.upkeep.models import LocalList
from depot import effects
from depot.models import Depot
from depot.upkeep.lists import keep_lists
from depot.upkeep.models import OfflineRule
from sessions.models import IdToken
from tests.factories import (
    THURSDAY,
    make_bay,
    make_charger,
    make_evse,
)


def placed(depot: Depot, protocol: str = "ocpp1.6", **bay: Any) -> Charger:
    charger = make_charger(protocol=protocol)
    SettingValue.objects.create(charger=charger, variable="LocalAuthListMaxLength", value="10", reported_at=THURSDAY)
    SettingValue.objects.create(charger=charger, variable="SendLocalListMaxLength", value="3", reported_at=THURSDAY)
    make_bay(depot, evse=make_evse(charger), **bay)
    return charger


def card(value: str, depot: Depot | None = None, **fields: Any) -> IdToken:
    return IdToken.objects.create(
        value=value, key=value.casefold(), depot_key=depot.pk if depot else None, created_at=THURSDAY, **fields
    )


def rule(depot: Depot, **fields: Any) -> OfflineRule:
    return OfflineRule.objects.create(depot=depot, created_at=THURSDAY, **fields)


def state(charger: Charger) -> LocalList:
    return LocalList.objects.get(charger=charger)


class ListKeeper:
    """A charger that keeps a local list as the specification says, asked through rows and not through a socket."""

    def __init__(self, charger: Charger) -> None:
        self.charger = charger
        self.version = 0
        self.held: dict[str, str] = {}
        self.refuses: str = ""
        self.sent: list[dict[str, Any]] = []

    def answer(self, now: Any = THURSDAY) -> bool:
        """Answer the one open command; False when nothing is asked."""
        command = IssuedCommand.objects.filter(charger=self.charger, state=CommandState.REQUESTED).first()
        if command is None:
            return False
        assert command.request is not None
        if command.action == "GetLocalListVersion":
            response: dict[str, Any] = {"listVersion": self.version}
        else:
            self.sent.append(command.request)
            response = {"status": self.refuses or self._take(command.request)}
        command.response = response
        command.status = response.get("status", f"Version {self.version}")
        command.state = CommandState.ACCEPTED if command.status[:7] in ("Accepte", "Version") else CommandState.REJECTED
        command.status = "VersionMismatch" if response.get("status") == "VersionMismatch" else command.status
        if response.get("status", "Accepted") != "Accepted":
            command.state = CommandState.REJECTED
        command.save()
        effects.command_settled(command, now=now)
        return True

    def _take(self, request: dict[str, Any]) -> str:
        if request["updateType"] == "Full":
            self.held = {}
        elif request["listVersion"] <= self.version:
            return "VersionMismatch"
        for entry in request.get("localAuthorizationList", []):
            if "idTagInfo" in entry:
                self.held[entry["idTag"]] = entry["idTagInfo"]["status"]
            else:
                self.held.pop(entry["idTag"], None)
        self.version = request["listVersion"]
        return "Accepted"

    def keep_up(self, now: Any = THURSDAY) -> int:
        """Tick and answer until nothing is asked any more; how many ticks it took."""
        for ticks in range(40):
            keep_lists(now)
            if not self.answer(now):
                return ticks
        raise AssertionError("it is asked for ever")
