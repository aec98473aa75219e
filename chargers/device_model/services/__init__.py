"""What chargers report, kept: each verb is told what was said and when."""

from chargers.device_model.services.assembling import Assembled, promise_report, take_part
from chargers.device_model.services.display import (
    forget_message,
    forget_unreported_messages,
    keep_message,
    promise_customer,
    take_customer,
    take_messages,
)
from chargers.device_model.services.forgetting import old_reports
from chargers.device_model.services.monitors import (
    forget_monitors,
    forget_unreported_monitors,
    keep_alerts,
    keep_verdicts,
    take_monitors,
)
from chargers.device_model.services.network import keep_network_profile
from chargers.device_model.services.power import (
    forget_unreported_profiles,
    impose_limit,
    keep_needs,
    keep_vehicle_schedule,
    lift_limit,
    take_profiles,
)

__all__ = [
    "Assembled",
    "forget_message",
    "forget_monitors",
    "forget_unreported_messages",
    "forget_unreported_monitors",
    "forget_unreported_profiles",
    "impose_limit",
    "keep_alerts",
    "keep_message",
    "keep_needs",
    "keep_network_profile",
    "keep_vehicle_schedule",
    "keep_verdicts",
    "lift_limit",
    "old_reports",
    "promise_customer",
    "promise_report",
    "take_customer",
    "take_messages",
    "take_monitors",
    "take_part",
    "take_profiles",
]
