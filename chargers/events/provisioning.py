"""Who the charger is, how it is, what it has set: boot, heartbeat, status, reports, progress of jobs."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from chargers.events.base import Event, Status


class Registration(StrEnum):
    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


@dataclass(frozen=True, slots=True)
class BootDecision:
    registration: Registration
    now: datetime
    interval_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Booted(Event[BootDecision]):
    vendor: str
    model: str
    serial: str = ""
    firmware: str = ""
    iccid: str = ""
    imsi: str = ""
    meter_type: str = ""
    meter_serial: str = ""
    reason: str = ""  # 2.x only


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatSent(Event[datetime]):
    """Answered with the time now, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged(Event[None]):
    evse: int  # 0: the charger itself
    connector: int = 1
    status: Status
    raw: str
    at: datetime
    error_code: str = ""
    info: str = ""
    vendor_error_code: str = ""


@dataclass(frozen=True, slots=True)
class DataAnswer:
    status: str  # Accepted, Rejected, UnknownMessageId, UnknownVendorId
    data: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTransferred(Event[DataAnswer]):
    vendor_id: str
    message_id: str = ""
    data: Any = None


class JobKind(StrEnum):
    FIRMWARE = "firmware"
    LOG = "log"
    DIAGNOSTICS = "diagnostics"
    PUBLISHING = "publishing"  # 2.x: firmware that a local controller offers to the chargers behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgressed(Event[None]):
    """A firmware update or an upload of logs came a step further."""

    kind: JobKind
    status: str
    request_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityEventHappened(Event[None]):
    type: str
    at: datetime
    info: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkProfileTaken(Event[None]):
    """The charger keeps a way to reach its server in this slot (2.x B09)."""

    slot: int
    url: str
    security_profile: int
    interface: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """One configuration key (1.6: only `variable`) or one variable of the device model (2.x)."""

    variable: str
    component: str = ""
    component_instance: str = ""
    variable_instance: str = ""
    evse: int | None = None
    connector: int | None = None


@dataclass(frozen=True, slots=True)
class SettingReport:
    """A setting with what the charger says of it."""

    setting: Setting
    value: str | None
    attribute: str = "Actual"
    mutability: str = ""  # ReadOnly, ReadWrite, WriteOnly
    unit: str = ""
    data_type: str = ""
    min_limit: str = ""
    max_limit: str = ""
    values_list: str = ""
    persistent: bool | None = None
    constant: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsReported(Event[None]):
    """A part of a report of the device model (2.x NotifyReport)."""

    request_id: int
    sequence: int
    more: bool
    at: datetime
    reports: tuple[SettingReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing that a monitor, or the charger by itself, noticed of a variable (2.x N07, N08)."""

    setting: Setting
    event_id: int
    at: datetime
    trigger: str  # Alerting, Delta, Periodic
    value: str
    origin: str  # HardWiredNotification, HardWiredMonitor, PreconfiguredMonitor, CustomMonitor
    monitor_id: int | None = None
    severity: int | None = None  # 2.1
    is_cleared: bool = False  # the value is back within its bounds (N07.FR.02)
    cause: int | None = None  # the event that brought it about
    tech_code: str = ""
    tech_info: str = ""
    reference: str = ""  # of the transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableAlerted(Event[None]):
    """A monitor fired (2.x NotifyEvent), other than a connector's availability, which is a status."""

    at: datetime
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveralTold(Event[None]):
    """Several things in one message (2.x NotifyEvent), in their order; each counts as if it had come alone."""

    events: tuple[Event[None], ...]
