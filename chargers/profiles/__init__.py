"""Charging profiles: which ones a charger holds, and what it will do with them (1.6 §3.13, 2.x K, 2.1 Q). Pure."""

from chargers.profiles.composite import Level, Slice, compose, level_at
from chargers.profiles.faults import find_fault
from chargers.profiles.installed import (
    HeldProfile,
    InstalledProfiles,
    begin_transaction,
    clear,
    end_transaction,
    follow,
    hold_offline,
    install,
    keep_in_row,
    read_from_row,
    reconnect,
    survive_reboot,
    update_schedule,
)
from chargers.profiles.leading import Circumstances, RunningTransaction
from chargers.profiles.rates import Supply

__all__ = [
    "Circumstances",
    "HeldProfile",
    "InstalledProfiles",
    "Level",
    "RunningTransaction",
    "Slice",
    "Supply",
    "begin_transaction",
    "clear",
    "compose",
    "end_transaction",
    "find_fault",
    "follow",
    "hold_offline",
    "install",
    "keep_in_row",
    "level_at",
    "read_from_row",
    "reconnect",
    "survive_reboot",
    "update_schedule",
]
