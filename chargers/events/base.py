"""What an event is, and the small values that events are made of."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

A = TypeVar("A")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Generic[A]):
    """Something a charger did; `A` is the answer it expects."""


class Status(StrEnum):
    """What a connector says of itself, in one vocabulary for all versions (1.6 §7.7, 2.x ConnectorStatusEnumType)."""

    AVAILABLE = "available"
    PREPARING = "preparing"
    CHARGING = "charging"
    SUSPENDED_EV = "suspended_ev"
    SUSPENDED_EVSE = "suspended_evse"
    FINISHING = "finishing"
    OCCUPIED = "occupied"  # 2.x says no more than that something is plugged in; the transaction tells the rest
    RESERVED = "reserved"
    UNAVAILABLE = "unavailable"
    FAULTED = "faulted"
    UNKNOWN = "unknown"


class ChargingState(StrEnum):
    """What energy does within a transaction (2.x ChargingStateEnumType; 1.6 says it by the connector's status)."""

    EV_CONNECTED = "ev_connected"
    CHARGING = "charging"
    SUSPENDED_EV = "suspended_ev"
    SUSPENDED_EVSE = "suspended_evse"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Token:
    """An id token as a charger told it; chargers differ in case and pad with control characters."""

    value: str
    type: str = ""  # "" in 1.6; in 2.x ISO14443, eMAID, Central, ... in the charger's own spelling

    @property
    def key(self) -> str:
        """What tokens are matched by: without case, and without blanks, control bytes and rubbish at the ends."""
        return token_key(self.value)


# U+FFFD stands for bytes that were no UTF-8.
_AROUND_TOKENS = " \t\r\n" + "".join(map(chr, range(32))) + "\x7f\ufffd"


def token_key(value: str) -> str:
    return value.strip(_AROUND_TOKENS).casefold()


# (measurand, value in base units, unit, phase, location, context); a plain tuple, for a thousand chargers send these.
Sample = tuple[str, float, str, str, str, str]


@dataclass(frozen=True, slots=True)
class SignedValue:
    """What the meter signed, as told: proof of a value for the calibration authority, never read as a number."""

    data: str
    encoding: str = ""
    method: str = ""
    public_key: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """The meter at one moment, in base units (Wh, W, %); what was not told is None, never 0."""

    at: datetime
    energy_wh: int | None = None  # Energy.Active.Import.Register at the outlet, sum of phases
    export_wh: int | None = None
    power_w: int | None = None
    soc_percent: float | None = None
    context: str = ""
    samples: tuple[Sample, ...] = ()
    signed: tuple[SignedValue, ...] = ()
