"""From the boot to the end of a charge, however it begins, ends or goes wrong."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async

from chargers.models import Charger
from sessions.models import MeterReading, Session
from tests.certification.cases import case_16
from tests.certification.desk import Desk
from tests.certification.v16.charge_point import ChargePoint
from tests.certification.yard import PASSWORD, Yard, make_card
from tests.factories import THURSDAY
from tests.wire import Payload, Wire, dial


async def assert_running(yard: Yard, answer: Payload) -> Session:
    """One open session of the van at its bay, by the number that the charge point was told."""
    session = await yard.session()
    (shown,) = (await yard.desk.get(f"sessions/?charger={yard.identity}"))["results"]
    assert answer["idTagInfo"]["status"] == "Accepted"
    assert answer["transactionId"] == session.pk
    assert (session.vehicle_id, session.bay_name, session.token_status) == (yard.van.pk, "A01", "Accepted")
    assert (shown["is_open"], shown["vehicle"]["id"]) == (True, yard.van.pk)
    assert await yard.desk.connector() == "charging"
    return session


async def assert_ended(yard: Yard, reason: str) -> Session:
    session = await yard.session()
    (shown,) = (await yard.desk.get(f"sessions/?charger={yard.identity}"))["results"]
    assert (shown["is_open"], shown["closed_by"], shown["stop_reason"]) == (False, "charger", reason)
    assert session.settle_after
    return session


@case_16("TC_001")
async def test_a_charge_point_that_boots_is_accepted_told_the_time_and_shown(point: ChargePoint, desk: Desk) -> None:
    answer = await point.booted(chargePointSerialNumber="SN-77", firmwareVersion="2.4")
    beat = await point.wire.call("Heartbeat")

    shown = await desk.get(f"chargers/{point.identity}/")
    assert answer == {"status": "Accepted", "currentTime": "2026-03-05T16:30:00.000Z", "interval": answer["interval"]}
    assert answer["interval"] > 0
    assert beat == {"currentTime": "2026-03-05T16:30:00.000Z"}
    assert (shown["vendor"], shown["model"], shown["serial"], shown["firmware"]) == ("Acme", "One", "SN-77", "2.4")
    assert (shown["is_online"], shown["protocol"]) == (True, "ocpp1.6")
    assert [await desk.connector(evse) for evse in (1, 2)] == ["available", "available"]


@case_16("TC_003")
async def test_a_cable_before_the_card_becomes_a_charge_with_its_energy(point: ChargePoint, yard: Yard) -> None:
    await point.status("Preparing")
    plugged = await yard.desk.connector()
    shown = await point.authorize()
    answer = await point.begin()
    await assert_running(yard, answer)
    await point.meter(2_500)
    stopped = await point.end("Local", wh=500, idTag=point.card)

    session = await assert_ended(yard, "Local")
    assert (plugged, shown["status"]) == ("preparing", "Accepted")
    assert stopped["idTagInfo"]["status"] == "Accepted"
    assert (session.meter_start_wh, session.meter_stop_wh, session.energy_wh) == (1_000, 4_000, 3_000)
    assert session.stop_token_value == point.card
    assert await MeterReading.objects.filter(session=session, energy_wh=3_500).aexists()
    assert await yard.desk.connector() == "available"


@case_16("TC_004_1")
async def test_a_card_before_the_cable_becomes_a_charge(point: ChargePoint, yard: Yard) -> None:
    shown = await point.authorize()
    await point.status("Preparing")
    answer = await point.begin()

    assert shown["status"] == "Accepted"
    await assert_running(yard, answer)


@case_16("TC_004_2")
async def test_a_card_after_which_nobody_plugs_in_leaves_no_session(point: ChargePoint, yard: Yard) -> None:
    shown = await point.authorize()
    await point.status("Preparing")
    await point.status("Available")

    assert shown["status"] == "Accepted"
    assert await yard.sessions() == []
    assert await yard.desk.connector() == "available"


@case_16("TC_005_1")
async def test_pulling_the_cable_at_the_vehicle_ends_the_charge(point: ChargePoint, yard: Yard) -> None:
    await point.charge()
    await point.status("SuspendedEV")
    waiting = await yard.desk.connector()
    await point.end("EVDisconnected")

    await assert_ended(yard, "EVDisconnected")
    assert waiting == "suspended_ev"
    assert await yard.desk.connector() == "available"


@case_16("TC_007")
async def test_a_start_by_a_remembered_card_needs_no_question_before(point: ChargePoint, yard: Yard) -> None:
    await point.status("Preparing")
    answer = await point.begin()

    await assert_running(yard, answer)


async def ask_to_start(yard: Yard) -> Payload:
    """The dispatcher starts the van at its bay."""
    told: Payload = await yard.desk.post("sessions/start/", {"vehicle": yard.van.unit_number, "bay": yard.bays[0].pk})
    return told


@case_16("TC_010")
async def test_a_dispatcher_starts_a_vehicle_that_is_plugged_in(point: ChargePoint, wire: Wire, yard: Yard) -> None:
    await point.status("Preparing")
    asked_for = await ask_to_start(yard)
    asked = await wire.is_asked("RemoteStartTransaction")
    accepted = await yard.desk.answered(asked_for)
    shown = await point.authorize(asked["idTag"])
    answer = await point.begin(asked["idTag"])

    session = await assert_running(yard, answer)
    assert asked == {"connectorId": 1, "idTag": point.card}
    assert (accepted["state"], accepted["status"], shown["status"]) == ("accepted", "Accepted", "Accepted")
    assert (await yard.desk.command(asked_for))["effect"] == "seen"
    assert session.started_by_id == yard.desk.user.pk


@case_16("TC_011_1")
async def test_a_dispatcher_starts_before_the_cable_is_in(point: ChargePoint, wire: Wire, yard: Yard) -> None:
    asked_for = await ask_to_start(yard)
    asked = await wire.is_asked("RemoteStartTransaction")
    accepted = await yard.desk.answered(asked_for)
    await point.status("Preparing")
    answer = await point.begin(asked["idTag"])

    await assert_running(yard, answer)
    assert (accepted["state"], accepted["effect"]) == ("accepted", "awaited")
    assert (await yard.desk.command(asked_for))["effect"] == "seen"


@case_16("TC_011_2")
async def test_a_start_after_which_nobody_plugs_in_is_shown_without_effect(
    point: ChargePoint, yard: Yard, business_time: object
) -> None:
    from depot.effects import note_overdue

    asked_for = await ask_to_start(yard)
    accepted = await yard.desk.answered(asked_for)
    await point.status("Preparing")
    await point.status("Available")
    await sync_to_async(note_overdue)(THURSDAY + timedelta(hours=1))

    assert accepted["state"] == "accepted"
    assert (await yard.desk.command(asked_for))["effect"] == "not_seen"
    assert await yard.sessions() == []


@case_16("TC_012")
async def test_a_stop_asked_by_a_dispatcher_names_the_transaction_and_is_seen(
    point: ChargePoint, wire: Wire, yard: Yard
) -> None:
    answer = await point.charge()
    session = await assert_running(yard, answer)
    stop = await yard.desk.post(f"sessions/{session.pk}/stop/")
    asked = await wire.is_asked("RemoteStopTransaction")
    accepted = await yard.desk.answered(stop)
    await point.end("Remote")

    await assert_ended(yard, "Remote")
    assert asked == {"transactionId": answer["transactionId"]}
    assert (accepted["state"], accepted["effect"]) == ("accepted", "awaited")
    assert (await yard.desk.command(stop))["effect"] == "seen"


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        pytest.param(None, "Invalid", marks=case_16("TC_023_1")),
        pytest.param({"expires_at": THURSDAY - timedelta(days=1)}, "Expired", marks=case_16("TC_023_2")),
        pytest.param({"standing": "blocked"}, "Blocked", marks=case_16("TC_023_3")),
    ],
)
async def test_a_card_that_may_not_charge_is_refused_in_1_6_s_word_for_why(
    point: ChargePoint, yard: Yard, fields: Payload | None, word: str
) -> None:
    value = "STRANGER" if fields is None else (await sync_to_async(make_card)(yard, **fields)).value
    await point.status("Preparing")
    shown = await point.authorize(value)

    assert shown["status"] == word
    assert await yard.sessions() == []
    assert f'"status": "{word}"' in await newest_message(yard.desk, "Authorize")


async def newest_message(desk: Desk, action: str) -> str:
    """The page of what was said, opened at the newest call of a kind."""
    from chargers.models import TracedCall
    from tests.polling import until

    async def is_written() -> bool:
        return await TracedCall.objects.filter(charger=desk.charger_id, action=action).aexists()

    await until(is_written)
    call = await TracedCall.objects.filter(charger=desk.charger_id, action=action).alatest("pk")
    return await desk.page(f"messages/?message={call.pk}")


@case_16("TC_024")
async def test_a_lock_that_fails_shows_as_a_fault_and_nothing_is_charged(point: ChargePoint, yard: Yard) -> None:
    await point.authorize()
    await point.status("Preparing")
    await point.status("Faulted", error="ConnectorLockFailure")

    (shown,) = [
        row
        for row in (await yard.desk.get(f"connectors/?charger={yard.identity}"))["results"]
        if row["evse_number"] == 1
    ]
    assert (shown["status"], shown["error_code"]) == ("faulted", "ConnectorLockFailure")
    assert await yard.sessions() == []


@case_16("TC_026")
async def test_a_start_that_the_charge_point_refuses_shows_as_refused(
    point: ChargePoint, wire: Wire, yard: Yard
) -> None:
    wire.answers["RemoteStartTransaction"] = {"status": "Rejected"}

    refused = await yard.desk.answered(await ask_to_start(yard))

    assert (refused["state"], refused["status"]) == ("rejected", "Rejected")
    assert refused["effect"] != "awaited"
    assert await yard.sessions() == []


@case_16("TC_028")
async def test_a_stop_that_the_charge_point_refuses_leaves_the_session_open(
    point: ChargePoint, wire: Wire, yard: Yard
) -> None:
    wire.answers["RemoteStopTransaction"] = {"status": "Rejected"}
    answer = await point.charge()

    refused = await yard.desk.answered(await yard.desk.post(f"sessions/{answer['transactionId']}/stop/"))

    assert (refused["state"], refused["status"]) == ("rejected", "Rejected")
    await assert_running(yard, answer)


@case_16("TC_032_1")
async def test_a_power_cut_ends_the_charge_with_what_was_metered_until_then(point: ChargePoint, yard: Yard) -> None:
    await point.charge()
    await point.wire.close()
    async with dial(yard.url, yard.identity, password=PASSWORD) as point.wire:
        booted = await point.booted()
        stopped = await point.stop("PowerLoss", wh=700)

    session = await assert_ended(yard, "PowerLoss")
    assert (booted["status"], session.energy_wh) == ("Accepted", 700)
    assert stopped.get("idTagInfo", {"status": "Accepted"})["status"] == "Accepted"


@case_16("TC_037_1")
async def test_a_start_told_late_is_kept_at_the_time_when_it_was(point: ChargePoint, yard: Yard) -> None:
    begun_at = THURSDAY - timedelta(hours=2)
    await point.wire.close()
    async with dial(yard.url, yard.identity, password=PASSWORD) as point.wire:
        answer = await point.start(at=begun_at)
        await point.status("Charging")
        session = await assert_running(yard, answer)

    assert session.started_at == begun_at


@case_16("TC_037_3")
async def test_a_start_told_late_of_a_card_unknown_here_is_refused_and_its_charge_kept(
    point: ChargePoint, yard: Yard
) -> None:
    await point.wire.close()
    async with dial(yard.url, yard.identity, password=PASSWORD) as point.wire:
        answer = await point.start("STRANGER", at=THURSDAY - timedelta(hours=2))
        await point.end("DeAuthorized", wh=900, at=THURSDAY - timedelta(hours=1))

    session = await assert_ended(yard, "DeAuthorized")
    assert answer["idTagInfo"]["status"] == "Invalid"
    assert answer["transactionId"] == session.pk
    assert (session.vehicle_id, session.token_status, session.energy_wh) == (None, "Unknown", 900)
    assert session.token_why


@case_16("TC_039")
async def test_a_whole_charge_told_late_is_one_session_at_its_own_times(point: ChargePoint, yard: Yard) -> None:
    begun_at, ended_at = THURSDAY - timedelta(hours=3), THURSDAY - timedelta(hours=1)
    await point.wire.close()
    async with dial(yard.url, yard.identity, password=PASSWORD) as point.wire:
        answer = await point.start(at=begun_at)
        stopped = await point.stop("Local", wh=8_000, at=ended_at, idTag=point.card)

    session = await assert_ended(yard, "Local")
    assert (answer["idTagInfo"]["status"], stopped["idTagInfo"]["status"]) == ("Accepted", "Accepted")
    assert (session.started_at, session.ended_at, session.energy_wh) == (begun_at, ended_at, 8_000)
    assert (await Charger.objects.aget(pk=yard.charger.pk)).standing == "adopted"
