"""What clocks and replays in the field do; the numbers are those of the list of field quirks."""

from datetime import UTC, datetime, timedelta

import pytest

from chargers.choices import ConnectorStatus
from chargers.models import Charger, Connector, Evse
from sessions.models import MeterReading, Session
from tests.chargers.ear import Ear, Payload
from tests.factories import THURSDAY, make_charger, make_evse

pytestmark = pytest.mark.django_db
AT = "2026-03-05T16:30:00Z"


@pytest.fixture
def charger(db: None) -> Charger:
    charger = make_charger("CP-A01", online=False)
    make_evse(charger)
    return charger


@pytest.fixture
def ear(charger: Charger) -> Ear:
    return Ear(charger)


def status(word: str, at: str | None = AT) -> Payload:
    return {"connectorId": 1, "errorCode": "NoError", "status": word} | ({} if at is None else {"timestamp": at})


def start(ear: Ear, *, at: str = AT, heard_at: datetime = THURSDAY) -> int:
    said = {"connectorId": 1, "idTag": "VAN12", "meterStart": 1_000, "timestamp": at}
    number: int = ear.hear("StartTransaction", said, at=heard_at)["transactionId"]
    return number


def values(at: str, number: int | None = None, *, watts: int = 7_000, wh: int = 1_500) -> Payload:
    samples = [{"value": str(wh)}, {"value": str(watts), "measurand": "Power.Active.Import", "unit": "W"}]
    said: Payload = {"connectorId": 1, "meterValue": [{"timestamp": at, "sampledValue": samples}]}
    return said if number is None else said | {"transactionId": number}


@pytest.mark.parametrize(
    "told", [None, "2026-03-05T16:30:00", "2026-03-05T16:30:00.000Z", "2026-03-05T17:30:00+01:00", "null"]
)
def test_quirk_29_a_time_is_read_in_any_spelling_and_is_that_of_receipt_where_there_is_none(
    ear: Ear, told: str | None
) -> None:
    ear.hear("StatusNotification", status("Charging", told))

    connector = Connector.objects.get()
    assert (connector.status, connector.status_at, connector.heard_at) == (
        ConnectorStatus.CHARGING,
        THURSDAY,
        THURSDAY,
    )


def test_quirk_30_readings_of_1970_are_put_at_their_receipt(ear: Ear) -> None:
    number = start(ear)

    ear.hear("MeterValues", values("1970-01-01T00:00:12Z", number), at=THURSDAY + timedelta(minutes=5))

    assert MeterReading.objects.get().at == THURSDAY + timedelta(minutes=5)
    assert Session.objects.get().energy_wh == 500


def test_quirk_31_a_status_with_an_hours_old_time_is_the_present_one_if_it_is_heard_last(ear: Ear) -> None:
    ear.hear("StatusNotification", status("Available"))

    ear.hear("StatusNotification", status("Charging", "2026-03-05T11:30:00Z"), at=THURSDAY + timedelta(minutes=1))

    connector = Connector.objects.get()
    assert connector.status == ConnectorStatus.CHARGING
    assert connector.status_at == datetime(2026, 3, 5, 11, 30, tzinfo=UTC)


def test_quirk_32_a_backlog_goes_into_history_and_not_into_live_power(ear: Ear) -> None:
    number = start(ear, at="2026-03-03T08:00:00Z")

    ear.hear("MeterValues", values("2026-03-03T09:00:00Z", number))

    assert MeterReading.objects.get().at == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert Session.objects.get().energy_wh == 500
    assert Evse.objects.get().power_w is None


def test_quirk_33_readings_after_the_stop_belong_to_what_they_name(ear: Ear) -> None:
    number = start(ear)
    later = THURSDAY + timedelta(hours=1)
    ear.hear(
        "StopTransaction",
        {"transactionId": number, "meterStop": 8_000, "timestamp": "2026-03-05T17:30:00Z"},
        at=later,
    )

    ear.hear("MeterValues", values("2026-03-05T17:29:50Z", number, wh=7_990), at=later + timedelta(seconds=2))

    session = Session.objects.get()
    assert session.ended_at == later
    assert session.energy_wh == 7_000
    assert MeterReading.objects.filter(session=session, energy_wh=7_990).exists()


def test_quirk_34_the_time_is_told_in_utc_with_its_letter(ear: Ear) -> None:
    boot = ear.hear("BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"})
    heartbeat = ear.hear("Heartbeat", {})

    assert boot["currentTime"] == heartbeat["currentTime"] == "2026-03-05T16:30:00.000Z"


def test_quirk_34_a_clock_that_is_wrong_is_measured(ear: Ear, charger: Charger) -> None:
    start(ear, at="2026-03-05T16:28:30Z")

    charger.refresh_from_db()
    assert charger.clock_offset_s == -90
