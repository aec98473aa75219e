"""What transactions and statuses in the field look like; the numbers are those of the list of field quirks."""

from datetime import timedelta
from typing import Any

import pytest

from chargers.choices import ConnectorStatus
from chargers.models import Charger, Connector, Evse
from sessions.models import IdToken, Session
from sessions.services import NeedsReplug, request_start
from tests.chargers.ear import Ear, Payload
from tests.factories import THURSDAY, make_bay, make_charger, make_depot, make_evse, make_user, make_vehicle

pytestmark = pytest.mark.django_db
AT = "2026-03-05T16:30:00Z"
LATER = THURSDAY + timedelta(hours=1)


def make_known(protocol: str = "ocpp1.6") -> Charger:
    charger = make_charger("CP-A01", online=False, protocol=protocol)
    make_bay(make_depot(), "A01", evse=make_evse(charger))
    IdToken.objects.create(value="VAN12", key="van12", vehicle=make_vehicle("Van 12"), created_at=THURSDAY)
    return charger


@pytest.fixture
def ear(db: None) -> Ear:
    return Ear(make_known())


@pytest.fixture
def newer(db: None) -> Ear:
    return Ear(make_known("ocpp2.0.1"))


def start(**more: Any) -> Payload:
    return {"connectorId": 1, "idTag": "VAN12", "meterStart": 1_000, "timestamp": AT, **more}


def stop(number: int, **more: Any) -> Payload:
    return {"transactionId": number, "meterStop": 5_000, "timestamp": "2026-03-05T17:30:00Z", **more}


def status(word: str, **more: Any) -> Payload:
    return {"connectorId": 1, "errorCode": "NoError", "status": word, "timestamp": AT, **more}


def event(kind: str, trigger: str, number: int = 0, *, at: str = AT, **more: Any) -> Payload:
    return {
        "eventType": kind,
        "timestamp": at,
        "triggerReason": trigger,
        "seqNo": number,
        "transactionInfo": {"transactionId": "tx-1"},
        **more,
    }


def test_quirk_35_a_start_told_again_has_the_same_number_and_one_session(ear: Ear) -> None:
    first = ear.hear("StartTransaction", start())
    again = ear.hear("StartTransaction", start(), at=THURSDAY + timedelta(minutes=2))

    assert first == again
    assert Session.objects.count() == 1


@pytest.mark.parametrize("number", [0, -1, 4711])
def test_quirk_36_a_stop_of_an_unknown_number_is_acknowledged_and_ends_what_it_fits(ear: Ear, number: int) -> None:
    ear.hear("StartTransaction", start())

    answer = ear.hear("StopTransaction", stop(number, idTag="VAN12"), at=LATER)

    assert answer["idTagInfo"]["status"] == "Accepted"
    session = Session.objects.get()
    assert (session.ended_at, session.energy_wh) == (LATER, 4_000)


@pytest.mark.parametrize("number", [0, -1, 4711])
def test_quirk_36_a_stop_that_fits_nothing_is_acknowledged_too(ear: Ear, number: int) -> None:
    assert ear.hear("StopTransaction", stop(number)) == {}


def test_quirk_37_a_charge_that_is_known_by_its_readings_alone_is_adopted(ear: Ear) -> None:
    ear.hear("StatusNotification", status("Charging"))

    ear.hear(
        "MeterValues",
        {
            "connectorId": 1,
            "transactionId": 1,
            "meterValue": [{"timestamp": AT, "sampledValue": [{"value": "900"}]}],
        },
    )

    assert Session.objects.running().count() == 1


def test_quirk_37_late_readings_do_not_revive_what_has_ended(ear: Ear) -> None:
    number = ear.hear("StartTransaction", start())["transactionId"]
    ear.hear("StopTransaction", stop(number), at=LATER)
    samples = [{"timestamp": "2026-03-05T17:30:05Z", "sampledValue": [{"value": "5000"}]}]

    ear.hear("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": samples}, at=LATER)

    assert Session.objects.running().count() == 0
    assert Session.objects.count() == 1


def test_quirk_40_where_finishing_blocks_a_start_the_vehicle_must_be_plugged_in_anew() -> None:
    charger = make_known()
    evse = Evse.objects.get(charger=charger)
    Ear(charger).hear("StatusNotification", status("Finishing"))
    charger.capabilities.create(name="restarts_without_replug", value="no", evidence="refused twice", seen_at=THURSDAY)
    (token,) = IdToken.objects.all()

    with pytest.raises(NeedsReplug):
        request_start(token, evse, requested_by=make_user(), now=THURSDAY)


def test_quirk_41_an_error_code_beside_charging_ends_nothing(ear: Ear) -> None:
    ear.hear("StartTransaction", start())

    ear.hear("StatusNotification", status("Charging", errorCode="OtherError"))

    connector = Connector.objects.get()
    assert (connector.status, connector.error_code) == (ConnectorStatus.CHARGING, "OtherError")
    assert Session.objects.running().count() == 1


def test_quirk_42_a_register_that_restarts_counts_what_was_taken(ear: Ear) -> None:
    number = ear.hear("StartTransaction", start(meterStart=-1))["transactionId"]
    for minutes, register in ((0, 0), (10, 700), (20, 1_500)):
        at = THURSDAY + timedelta(minutes=minutes)
        sample = {"timestamp": at.isoformat(), "sampledValue": [{"value": str(register)}]}
        ear.hear("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [sample]}, at=at)

    session = Session.objects.get()
    assert session.meter_start_wh is None
    assert session.energy_wh == 1_500


@pytest.mark.parametrize(
    ("total", "phases", "power_w"),
    [
        (7_000, {"L1": 7_000, "L2": 6_900, "L3": 7_100}, 21_000),
        (22_000, {"L1": 3_600, "L2": 3_700, "L3": 3_700}, 11_000),
        (11_000, {"L1": 3_500, "L2": 3_600, "L3": 3_700}, 11_000),
        (11_000, {"L1": 3_680}, 11_000),
        (7_000, {"L1": 7_000, "L2": 7_000}, 7_000),
        (None, {"L1": 3_600, "L2": 3_700, "L1-N": 3_600}, 7_300),
    ],
    ids=["of one line", "too much", "within a tenth", "one line told", "copies", "no total"],
)
def test_quirk_43_a_total_that_is_far_off_its_phases_is_not_believed(
    ear: Ear, total: int | None, phases: dict[str, int], power_w: int
) -> None:
    ear.hear("StartTransaction", start())
    power = {"measurand": "Power.Active.Import", "unit": "W"}
    samples = [{**power, "value": str(watts), "phase": phase} for phase, watts in phases.items()]
    samples += [] if total is None else [{**power, "value": str(total)}]

    ear.hear("MeterValues", {"connectorId": 1, "meterValue": [{"timestamp": AT, "sampledValue": samples}]})

    assert Evse.objects.get().power_w == power_w


@pytest.mark.parametrize(
    ("tag", "answer"), [("van12", "Accepted"), ("VAN12", "Accepted"), ("", "Invalid"), ("dummy", "Invalid")]
)
def test_quirk_44_a_card_is_known_in_any_case_and_nobodys_card_is_nobody(ear: Ear, tag: str, answer: str) -> None:
    told = ear.hear("StartTransaction", start(idTag=tag))

    assert told["idTagInfo"]["status"] == answer
    assert (Session.objects.get().vehicle is not None) == (answer == "Accepted")


def test_quirk_44_a_card_longer_than_the_standard_allows_is_not_cut(ear: Ear) -> None:
    ear.hear("StartTransaction", start(idTag="A" * 24))

    assert Session.objects.get().token_value == "A" * 24


@pytest.mark.parametrize("times", [1, 5])
def test_quirk_46_a_boot_told_often_is_accepted_each_time_and_ends_nothing(ear: Ear, times: int) -> None:
    ear.hear("StartTransaction", start())

    for _ in range(times):
        assert ear.hear("BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"})["status"] == "Accepted"

    assert Session.objects.running().count() == 1


def test_quirk_47_connectors_grow_as_they_are_told_of(ear: Ear) -> None:
    ear.hear("StatusNotification", status("Available", connectorId=3))

    assert set(Evse.objects.values_list("number", flat=True)) == {1, 3}


def test_quirk_69_an_evse_told_again_with_each_event_is_no_other_place(newer: Ear) -> None:
    evse = {"evse": {"id": 1, "connectorId": 1}}
    newer.hear("TransactionEvent", event("Started", "CablePluggedIn", **evse))

    newer.hear("TransactionEvent", event("Updated", "ChargingStateChanged", 1, **evse), at=THURSDAY)
    newer.hear("TransactionEvent", event("Ended", "EVDeparted", 2, at="2026-03-05T17:30:00Z", **evse), at=LATER)

    session = Session.objects.get()
    assert session.ended_at == LATER
    assert session.evse.number == 1


# What independent programs do on the wire


def test_numbers_of_events_that_are_always_zero_hide_none(newer: Ear) -> None:
    place = {"evse": {"id": 1}}
    newer.hear("TransactionEvent", event("Started", "CablePluggedIn", **place))
    for minutes, register in ((10, 500), (20, 900)):
        at = THURSDAY + timedelta(minutes=minutes)
        values = [{"timestamp": at.isoformat(), "sampledValue": [{"value": register}]}]
        newer.hear(
            "TransactionEvent", event("Updated", "MeterValuePeriodic", at=at.isoformat(), meterValue=values), at=at
        )

    assert Session.objects.get().readings.count() == 2


def test_a_transaction_that_never_ends_is_closed_when_the_connector_is_free_again(newer: Ear) -> None:
    newer.hear("TransactionEvent", event("Started", "CablePluggedIn", evse={"id": 1, "connectorId": 1}))
    free = {"evseId": 1, "connectorId": 1, "connectorStatus": "Available", "timestamp": "2026-03-05T17:30:00Z"}

    newer.hear("StatusNotification", free, at=LATER)

    assert Session.objects.running().count() == 0


def test_of_two_transactions_at_one_connector_the_newer_runs(ear: Ear) -> None:
    ear.hear("StartTransaction", start())

    ear.hear("StartTransaction", start(meterStart=2_000, timestamp="2026-03-05T17:30:00Z"), at=LATER)

    (running,) = Session.objects.running()
    assert running.meter_start_wh == 2_000
    assert Session.objects.count() == 2
