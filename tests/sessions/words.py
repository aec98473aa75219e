"""What a charger says, with the usual in it: only what a test is about is named there."""

from datetime import datetime, timedelta
from typing import Any

from chargers.events import (
    ChargingEnded,
    ChargingStarted,
    ChargingUpdated,
    MetersRead,
    Reading,
    Status,
    StatusChanged,
    Token,
)
from sessions.services import HeardReadings
from tests.sessions.yard import NOON

CARD = Token("04AB12CD")


def after(minutes: float = 0, **more: float) -> datetime:
    """A moment counted from noon."""
    return NOON + timedelta(minutes=minutes, **more)


def started(**said: Any) -> ChargingStarted:
    return ChargingStarted(**{"evse": 1, "connector": 1, "token": CARD, "meter_wh": 1_000, "at": NOON, **said})


def updated(reference: str = "tx-1", **said: Any) -> ChargingUpdated:
    return ChargingUpdated(**{"reference": reference, "at": after(5), "sequence": 1, "digest": "u", **said})


def ended(reference: object, **said: Any) -> ChargingEnded:
    usual = {"at": after(60), "meter_wh": 8_000, "reason": "EVDisconnected"}
    return ChargingEnded(**{"reference": str(reference), **usual, **said})


def read(minutes: float, wh: int | None = None, power_w: int | None = None, **more: Any) -> Reading:
    return Reading(after(minutes), energy_wh=wh, power_w=power_w, **more)


def meters(*readings: Reading, reference: object = "", evse: int | None = 1, **said: Any) -> MetersRead:
    return MetersRead(evse=evse, reference=str(reference), readings=readings, **said)


def heard(charger: Any, event: MetersRead, heard_at: datetime | None = None) -> HeardReadings:
    return HeardReadings(charger.pk, event, heard_at or max(reading.at for reading in event.readings))


def status(status: Status, minutes: float, evse: int = 1, connector: int = 1) -> StatusChanged:
    return StatusChanged(evse=evse, connector=connector, status=status, raw=status.value.title(), at=after(minutes))
