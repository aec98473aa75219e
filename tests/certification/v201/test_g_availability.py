"""Block G: out of service and back, for a connector, an EVSE and the whole station, also while it charges."""

import pytest

from tests.certification.cases import case_201
from tests.certification.desk import Desk
from tests.certification.v201.station import Station
from tests.certification.yard import Yard
from tests.wire import Payload

CONNECTOR, EVSE, STATION = {"evse": 1, "connector": 1}, {"evse": 1}, {"evse": 0}
ON_THE_WIRE: list[Payload] = [{"evse": {"id": 1, "connectorId": 1}}, {"evse": {"id": 1}}, {}]


def on_the_wire(where: Payload) -> Payload:
    return ON_THE_WIRE[[CONNECTOR, EVSE, STATION].index(where)]


async def change(desk: Desk, station: Station, where: Payload, *, operative: bool, answer: str = "Accepted") -> Payload:
    station.wire.answers["ChangeAvailability"] = {"status": answer}
    return await desk.ask("availability", {"operative": operative, **where})


@pytest.mark.parametrize(
    "where",
    [
        pytest.param(EVSE, marks=case_201("TC_G_03")),
        pytest.param(STATION, marks=case_201("TC_G_05")),
        pytest.param(CONNECTOR, marks=case_201("TC_G_07")),
    ],
)
async def test_what_is_taken_out_of_service_shows_as_such(station: Station, desk: Desk, where: Payload) -> None:
    told = await change(desk, station, where, operative=False)
    evses = (1, 2) if where is STATION else (1,)
    for evse in evses:
        await station.status("Unavailable", evse=evse)

    assert told["request"] == {"operationalStatus": "Inoperative", **on_the_wire(where)}
    assert [await desk.connector(evse) for evse in evses] == ["unavailable"] * len(evses)
    assert (await desk.effect(told))["status"] == "Accepted"


@pytest.mark.parametrize(
    "where",
    [
        pytest.param(EVSE, marks=case_201("TC_G_04")),
        pytest.param(STATION, marks=case_201("TC_G_06")),
        pytest.param(CONNECTOR, marks=case_201("TC_G_08")),
    ],
)
async def test_what_is_put_into_service_again_shows_as_such(station: Station, desk: Desk, where: Payload) -> None:
    evses = (1, 2) if where is STATION else (1,)
    for evse in evses:
        await station.availability("Unavailable", evse=evse)
    before = [await desk.connector(evse) for evse in evses]
    told = await change(desk, station, where, operative=True)
    for evse in evses:
        await station.availability("Available", evse=evse)

    assert told["request"] == {"operationalStatus": "Operative", **on_the_wire(where)}
    assert before == ["unavailable"] * len(evses)
    assert [await desk.connector(evse) for evse in evses] == ["available"] * len(evses)
    assert (await desk.effect(told))["status"] == "Accepted"


@pytest.mark.parametrize(
    "where",
    [
        pytest.param(EVSE, marks=case_201("TC_G_11")),
        pytest.param(STATION, marks=case_201("TC_G_14")),
        pytest.param(CONNECTOR, marks=case_201("TC_G_17")),
    ],
)
async def test_what_charges_goes_out_of_service_when_it_has_charged(
    station: Station, yard: Yard, desk: Desk, where: Payload
) -> None:
    await station.charge()
    told = await change(desk, station, where, operative=False, answer="Scheduled")
    if where is STATION:
        await station.status("Unavailable", evse=2)
    running = await yard.session()
    await station.finish()
    await station.unplug()
    await station.status("Unavailable")

    assert told["request"] == {"operationalStatus": "Inoperative", **on_the_wire(where)}
    assert (told["state"], told["status"], running.ended_at) == ("accepted", "Scheduled", None)
    assert (await yard.session()).ended_at
    assert await desk.connector() == "unavailable"


@case_201("TC_G_20")
async def test_a_cable_that_cannot_be_locked_is_an_alert(station: Station, desk: Desk) -> None:
    event = {
        "eventId": 1, "timestamp": station.now(), "trigger": "Delta", "actualValue": "true",
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": "ConnectorPlugRetentionLock", "evse": {"id": 1, "connectorId": 1}},
        "variable": {"name": "Problem"},
    }  # fmt: skip

    assert await station.notify_event(event) == {}

    (alert,) = await desk.rows("alerts")
    assert (alert["component"], alert["variable"], alert["value"]) == ("ConnectorPlugRetentionLock", "Problem", "true")
    assert "ConnectorPlugRetentionLock" in await desk.page("monitoring/")
