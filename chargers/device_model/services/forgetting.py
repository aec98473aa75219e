"""How long reports are kept."""

from datetime import datetime, timedelta

from django.db.models import Model, QuerySet

from chargers.device_model.models import (
    ChargingNeeds,
    CustomerFile,
    ExternalLimit,
    MonitorAlert,
    Report,
    VehicleSchedule,
)

KEPT = timedelta(days=90)
# What is known of a person is kept no longer than somebody needs to read it.
PERSONAL_KEPT = timedelta(days=30)


def old_reports(now: datetime) -> "list[QuerySet[Model]]":
    """What is past its time; what a charger has now, such as its monitors, is kept while it has it."""
    before = now - KEPT
    return [
        CustomerFile.objects.filter(told_at__lt=now - PERSONAL_KEPT),
        Report.objects.filter(kind="customer", changed_at__lt=now - PERSONAL_KEPT),
        Report.objects.filter(changed_at__lt=before),
        MonitorAlert.objects.filter(heard_at__lt=before),
        ExternalLimit.objects.filter(lifted_at__lt=before),
        ChargingNeeds.objects.filter(heard_at__lt=before),
        VehicleSchedule.objects.filter(heard_at__lt=before),
    ]
