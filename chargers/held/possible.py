"""What a charger may hold, where answers get lost: every set of profiles that fits what is known. Pure.

A set that was asked for counts from the moment it is asked: it stays possible beside what was there before, until the
charger answers. An acceptance leaves the new one, a refusal the old one, silence both.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from chargers.commands import (
    ChargingProfile,
    ClearProfiles,
    Command,
    InstallProfile,
    ProfileKind,
    StartCharging,
    UpdateDynamicSchedule,
)
from chargers.commands.base import from_row, to_row
from chargers.profiles import InstalledProfiles, end_transaction, follow, install, reconnect, survive_reboot

# So many sets can only come from calls that nobody could answer for: then nothing is known any more.
MOST_STATES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A profile came with a remote start: held from the transaction's begin, if there comes to be one."""

    evses: tuple[int, ...]
    profile: ChargingProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A raw call changed profiles in words that we cannot read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    evse: int
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebooted:
    has_proven: bool  # that it keeps its profiles through a power cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The link is back."""

    offline_s: float
    forgets: bool  # seen to lose its profiles with the link


Asked = InstallProfile | ClearProfiles | UpdateDynamicSchedule | Brought | Unreadable
Change = Asked | Ended | Rebooted | Returned
CHANGES: dict[str, type[Any]] = {
    each.__name__: each
    for each in (
        InstallProfile, ClearProfiles, UpdateDynamicSchedule, Brought, Unreadable, Ended, Rebooted, Returned,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A change in the order in which it came; with a command's number: one that is not answered yet."""

    change: Change
    at: datetime
    command_id: int | None = None
    stays_open: bool = False  # nobody will ever say whether it was done


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    states: tuple[InstalledProfiles, ...]  # before the log
    log: tuple[Entry, ...] = field(default=())
    is_lost: bool = False  # something changed that we cannot follow

    @property
    def is_known(self) -> bool:
        return not self.is_lost and not any(isinstance(entry.change, Unreadable) for entry in self.log)

    @property
    def is_open(self) -> bool:
        """Is anything asked that is not answered?"""
        return any(entry.command_id is not None and not entry.stays_open for entry in self.log)


def nothing_held(protocol: str) -> Possible:
    return Possible(states=(InstalledProfiles(protocol=protocol),))


def change_asked_by(command: Command, evses: Iterable[int]) -> Asked | None:
    """What a command changes of the profiles; None: nothing."""
    if isinstance(command, InstallProfile | ClearProfiles | UpdateDynamicSchedule):
        return command
    if isinstance(command, StartCharging) and command.profile is not None:
        return Brought(evses=tuple(evses) if command.evse is None else (command.evse,), profile=command.profile)
    return None


def candidates(possible: Possible) -> tuple[InstalledProfiles, ...]:
    """Every set that it may hold now."""
    states = possible.states
    for entry in possible.log:
        states = _branch(states, entry) if entry.command_id is not None else _apply(states, entry)
    return states


def ask(possible: Possible, change: Asked, *, command_id: int, at: datetime) -> Possible:
    return replace(possible, log=(*possible.log, Entry(change=change, at=at, command_id=command_id)))


def accept(possible: Possible, command_id: int, *, at: datetime | None = None) -> Possible:
    """The charger says that it did so; `at`: when it said so, where that is known.

    What is dynamic lasts so long after it was told (2.1 Q04): at the latest it was told then.
    """

    def settle(entry: Entry) -> Entry:
        # A start that was accepted need not bring a transaction: whether its profile came with one stays open.
        if isinstance(entry.change, Brought):
            return replace(entry, stays_open=True)
        told_at = entry.at if at is None or not _is_dynamic(entry.change) else at
        return replace(entry, command_id=None, at=told_at)

    return _fold(_with_entry(possible, command_id, settle))


def _is_dynamic(change: Change) -> bool:
    if isinstance(change, InstallProfile):
        return change.profile.kind is ProfileKind.DYNAMIC
    return isinstance(change, UpdateDynamicSchedule)


def drop(possible: Possible, command_id: int) -> Possible:
    """It was refused, or never reached a socket: what was held is held."""
    return _fold(_with_entry(possible, command_id, lambda entry: None))


def leave_open(possible: Possible, command_id: int) -> Possible:
    """No answer came: both stay possible. Chargers answer in order, so that a later answer says nothing of this one."""
    return _fold(_with_entry(possible, command_id, lambda entry: replace(entry, stays_open=True)))


def happen(possible: Possible, fact: Ended | Rebooted | Returned, *, at: datetime) -> Possible:
    return _fold(replace(possible, log=(*possible.log, Entry(change=fact, at=at))))


def narrow(possible: Possible, left: Iterable[InstalledProfiles]) -> Possible:
    """It was seen to hold one of these; while something is asked and not answered, that says nothing."""
    states = tuple(state for state in candidates(possible) if state in set(left))
    return possible if possible.is_open or not states else replace(possible, states=states, log=())


def _with_entry(possible: Possible, command_id: int, settle: Callable[[Entry], Entry | None]) -> Possible:
    log = (settle(entry) if entry.command_id == command_id else entry for entry in possible.log)
    return replace(possible, log=tuple(entry for entry in log if entry is not None))


def _fold(possible: Possible) -> Possible:
    """What stands at the head of the log and waits for no answer needs no log any more."""
    states, log, is_lost = possible.states, list(possible.log), possible.is_lost
    while log and (log[0].command_id is None or log[0].stays_open):
        entry = log.pop(0)
        if isinstance(entry.change, Unreadable):
            is_lost = True
        elif entry.change == ClearProfiles() and entry.command_id is None:
            is_lost = False  # everything is gone, whatever it was
        states = _branch(states, entry) if entry.stays_open else _apply(states, entry)
    if len(states) > MOST_STATES:
        states, is_lost = states[:1], True
    return Possible(states=states, log=tuple(log), is_lost=is_lost)


def _branch(states: tuple[InstalledProfiles, ...], entry: Entry) -> tuple[InstalledProfiles, ...]:
    return _distinct((*states, *_apply(states, entry)))


def _apply(states: tuple[InstalledProfiles, ...], entry: Entry) -> tuple[InstalledProfiles, ...]:
    return _distinct(after for state in states for after in _after(state, entry))


def _after(state: InstalledProfiles, entry: Entry) -> Iterable[InstalledProfiles]:
    change = entry.change
    match change:
        case InstallProfile() | ClearProfiles() | UpdateDynamicSchedule():
            yield follow(state, change, now=entry.at)
        case Brought():
            for evse in change.evses:
                yield install(state, evse, change.profile, now=entry.at)
        case Ended():
            yield end_transaction(state, change.evse, change.reference)
        case Rebooted():
            yield state
            yield survive_reboot(state)
            if not change.has_proven:
                yield InstalledProfiles(protocol=state.protocol)
        case Returned():
            yield reconnect(state, change.offline_s)
            if change.forgets:
                yield InstalledProfiles(protocol=state.protocol)
        case Unreadable():
            yield state


def _distinct(states: Iterable[InstalledProfiles]) -> tuple[InstalledProfiles, ...]:
    return tuple(dict.fromkeys(states))


def keep_in_row(possible: Possible) -> dict[str, Any]:
    """As JSON-able values; `read_from_row` is the way back."""
    return {
        "states": [to_row(state) for state in possible.states],
        "log": [
            {
                "change": type(entry.change).__name__,
                "told": to_row(entry.change),
                "at": entry.at.isoformat(),
                "command_id": entry.command_id,
                "stays_open": entry.stays_open,
            }
            for entry in possible.log
        ],
        "is_lost": possible.is_lost,
    }


def read_from_row(row: dict[str, Any]) -> Possible:
    """The same value for the same row: what was reckoned of it before is known again by that."""
    return _read(orjson.dumps(row))


@lru_cache(maxsize=4096)
def _read(text: bytes) -> Possible:
    row = orjson.loads(text)
    return Possible(
        states=tuple(from_row(InstalledProfiles, state) for state in row["states"]),
        log=tuple(
            Entry(
                change=from_row(CHANGES[entry["change"]], entry["told"]),
                at=datetime.fromisoformat(entry["at"]),
                command_id=entry["command_id"],
                stays_open=entry["stays_open"],
            )
            for entry in row["log"]
        ),
        is_lost=row["is_lost"],
    )
