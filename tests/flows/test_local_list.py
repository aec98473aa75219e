"""A rule of the yard comes onto a charger's local list over its socket, in three versions (1.6 §3.5, 2.x D01, D02)."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from rest_framework.test import APIClient

from chargers.choices import CommandState
from chargers.models import Charger, IssuedCommand
from depot.upkeep.lists import keep_lists
from depot.upkeep.models import OfflineRule
from sessions.models import IdToken
from tests.access.actors import browser_of
from tests.factories import THURSDAY, make_user
from tests.flows.scene import Scene
from tests.flows.speakers import Speaker
from tests.polling import until
from tests.wire import Payload

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("business_time")]


class ListKeeper:
    """Keeps a list as its version of OCPP says."""

    def __init__(self, charger: Speaker) -> None:
        self.is_16 = charger.wire.socket.subprotocol == "ocpp1.6"
        self.version = 0
        self.cards: dict[str, str] = {}
        charger.wire.answers |= {
            "GetConfiguration": {"configurationKey": []},
            "GetReport": {"status": "NotSupported"},
            "GetLocalListVersion": self.tell_version,
            "SendLocalList": self.take,
        }

    def tell_version(self, asked: Payload) -> Payload:
        return {"listVersion" if self.is_16 else "versionNumber": self.version}

    def take(self, asked: Payload) -> Payload:
        version = asked["listVersion" if self.is_16 else "versionNumber"]
        if asked["updateType"] == "Full":
            self.cards = {}
        elif version <= self.version:
            return {"status": "VersionMismatch"}
        for entry in asked.get("localAuthorizationList", []):
            name = entry["idTag"] if self.is_16 else entry["idToken"]["idToken"]
            info = entry.get("idTagInfo" if self.is_16 else "idTokenInfo")
            if info is None:
                self.cards.pop(name, None)
            else:
                self.cards[name] = info["status"]
        self.version = version
        return {"status": "Accepted"}


def prepare(scene: Scene) -> APIClient:
    Charger.objects.update(automation_on=True)
    OfflineRule.objects.create(depot=scene.depot, tokens_of=scene.depot, created_at=THURSDAY)
    for name in ("CARDA", "CARDB"):
        IdToken.objects.create(value=name, key=name.casefold(), depot_key=scene.depot.pk, created_at=THURSDAY)
    browser: Any = browser_of(make_user())
    return browser  # type: ignore[no-any-return]


async def no_command_is_open() -> bool:
    open_ones = IssuedCommand.objects.filter(state__in=[CommandState.REQUESTED, CommandState.SENT])
    return not await open_ones.aexists()


async def lists_are_kept() -> None:
    """Tick until nothing is left to be asked."""
    for looks in range(12):
        # What a charger takes at once comes with a report of its own, which is waited for.
        asked = await sync_to_async(keep_lists)(THURSDAY + timedelta(minutes=looks))
        await until(no_command_is_open)
        if not asked:
            return
    raise AssertionError("it is asked for ever")


async def test_the_version_of_a_local_list_shows(charger: Speaker, scene: Scene) -> None:
    keeper, client = ListKeeper(charger), await sync_to_async(prepare)(scene)

    await lists_are_kept()
    (shown,) = (await sync_to_async(client.get)("/api/v1/local-lists/")).json()["results"]

    assert keeper.cards == {"CARDA": "Accepted", "CARDB": "Accepted"}
    assert (shown["version"], shown["reported_version"], shown["tokens"]) == (keeper.version, keeper.version, 2)
    assert (shown["missing"], shown["is_verified"]) == (0, True)


async def test_a_list_that_a_raw_call_changed_is_known_and_put_right(charger: Speaker, scene: Scene) -> None:
    keeper, client = ListKeeper(charger), await sync_to_async(prepare)(scene)
    await lists_are_kept()
    raw = {"listVersion" if keeper.is_16 else "versionNumber": 40, "updateType": "Full"}

    response = await sync_to_async(client.post)("/api/v1/chargers/CP-A01/calls/SendLocalList/", raw, format="json")
    await until(no_command_is_open)
    (shown,) = (await sync_to_async(client.get)("/api/v1/local-lists/")).json()["results"]
    assert (response.status_code, keeper.cards) == (201, {})
    assert (shown["version"], shown["tokens"]) == (40, 0)

    await lists_are_kept()

    assert keeper.cards == {"CARDA": "Accepted", "CARDB": "Accepted"}
    assert keeper.version > 40
