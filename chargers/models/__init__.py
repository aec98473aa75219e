"""A charger and what belongs to it. Chargers know no depot: which bay an EVSE serves is the roof's knowledge."""

from chargers.models.charger import Capability, Charger, Connector, Evse, SettingValue
from chargers.models.command import IssuedCommand
from chargers.models.link import Connection, Gateway, RefusedHandshake
from chargers.models.record import Job, Oddity, SecurityEvent, TracedCall, UnreadFact

__all__ = [
    "Capability",
    "Charger",
    "Connection",
    "Connector",
    "Evse",
    "Gateway",
    "IssuedCommand",
    "Job",
    "Oddity",
    "RefusedHandshake",
    "SecurityEvent",
    "SettingValue",
    "TracedCall",
    "UnreadFact",
]
