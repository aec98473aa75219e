"""What a charger reports when it was asked to, part by part: monitors, profiles, messages on its display, customers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chargers.commands.charging import ChargingProfile, ProfilePurpose
from chargers.events.base import Event
from chargers.events.provisioning import Setting


class ReportKind(StrEnum):
    SETTINGS = "settings"
    MONITORS = "monitors"
    PROFILES = "profiles"
    MESSAGES = "messages"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class ProfileScope:
    """Which profiles were asked for; what is None was no criterion (2.x K09.FR.03-06)."""

    evse: int | None = None  # 0: those of the charger itself
    profile_ids: tuple[int, ...] = ()
    purpose: ProfilePurpose | None = None
    stack_level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPromised(Event[None]):
    """An answer to our question for a report: it will come in parts under this number, or there is nothing to tell."""

    kind: ReportKind
    request_id: int
    is_empty: bool = False
    is_everything: bool = False  # asked without a choice: what it does not tell of is not there
    profiles: ProfileScope | None = None
    about: str = ""  # the customer that was asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPart(Event[None]):
    """Part of a report. `sequence` is None where the message has no number: then the order of arrival is the order."""

    request_id: int
    sequence: int | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class MonitorReport:
    """A monitor as the charger tells of it (2.x N02)."""

    setting: Setting
    monitor_id: int
    kind: str  # UpperThreshold, Delta, ...
    value: float
    severity: int
    in_transactions_only: bool = False
    origin: str = ""  # 2.1: HardWiredMonitor, PreconfiguredMonitor, CustomMonitor


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorsReported(ReportPart):
    monitors: tuple[MonitorReport, ...]


@dataclass(frozen=True, slots=True)
class MonitorVerdict:
    """What came of one monitor that we asked for (2.x N04)."""

    monitor: MonitorReport | None  # None: it was not taken
    setting: Setting
    status: str  # Accepted, UnknownComponent, UnsupportedMonitorType, Duplicate, ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorsAnswered(Event[None]):
    verdicts: tuple[MonitorVerdict, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorsGone(Event[None]):
    """Monitors that the charger cleared, or does not know any more (2.x N06)."""

    monitor_ids: tuple[int, ...] = ()
    all_of_ours: bool = False  # another monitoring base deletes what we set (N03.FR.04, FR.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerTold(ReportPart):
    """A piece of the text that a charger has on a customer (2.x N09); it is read when all pieces are there."""

    text: str


@dataclass(frozen=True, slots=True)
class DisplayedMessage:
    message_id: int
    priority: str
    text: str
    format: str = "UTF8"
    language: str = ""
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None
    reference: str = ""
    place: str = ""  # the component that shows it, where the charger has several displays


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesReported(ReportPart):
    messages: tuple[DisplayedMessage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTaken(Event[None]):
    """The charger accepted a message for its display (2.x O01)."""

    message: DisplayedMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageGone(Event[None]):
    """The charger cleared a message, or does not know it any more (2.x O05)."""

    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilesReported(ReportPart):
    evse: int  # 0: the charger itself
    source: str  # EMS, SO, CSO, Other; 2.1 has more
    profiles: tuple[ChargingProfile, ...]
    unreadable: int = 0  # profiles that could not be understood
