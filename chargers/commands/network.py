"""The ways by which a charger may reach us, each in a slot of its own (2.x B09)."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from chargers.commands.base import Command


class NetworkInterface(StrEnum):
    WIRED_0 = "Wired0"
    WIRED_1 = "Wired1"
    WIRED_2 = "Wired2"
    WIRED_3 = "Wired3"
    WIRELESS_0 = "Wireless0"
    WIRELESS_1 = "Wireless1"
    WIRELESS_2 = "Wireless2"
    WIRELESS_3 = "Wireless3"
    ANY = "Any"  # 2.1


@dataclass(frozen=True, slots=True, kw_only=True)
class SetNetworkProfile(Command):
    """Written into a slot; used once NetworkConfigurationPriority names the slot and the charger restarts (B10).

    A password is never among it: that is changed by `send_new_password`, which keeps our books in step.
    """

    kind: ClassVar[str] = "set_network_profile"
    slot: int
    url: str  # without the charger's identity at its end
    security_profile: int
    interface: NetworkInterface = NetworkInterface.WIRED_0
    timeout_s: int = 30
    identity: str = field(default="", metadata={"since": "2.1"})
