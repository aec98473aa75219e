"""What OCPP 2.0.1 and 2.1 share, a module per functional block; v201 and v21 add where they part."""

from chargers.ocpp.v2x import (  # each module registers what it knows
    authorization,
    availability,
    certificates,
    data_transfer,
    device_model,
    diagnostics,
    firmware,
    metering,
    provisioning,
    remote_control,
    security,
    smart_charging,
    transactions,
)

__all__ = [
    "authorization",
    "availability",
    "certificates",
    "data_transfer",
    "device_model",
    "diagnostics",
    "firmware",
    "metering",
    "provisioning",
    "remote_control",
    "security",
    "smart_charging",
    "transactions",
]
