"""PURE: the calls that go to a charger of a version; the schemas hold both directions without saying which is which."""

from functools import cache

from chargers.ocpp import schemas

# What only a charger calls (1.6 §4 and its security extension; 2.x part 2). DataTransfer goes both ways.
TOLD_BY_CHARGERS = frozenset(
    {
        "Authorize", "BatterySwap", "BootNotification", "ClearedChargingLimit", "ClosePeriodicEventStream",
        "DiagnosticsStatusNotification", "FirmwareStatusNotification", "Get15118EVCertificate",
        "GetCertificateChainStatus", "GetCertificateStatus", "Heartbeat", "LogStatusNotification", "MeterValues",
        "NotifyChargingLimit", "NotifyCustomerInformation", "NotifyDERAlarm", "NotifyDERStartStop",
        "NotifyDisplayMessages", "NotifyEVChargingNeeds", "NotifyEVChargingSchedule", "NotifyEvent",
        "NotifyMonitoringReport", "NotifyPeriodicEventStream", "NotifyPriorityCharging", "NotifyReport",
        "NotifySettlement", "OpenPeriodicEventStream", "PublishFirmwareStatusNotification",
        "PullDynamicScheduleUpdate", "ReportChargingProfiles", "ReportDERControl", "ReservationStatusUpdate",
        "SecurityEventNotification", "SignCertificate", "SignedFirmwareStatusNotification", "StartTransaction",
        "StatusNotification", "StopTransaction", "TransactionEvent", "VatNumberValidation",
    }
)  # fmt: skip


@cache
def calls_to(protocol: str) -> list[str]:
    return sorted(schemas.actions(protocol) - TOLD_BY_CHARGERS)
