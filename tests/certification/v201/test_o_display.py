"""Block O: what the station's display says."""

from datetime import timedelta
from typing import Any

import pytest

from tests.certification.cases import case_201
from tests.certification.desk import Desk
from tests.certification.v201.station import Station
from tests.flows.speakers import wire_time
from tests.wire import Payload

MESSAGE: Payload = {"number": 4, "text": "Ready at six", "priority": "InFront"}


async def show(desk: Desk, **more: Any) -> tuple[Payload, Payload]:
    """The command, and the message as it went out."""
    told = await desk.ask("show-message", MESSAGE | more)
    return told, told["request"]["message"]


async def texts(desk: Desk) -> list[str]:
    return [row["text"] for row in await desk.rows("display-messages")]


@pytest.mark.parametrize(
    "state",
    [pytest.param("Idle", marks=case_201("TC_O_01")), pytest.param("Charging", marks=case_201("TC_O_25"))],
)
async def test_a_message_is_shown_while_the_station_is_in_a_state(station: Station, desk: Desk, state: str) -> None:
    told, message = await show(desk, state=state)

    assert (message["id"], message["priority"], message["state"]) == (4, "InFront", state)
    assert message["message"] == {"format": "UTF8", "content": "Ready at six"}
    assert (told["state"], await texts(desk)) == ("accepted", ["Ready at six"])
    assert "Ready at six" in await desk.page("display/")


@pytest.mark.parametrize(
    ("field", "word"),
    [
        pytest.param("since", "startDateTime", marks=case_201("TC_O_13")),
        pytest.param("until", "endDateTime", marks=case_201("TC_O_14")),
    ],
)
async def test_a_message_has_its_time(station: Station, desk: Desk, field: str, word: str) -> None:
    at = wire_time(station.time.moment + timedelta(hours=1))
    told, message = await show(desk, **{field: at})

    (row,) = await desk.rows("display-messages")
    assert (told["state"], message[word], row[field]) == ("accepted", at.replace("Z", ".000Z"), at)


async def on_the_charge(station: Station, desk: Desk, **more: Any) -> tuple[Payload, Payload]:
    reference = await station.charge()
    told, message = await show(desk, reference=reference, **more)
    assert message["transactionId"] == reference
    return told, message


@case_201("TC_O_06")
async def test_a_message_goes_with_the_charge_that_it_is_for(station: Station, desk: Desk) -> None:
    told, message = await on_the_charge(station, desk)
    before = await texts(desk)
    await station.unplug()

    assert (told["state"], message["priority"], before) == ("accepted", "InFront", ["Ready at six"])


@pytest.mark.parametrize(
    ("field", "word"),
    [
        pytest.param("since", "startDateTime", marks=case_201("TC_O_27")),
        pytest.param("until", "endDateTime", marks=case_201("TC_O_28")),
    ],
)
async def test_a_message_for_a_charge_has_its_time_and_state(
    station: Station, desk: Desk, field: str, word: str
) -> None:
    at = wire_time(station.time.moment + timedelta(hours=1))
    told, message = await on_the_charge(station, desk, state="Charging", **{field: at})

    assert (told["state"], message[word], message["state"]) == ("accepted", at.replace("Z", ".000Z"), "Charging")
    assert await texts(desk) == ["Ready at six"]


@pytest.mark.parametrize(
    ("answer", "more"),
    [
        pytest.param("UnknownTransaction", {"reference": "tx-gone"}, marks=case_201("TC_O_10")),
        pytest.param("NotSupportedPriority", {"priority": "AlwaysFront"}, marks=case_201("TC_O_17")),
        pytest.param("NotSupportedState", {"state": "Unavailable"}, marks=case_201("TC_O_18")),
        pytest.param("NotSupportedMessageFormat", {}, marks=case_201("TC_O_19")),
        pytest.param("Rejected", {"priority": "NormalCycle"}, marks=case_201("TC_O_26")),
    ],
)
async def test_a_message_that_the_station_does_not_take_is_not_shown_as_shown(
    station: Station, desk: Desk, answer: str, more: Payload
) -> None:
    station.wire.answers["SetDisplayMessage"] = {"status": answer}

    told, message = await show(desk, **more)

    assert (told["state"], told["status"], await texts(desk)) == ("rejected", answer, [])
    assert message["priority"] == more.get("priority", "InFront")
    assert message.get("transactionId") == more.get("reference")


@case_201("TC_O_12")
async def test_a_message_of_the_same_number_takes_the_other_s_place(station: Station, desk: Desk) -> None:
    await show(desk)
    _, message = await show(desk, text="Ready at seven")

    assert (message["id"], await texts(desk)) == (4, ["Ready at seven"])


@pytest.mark.parametrize(
    ("asked", "on_the_wire"),
    [
        pytest.param({}, {}, marks=case_201("TC_O_02")),
        pytest.param({"numbers": [4]}, {"id": [4]}, marks=case_201("TC_O_07")),
        pytest.param({"priority": "InFront"}, {"priority": "InFront"}, marks=case_201("TC_O_08")),
        pytest.param({"state": "Charging"}, {"state": "Charging"}, marks=case_201("TC_O_09")),
    ],
)
async def test_messages_are_asked_for_and_shown(
    station: Station, desk: Desk, asked: Payload, on_the_wire: Payload
) -> None:
    told = await desk.ask("report-messages", asked)
    number = told["request"]["requestId"]
    info = {"id": 4, "priority": "InFront", "state": "Charging", "message": {"format": "UTF8", "content": "By six"}}
    await station.wire.call("NotifyDisplayMessages", {"requestId": number, "messageInfo": [info]})

    (row,) = await desk.rows("display-messages")
    assert told["request"] == {"requestId": number, **on_the_wire}
    assert (row["text"], row["standing"]) == ("By six", "reported")


@pytest.mark.parametrize(
    "asked",
    [pytest.param({}, marks=case_201("TC_O_03")), pytest.param({"numbers": [77]}, marks=case_201("TC_O_11"))],
)
async def test_a_station_without_such_messages_says_so(station: Station, desk: Desk, asked: Payload) -> None:
    station.wire.answers["GetDisplayMessages"] = {"status": "Unknown"}

    told = await desk.ask("report-messages", asked)

    (report,) = await desk.rows("reports")
    assert (told["status"], report["state"], await texts(desk)) == ("Unknown", "empty", [])


@pytest.mark.parametrize(
    "answer",
    [pytest.param("Accepted", marks=case_201("TC_O_04")), pytest.param("Unknown", marks=case_201("TC_O_05"))],
)
async def test_a_message_is_taken_away_by_its_number(station: Station, desk: Desk, answer: str) -> None:
    await show(desk)
    station.wire.answers["ClearDisplayMessage"] = {"status": answer}

    told = await desk.ask("clear-message", {"number": 4})

    assert (told["request"], told["status"], await texts(desk)) == ({"id": 4}, answer, [])
