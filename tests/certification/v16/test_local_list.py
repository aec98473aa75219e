"""A rule of the yard says whose cards a charge point takes when cut off; its list is kept by that."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from chargers.choices import CommandState
from chargers.models import Charger, IssuedCommand
from chargers.upkeep.models import ListedToken
from depot.upkeep.lists import keep_lists
from depot.upkeep.models import OfflineRule
from sessions.models import IdToken
from tests.certification.cases import case_16
from tests.certification.desk import Desk
from tests.certification.v16.charge_point import ChargePoint
from tests.certification.yard import Yard, make_card
from tests.factories import THURSDAY
from tests.polling import until
from tests.wire import Payload, Wire

OPEN = [CommandState.REQUESTED, CommandState.SENT]
CARDS = ("ANA", "BEN")
LIMITS = ("LocalAuthListEnabled", "LocalAuthListMaxLength", "SendLocalListMaxLength", "SupportedFeatureProfiles")


@pytest.fixture
async def ruled(point: ChargePoint, yard: Yard) -> AsyncIterator[Yard]:
    """Two drivers' cards are to be on the list."""
    for name in CARDS:
        await sync_to_async(make_card)(yard, name)
    await Charger.objects.filter(pk=yard.charger.pk).aupdate(automation_on=True)
    rule = await OfflineRule.objects.acreate(depot=yard.depot, tokens_of=yard.depot, created_at=THURSDAY)
    point.wire.answers["GetConfiguration"] = {"configurationKey": [], "unknownKey": list(LIMITS)}
    point.wire.answers["GetLocalListVersion"] = {"listVersion": 0}
    yield yard
    await rule.adelete()


async def no_command_is_open() -> bool:
    return not await IssuedCommand.objects.filter(state__in=OPEN).aexists()


async def keep(wire: Wire, *, lists: int = 99, since: datetime = THURSDAY) -> None:
    """Tick until nothing is asked any more, or so many lists were sent."""
    for looks in range(12):
        asked = await sync_to_async(keep_lists)(since + timedelta(minutes=looks))
        await until(no_command_is_open)
        if not asked or len(lists_sent(wire)) == lists:
            return
    raise AssertionError("it is asked for ever")


async def shown(yard: Yard) -> Payload:
    (told,) = (await yard.desk.get(f"local-lists/?charger={yard.identity}"))["results"]
    return told  # type: ignore[no-any-return]


def lists_sent(wire: Wire) -> list[Payload]:
    return [payload for action, payload in wire.asked if action == "SendLocalList"]


@case_16("TC_042_1")
async def test_one_that_keeps_no_list_is_sent_none(wire: Wire, ruled: Yard) -> None:
    wire.answers["GetLocalListVersion"] = {"listVersion": -1}

    await keep(wire)

    told = await shown(ruled)
    assert await wire.is_asked("GetLocalListVersion") == {}
    assert lists_sent(wire) == []
    assert (told["reported_version"], told["trouble"]) == (-1, "It keeps no local list")
    assert told["gave_up_at"]


@case_16("TC_042_2")
async def test_one_whose_list_is_empty_is_known_to_hold_nobody(wire: Wire, ruled: Yard, desk: Desk) -> None:
    command = await desk.call("GetLocalListVersion", {})

    told = await shown(ruled)
    assert await wire.is_asked("GetLocalListVersion") == {}
    assert (command["state"], command["status"]) == ("accepted", "Version 0")
    assert (told["reported_version"], told["is_known"], told["tokens"]) == (0, True, 0)


@pytest.mark.parametrize(
    ("word", "trouble", "gives_up"),
    [
        pytest.param("NotSupported", "It keeps no local list", True, marks=case_16("TC_043_1")),
        pytest.param("Failed", "It refused the list: Failed", False, marks=case_16("TC_043_3")),
    ],
)
async def test_a_list_that_is_not_taken_shows_why(
    wire: Wire, ruled: Yard, word: str, trouble: str, gives_up: bool
) -> None:
    wire.answers["SendLocalList"] = {"status": word}

    await keep(wire, lists=1)

    told = await shown(ruled)
    assert (told["trouble"], told["tokens"], bool(told["gave_up_at"])) == (trouble, 0, gives_up)
    # Later once more, where it may have passed.
    assert bool(told["retry_after"]) is not gives_up


def entry(card: IdToken, word: str = "Accepted") -> Payload:
    return {"idTag": card.value, "idTagInfo": {"status": word}}


async def cards_of(yard: Yard) -> list[IdToken]:
    return [card async for card in IdToken.objects.filter(depot_key=yard.depot.pk, is_ours=False).order_by("value")]


@case_16("TC_043_4")
async def test_a_whole_list_names_each_card_and_its_version_is_verified(wire: Wire, ruled: Yard) -> None:
    taken = keeps_versions(wire)

    await keep(wire)

    told = await shown(ruled)
    (sent,) = lists_sent(wire)
    cards = await cards_of(ruled)
    assert (sent["updateType"], sent["localAuthorizationList"]) == ("Full", [entry(card) for card in cards])
    assert (told["version"], told["reported_version"], told["is_verified"]) == (taken[-1], taken[-1], True)
    held = ListedToken.objects.filter(local_list__charger=ruled.charger)
    assert {row.token async for row in held} == {card.value for card in cards}


@case_16("TC_043_5")
async def test_a_change_of_a_list_names_only_what_changed(wire: Wire, ruled: Yard) -> None:
    taken = keeps_versions(wire)
    await keep(wire)
    ana, ben = await cards_of(ruled)
    cleo = await sync_to_async(make_card)(ruled, "CLEO")
    await IdToken.objects.filter(pk=ana.pk).adelete()
    await IdToken.objects.filter(pk=ben.pk).aupdate(standing="blocked")
    await keep(wire, since=THURSDAY + timedelta(hours=1))

    full, *changes = lists_sent(wire)
    told = await shown(ruled)
    named = {one["idTag"]: one for change in changes for one in change["localAuthorizationList"]}
    assert full["updateType"] == "Full"
    assert {change["updateType"] for change in changes} == {"Differential"}
    assert named == {ana.value: {"idTag": ana.value}, ben.value: entry(ben, "Blocked"), cleo.value: entry(cleo)}
    assert taken == list(range(9, 9 + len(taken)))
    assert (told["version"], told["is_verified"], told["tokens"], told["missing"]) == (taken[-1], True, 2, 0)


def keeps_versions(wire: Wire) -> list[int]:
    """It takes what it is sent; the versions of its list, the last one is in force."""
    taken = [9]  # whatever somebody else put on it

    def take(asked: Payload) -> Payload:
        taken.append(asked["listVersion"])
        return {"status": "Accepted"}

    wire.answers["SendLocalList"] = take
    wire.answers["GetLocalListVersion"] = lambda asked: {"listVersion": taken[-1]}
    return taken
