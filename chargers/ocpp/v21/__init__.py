"""OCPP 2.1: wire words <-> our events and commands; what it shares with its sister stands in v2x."""

from chargers.ocpp.v2x.versions import v21 as dialect
from chargers.ocpp.v21 import (  # each module registers what it knows
    certificates,
    grid,
    payment,
    remote_control,
    smart_charging,
    streams,
    swapping,
)

__all__ = [
    "certificates",
    "dialect",
    "grid",
    "payment",
    "remote_control",
    "smart_charging",
    "streams",
    "swapping",
]
