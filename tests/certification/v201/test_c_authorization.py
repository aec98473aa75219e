"""Block C: cards refused and taken, groups, master passes, the station's cache."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async

from sessions.models import IdToken
from tests.certification.cases import case_201
from tests.certification.desk import Desk
from tests.certification.v201.station import Station
from tests.certification.yard import Yard, make_card
from tests.factories import THURSDAY
from tests.wire import Payload

GROUP = {"idToken": "DAYSHIFT", "type": "Central"}
MASTERS = {"idToken": "MASTERS", "type": "Central"}


async def card(yard: Yard, **fields: object) -> str:
    return (await sync_to_async(make_card)(yard, **fields)).value


@case_201("TC_C_02")
async def test_a_card_that_nobody_knows_is_refused(station: Station, yard: Yard) -> None:
    assert await station.present("STRANGER") in ("Invalid", "Unknown")
    assert not await IdToken.objects.filter(key="stranger").aexists()
    assert await yard.sessions() == []


@case_201("TC_C_06")
async def test_a_blocked_card_is_refused_as_such(station: Station, yard: Yard) -> None:
    assert await station.present(await card(yard, standing="blocked")) == "Blocked"
    assert await yard.sessions() == []


@case_201("TC_C_07")
async def test_a_card_whose_time_is_over_is_refused_as_such(station: Station, yard: Yard) -> None:
    assert await station.present(await card(yard, expires_at=THURSDAY - timedelta(days=1))) == "Expired"
    assert await yard.sessions() == []


@case_201("TC_C_08")
async def test_a_card_that_the_station_remembers_is_judged_by_us_with_the_charge(station: Station, yard: Yard) -> None:
    await station.plug_in()
    answer = await station.event("Updated", "Authorized", token=station.card)

    assert answer["idTokenInfo"]["status"] == "Accepted"
    assert (await yard.session()).vehicle_id == yard.van.pk


@case_201("TC_C_20")
async def test_a_card_that_only_the_station_remembers_is_refused_with_the_charge(station: Station, yard: Yard) -> None:
    await station.plug_in()
    answer = await station.event("Updated", "Authorized", token="STRANGER")

    session = await yard.session()
    assert answer["idTokenInfo"]["status"] in ("Invalid", "Unknown")
    assert (session.token_status, bool(session.token_why)) == (answer["idTokenInfo"]["status"], True)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        pytest.param("Accepted", "accepted", marks=case_201("TC_C_37")),
        pytest.param("Rejected", "rejected", marks=case_201("TC_C_38")),
    ],
)
async def test_a_station_is_asked_to_forget_its_cards_and_its_answer_shows(
    station: Station, desk: Desk, answer: str, state: str
) -> None:
    station.wire.answers["ClearCache"] = {"status": answer}

    told = await desk.ask("clear-cache")

    assert (told["request"], told["state"], told["status"]) == ({}, state, answer)
    assert answer in await desk.page(f"commands/{told['id']}/")


def assert_of_group(answer: Payload, group: Payload) -> None:
    assert (answer["idTokenInfo"]["status"], answer["idTokenInfo"]["groupIdToken"]) == ("Accepted", group)


@pytest.mark.parametrize(
    "asks_first",
    [
        pytest.param(True, marks=case_201("TC_C_39", "TC_C_43")),
        pytest.param(False, marks=case_201("TC_C_40")),
    ],
)
async def test_a_card_of_the_same_group_ends_a_charge(station: Station, yard: Yard, asks_first: bool) -> None:
    first = await card(yard, group="DAYSHIFT", vehicle=yard.van)
    second = await card(yard, group="DAYSHIFT", vehicle=yard.van)
    await station.plug_in()
    if asks_first:
        assert_of_group(await station.authorize(first), GROUP)
    assert_of_group(await station.event("Updated", "Authorized", token=first), GROUP)
    station.is_authorized = True
    await station.charge()
    if asks_first:
        assert_of_group(await station.authorize(second), GROUP)
    assert_of_group(await station.stop_by_card(second), GROUP)
    await station.event("Updated", "ChargingStateChanged", state="EVConnected")
    await station.unplug()

    session = await yard.session()
    assert (session.token_value, session.stop_token_value, session.ended_at is not None) == (first, second, True)


async def two_charges(station: Station, yard: Yard) -> list[tuple[str, int]]:
    """One at each EVSE: reference and the next number of each."""
    running = []
    for evse, token in ((1, yard.card.value), (2, yard.other_card.value)):
        reference = await station.charge(token, evse=evse)
        running.append((reference, station.sequence))
        station.reference, station.is_authorized, station.is_plugged = "", False, False
    return running


@pytest.mark.parametrize(
    "how_many",
    [
        pytest.param(2, marks=case_201("TC_C_47", "TC_C_49")),
        pytest.param(1, marks=case_201("TC_C_48")),
    ],
)
async def test_a_master_pass_ends_the_charges_of_others(station: Station, yard: Yard, how_many: int) -> None:
    master = await card(yard, is_master_pass=True, group="MASTERS")
    running = await two_charges(station, yard)
    assert_of_group(await station.authorize(master), MASTERS)
    for reference, sequence in running[:how_many]:
        station.reference, station.sequence = reference, sequence
        assert_of_group(await station.end("StopAuthorized", "MasterPass", token=master), MASTERS)

    sessions = await yard.sessions()
    assert [session.ended_at is not None for session in sessions] == [True] * how_many + [False] * (2 - how_many)
    assert {session.stop_token_value for session in sessions if session.ended_at} == {master}
    assert {session.stop_reason for session in sessions if session.ended_at} == {"MasterPass"}
