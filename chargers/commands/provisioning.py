"""Settings, availability, resets: what we ask about the charger itself."""

from dataclasses import dataclass
from typing import ClassVar

from chargers.commands.base import Command
from chargers.events.provisioning import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetCharger(Command):
    kind: ClassVar[str] = "reset"
    effect_within_s: ClassVar[int | None] = 300
    immediately: bool = False  # 1.6 Hard, 2.x Immediate; else 1.6 Soft, 2.x OnIdle
    evse: int | None = None  # 2.x only


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockConnector(Command):
    kind: ClassVar[str] = "unlock"
    evse: int
    connector: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerMessage(Command):
    """`message` in the words of OCPP 2.x: BootNotification, Heartbeat, StatusNotification, MeterValues, ..."""

    kind: ClassVar[str] = "trigger"
    message: str
    evse: int | None = None
    connector: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAvailability(Command):
    kind: ClassVar[str] = "availability"
    effect_within_s: ClassVar[int | None] = 60
    operative: bool
    evse: int = 0  # 0: the whole charger
    connector: int | None = None  # 2.x only


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings(Command):
    """Some settings by name. 1.6: none named asks for all, which disconnects some chargers (quirk 49)."""

    kind: ClassVar[str] = "read_settings"
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSettings(Command):
    """1.6 takes one at a time; 2.x a list."""

    kind: ClassVar[str] = "change_settings"
    values: tuple[tuple[Setting, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings(Command):
    """2.x GetBaseReport; in 1.6 it is GetConfiguration of everything."""

    kind: ClassVar[str] = "report_settings"
    request_id: int
    report: str = "FullInventory"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearCache(Command):
    kind: ClassVar[str] = "clear_cache"
