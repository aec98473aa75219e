"""The rows of what chargers report."""

from chargers.device_model.models.display import DisplayMessage
from chargers.device_model.models.monitors import MonitorAlert, VariableMonitor
from chargers.device_model.models.network import NetworkSlot
from chargers.device_model.models.power import ChargingNeeds, ExternalLimit, ReportedProfile, VehicleSchedule
from chargers.device_model.models.reports import CustomerFile, PendingPart, Report, ReportState

__all__ = [
    "ChargingNeeds",
    "CustomerFile",
    "DisplayMessage",
    "ExternalLimit",
    "MonitorAlert",
    "NetworkSlot",
    "PendingPart",
    "Report",
    "ReportState",
    "ReportedProfile",
    "VariableMonitor",
    "VehicleSchedule",
]
