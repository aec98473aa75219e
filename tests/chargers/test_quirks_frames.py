"""What chargers in the field write, and what is kept of it; the numbers are those of the list of field quirks.

Where a number is missing here its reading is tested with the dialects, or stands in another file of this name.
"""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
import pytest

from chargers.choices import ConnectorStatus
from chargers.commands import ReadSettings
from chargers.events import BatterySwapped, Setting, SettingsReported, SwapStep
from chargers.models import Charger, Connector, SecurityEvent
from chargers.ocpp import repairs
from chargers.ocpp.dialects import DIALECTS
from chargers.ocpp.frames import CallFrame
from chargers.ocpp.rpc import Engine, Reply
from depot.notices.models import Notice
from sessions.models import IdToken, MeterReading, Session
from tests.chargers.ear import Ear, Payload
from tests.factories import THURSDAY, make_bay, make_charger, make_depot, make_evse, make_vehicle

pytestmark = pytest.mark.django_db
BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}
AT = "2026-03-05T16:30:00Z"


@pytest.fixture
def charger(db: None) -> Charger:
    charger = make_charger("CP-A01", online=False)
    make_bay(make_depot(), "A01", evse=make_evse(charger))
    IdToken.objects.create(value="VAN12", key="van12", vehicle=make_vehicle("Van 12"), created_at=THURSDAY)
    return charger


@pytest.fixture
def ear(charger: Charger) -> Ear:
    return Ear(charger)


def meter_values(value: Any, **more: Any) -> Payload:
    return {"connectorId": 1, "meterValue": value, **more}


def one_value(sample: Payload) -> list[Payload]:
    return [{"timestamp": AT, "sampledValue": [sample]}]


def kept_energy() -> int | None:
    return MeterReading.objects.get().energy_wh


# An answer of the charger, over the engine


class Link:
    """A charger at the other end of an engine, with the dialect that reads its answer."""

    def __init__(self, protocol: str = "ocpp1.6") -> None:
        self.protocol = protocol
        self.sent: list[list[Any]] = []
        self.heeded: list[CallFrame] = []
        self.counted: list[str] = []
        self.was_sent = asyncio.Event()
        self.engine = Engine(
            protocol, send=self.send, heed=self.heed, queue_length=8, count=lambda kind, _: self.counted.append(kind)
        )

    async def send(self, text: str) -> None:
        self.sent.append(orjson.loads(text))
        self.was_sent.set()

    async def heed(self, call: CallFrame) -> Reply:
        if not self.heeded:
            await asyncio.sleep(0)  # whoever answers the first takes longer than the rest needs to arrive
        self.heeded.append(call)
        return Reply({"currentTime": AT})

    async def ask(self, action: str, payload: Payload, answer: Payload) -> Any:
        return await self.exchange(action, payload, 3, answer)

    async def exchange(self, action: str, payload: Payload, kind: int, *answer: Any) -> Any:
        asking = asyncio.create_task(self.engine.call(action, payload, timeout_s=5))
        await asyncio.wait_for(self.was_sent.wait(), 5)
        await self.engine.receive(orjson.dumps([kind, self.sent[0][1], *answer]).decode())
        return await asking


@pytest.mark.parametrize("told", [0, 1, "0", "1", True])
async def test_quirk_15_settings_that_say_readonly_in_numbers_are_read_and_counted(told: Any) -> None:
    link, dialect = Link(), DIALECTS["ocpp1.6"]
    call = dialect.say(ReadSettings(settings=(Setting("HeartbeatInterval"),)))

    answer = await link.ask(
        call.action,
        call.payload,
        {"configurationKey": [{"key": "HeartbeatInterval", "readonly": told, "value": "300"}]},
    )

    (event,) = dialect.hear(call.action, call.payload, answer.payload, THURSDAY).events
    assert isinstance(event, SettingsReported)
    assert event.reports[0].mutability == ("ReadOnly" if told in (1, "1", True) else "ReadWrite")
    assert link.counted == ([] if told is True else ["answer: GetConfiguration.readonly: type"])


async def test_what_a_charger_decides_is_never_repaired() -> None:
    link = Link()

    answer = await link.ask("SetChargingProfile", {}, {"status": 1, "info": "fine"})

    assert answer.error_code == "TypeConstraintViolation"


# Its own words


@pytest.mark.parametrize(
    ("protocol", "said", "code"),
    [
        ("ocpp1.6", {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}, "FormationViolation"),
        ("ocpp2.0.1", BOOT, "FormatViolation"),
    ],
)
def test_quirk_12_what_is_said_in_another_versions_words_is_refused(protocol: str, said: Payload, code: str) -> None:
    _, notes, broken = repairs.repair(protocol, "BootNotification", said)

    assert broken is not None
    assert (notes, broken.code) == ([], code)


@pytest.mark.parametrize("told", [{"chargePointModel": "One"}, {**BOOT, "chargePointVendor": ""}])
def test_quirk_18_a_boot_without_a_vendor_is_accepted(ear: Ear, told: Payload) -> None:
    assert ear.hear("BootNotification", told)["status"] == "Accepted"


def test_quirk_16_a_meter_value_that_is_no_list_is_one_of_one(ear: Ear) -> None:
    ear.hear("MeterValues", meter_values(one_value({"value": "500"})[0]))

    assert kept_energy() == 500
    assert ear.notes == ["MeterValues.meterValue: type"]


def test_quirk_17_an_empty_list_of_samples_is_a_sign_of_life(ear: Ear) -> None:
    assert ear.hear("MeterValues", meter_values([{"timestamp": AT, "sampledValue": []}])) == {}
    assert ear.hear("MeterValues", meter_values([])) == {}

    assert not MeterReading.objects.exclude(energy_wh=None).exists()


@pytest.mark.parametrize(
    "slip",
    [
        {"measurand": "Request.Energy"},
        {"measurand": "Frequency", "unit": "Hz"},
        {"measurand": "Voltage", "context": "Sometimes"},
        {"unit": "furlongs", "measurand": "Voltage"},
    ],
)
def test_quirk_19_an_unknown_word_costs_no_message(ear: Ear, slip: Payload) -> None:
    samples = [{"value": "500"}, {"value": "7", **slip}]

    ear.hear("MeterValues", meter_values([{"timestamp": AT, "sampledValue": samples}]))

    assert kept_energy() == 500


def test_quirk_19_an_unknown_status_is_kept_as_it_was_said(ear: Ear) -> None:
    ear.hear("StatusNotification", {"connectorId": 1, "errorCode": "Error", "status": "Dreaming"})

    connector = Connector.objects.get()
    assert (connector.status, connector.raw_status, connector.error_code) == (
        ConnectorStatus.UNKNOWN,
        "Dreaming",
        "Error",
    )


def test_quirk_19_a_step_of_a_swap_in_other_words_costs_no_message() -> None:
    battery = {"evseId": 1, "serialNumber": "B1", "soC": 80, "soH": 95}
    card = {"idToken": "VAN12", "type": "Central"}
    told = {"batteryData": [battery], "eventType": "Turned", "idToken": card, "requestId": 7}

    event = DIALECTS["ocpp2.1"].read("BatterySwap", told, THURSDAY)

    assert isinstance(event, BatterySwapped)
    assert (event.step, event.batteries[0].serial) == (SwapStep.UNKNOWN, "B1")


def test_quirk_20_surplus_members_are_passed_over_and_counted(ear: Ear) -> None:
    answer = ear.hear("Authorize", {"idTag": "VAN12", "connectorId": 1})

    assert answer["idTagInfo"]["status"] == "Accepted"
    assert ear.notes == ["Authorize: unknown member connectorId"]


def test_quirk_20_an_action_that_has_no_members_at_all_is_answered_with_one_too(ear: Ear) -> None:
    assert "currentTime" in ear.hear("Heartbeat", {"timestamp": AT})
    assert ear.notes == ["Heartbeat: unknown member timestamp"]


@pytest.mark.parametrize("tag", ["VAN12\x10\x0e", "\x00VAN12", " van12 ", "VAN12" + "\x00" * 20])
def test_quirk_21_control_bytes_around_a_card_do_not_make_it_another(ear: Ear, tag: str) -> None:
    start = {"connectorId": 1, "idTag": tag, "meterStart": 0, "timestamp": AT}

    answer = ear.hear("StartTransaction", start)
    stop = ear.hear(
        "StopTransaction",
        {"transactionId": answer["transactionId"], "idTag": tag, "meterStop": 100, "timestamp": AT},
    )

    assert answer["idTagInfo"]["status"] == stop["idTagInfo"]["status"] == "Accepted"
    session = Session.objects.get()
    assert session.vehicle is not None
    assert session.ended_at is not None


@pytest.mark.parametrize("value", ["5e2", "500,0", " 500", "500.000000001"])
def test_quirk_22_a_number_is_read_however_it_is_written(ear: Ear, value: str) -> None:
    ear.hear("MeterValues", meter_values(one_value({"value": value})))

    assert kept_energy() == 500


@pytest.mark.parametrize("value", ["", " ", "n/a"])
def test_quirk_22_an_empty_value_is_missing_and_not_zero(ear: Ear, value: str) -> None:
    ear.hear("MeterValues", meter_values(one_value({"value": value})))

    assert not MeterReading.objects.exclude(energy_wh=None).exists()


def test_quirk_22_a_register_of_a_start_may_be_written_as_text(ear: Ear) -> None:
    ear.hear("StartTransaction", {"connectorId": 1, "idTag": "VAN12", "meterStart": "1500.0", "timestamp": AT})

    assert Session.objects.get().meter_start_wh == 1_500


def test_quirk_23_a_value_without_measurand_and_unit_is_the_energy_register(ear: Ear) -> None:
    ear.hear("MeterValues", meter_values(one_value({"value": "1500"})))

    assert kept_energy() == 1_500


@pytest.mark.parametrize(
    ("sample", "field", "expected"),
    [
        ({"value": "1.5", "unit": "kWh"}, "energy_wh", 1_500),
        ({"value": "7.2", "unit": "kW", "measurand": "Power.Active.Import"}, "power_w", 7_200),
        ({"value": "0.0072", "unit": "MW", "measurand": "Power.Active.Import"}, "power_w", 7_200),
    ],
)
def test_quirk_24_values_are_kept_in_base_units(ear: Ear, sample: Payload, field: str, expected: int) -> None:
    ear.hear("MeterValues", meter_values(one_value(sample)))

    assert getattr(MeterReading.objects.get(), field) == expected


def test_quirk_24_thousandths_of_an_ampere_are_amperes(ear: Ear) -> None:
    ear.hear("MeterValues", meter_values(one_value({"value": "16000", "unit": "mA", "measurand": "Current.Import"})))

    ((measurand, value, *_),) = orjson.loads(MeterReading.objects.get().samples)
    assert (measurand, value) == ("Current.Import", 16)


@pytest.mark.parametrize("text", ['[2, "36:352" , "Heartbeat" , { } ]', '\n[2,\t"1234567890","Heartbeat",{}]'])
async def test_quirk_25_ids_are_any_words_and_white_space_is_free(text: str) -> None:
    link = Link()

    await link.engine.receive(text)
    await link.engine.drained()

    assert link.sent == [[3, orjson.loads(text)[1], {"currentTime": AT}]]


def test_quirk_26_the_number_of_a_transaction_fits_a_signed_word_and_is_never_zero(ear: Ear) -> None:
    start = {"connectorId": 1, "idTag": "VAN12", "meterStart": 0, "timestamp": AT}

    assert 0 < ear.hear("StartTransaction", start)["transactionId"] < 2**31


def test_quirk_27_a_1_6_charger_may_speak_of_its_security(ear: Ear) -> None:
    ear.hear("SecurityEventNotification", {"type": "SettingSystemTime", "timestamp": "2026-03-05T15:00:00Z"})

    event = SecurityEvent.objects.get()
    assert (event.type, event.heard_at - event.at) == ("SettingSystemTime", THURSDAY - event.at)


@pytest.mark.parametrize(("vendor", "status"), [("SUNGROW", "Accepted"), ("com.acme", "UnknownVendorId")])
def test_quirk_28_vendors_words_are_answered_by_whether_the_vendor_is_known(ear: Ear, vendor: str, status: str) -> None:
    assert ear.hear("DataTransfer", {"vendorId": vendor, "data": "{}"}) == {"status": status}


# What independent programs do on the wire


@pytest.mark.parametrize("nothing", ["", None])
def test_members_that_are_empty_are_as_good_as_absent(ear: Ear, nothing: str | None) -> None:
    answer = ear.hear("BootNotification", {**BOOT, "iccid": nothing, "imsi": nothing, "meterType": nothing})
    ear.hear("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Faulted", "info": nothing})

    assert answer["status"] == "Accepted"
    assert Connector.objects.get().status == ConnectorStatus.FAULTED


def test_a_status_of_connector_zero_is_of_the_charger_and_of_no_evse(ear: Ear, charger: Charger) -> None:
    fault = {"connectorId": 0, "errorCode": "GroundFailure", "status": "Faulted", "info": "relay 2"}
    ear.hear("StatusNotification", {"connectorId": 0, "errorCode": "NoError", "status": "Available"})

    for minutes in (0, 5):
        ear.hear("StatusNotification", fault, at=THURSDAY + timedelta(minutes=minutes))

    assert Connector.objects.get().status == ConnectorStatus.AVAILABLE
    notice = Notice.objects.get(kind="charger.faulted")
    assert notice.text == f"{charger} is faulted: GroundFailure, relay 2"


def test_a_request_id_of_64_bits_keeps_every_digit(ear: Ear, charger: Charger) -> None:
    ear.hear("LogStatusNotification", {"status": "Uploading", "requestId": 2**62 + 1})

    assert charger.jobs.get().request_id == 2**62 + 1


async def test_a_message_id_used_again_is_another_call() -> None:
    link = Link()

    for _ in range(2):
        await link.engine.receive('[2,"1","Heartbeat",{}]')
    await link.engine.drained()

    assert len(link.sent) == 2


async def test_an_error_description_of_any_length_is_read() -> None:
    answer = await Link().exchange("ClearCache", {}, 4, "InternalError", "x" * 700, {})

    assert answer.error_code == "InternalError"


async def test_calls_that_do_not_wait_for_the_answer_to_the_boot_are_answered_in_order() -> None:
    link = Link()
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    calls = [
        ("BootNotification", BOOT),
        ("StatusNotification", status),
        ("Heartbeat", {}),
        ("StatusNotification", status),
    ]

    for number, (action, payload) in enumerate(calls):
        await link.engine.receive(orjson.dumps([2, f"m{number}", action, payload]).decode())
    await link.engine.drained()

    assert [call.action for call in link.heeded] == [action for action, _ in calls]
    assert [frame[1] for frame in link.sent] == ["m0", "m1", "m2", "m3"]


@pytest.mark.parametrize(("told", "read"), [(60.0, 60), (60.5, 60)])
def test_a_start_of_a_period_with_a_fraction_costs_no_message(told: float, read: int) -> None:
    periods = [{"startPeriod": told, "limit": 16}]
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    said = {"timeBase": AT, "evseId": 1, "chargingSchedule": schedule}

    repaired, _, broken = repairs.repair("ocpp2.0.1", "NotifyEVChargingSchedule", said)

    assert broken is None
    assert repaired["chargingSchedule"]["chargingSchedulePeriod"][0]["startPeriod"] == read


def test_a_second_boot_on_the_same_socket_is_accepted_like_the_first(ear: Ear, charger: Charger) -> None:
    assert ear.hear("BootNotification", BOOT)["status"] == "Accepted"
    assert ear.hear("BootNotification", BOOT)["status"] == "Accepted"


def test_whatever_a_boot_says_of_it_a_charger_is_the_same_by_its_identity(ear: Ear, charger: Charger) -> None:
    ear.hear("BootNotification", {**BOOT, "chargePointSerialNumber": "S-1"})

    ear.hear("BootNotification", {"chargePointVendor": "Other", "chargePointModel": "Two", "firmwareVersion": "2"})

    same = Charger.objects.get()
    assert (same.pk, same.identity, same.vendor, same.model) == (charger.pk, "CP-A01", "Other", "Two")
