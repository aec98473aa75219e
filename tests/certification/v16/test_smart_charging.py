"""Charging profiles: set, cleared, given with a start, and what they come to."""

from typing import Any

from asgiref.sync import sync_to_async

from chargers.held.services import held_by
from tests.certification.cases import case_16
from tests.certification.desk import Desk
from tests.certification.v16.charge_point import ChargePoint
from tests.certification.yard import Yard
from tests.wire import Payload, Wire

SCHEDULE: Payload = {"unit": "A", "duration_s": 3_600, "periods": [{"start_s": 0, "limit": 10.0, "phases": 3}]}
ON_THE_WIRE: Payload = {
    "duration": 3_600,
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0, "numberPhases": 3}],
}


def profile(purpose: str, **more: Any) -> Payload:
    return {
        "profile_id": 21, "stack_level": 1, "purpose": purpose, "kind": "Relative", "schedules": [SCHEDULE],
    } | more  # fmt: skip


def wire_profile(purpose: str, **more: Any) -> Payload:
    return {
        "chargingProfileId": 21, "stackLevel": 1, "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative", "chargingSchedule": ON_THE_WIRE,
    } | more  # fmt: skip


async def purposes_held(desk: Desk) -> set[tuple[str, ...]]:
    """The purposes of the profiles that the charge point may hold: one set where that is known for certain."""
    found = await sync_to_async(held_by)([desk.charger_id])
    return {tuple(each.profile.purpose.value for each in state.held) for state in found[desk.charger_id].candidates}


@case_16("TC_056")
async def test_a_default_for_each_charge_is_set_and_held(point: ChargePoint, wire: Wire, desk: Desk) -> None:
    told = await desk.ask("install-profile", {"evse": 1, "profile": profile("tx_default")})
    await point.charge()

    asked = await wire.is_asked("SetChargingProfile")
    assert asked == {"connectorId": 1, "csChargingProfiles": wire_profile("TxDefaultProfile")}
    assert (told["state"], told["status"]) == ("accepted", "Accepted")
    assert await purposes_held(desk) == {("tx_default",)}


@case_16("TC_057")
async def test_a_profile_of_one_charge_names_it_and_ends_with_it(
    point: ChargePoint, wire: Wire, yard: Yard, desk: Desk
) -> None:
    await point.charge()
    session = await yard.session()
    told = await desk.ask("install-profile", {"evse": 1, "profile": profile("tx", reference=session.reference)})
    amid = await purposes_held(desk)
    await point.end("Local")

    asked = await wire.is_asked("SetChargingProfile")
    assert asked["csChargingProfiles"] == wire_profile("TxProfile", transactionId=point.transaction)
    assert told["state"] == "accepted"
    assert (amid, await purposes_held(desk)) == ({("tx",)}, {()})


@case_16("TC_059")
async def test_a_start_may_bring_its_profile(point: ChargePoint, wire: Wire, yard: Yard, desk: Desk) -> None:
    start = {"connectorId": 1, "idTag": point.card, "chargingProfile": wire_profile("TxProfile")}

    told = await desk.call("RemoteStartTransaction", start)
    await point.status("Preparing")
    answer = await point.begin()

    session = await yard.session()
    assert await wire.is_asked("RemoteStartTransaction") == start
    assert (told["state"], answer["idTagInfo"]["status"]) == ("accepted", "Accepted")
    assert session.vehicle_id == yard.van.pk
    assert ("tx",) in await purposes_held(desk)


@case_16("TC_066")
async def test_what_its_profiles_come_to_is_asked_for_and_shown(point: ChargePoint, wire: Wire, desk: Desk) -> None:
    wire.answers["GetCompositeSchedule"] = {
        "status": "Accepted", "connectorId": 1, "scheduleStart": "2026-03-05T16:30:00Z",
        "chargingSchedule": {**ON_THE_WIRE, "duration": 300},
    }  # fmt: skip
    await desk.ask("install-profile", {"evse": 1, "profile": profile("tx_default")})
    told = await desk.ask("composite-schedule", {"evse": 1, "duration_s": 300})

    assert await wire.is_asked("GetCompositeSchedule") == {"connectorId": 1, "duration": 300}
    assert (told["state"], told["status"]) == ("accepted", "Accepted")
    assert "at most 10 A per phase, on 3 phases" in await desk.page("power/")


@case_16("TC_067")
async def test_a_profile_is_cleared_and_held_no_more(point: ChargePoint, wire: Wire, desk: Desk) -> None:
    await desk.ask("install-profile", {"evse": 1, "profile": profile("tx_default")})
    by_number = await desk.ask("clear-profiles", {"profile_id": 21})
    asked_by_number = await wire.is_asked("ClearChargingProfile")
    after_it = await purposes_held(desk)
    wire.answers["ClearChargingProfile"] = {"status": "Unknown"}
    by_criteria = await desk.ask("clear-profiles", {"evse": 1, "purpose": "tx_default", "stack_level": 1})

    assert asked_by_number == {"id": 21}
    assert await wire.is_asked("ClearChargingProfile") == {
        "connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1,
    }  # fmt: skip
    assert (by_number["status"], by_criteria["status"], after_it) == ("Accepted", "Unknown", {()})
