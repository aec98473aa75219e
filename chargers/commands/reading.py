"""What a charger holds and does just now: schedules, profiles, a transaction, a part of its device model."""

from dataclasses import dataclass
from typing import ClassVar

from chargers.commands.base import Command
from chargers.commands.charging import ProfilePurpose, RateUnit
from chargers.events.provisioning import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCompositeSchedule(Command):
    """What it means to do from all its profiles together (1.6 §5.7, 2.x K08)."""

    kind: ClassVar[str] = "read_composite_schedule"
    evse: int  # 0: the whole charger
    duration_s: int
    unit: RateUnit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadProfiles(Command):
    """The profiles that match; they come as reports of this number (2.x K09)."""

    kind: ClassVar[str] = "read_profiles"
    request_id: int
    evse: int | None = None
    profile_ids: tuple[int, ...] = ()
    purpose: ProfilePurpose | None = None
    stack_level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTransaction(Command):
    """Does it go on, and is anything of it still to be told (2.x E14)? None: of any transaction."""

    kind: ClassVar[str] = "read_transaction"
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSomeSettings(Command):
    """A report of some components and variables, or of those in some state (2.x B08). "" as variable: all of them."""

    kind: ClassVar[str] = "report_some_settings"
    request_id: int
    settings: tuple[Setting, ...] = ()
    criteria: tuple[str, ...] = ()  # Active, Available, Enabled, Problem
