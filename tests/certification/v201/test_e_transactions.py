"""Block E: a transaction's beginnings and ends, however a station is set."""

import pytest

from sessions.models import MeterReading, Session
from tests.certification.cases import case_201
from tests.certification.desk import Desk
from tests.certification.v201.station import SIGNED, Station, sample
from tests.certification.yard import PASSWORD, Yard
from tests.wire import Payload, dial


async def assert_running(yard: Yard, energy: str) -> None:
    """One open session of the van at its bay, on the row and over REST."""
    session = await yard.session()
    (shown,) = (await yard.desk.get(f"sessions/?charger={yard.identity}"))["results"]
    assert (session.vehicle_id, session.bay_name, session.token_status) == (yard.van.pk, "A01", "Accepted")
    assert (shown["is_open"], shown["energy_state"], shown["vehicle"]["id"]) == (True, energy, yard.van.pk)


async def assert_ended(yard: Yard, reason: str) -> Session:
    session = await yard.session()
    (shown,) = (await yard.desk.get(f"sessions/?charger={yard.identity}"))["results"]
    assert (shown["is_open"], shown["closed_by"], shown["stop_reason"]) == (False, "charger", reason)
    assert session.settle_after
    return session


@case_201("TC_E_01")
async def test_a_transaction_may_begin_when_the_power_path_closes(station: Station, yard: Yard) -> None:
    shown = await station.present()
    await station.status("Occupied")
    answer = await station.event(
        "Started", "ChargingStateChanged", state="SuspendedEVSE", token=station.card, evse=station.place
    )
    await station.event("Updated", "ChargingStateChanged", state="Charging")

    assert (shown, answer["idTokenInfo"]["status"]) == ("Accepted", "Accepted")
    await assert_running(yard, "charging")


@case_201("TC_E_02")
async def test_a_transaction_may_begin_when_energy_flows(station: Station, yard: Yard) -> None:
    shown = await station.present()
    await station.status("Occupied")
    answer = await station.event(
        "Started", "ChargingStateChanged", state="Charging", token=station.card, evse=station.place
    )

    assert (shown, answer["idTokenInfo"]["status"]) == ("Accepted", "Accepted")
    await assert_running(yard, "charging")


@case_201("TC_E_03")
async def test_a_cable_before_the_card_opens_a_session_that_the_card_names(station: Station, yard: Yard) -> None:
    await station.plug_in()
    unnamed = await yard.session()
    shown, answer = await station.show_card()
    await station.charge()

    assert (unnamed.vehicle_id, unnamed.meter_start_wh) == (None, 1_000)
    assert (shown, answer["idTokenInfo"]["status"]) == ("Accepted", "Accepted")
    await assert_running(yard, "charging")


@case_201("TC_E_04")
async def test_a_card_before_the_cable_opens_a_session_that_the_cable_places(station: Station, yard: Yard) -> None:
    shown, answer = await station.show_card()
    placeless = await yard.session()
    await station.charge()

    assert (shown, answer["idTokenInfo"]["status"]) == ("Accepted", "Accepted")
    assert (placeless.evse_id, placeless.vehicle_id) == (None, yard.van.pk)
    await assert_running(yard, "charging")


@case_201("TC_E_09")
async def test_a_transaction_may_begin_with_the_cable(station: Station, yard: Yard, desk: Desk) -> None:
    answer = await station.plug_in()

    session = await yard.session()
    assert answer == {}
    assert (session.energy_state, session.evse_id, session.token_value) == ("ev_connected", yard.evses[0].pk, "")
    assert await desk.connector() == "occupied"


@case_201("TC_E_10")
async def test_a_transaction_may_begin_with_the_card(station: Station, yard: Yard) -> None:
    shown, answer = await station.show_card()

    session = await yard.session()
    assert (shown, answer["idTokenInfo"]["status"]) == ("Accepted", "Accepted")
    assert (session.token_value, session.vehicle_id, session.ended_at) == (station.card, yard.van.pk, None)


@case_201("TC_E_11")
async def test_a_transaction_may_begin_with_signed_data(station: Station, yard: Yard) -> None:
    shown = await station.present()
    await station.status("Occupied")
    answer = await station.event(
        "Started",
        "SignedDataReceived",
        token=station.card,
        evse=station.place,
        samples=[sample(0.0, "Transaction.Begin", signedMeterValue=SIGNED)],
    )
    await station.event("Updated", "ChargingStateChanged", state="Charging")

    session = await yard.session()
    assert (shown, answer["idTokenInfo"]["status"]) == ("Accepted", "Accepted")
    assert session.meter_start_wh == 0
    await assert_running(yard, "charging")


@case_201("TC_E_12")
async def test_a_transaction_may_begin_when_a_vehicle_is_seen(station: Station, yard: Yard) -> None:
    answer = await station.event("Started", "EVDetected")

    session = await yard.session()
    assert answer == {}
    assert (session.reference, session.token_value, session.ended_at) == (station.reference, "", None)


@case_201("TC_E_38")
async def test_a_vehicle_that_takes_nothing_yet_shows_as_waiting(station: Station, yard: Yard) -> None:
    await station.show_card()
    await station.plug_in()
    await station.suspend()

    await assert_running(yard, "suspended_ev")


@case_201("TC_E_14", "TC_E_53")
async def test_each_transaction_may_count_from_zero_and_end_with_its_cable(station: Station, yard: Yard) -> None:
    for _ in range(2):
        await station.charge()
        await station.finish()
        await station.unplug()

    first, second = await yard.sessions()
    assert first.reference != second.reference
    assert (first.stop_reason, second.stop_reason) == ("EVDisconnected", "EVDisconnected")
    assert (first.energy_wh, second.energy_wh) == (500, 500)
    assert await yard.desk.connector() == "available"


@case_201("TC_E_20")
async def test_a_suspended_charge_ends_when_the_vehicle_pulls_its_cable(station: Station, yard: Yard) -> None:
    await station.charge()
    await station.suspend()
    await station.finish()
    await station.unplug()

    await assert_ended(yard, "EVDisconnected")


@case_201("TC_E_07", "TC_E_15")
async def test_a_card_at_the_station_ends_a_charge(station: Station, yard: Yard) -> None:
    await station.charge()
    await station.meter(4_000)
    await station.end(
        "StopAuthorized", "Local", token=station.card, samples=[sample(station.flow(1_000), "Transaction.End")]
    )

    session = await assert_ended(yard, "Local")
    assert (session.energy_wh, session.stop_token_value) == (5_000, station.card)


@case_201("TC_E_21")
async def test_a_stop_asked_by_a_dispatcher_names_the_transaction_and_is_seen(
    station: Station, yard: Yard, desk: Desk
) -> None:
    reference = await station.charge()
    session = await yard.session()
    stop = await desk.post(f"sessions/{session.pk}/stop/")
    asked = await station.wire.is_asked("RequestStopTransaction")
    accepted = await desk.answered(stop)
    await station.end("RemoteStop", "Remote")

    assert asked == {"transactionId": reference}
    assert (accepted["state"], (await desk.command(stop))["effect"]) == ("accepted", "seen")
    await assert_ended(yard, "Remote")


@case_201("TC_E_08")
async def test_a_charge_may_end_when_its_energy_stops_after_the_card(station: Station, yard: Yard) -> None:
    await station.charge()
    answer = await station.stop_by_card()
    await station.end("ChargingStateChanged", "Local", state="EVConnected")

    assert answer["idTokenInfo"]["status"] == "Accepted"
    await assert_ended(yard, "Local")


@case_201("TC_E_16")
async def test_a_stranger_s_card_is_refused_and_its_transaction_kept_as_ended(station: Station, yard: Yard) -> None:
    answer = await station.event("Started", "Authorized", token="STRANGER")
    await station.end("Deauthorized", "DeAuthorized")

    session = await assert_ended(yard, "DeAuthorized")
    assert answer["idTokenInfo"]["status"] in ("Invalid", "Unknown")
    assert (session.vehicle_id, session.token_status) == (None, answer["idTokenInfo"]["status"])
    assert session.token_why


@case_201("TC_E_17")
async def test_a_charge_may_end_when_the_vehicle_is_heard_of_no_more(station: Station, yard: Yard) -> None:
    await station.charge()
    await station.suspend()
    await station.end("EVCommunicationLost", "EVDisconnected", state="Idle")

    await assert_ended(yard, "EVDisconnected")


@case_201("TC_E_19")
async def test_a_charge_may_end_when_the_bay_is_left(station: Station, yard: Yard) -> None:
    await station.charge()
    await station.finish()
    await station.status("Available")
    await station.event("Updated", "EVCommunicationLost", state="Idle")
    await station.end("EVDeparted", "Local")

    await assert_ended(yard, "Local")


@case_201("TC_E_22")
async def test_a_charge_may_end_because_the_vehicle_is_full(station: Station, yard: Yard) -> None:
    await station.charge()
    await station.end("ChargingStateChanged", "StoppedByEV", state="SuspendedEV")

    await assert_ended(yard, "StoppedByEV")


@case_201("TC_E_39")
async def test_a_card_after_which_nobody_plugs_in_ends_without_energy(station: Station, yard: Yard) -> None:
    await station.show_card()
    await station.end("EVConnectTimeout", "Timeout")

    session = await assert_ended(yard, "Timeout")
    assert session.energy_wh in (None, 0)


@case_201("TC_E_26")
async def test_a_charge_goes_on_after_the_vehicle_was_unplugged_and_plugged_in_again(
    station: Station, yard: Yard
) -> None:
    await station.charge()
    await station.suspend()
    await station.event("Updated", "EVCommunicationLost", state="Idle")
    await station.status("Available")
    await station.event("Updated", "CablePluggedIn", state="EVConnected")
    await station.event("Updated", "ChargingStateChanged", state="Charging")

    await assert_running(yard, "charging")


async def ask_how_it_stands(desk: Desk, station: Station, reference: str | None, answer: Payload) -> Payload:
    station.wire.answers["GetTransactionStatus"] = answer
    return await desk.ask("read-transaction", {"reference": reference})


@case_201("TC_E_29", "TC_E_33")
async def test_what_a_station_still_has_to_tell_is_asked_for_and_taken_after_an_outage(
    station: Station, yard: Yard, desk: Desk
) -> None:
    reference = await station.charge()
    await station.wire.close()
    async with dial(yard.url, yard.identity, password=PASSWORD, subprotocols=("ocpp2.0.1",)) as station.wire:
        await station.wire.call("Heartbeat")
        one = await ask_how_it_stands(desk, station, reference, {"ongoingIndicator": True, "messagesInQueue": True})
        all_of_it = await ask_how_it_stands(desk, station, None, {"messagesInQueue": True})
        await station.event("Updated", "MeterValuePeriodic", samples=[sample(station.flow(2_000))], offline=True)

    session = await yard.session()
    assert (one["request"], all_of_it["request"]) == ({"transactionId": reference}, {})
    assert (one["status"], all_of_it["status"]) == ("Ongoing, messages waiting", "messages waiting")
    assert (session.energy_wh, session.ended_at) == (2_000, None)


@case_201("TC_E_30", "TC_E_34")
async def test_a_station_with_nothing_to_tell_says_so(station: Station, desk: Desk) -> None:
    reference = await station.charge()
    one = await ask_how_it_stands(desk, station, reference, {"ongoingIndicator": True, "messagesInQueue": False})
    all_of_it = await ask_how_it_stands(desk, station, None, {"messagesInQueue": False})

    assert (one["request"], all_of_it["request"]) == ({"transactionId": reference}, {})
    assert (one["state"], all_of_it["state"]) == ("accepted", "accepted")
    assert (one["status"], all_of_it["status"]) == ("Ongoing, all told", "all told")


@case_201("TC_E_31")
async def test_what_is_told_after_the_end_is_kept_with_the_ended_session(
    station: Station, yard: Yard, desk: Desk
) -> None:
    reference = await station.charge()
    await station.status("Available")
    skipped, station.sequence = station.sequence, station.sequence + 2
    await station.end("EVCommunicationLost", "EVDisconnected", state="Idle", offline=True)
    told = await ask_how_it_stands(desk, station, reference, {"ongoingIndicator": False, "messagesInQueue": True})
    station.reference, station.sequence = reference, skipped
    await station.event("Updated", "StopAuthorized", token=station.card, offline=True)
    await station.event("Updated", "ChargingStateChanged", state="EVConnected", offline=True, samples=[sample(2_500)])

    session = await assert_ended(yard, "EVDisconnected")
    assert told["status"] == "Ended, messages waiting"
    assert await MeterReading.objects.filter(session=session, energy_wh=2_500).aexists()
    assert len(await yard.sessions()) == 1


@pytest.mark.parametrize("kind", ["Started", "Ended"])
@case_201("TC_E_53")
async def test_a_transaction_told_twice_is_one(station: Station, yard: Yard, kind: str) -> None:
    await station.charge()
    if kind == "Ended":
        await station.unplug()
    session = await yard.session()
    station.reference, station.sequence = session.reference, 0 if kind == "Started" else station.sequence - 1

    await station.event(kind, "Authorized", token=station.card)

    assert [one.pk for one in await yard.sessions()] == [session.pk]
