"""The profiles that a charger holds, and what is left of them after each thing that happens to them. Pure.

Versions differ in what replaces what and in what a power cut leaves; the value knows the version that it keeps to.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chargers.commands import (
    ChargingProfile,
    ClearProfiles,
    Command,
    InstallProfile,
    ProfileKind,
    ProfilePurpose,
    Rates,
    UpdateDynamicSchedule,
)
from chargers.commands.base import from_row, to_row

OCPP_16, OCPP_201, OCPP_21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"

# A charger with 2.1 need not write the others to its flash; ChargingProfilePersistence says where it does (K01.FR.27).
KEPT_IN_21 = frozenset({ProfilePurpose.STATION_MAX, ProfilePurpose.TX_DEFAULT, ProfilePurpose.PRIORITY})
# Set by an energy manager on site: no message of ours takes these away (K10.FR.04, K10.FR.09).
NOT_OURS_TO_CLEAR = {
    OCPP_16: frozenset[ProfilePurpose](),
    OCPP_201: frozenset({ProfilePurpose.EXTERNAL_CONSTRAINTS}),
    OCPP_21: frozenset({ProfilePurpose.EXTERNAL_CONSTRAINTS, ProfilePurpose.LOCAL_GENERATION}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldProfile:
    evse: int  # 0: the whole charger
    profile: ChargingProfile
    installed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledProfiles:
    """In the order in which they came."""

    protocol: str
    held: tuple[HeldProfile, ...] = ()


def keep_in_row(installed: InstalledProfiles) -> dict[str, Any]:
    """As JSON-able values; `read_from_row` is the way back."""
    return to_row(installed)


def read_from_row(row: dict[str, Any]) -> InstalledProfiles:
    read: InstalledProfiles = from_row(InstalledProfiles, row)
    return read


def follow(installed: InstalledProfiles, command: Command, *, now: datetime) -> InstalledProfiles:
    """What a charger holds once it has accepted a command; raw ones are recognised by their dialect before.

    The profile that comes with a start is held from the moment its transaction begins: `begin_transaction`.
    """
    if isinstance(command, InstallProfile):
        return install(installed, command.evse, command.profile, now=now)
    if isinstance(command, ClearProfiles):
        return clear(installed, command)
    if isinstance(command, UpdateDynamicSchedule):
        return update_schedule(installed, command.profile_id, command.rates, now=now)
    return installed


def install(
    installed: InstalledProfiles, evse: int, profile: ChargingProfile, *, now: datetime | None
) -> InstalledProfiles:
    """Add a profile and drop those that it replaces."""
    is_16 = installed.protocol == OCPP_16

    def is_replaced(old: HeldProfile) -> bool:
        if old.profile.purpose is ProfilePurpose.EXTERNAL_CONSTRAINTS:
            return False  # not by us (K01.FR.05)
        if old.profile.profile_id == profile.profile_id:
            return True  # 1.6 §5.16.4, 2.x K01.FR.05
        # 1.6 §3.13.2. In 2.x a second one on the same level must not be sent (K01.FR.06); if it was, both are there.
        return is_16 and (old.evse, old.profile.purpose, old.profile.stack_level) == (
            evse,
            profile.purpose,
            profile.stack_level,
        )

    if profile.kind is ProfileKind.DYNAMIC and profile.updated_at is None:
        profile = replace(profile, updated_at=now)  # K28.FR.05
    newcomer = HeldProfile(evse=evse, profile=profile, installed_at=now)
    return replace(installed, held=(*_without(installed.held, is_replaced), newcomer))


def clear(installed: InstalledProfiles, command: ClearProfiles) -> InstalledProfiles:
    """Drop what matches all that the command tells (1.6 errata 3.25, 2.x K10); nothing told is everything."""
    safe = NOT_OURS_TO_CLEAR[installed.protocol]
    by_id_alone = command.profile_id is not None and installed.protocol != OCPP_16

    def is_cleared(old: HeldProfile) -> bool:
        profile = old.profile
        if profile.purpose in safe:
            return False
        if command.profile_id not in (None, profile.profile_id):
            return False
        if by_id_alone:
            return True
        return (
            command.evse in (None, old.evse)
            and command.purpose in (None, profile.purpose)
            and command.stack_level in (None, profile.stack_level)
        )

    return replace(installed, held=_without(installed.held, is_cleared))


def begin_transaction(
    installed: InstalledProfiles, evse: int, reference: str, *, now: datetime, profile: ChargingProfile | None = None
) -> InstalledProfiles:
    """A transaction runs; `profile` came with its remote start and is its own from now on (1.6 errata 3.42)."""
    if profile is None:
        return installed
    return install(installed, evse, replace(profile, reference=reference), now=now)


def end_transaction(installed: InstalledProfiles, evse: int, reference: str) -> InstalledProfiles:
    """A transaction's own profiles end with it (1.6 §3.13.1, 2.x TxProfile)."""

    def ends_with_it(old: HeldProfile) -> bool:
        named = old.profile.reference
        return old.profile.purpose is ProfilePurpose.TX and (named == reference or (named is None and old.evse == evse))

    return replace(installed, held=_without(installed.held, ends_with_it))


def survive_reboot(installed: InstalledProfiles, *, also_kept: Iterable[ProfilePurpose] = ()) -> InstalledProfiles:
    """What is certain to be left after a power cut; the rest may be left too (1.6 errata 3.37, 2.x K01.FR.27).

    `also_kept`: the purposes that a charger with 2.1 says it keeps.
    """
    if installed.protocol == OCPP_21:
        kept = KEPT_IN_21 | set(also_kept)
    else:
        # An energy manager's limit was set by no message of ours: nothing is said of its keeping.
        kept = frozenset(ProfilePurpose) - {ProfilePurpose.EXTERNAL_CONSTRAINTS} | set(also_kept)
    return replace(installed, held=_without(installed.held, lambda old: old.profile.purpose not in kept))


def hold_offline(installed: InstalledProfiles, offline_s: float) -> InstalledProfiles:
    """Those that hold after so long without a link (2.1 K01.FR.101); with the link most of the others come back."""
    return replace(installed, held=_without(installed.held, lambda old: _is_offline_too_long(old.profile, offline_s)))


def reconnect(installed: InstalledProfiles, offline_s: float) -> InstalledProfiles:
    """The link is back: those that do not outlive such a gap are gone for good (2.1 K01.FR.102)."""

    def is_dead(old: HeldProfile) -> bool:
        return old.profile.dies_offline and _is_offline_too_long(old.profile, offline_s)

    return replace(installed, held=_without(installed.held, is_dead))


def update_schedule(installed: InstalledProfiles, profile_id: int, rates: Rates, *, now: datetime) -> InstalledProfiles:
    """New values in the one period of a dynamic profile (2.1 K28.FR.06, K28.FR.09); what is not told stays."""

    def update(old: HeldProfile) -> HeldProfile:
        profile = old.profile
        if profile.profile_id != profile_id or profile.kind is not ProfileKind.DYNAMIC:
            return old
        schedule = profile.schedules[0]
        told = {name: rate for name in Rates.__dataclass_fields__ if (rate := getattr(rates, name)) is not None}
        changed = replace(schedule, periods=(replace(schedule.periods[0], **told),))
        return replace(old, profile=replace(profile, schedules=(changed,), updated_at=now))

    return replace(installed, held=tuple(update(old) for old in installed.held))


def _without(held: tuple[HeldProfile, ...], is_dropped: Callable[[HeldProfile], bool]) -> tuple[HeldProfile, ...]:
    return tuple(each for each in held if not is_dropped(each))


def _is_offline_too_long(profile: ChargingProfile, offline_s: float) -> bool:
    longest = profile.max_offline_s
    # Zero is at once, not after the first second.
    return longest is not None and (offline_s > longest or longest == 0)
