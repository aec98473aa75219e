"""Block D: the list by which a station takes cards on its own."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from chargers.models import IssuedCommand
from chargers.upkeep.models import LocalList
from depot.upkeep.lists import keep_lists
from depot.upkeep.models import OfflineRule
from sessions.models import IdToken
from tests.certification.cases import case_201
from tests.certification.desk import Desk
from tests.certification.v201.station import Station
from tests.certification.yard import Yard, make_card
from tests.factories import THURSDAY
from tests.polling import until
from tests.wire import Payload


class List:
    """The station's own."""

    def __init__(self, station: Station, version: int = 0) -> None:
        self.station, self.version = station, version
        station.wire.answers |= {
            "GetReport": {"status": "NotSupported"},
            "GetLocalListVersion": lambda asked: {"versionNumber": self.version},
            "SendLocalList": self.take,
        }

    def take(self, asked: Payload) -> Payload:
        self.version = asked["versionNumber"]
        return {"status": "Accepted"}

    @property
    def sent(self) -> list[Payload]:
        return [payload for action, payload in self.station.wire.asked if action == "SendLocalList"]


async def keep(yard: Yard, station: Station) -> None:
    """Tick until nothing is left to be asked of this station."""

    async def nothing_is_open() -> bool:
        mine = IssuedCommand.objects.filter(charger=yard.charger, state__in=["requested", "sent"])
        return not await mine.aexists()

    for _ in range(12):
        before = await IssuedCommand.objects.filter(charger=yard.charger).acount()
        await sync_to_async(keep_lists)(station.time.move(minutes=1))
        await until(nothing_is_open)
        if await IssuedCommand.objects.filter(charger=yard.charger).acount() == before:
            return
    raise AssertionError("it is asked for ever")


@pytest.fixture
async def kept(station: Station, yard: Yard) -> Any:
    """A yard whose rule lets its cards charge while the station is alone."""
    yard.charger.automation_on = True
    await yard.charger.asave(update_fields=["automation_on"])
    await OfflineRule.objects.acreate(depot=yard.depot, tokens_of=yard.depot, created_at=THURSDAY)
    await sync_to_async(make_card)(yard, "LISTED")
    yield List(station)
    # The duty looks at every yard of this database: this one is over.
    await OfflineRule.objects.filter(depot=yard.depot).adelete()
    await LocalList.objects.filter(charger=yard.charger).adelete()


async def shown(desk: Desk) -> Payload:
    (row,) = (await desk.get(f"local-lists/?charger={desk.identity}"))["results"]
    told: Payload = row
    return told


@case_201("TC_D_01")
async def test_a_rule_of_the_yard_brings_its_cards_onto_the_station(
    kept: List, station: Station, yard: Yard, desk: Desk
) -> None:
    kept.version = 3  # of a list that nobody here made
    await keep(yard, station)

    full = kept.sent[0]
    row = await shown(desk)
    assert (full["updateType"], full["versionNumber"] > 3) == ("Full", True)
    assert all(entry["idTokenInfo"]["status"] == "Accepted" for entry in full["localAuthorizationList"])
    assert (row["tokens"], row["missing"], row["is_verified"]) == (len(full["localAuthorizationList"]), 0, True)
    assert row["version"] == row["reported_version"] == kept.version


@case_201("TC_D_02")
async def test_a_new_card_is_added_to_what_the_station_has(
    kept: List, station: Station, yard: Yard, desk: Desk
) -> None:
    await keep(yard, station)
    before = kept.version
    new = await sync_to_async(make_card)(yard, "NEW")
    await keep(yard, station)

    update = kept.sent[-1]
    assert (update["updateType"], update["versionNumber"] > before) == ("Differential", True)
    assert [entry["idToken"]["idToken"] for entry in update["localAuthorizationList"]] == [new.value]
    assert (await shown(desk))["missing"] == 0


@case_201("TC_D_03")
async def test_a_card_that_is_no_more_is_taken_off_the_station(
    kept: List, station: Station, yard: Yard, desk: Desk
) -> None:
    await keep(yard, station)
    before = kept.version
    gone = await IdToken.objects.filter(value__startswith="LISTED").order_by("-pk").afirst()
    assert gone
    await gone.adelete()
    await keep(yard, station)

    update = kept.sent[-1]
    (entry,) = update["localAuthorizationList"]
    assert (update["updateType"], update["versionNumber"] > before) == ("Differential", True)
    assert (entry["idToken"]["idToken"], "idTokenInfo" in entry) == (gone.value, False)
    assert (await shown(desk))["surplus"] == 0


@case_201("TC_D_04")
async def test_a_full_list_without_cards_empties_the_station_s(
    kept: List, station: Station, yard: Yard, desk: Desk
) -> None:
    await keep(yard, station)
    told = await desk.call("SendLocalList", {"versionNumber": kept.version + 1, "updateType": "Full"})

    assert (kept.sent[-1]["updateType"], kept.sent[-1].get("localAuthorizationList", [])) == ("Full", [])
    assert (told["state"], (await shown(desk))["tokens"]) == ("accepted", 0)


@pytest.mark.parametrize(
    "version",
    [pytest.param(3, marks=case_201("TC_D_08")), pytest.param(0, marks=case_201("TC_D_09"))],
)
async def test_the_version_of_the_station_s_list_is_asked_and_shown(
    kept: List, station: Station, yard: Yard, desk: Desk, version: int
) -> None:
    kept.version = version
    told = await desk.call("GetLocalListVersion", {})

    assert (told["request"], told["response"], told["state"]) == ({}, {"versionNumber": version}, "accepted")
    assert (await shown(desk))["reported_version"] == version
