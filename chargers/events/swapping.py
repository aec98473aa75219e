"""Batteries that are taken out and put in (2.1 S03)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargers.events.base import Event, Token


class SwapStep(StrEnum):
    IN = "BatteryIn"
    OUT = "BatteryOut"
    NOT_TAKEN = "BatteryOutTimeout"
    UNKNOWN = "Unknown"  # in a word that the standard does not have


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    slot: int  # an EVSE of the station
    serial: str
    soc_percent: float
    health_percent: float
    made_at: datetime | None = None
    info: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySwapped(Event[None]):
    """One step of a swap; the steps of one swap share `request_id` (S03.FR.03)."""

    request_id: int
    step: SwapStep
    token: Token
    batteries: tuple[Battery, ...]
