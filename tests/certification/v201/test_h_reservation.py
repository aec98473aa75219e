"""Block H: places kept, used, given up and refused."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async

from tests.certification.cases import case_201
from tests.certification.desk import Desk
from tests.certification.v201.station import Station
from tests.certification.yard import Yard, make_card
from tests.flows.speakers import wire_time
from tests.polling import until
from tests.wire import Payload


async def reserve(
    yard: Yard, station: Station, where: Payload | None = None, *, answer: str = "Accepted", **who: str
) -> Payload:
    """The reservation over REST, once the station has answered."""
    station.wire.answers["ReserveNow"] = {"status": answer}
    until_when = wire_time(station.time.moment + timedelta(hours=1))
    body = {"until": until_when, **(where or {"bay": yard.bays[0].pk}), **(who or {"id_token": yard.card.value})}
    made = await yard.desk.post("reservations/", body)

    async def is_answered() -> bool:
        return (await reservation(yard.desk, made))["state"] != "asked"

    await until(is_answered)
    return await reservation(yard.desk, made)


async def reservation(desk: Desk, made: Payload) -> Payload:
    told: Payload = await desk.get(f"reservations/{made['id']}/")
    return told


async def told_to_keep(station: Station, made: Payload) -> Payload:
    asked = await station.wire.is_asked("ReserveNow")
    assert (asked["id"], asked["idToken"]["idToken"]) == (made["id"], made["id_token"])
    return asked


@case_201("TC_H_01")
async def test_a_place_is_kept_at_one_evse(station: Station, yard: Yard, desk: Desk) -> None:
    made = await reserve(yard, station)
    await station.status("Reserved")

    asked = await told_to_keep(station, made)
    assert (asked["evseId"], "connectorType" in asked) == (1, False)
    assert (made["state"], await desk.connector()) == ("held", "reserved")


@pytest.mark.parametrize(
    ("word", "status", "state"),
    [
        pytest.param("Expired", "Available", "expired", marks=case_201("TC_H_07")),
        pytest.param("Removed", "Faulted", "removed", marks=case_201("TC_H_20")),
    ],
)
async def test_a_place_that_the_station_gives_up_is_kept_no_more(
    station: Station, yard: Yard, desk: Desk, word: str, status: str, state: str
) -> None:
    made = await reserve(yard, station)
    await station.status("Reserved")
    await station.status(status)
    told = {"reservationId": made["id"], "reservationUpdateStatus": word}

    assert await station.wire.call("ReservationStatusUpdate", told) == {}

    assert ((await reservation(desk, made))["state"], await desk.connector()) == (state, status.lower())


@case_201("TC_H_08", "TC_H_14")
async def test_places_are_kept_anywhere_at_a_station_as_many_as_it_has(
    station: Station, yard: Yard, desk: Desk
) -> None:
    made = []
    for token in (yard.card.value, yard.other_card.value):
        made.append(await reserve(yard, station, {"charger": yard.identity}, id_token=token))
    for evse in (1, 2):
        await station.status("Reserved", evse=evse)

    asked = [payload for action, payload in station.wire.asked if action == "ReserveNow"]
    assert [one["state"] for one in made] == ["held", "held"]
    assert not any("evseId" in one or "connectorType" in one for one in asked)
    assert [await desk.connector(evse) for evse in (1, 2)] == ["reserved", "reserved"]


@case_201("TC_H_15")
async def test_a_place_is_kept_by_the_kind_of_connector(station: Station, yard: Yard) -> None:
    made = await reserve(yard, station, {"charger": yard.identity, "connector_type": "cType2"})
    await station.status("Reserved")

    asked = await told_to_keep(station, made)
    assert (asked["connectorType"], "evseId" in asked, made["state"]) == ("cType2", False, "held")


@case_201("TC_H_17")
async def test_a_place_is_let_go_by_its_number(station: Station, yard: Yard, desk: Desk) -> None:
    made = await reserve(yard, station)
    response = await sync_to_async(desk.client.delete)(f"/api/v1/reservations/{made['id']}/")
    asked = await station.wire.is_asked("CancelReservation")
    await station.status("Available")

    async def is_gone() -> bool:
        return (await reservation(desk, made))["state"] == "cancelled"

    await until(is_gone)
    assert (response.status_code, asked) == (200, {"reservationId": made["id"]})
    assert await desk.connector() == "available"


@case_201("TC_H_19")
async def test_a_place_kept_for_a_group_is_used_by_another_of_it(station: Station, yard: Yard, desk: Desk) -> None:
    first = await sync_to_async(make_card)(yard, group="DAYSHIFT")
    second = await sync_to_async(make_card)(yard, group="DAYSHIFT", vehicle=yard.van)
    made = await reserve(yard, station, id_token=first.value)
    await station.status("Reserved")
    asked = await told_to_keep(station, made)
    await station.status("Occupied")
    answer = await station.event(
        "Started", "Authorized", token=second.value, evse=station.place, reservationId=made["id"]
    )

    assert asked["groupIdToken"]["idToken"] == "DAYSHIFT"
    assert answer["idTokenInfo"]["status"] == "Accepted"
    used = await reservation(desk, made)
    assert (used["state"], used["session"]) == ("used", (await yard.session()).pk)


@case_201("TC_H_22")
async def test_a_station_that_keeps_no_places_is_shown_to_have_refused(station: Station, yard: Yard) -> None:
    made = await reserve(yard, station, answer="Rejected")

    assert (made["state"], bool(made["why"])) == ("refused", True)
    assert (await station.wire.is_asked("ReserveNow"))["evseId"] == 1
