"""A place kept for somebody: taken, used, over, refused, let go."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async

from depot.reserving import keep_true
from sessions.models import IdToken
from sessions.reserving.models import Reservation, ReservationState
from tests.certification.cases import case_16
from tests.certification.desk import Desk
from tests.certification.v16.charge_point import ChargePoint
from tests.certification.yard import Yard, make_card
from tests.factories import THURSDAY
from tests.polling import until
from tests.wire import Payload, Wire

UNTIL = THURSDAY + timedelta(hours=2)
ON_THE_WIRE = "2026-03-05T18:30:00.000Z"


async def reserve(yard: Yard, *, anywhere: bool = False) -> Payload:
    """Somebody at the desk keeps a place for the van."""
    place = {"charger": yard.identity} if anywhere else {"evse": yard.evses[0].pk}
    told: Payload = await yard.desk.post(
        "reservations/", {"vehicle": yard.van.unit_number, "until": ON_THE_WIRE, **place}
    )
    return told


async def becomes(desk: Desk, reservation: Payload, state: ReservationState) -> Payload:
    """The reservation as shown, once the charge point's answer is kept."""

    async def is_so() -> bool:
        return await Reservation.objects.filter(pk=reservation["id"], state=state).aexists()

    await until(is_so)
    told: Payload = await desk.get(f"reservations/{reservation['id']}/")
    return told


async def held(point: ChargePoint, yard: Yard, *, anywhere: bool = False) -> Payload:
    reservation = await reserve(yard, anywhere=anywhere)
    told = await becomes(yard.desk, reservation, ReservationState.HELD)
    await point.status("Reserved", connector=0 if anywhere else 1)
    return told


@case_16("TC_046")
async def test_a_place_is_kept_for_a_vehicle_and_used_by_it(point: ChargePoint, wire: Wire, yard: Yard) -> None:
    reservation = await held(point, yard)
    kept = await yard.desk.connector()
    shown = await point.authorize()
    answer = await point.begin(reservationId=reservation["id"])

    told = await becomes(yard.desk, reservation, ReservationState.USED)
    assert await wire.is_asked("ReserveNow") == {
        "connectorId": 1, "expiryDate": ON_THE_WIRE, "idTag": point.card, "reservationId": reservation["id"],
    }  # fmt: skip
    assert (kept, shown["status"], answer["idTagInfo"]["status"]) == ("reserved", "Accepted", "Accepted")
    assert told["session"] == answer["transactionId"] == (await yard.session()).pk


@case_16("TC_049")
async def test_any_place_of_a_charge_point_is_kept_and_used_at_the_one_that_was_taken(
    point: ChargePoint, wire: Wire, yard: Yard
) -> None:
    reservation = await held(point, yard, anywhere=True)
    await point.authorize()
    answer = await point.start(connector=2, reservationId=reservation["id"])
    await point.status("Charging", connector=2)

    told = await becomes(yard.desk, reservation, ReservationState.USED)
    asked = await wire.is_asked("ReserveNow")
    session = await yard.session()
    assert (asked["connectorId"], asked["reservationId"]) == (0, reservation["id"])
    assert (told["session"], session.evse_id) == (answer["transactionId"], yard.evses[1].pk)


@case_16("TC_047")
async def test_a_place_that_nobody_takes_is_free_again_when_its_time_is_over(point: ChargePoint, yard: Yard) -> None:
    reservation = await held(point, yard)
    await sync_to_async(keep_true)(UNTIL)
    await point.status("Available")

    told = await becomes(yard.desk, reservation, ReservationState.EXPIRED)
    assert (told["is_live"], told["ended_at"]) == (False, "2026-03-05T18:30:00Z")
    assert await yard.desk.connector() == "available"


@pytest.mark.parametrize(
    ("word", "why"),
    [
        pytest.param("Faulted", "It has a fault", marks=case_16("TC_048_1")),
        pytest.param("Occupied", "It is in use", marks=case_16("TC_048_2")),
        pytest.param("Unavailable", "It is out of service", marks=case_16("TC_048_3")),
        pytest.param("Rejected", "The charger is set not to accept reservations", marks=case_16("TC_048_4")),
    ],
)
async def test_a_place_that_is_not_kept_shows_why(
    point: ChargePoint, wire: Wire, yard: Yard, word: str, why: str
) -> None:
    wire.answers["ReserveNow"] = {"status": word}

    told = await becomes(yard.desk, await reserve(yard), ReservationState.REFUSED)

    assert (told["is_live"], told["why"]) == (False, why)
    assert not await Reservation.objects.live().filter(charger=yard.charger).aexists()


async def release(desk: Desk, reservation: Payload) -> None:
    response = await sync_to_async(desk.client.delete)(f"/api/v1/reservations/{reservation['id']}/")
    assert response.status_code == 200


@case_16("TC_051")
async def test_a_place_that_is_let_go_is_free_when_the_charge_point_says_so(
    point: ChargePoint, wire: Wire, yard: Yard
) -> None:
    reservation = await held(point, yard)
    await release(yard.desk, reservation)
    told = await becomes(yard.desk, reservation, ReservationState.CANCELLED)
    await point.status("Available")

    assert await wire.is_asked("CancelReservation") == {"reservationId": reservation["id"]}
    assert (told["is_live"], told["why"]) == (False, "")
    assert await yard.desk.connector() == "available"


@case_16("TC_052")
async def test_a_place_that_the_charge_point_knows_no_more_is_not_kept_any_longer(
    point: ChargePoint, wire: Wire, yard: Yard
) -> None:
    wire.answers["CancelReservation"] = {"status": "Rejected"}
    reservation = await held(point, yard)
    await release(yard.desk, reservation)

    told = await becomes(yard.desk, reservation, ReservationState.CANCELLED)
    command = await yard.desk.get(f"commands/{told['release']}/")
    assert told["why"] == "The charger knew it no more"
    assert (command["state"], command["status"]) == ("rejected", "Rejected")


@case_16("TC_053")
async def test_a_card_of_the_same_group_takes_the_place_and_another_does_not(
    point: ChargePoint, wire: Wire, yard: Yard
) -> None:
    await IdToken.objects.filter(pk=yard.card.pk).aupdate(group="NIGHTSHIFT")
    friend = await sync_to_async(make_card)(yard, "FRIEND", group="NIGHTSHIFT")
    stranger = await sync_to_async(make_card)(yard, "OTHER")
    reservation = await held(point, yard)
    refused = await point.start(stranger.value)
    await point.stop("DeAuthorized", wh=0)
    shown = await point.authorize(friend.value)
    answer = await point.begin(friend.value, reservationId=reservation["id"])

    told = await becomes(yard.desk, reservation, ReservationState.USED)
    assert (await wire.is_asked("ReserveNow"))["parentIdTag"] == "NIGHTSHIFT"
    assert shown == {"status": "Accepted", "parentIdTag": "NIGHTSHIFT"}
    assert answer["idTagInfo"] == {"status": "Accepted", "parentIdTag": "NIGHTSHIFT"}
    assert refused["idTagInfo"]["status"] == "Invalid"
    assert told["session"] == answer["transactionId"]
