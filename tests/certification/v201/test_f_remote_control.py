"""Block F: starts from afar, unlocking, and messages on demand."""

import pytest

from chargers.models import Evse, Job
from sessions.models import Session
from tests.certification.cases import case_201
from tests.certification.desk import Desk
from tests.certification.v201.station import Station, sample
from tests.certification.yard import Yard
from tests.wire import Payload


async def start_from_afar(yard: Yard, station: Station, answer: Payload | None = None) -> tuple[Payload, Payload]:
    """What the dispatcher's command is, and what the station was asked."""
    station.wire.answers["RequestStartTransaction"] = {"status": "Accepted"} | (answer or {})
    start = await yard.desk.post("sessions/start/", {"vehicle": yard.van.unit_number, "bay": yard.bays[0].pk})
    asked = await station.wire.is_asked("RequestStartTransaction")
    await yard.desk.answered(start)
    return start, asked


async def assert_started(yard: Yard, start: Payload) -> Session:
    session = await yard.session()
    assert (session.vehicle_id, session.started_by_id) == (yard.van.pk, yard.desk.user.pk)
    assert (await yard.desk.command(start))["effect"] == "seen"
    return session


def assert_names_the_card(asked: Payload, station: Station) -> None:
    assert asked["idToken"] == {"idToken": station.card, "type": "Central"}
    assert (asked["evseId"], asked["remoteStartId"] >= 0) == (1, True)


@case_201("TC_F_01")
async def test_a_start_from_afar_takes_up_the_transaction_of_the_cable(station: Station, yard: Yard) -> None:
    await station.plug_in()
    start, asked = await start_from_afar(yard, station, {"transactionId": station.reference})
    await station.event("Updated", "RemoteStart", token=station.card, info={"remoteStartId": asked["remoteStartId"]})
    station.is_authorized = True
    await station.charge()

    assert_names_the_card(asked, station)
    session = await assert_started(yard, start)
    assert (session.energy_state, session.remote_start_id) == ("charging", asked["remoteStartId"])


@pytest.mark.parametrize(
    "asks_first",
    [pytest.param(True, marks=case_201("TC_F_02")), pytest.param(False, marks=case_201("TC_F_03"))],
)
async def test_a_start_from_afar_opens_the_session_of_whoever_plugs_in_next(
    station: Station, yard: Yard, asks_first: bool
) -> None:
    start, asked = await start_from_afar(yard, station)
    shown = await station.present() if asks_first else "Accepted"
    await station.event("Started", "RemoteStart", token=station.card, info={"remoteStartId": asked["remoteStartId"]})
    station.is_authorized = True
    await station.charge()

    assert_names_the_card(asked, station)
    session = await assert_started(yard, start)
    assert (shown, session.energy_state, session.bay_name) == ("Accepted", "charging", "A01")


@case_201("TC_F_04")
async def test_a_start_from_afar_to_which_nobody_plugs_in_is_told(station: Station, yard: Yard) -> None:
    start, asked = await start_from_afar(yard, station)
    await station.event("Started", "RemoteStart", token=station.card, info={"remoteStartId": asked["remoteStartId"]})
    answer = await station.event("Updated", "EVConnectTimeout")
    await station.end("EVConnectTimeout", "Timeout")

    session = await assert_started(yard, start)
    assert (answer, session.stop_reason, session.energy_wh in (None, 0)) == ({}, "Timeout", True)


@case_201("TC_F_06")
async def test_a_connector_is_unlocked_by_its_numbers(station: Station, desk: Desk) -> None:
    station.wire.answers["UnlockConnector"] = {"status": "Unlocked"}

    told = await desk.ask("unlock", {"evse": 1})

    assert told["request"] == {"evseId": 1, "connectorId": 1}
    assert (told["state"], told["status"]) == ("accepted", "Unlocked")


async def trigger(desk: Desk, message: str, **where: int) -> Payload:
    told = await desk.ask("trigger", {"message": message, **where})
    assert (told["state"], told["status"]) == ("accepted", "Accepted")
    request: Payload = told["request"]
    return request


@pytest.mark.parametrize(
    "evses",
    [pytest.param((1,), marks=case_201("TC_F_11")), pytest.param((1, 2), marks=case_201("TC_F_12"))],
)
async def test_meter_values_on_demand_show_at_their_evses(
    station: Station, yard: Yard, desk: Desk, evses: tuple[int, ...]
) -> None:
    asked = await trigger(desk, "MeterValues", **({"evse": 1} if len(evses) == 1 else {}))
    for evse in evses:
        watts = {"value": 5_000 + evse, "measurand": "Power.Active.Import", "context": "Trigger"}
        values = {"timestamp": station.now(), "sampledValue": [watts, sample(1_000, "Trigger")]}
        await station.wire.call("MeterValues", {"evseId": evse, "meterValue": [values]})

    shown = [
        row.power_w async for row in Evse.objects.filter(charger=yard.charger, number__in=evses).order_by("number")
    ]
    assert asked == {"requestedMessage": "MeterValues"} | ({"evse": {"id": 1}} if len(evses) == 1 else {})
    assert shown == [5_000 + evse for evse in evses]


@pytest.mark.parametrize(
    "where", [pytest.param({"evse": 1}, marks=case_201("TC_F_13")), pytest.param({}, marks=case_201("TC_F_14"))]
)
async def test_a_transaction_tells_on_demand_where_its_meter_stands(
    station: Station, yard: Yard, desk: Desk, where: dict[str, int]
) -> None:
    await station.charge()
    asked = await trigger(desk, "TransactionEvent", **where)
    await station.event(
        "Updated", "Trigger", state="Charging", evse=station.place, samples=[sample(station.flow(), "Trigger")]
    )

    assert asked == {"requestedMessage": "TransactionEvent"} | ({"evse": {"id": 1}} if where else {})
    assert (await yard.session()).energy_wh == 500


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        pytest.param("LogStatusNotification", "log", marks=case_201("TC_F_15")),
        pytest.param("FirmwareStatusNotification", "firmware", marks=case_201("TC_F_18")),
    ],
)
async def test_a_job_that_does_nothing_says_so_on_demand(
    station: Station, yard: Yard, desk: Desk, message: str, kind: str
) -> None:
    asked = await trigger(desk, message)
    answer = await station.wire.call(message, {"status": "Idle"})

    assert (asked, answer) == ({"requestedMessage": message}, {})
    assert await Job.objects.filter(charger=yard.charger, kind=kind, status="Idle").aexists()


@case_201("TC_F_20")
async def test_a_heartbeat_on_demand_is_seen(station: Station, desk: Desk) -> None:
    asked = await trigger(desk, "Heartbeat")
    answer = await station.wire.call("Heartbeat")

    assert asked == {"requestedMessage": "Heartbeat"}
    assert answer["currentTime"].startswith("2026-03-05T16:30:")


@pytest.mark.parametrize(
    "word",
    [pytest.param("Available", marks=case_201("TC_F_23")), pytest.param("Occupied", marks=case_201("TC_F_24"))],
)
async def test_a_status_on_demand_shows(station: Station, desk: Desk, word: str) -> None:
    await station.status(word)
    asked = await trigger(desk, "StatusNotification", evse=1, connector=1)
    await station.status(word)

    assert asked == {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}
    assert await desk.connector() == word.lower()


@case_201("TC_F_27")
async def test_a_message_that_the_station_does_not_know_is_told_as_such(station: Station, desk: Desk) -> None:
    station.wire.answers["TriggerMessage"] = {"status": "NotImplemented"}

    told = await desk.ask("trigger", {"message": "SignCombinedCertificate"})

    assert (told["state"], told["status"]) == ("rejected", "NotImplemented")
