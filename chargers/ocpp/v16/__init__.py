"""OCPP 1.6J edition 2 with its errata and security extension: wire words <-> our events and commands."""

from chargers.ocpp.v16 import (  # each module registers what it knows
    certificates,
    charging,
    configuration,
    data_transfer,
    jobs,
    local_list,
    provisioning,
    remote_control,
    reservations,
    smart_charging,
    uploads,
)
from chargers.ocpp.v16.words import dialect

__all__ = [
    "certificates",
    "charging",
    "configuration",
    "data_transfer",
    "dialect",
    "jobs",
    "local_list",
    "provisioning",
    "remote_control",
    "reservations",
    "smart_charging",
    "uploads",
]
