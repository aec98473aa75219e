"""Block K: charging profiles set, cleared and read, limits of others, and vehicles that say what they need."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from chargers.held.services import held_by
from chargers.models import IssuedCommand
from depot.energy import services as energy
from depot.energy.delivery.services import carry_on
from tests.certification.cases import case_201
from tests.certification.desk import Desk
from tests.certification.v201.station import Station
from tests.certification.yard import Yard
from tests.energy.rows import make_circuit, wire
from tests.factories import THURSDAY
from tests.flows.speakers import wire_time
from tests.polling import until
from tests.wire import Payload

FROM, TO = wire_time(THURSDAY), wire_time(THURSDAY + timedelta(hours=1))


def profile(limit: float = 6.0, **more: Any) -> Payload:
    """A default for charges, as the desk says it."""
    schedule = {"unit": "A", "start_at": FROM, "duration_s": 300, "periods": [{"start_s": 0, "limit": limit}]}
    return {
        "profile_id": 158, "stack_level": 1, "purpose": "tx_default", "kind": "Absolute", "schedules": [schedule],
        "valid_from": FROM, "valid_to": TO, **more,
    }  # fmt: skip


def seconds(moment: str) -> str:
    return moment.replace(".000Z", "Z")


async def install(desk: Desk, evse: int, **more: Any) -> tuple[Payload, Payload]:
    """The command, and the profile as it went out."""
    told = await desk.ask("install-profile", {"evse": evse, "profile": profile(**more)})
    assert told["request"]["evseId"] == evse
    return told, told["request"]["chargingProfile"]


@pytest.mark.parametrize(
    ("evse", "more", "word"),
    [
        pytest.param(1, {}, "TxDefaultProfile", marks=case_201("TC_K_01")),
        pytest.param(
            0, {"purpose": "station_max", "limit": 8.0}, "ChargingStationMaxProfile", marks=case_201("TC_K_03")
        ),
        pytest.param(0, {}, "TxDefaultProfile", marks=case_201("TC_K_10")),
    ],
)
async def test_a_profile_goes_out_with_its_hours_and_its_limit(
    station: Station, desk: Desk, evse: int, more: Payload, word: str
) -> None:
    told, sent = await install(desk, evse, **more)

    (schedule,) = sent["chargingSchedule"]
    assert (sent["id"], sent["stackLevel"], sent["chargingProfilePurpose"], sent["chargingProfileKind"]) == (
        158, 1, word, "Absolute",
    )  # fmt: skip
    assert [seconds(sent["validFrom"]), seconds(sent["validTo"]), seconds(schedule["startSchedule"])] == [
        FROM,
        TO,
        FROM,
    ]
    assert (schedule["chargingRateUnit"], schedule["duration"]) == ("A", 300)
    assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": more.get("limit", 6.0)}]
    assert (told["state"], told["status"]) == ("accepted", "Accepted")


@case_201("TC_K_02")
async def test_a_profile_for_a_charge_that_is_not_running_is_shown_as_refused(station: Station, desk: Desk) -> None:
    station.wire.answers["SetChargingProfile"] = {"status": "Rejected"}

    told, sent = await install(
        desk, 1, purpose="tx", kind="Relative", reference="tx-none", limit=7.0, valid_from=None, valid_to=None
    )

    assert (sent["chargingProfilePurpose"], sent["transactionId"]) == ("TxProfile", "tx-none")
    assert (told["state"], told["status"]) == ("rejected", "Rejected")


@case_201("TC_K_60")
async def test_a_profile_for_a_running_charge_names_it(station: Station, desk: Desk) -> None:
    reference = await station.charge()
    told, sent = await install(desk, 1, purpose="tx", reference=reference)

    assert (sent["chargingProfilePurpose"], sent["transactionId"], told["state"]) == (
        "TxProfile", reference, "accepted",
    )  # fmt: skip


@case_201("TC_K_04")
async def test_a_profile_of_the_same_number_takes_the_other_s_place(station: Station, desk: Desk) -> None:
    _, first = await install(desk, 1, limit=8.0)
    _, second = await install(desk, 1, limit=6.0)

    assert first["id"] == second["id"]
    assert await limits_held(desk) == [[6.0]]


@case_201("TC_K_70")
async def test_profiles_of_two_levels_stand_beside_each_other(station: Station, desk: Desk) -> None:
    _, first = await install(desk, 1, stack_level=1)
    _, second = await install(desk, 1, stack_level=2, profile_id=159)

    assert (first["id"], first["stackLevel"], second["id"], second["stackLevel"]) == (158, 1, 159, 2)
    assert await limits_held(desk) == [[6.0, 6.0]]


async def limits_held(desk: Desk) -> list[list[float]]:
    """Of the profiles that the station holds by all that it answered: one list where that is certain."""
    held = (await sync_to_async(held_by)([desk.charger_id]))[desk.charger_id]
    return [[one.profile.schedules[0].periods[0].limit or 0 for one in installed.held] for installed in held.candidates]


@case_201("TC_K_15")
async def test_a_station_that_knows_no_profiles_is_shown_to_have_said_so(
    station: Station, yard: Yard, desk: Desk
) -> None:
    station.wire.answers["SetChargingProfile"] = lambda asked: None
    told = await desk.tell("install-profile", {"evse": 1, "profile": profile()})
    await station.wire.is_asked("SetChargingProfile")
    await station.wire.say([4, await message_id(told), "NotSupported", "", {}])
    answered = await desk.answered(told)

    assert (answered["state"], answered["error_code"]) == ("error", "NotSupported")
    assert await limits_held(desk) == [[]]


async def message_id(told: Payload) -> str:
    async def is_sent() -> bool:
        return await IssuedCommand.objects.filter(pk=told["id"]).exclude(message_id="").aexists()

    await until(is_sent)
    return (await IssuedCommand.objects.aget(pk=told["id"])).message_id


@case_201("TC_K_19")
async def test_a_profile_may_come_again_each_day(station: Station, desk: Desk) -> None:
    told, sent = await install(desk, 1, kind="Recurring", recurrency="Daily")

    assert (sent["chargingProfileKind"], sent["recurrencyKind"], told["state"]) == ("Recurring", "Daily", "accepted")


@pytest.mark.parametrize(
    ("which", "on_the_wire", "answer"),
    [
        pytest.param({"profile_id": 158}, {"chargingProfileId": 158}, "Accepted", marks=case_201("TC_K_05")),
        pytest.param(
            {"purpose": "tx_default", "stack_level": 1, "evse": 1},
            {"chargingProfileCriteria": {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1, "evseId": 1}},
            "Accepted",
            marks=case_201("TC_K_06"),
        ),
        pytest.param(
            {"purpose": "tx_default", "stack_level": 1, "evse": 1},
            {"chargingProfileCriteria": {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1, "evseId": 1}},
            "Unknown",
            marks=case_201("TC_K_08"),
        ),
    ],
)
async def test_profiles_are_cleared_by_their_number_or_by_what_they_are_for(
    station: Station, desk: Desk, which: Payload, on_the_wire: Payload, answer: str
) -> None:
    await install(desk, 1)
    station.wire.answers["ClearChargingProfile"] = {"status": answer}

    told = await desk.ask("clear-profiles", which)

    assert (told["request"], told["status"]) == (on_the_wire, answer)
    assert await limits_held(desk) == [[]]


def reported(**more: Any) -> Payload:
    schedule = {
        "id": 1, "startSchedule": FROM, "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}],
    }  # fmt: skip
    return {
        "id": 20, "stackLevel": 1, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule], **more,
    }  # fmt: skip


DEFAULTS = {"chargingProfilePurpose": "TxDefaultProfile"}


@pytest.mark.parametrize(
    ("asked", "on_the_wire", "evses"),
    [
        pytest.param(
            {"evse": 0, "purpose": "tx_default"}, {"evseId": 0, "chargingProfile": DEFAULTS}, [0],
            marks=case_201("TC_K_29"),
        ),
        pytest.param(
            {"evse": 1, "stack_level": 1}, {"evseId": 1, "chargingProfile": {"stackLevel": 1}}, [1],
            marks=case_201("TC_K_30", "TC_K_33"),
        ),
        pytest.param({"purpose": "tx_default"}, {"chargingProfile": DEFAULTS}, [1, 2], marks=case_201("TC_K_31")),
        pytest.param(
            {"profile_ids": [20]}, {"chargingProfile": {"chargingProfileId": [20]}}, [1], marks=case_201("TC_K_32")
        ),
        pytest.param(
            {"evse": 1, "purpose": "tx_default"}, {"evseId": 1, "chargingProfile": DEFAULTS}, [1],
            marks=case_201("TC_K_35"),
        ),
        pytest.param(
            {"evse": 1, "purpose": "tx_default", "stack_level": 1},
            {"evseId": 1, "chargingProfile": DEFAULTS | {"stackLevel": 1}}, [1],
            marks=case_201("TC_K_36"),
        ),
    ],
)  # fmt: skip
async def test_profiles_are_asked_for_and_shown_once_reported(
    station: Station, desk: Desk, asked: Payload, on_the_wire: Payload, evses: list[int]
) -> None:
    told = await desk.ask("read-profiles", asked)
    await report(station, told, evses)

    number = told["request"]["requestId"]
    assert told["request"] == {"requestId": number, **on_the_wire}
    rows = await desk.rows("reported-profiles")
    assert [(row["evse_number"], row["number"]) for row in rows] == [(evse, 20) for evse in evses]
    assert "at most 10 A per phase" in await desk.page("power/")


async def report(station: Station, told: Payload, evses: list[int], **more: Any) -> None:
    for evse in evses:
        part: Payload = {
            "requestId": told["request"]["requestId"], "chargingLimitSource": "CSO", "evseId": evse,
            "chargingProfile": [reported(**more)], "tbc": evse != evses[-1],
        }  # fmt: skip
        assert await station.wire.call("ReportChargingProfiles", part) == {}


@case_201("TC_K_34")
async def test_profiles_are_asked_for_by_who_set_them(station: Station, desk: Desk) -> None:
    asked = {"requestId": 93, "evseId": 1, "chargingProfile": {"chargingLimitSource": ["CSO"]}}
    told = await desk.call("GetChargingProfiles", asked)
    await report(station, told, [1])

    assert (told["request"], told["state"]) == (asked, "accepted")
    assert [row["source"] for row in await desk.rows("reported-profiles")] == ["CSO"]


@case_201("TC_K_52")
async def test_what_an_energy_manager_on_site_has_set_shows_in_the_report(station: Station, desk: Desk) -> None:
    told = await desk.ask("read-profiles", {"evse": 1, "stack_level": 1})
    await report(station, told, [1], chargingProfilePurpose="ChargingStationExternalConstraints")

    (row,) = await desk.rows("reported-profiles")
    assert (row["number"], row["purpose"]) == (20, "external_constraints")


@case_201("TC_K_37")
async def test_a_start_from_afar_brings_its_profile_along(station: Station, yard: Yard, desk: Desk) -> None:
    schedule = {
        "id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9.0}],
    }  # fmt: skip
    own: Payload = {
        "id": 160, "stackLevel": 1, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
    }  # fmt: skip
    token = {"idToken": station.card, "type": "Central"}
    told = await desk.call(
        "RequestStartTransaction", {"remoteStartId": 7_001, "idToken": token, "evseId": 1, "chargingProfile": own}
    )
    answer = await station.event(
        "Started", "RemoteStart", token=station.card, evse=station.place, info={"remoteStartId": 7_001}
    )

    sent = (await station.wire.is_asked("RequestStartTransaction"))["chargingProfile"]
    assert (sent["chargingProfilePurpose"], sent["chargingProfileKind"]) == ("TxProfile", "Relative")
    assert ("transactionId" in sent, told["state"], answer["idTokenInfo"]["status"]) == (False, "accepted", "Accepted")
    assert (await yard.session()).vehicle_id == yard.van.pk
    assert [9.0] in await limits_held(desk)


@pytest.mark.parametrize(
    "evse", [pytest.param(1, marks=case_201("TC_K_43")), pytest.param(0, marks=case_201("TC_K_44"))]
)
async def test_what_the_station_means_to_do_is_asked_for_and_shown(station: Station, desk: Desk, evse: int) -> None:
    schedule = {
        "evseId": evse, "duration": 300, "scheduleStart": FROM, "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.0}],
    }  # fmt: skip
    station.wire.answers["GetCompositeSchedule"] = {"status": "Accepted", "schedule": schedule}

    told = await desk.ask("composite-schedule", {"evse": evse, "duration_s": 300, "unit": "A"})

    assert told["request"] == {"evseId": evse, "duration": 300, "chargingRateUnit": "A"}
    assert told["response"]["schedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 10.0}]
    assert "10 A" in await desk.page("power/")


@case_201("TC_K_48", "TC_K_50")
async def test_a_limit_of_others_shows_until_it_is_lifted(station: Station, desk: Desk) -> None:
    told = await station.wire.call("NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "EMS"}})
    (in_force,) = await desk.rows("external-limits")
    lifted = await station.wire.call("ClearedChargingLimit", {"chargingLimitSource": "EMS"})
    (row,) = await desk.rows("external-limits")

    assert (told, lifted, in_force["source"], in_force["lifted_at"]) == ({}, {}, "EMS", None)
    assert row["lifted_at"]


@case_201("TC_K_51")
async def test_a_charge_goes_on_when_a_limit_of_others_is_lifted(station: Station, yard: Yard) -> None:
    await station.charge()
    lifted = await station.wire.call("ClearedChargingLimit", {"chargingLimitSource": "EMS"})
    answer = await station.event("Updated", "ChargingRateChanged", state="Charging")

    assert (lifted, "idTokenInfo" in answer, (await yard.session()).ended_at) == ({}, False, None)


class Vehicle:
    """One that says what it needs, at an outlet that is planned."""

    def __init__(self, station: Station, yard: Yard) -> None:
        self.station, self.yard = station, yard

    async def wire_up(self) -> None:
        def rows() -> None:
            circuit = make_circuit(self.yard.depot, limit_w=50_000)
            for evse in self.yard.evses:
                wire(evse, circuit)

        await sync_to_async(rows)()

    async def tell_needs(self, energy_wh: int = 8_000, *, hours: int = 4) -> str:
        departs_at = wire_time(self.station.time.moment + timedelta(hours=hours))
        needs = {
            "requestedEnergyTransfer": "AC_three_phase",
            "departureTime": departs_at,
            "acChargingParameters": {
                "energyAmount": energy_wh, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 230,
            },
        }  # fmt: skip
        told = {"evseId": 1, "maxScheduleTuples": 20, "chargingNeeds": needs}
        status: str = (await self.station.wire.call("NotifyEVChargingNeeds", told))["status"]
        return status

    @property
    def given(self) -> list[Payload]:
        """The profiles for its charge, in the order in which they came."""
        asked = [payload for action, payload in self.station.wire.asked if action == "SetChargingProfile"]
        return [one for one in asked if one["chargingProfile"]["chargingProfilePurpose"] == "TxProfile"]

    async def was_given_again(self) -> bool:
        return len(self.given) == 2 and self.given[0] == self.given[1]

    async def planned(self) -> Payload:
        """The next profile, by a plan that is made now."""
        before = len(self.given)
        await sync_to_async(energy.replan)(
            self.yard.depot, now=self.station.time.moment, why="a vehicle told its needs"
        )

        async def is_given() -> bool:
            await sync_to_async(carry_on)(self.yard.depot, now=self.station.time.moment)
            return len(self.given) > before

        await until(is_given)
        given = self.given[-1]
        assert (given["evseId"], given["chargingProfile"]["transactionId"]) == (1, self.station.reference)
        return given

    async def tell_schedule(self, given: Payload, factor: float = 1.0) -> str:
        """It means to draw so much of what it was given."""
        (schedule,) = given["chargingProfile"]["chargingSchedule"]
        periods = [
            {"startPeriod": one["startPeriod"], "limit": one["limit"] * factor}
            for one in schedule["chargingSchedulePeriod"]
        ]
        own = {
            "id": schedule["id"], "startSchedule": schedule["startSchedule"], "chargingSchedulePeriod": periods,
            "chargingRateUnit": schedule["chargingRateUnit"],
        }  # fmt: skip
        told = {"timeBase": schedule["startSchedule"], "evseId": 1, "chargingSchedule": own}
        status: str = (await self.station.wire.call("NotifyEVChargingSchedule", told))["status"]
        return status


@pytest.fixture
async def vehicle(station: Station, yard: Yard) -> Vehicle:
    """Plugged in and authorized."""
    vehicle = Vehicle(station, yard)
    await vehicle.wire_up()
    await station.show_card()
    await station.plug_in()
    return vehicle


async def agreed(vehicle: Vehicle) -> Payload:
    """Needs, a profile, and a schedule within it: energy flows."""
    assert await vehicle.tell_needs() in ("Accepted", "Processing")
    given = await vehicle.planned()
    assert await vehicle.tell_schedule(given) == "Accepted"
    await vehicle.station.event("Updated", "ChargingStateChanged", state="Charging")
    return given


@case_201("TC_K_53")
async def test_a_vehicle_that_says_what_it_needs_gets_its_profile(vehicle: Vehicle, desk: Desk) -> None:
    given = await agreed(vehicle)

    (needs,) = await desk.rows("charging-needs")
    (schedule,) = await desk.rows("vehicle-schedules")
    assert (needs["answered"], needs["energy_wh"], schedule["is_within_limits"]) == ("Processing", 8_000, True)
    assert given["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"]


@case_201("TC_K_55")
async def test_a_vehicle_that_means_to_draw_more_than_it_was_given_is_told_so_and_gets_its_profile_again(
    vehicle: Vehicle, desk: Desk
) -> None:
    assert await vehicle.tell_needs() in ("Accepted", "Processing")
    given = await vehicle.planned()
    refused = await vehicle.tell_schedule(given, factor=1.5)
    await vehicle.station.event("Updated", "ChargingStateChanged", state="Charging")
    await until(vehicle.was_given_again)
    accepted = await vehicle.tell_schedule(vehicle.given[-1])
    await vehicle.station.event("Updated", "ChargingRateChanged")

    within = [row["is_within_limits"] for row in await desk.rows("vehicle-schedules")]
    assert (refused, accepted, sorted(within)) == ("Rejected", "Accepted", [False, True])


@pytest.mark.parametrize(
    "who", [pytest.param("the vehicle", marks=case_201("TC_K_57")), pytest.param("we", marks=case_201("TC_K_59"))]
)
async def test_new_needs_amid_a_charge_are_answered_with_a_profile(vehicle: Vehicle, desk: Desk, who: str) -> None:
    await agreed(vehicle)
    if who == "we":
        await change_by_hand(vehicle)
    before = len(vehicle.given)
    status = await vehicle.tell_needs(20_000, hours=8)

    async def is_given_again() -> bool:
        return len(vehicle.given) > before

    await until(is_given_again)
    accepted = await vehicle.tell_schedule(vehicle.given[-1])
    await vehicle.station.event("Updated", "ChargingRateChanged")

    assert (status, accepted) == ("Processing", "Accepted")
    assert [row["energy_wh"] for row in await desk.rows("charging-needs")] == [20_000, 8_000]


async def change_by_hand(vehicle: Vehicle) -> Payload:
    schedule = {"unit": "A", "start_at": FROM, "periods": [{"start_s": 0, "limit": 8.0}]}
    own = {
        "profile_id": 170, "stack_level": 3, "purpose": "tx", "kind": "Absolute", "schedules": [schedule],
        "reference": vehicle.station.reference,
    }  # fmt: skip
    told = await vehicle.yard.desk.ask("install-profile", {"evse": 1, "profile": own})
    request: Payload = told["request"]
    return request


@case_201("TC_K_58")
async def test_a_profile_that_we_change_amid_a_charge_is_what_the_vehicle_is_judged_by(
    vehicle: Vehicle, desk: Desk
) -> None:
    await agreed(vehicle)
    given = await change_by_hand(vehicle)
    accepted = await vehicle.tell_schedule(given)
    await vehicle.station.event("Updated", "ChargingRateChanged")

    assert (accepted, given["chargingProfile"]["transactionId"]) == ("Accepted", vehicle.station.reference)
    assert [row["is_within_limits"] for row in await desk.rows("vehicle-schedules")] == [True, True]
