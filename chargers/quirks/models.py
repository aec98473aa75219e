"""What an entry of the table says of a model of charger. What it leaves out is not known."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chargers.commands import ProfileKind, ProfilePurpose, RateUnit


class Access(StrEnum):
    """May it be made to call us?"""

    OPEN = "open"
    LOCKED = "locked"  # OCPP inside, its address closed by the maker
    NONE = "none"  # no OCPP at all
    OPEN_THROUGH_CLOUD = "open_through_cloud"  # the maker's server calls for it
    UNKNOWN = "unknown"


class Evidence(StrEnum):
    WIRE = "W"  # seen in a public log
    VENDOR = "V"  # the maker's own document
    TEMPLATE = "T"  # template or code of another system
    USER = "U"  # a user's report
    INFERRED = "I"  # from a sibling, or from what others send it
    NOTHING = "-"


class Current(StrEnum):
    AC = "AC"
    DC = "DC"


class Pause(StrEnum):
    """How charging is held without ending the transaction's chance to go on."""

    LIMIT_ZERO = "limit_zero"
    LIMIT = "limit"  # by a limit; whether of 0 or of the minimum is not known
    REMOTE_STOP = "remote_stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The boot strings of a model, as published: its vendor's exactly, its own exactly or as they begin."""

    vendor: str
    models: tuple[str, ...] = ()
    model_begins: str = ""
    firmware_begins: str = ""

    def fits(self, vendor: str, model: str, firmware: str) -> bool:
        if vendor != self.vendor or not firmware.startswith(self.firmware_begins):
            return False
        return model in self.models or (bool(self.model_begins) and model.startswith(self.model_begins))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    evidence: Evidence
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    vendor: str
    name: str
    access: Access
    current: Current
    evidence: Evidence
    seen: date
    sources: tuple[str, ...]
    deviations: tuple[Deviation, ...]
    match: Match | None = None
    ocpp: tuple[str, ...] = ()
    connectors: int | None = None
    max_kw: float | None = None
    phases: tuple[int, ...] = ()

    smart_charging: bool | None = None
    rate_units: tuple[RateUnit, ...] = ()  # the better one first
    stack_level: int | None = None  # that works, whatever it lists
    max_periods: int | None = None
    max_profiles: int | None = None
    periods_used: int | None = None  # what others keep to with it
    number_phases: bool | None = None
    purpose: ProfilePurpose | None = None
    kind: ProfileKind | None = None
    min_current_a: float | None = None
    pause: Pause | None = None
    restarts_without_replug: bool | None = None
    needs_remote_start: bool | None = None
    profile_survives_reconnect: bool | None = None
    raises_after_clearing_only: bool | None = None
    throttles_profiles: bool | None = None

    safe_measurands: tuple[str, ...] = ()
    settings_read_only: tuple[str, ...] = ()
    deny_on_connect: tuple[str, ...] = ()  # actions of OCPP, and what is more than one action
