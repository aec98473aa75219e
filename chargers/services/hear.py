"""What a charger tells of itself, kept: boot, statuses, settings, jobs, security events, and what was not read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from chargers import queries
from chargers.events import (
    Booted,
    JobProgressed,
    SecurityEventHappened,
    SettingsReported,
    StatusChanged,
)
from chargers.models import Charger, Connector, Job, SecurityEvent, SettingValue, UnreadFact
from chargers.ocpp.redact import HIDDEN, SECRET_NAMES
from chargers.prepared import update_row

# Statuses of firmware and logs that end a job; the next report opens another (1.6 §7.25, §7.24; 2.x L01, N01).
FINAL_JOB_STATUSES = {
    "Installed", "InstallationFailed", "DownloadFailed", "Uploaded", "UploadFailed", "UploadFailure", "Idle",
    "InvalidSignature", "InstallVerificationFailed", "BadMessage", "NotSupportedOperation", "PermissionDenied",
    "AcceptedCanceled", "RevokedCertificate", "InvalidCertificate", "Published", "PublishFailed", "InvalidChecksum",
}  # fmt: skip


TOLD_AT_BOOT = (
    "vendor", "model", "serial", "firmware", "iccid", "imsi", "meter_type", "meter_serial", "boot_reason", "booted_at",
)  # fmt: skip


def note_boot(charger: Charger, event: Booted, *, now: datetime) -> bool:
    """Keep who it says it is; True when its firmware is another than before, so that what it showed is old."""
    changed = bool(charger.firmware) and charger.firmware != event.firmware
    charger.vendor = event.vendor[:50]
    charger.model = event.model[:50]
    charger.serial = event.serial[:50]
    charger.firmware = event.firmware[:60]
    charger.iccid = event.iccid[:50]
    charger.imsi = event.imsi[:50]
    charger.meter_type = event.meter_type[:50]
    charger.meter_serial = event.meter_serial[:50]
    charger.boot_reason = event.reason[:40]
    charger.booted_at = now
    update_row(charger, *TOLD_AT_BOOT)
    return changed


def note_clock(charger: Charger, *, told: datetime, heard_at: datetime) -> None:
    """Its clock minus ours; only of messages said as they happen, for a replayed one tells nothing of the clock."""
    offset = (told - heard_at).total_seconds()
    if charger.clock_offset_s is None or abs(charger.clock_offset_s - offset) > 5:
        Charger.objects.filter(pk=charger.pk).update(clock_offset_s=offset)


def register_statuses(statuses: Sequence[tuple[int, StatusChanged, datetime]]) -> None:
    """Write what each connector last said: (charger id, event, when heard), in the order heard; the last one holds.

    The newest *received* wins, whatever time the charger writes on it (quirk 31).
    """
    evses = queries.evse_ids({(charger_id, event.evse) for charger_id, event, _ in statuses})
    folded: dict[tuple[int, int], Connector] = {}
    for charger_id, event, heard_at in statuses:
        evse_id = evses.get((charger_id, event.evse))
        if evse_id is None:
            continue  # EVSE 0 is the charger itself: the state of no outlet; its fault is told to people
        number = max(event.connector, 1)
        folded[evse_id, number] = Connector(
            evse_id=evse_id,
            number=number,
            status=event.status.value,
            raw_status=event.raw[:40],
            error_code="" if event.error_code == "NoError" else event.error_code[:40],
            vendor_error_code=event.vendor_error_code[:50],
            info=event.info[:100],
            status_at=event.at,
            heard_at=heard_at,
        )
    if folded:
        Connector.objects.bulk_create(
            [folded[key] for key in sorted(folded)],
            update_conflicts=True,
            unique_fields=["evse", "number"],
            update_fields=[
                "status", "raw_status", "error_code", "vendor_error_code", "info", "status_at", "heard_at",
            ],
        )  # fmt: skip


def keep_settings(charger: Charger, event: SettingsReported, *, now: datetime) -> None:
    """The newest report of each setting; secrets are never kept."""
    rows: dict[tuple[Any, ...], SettingValue] = {}
    for report in event.reports:
        setting = report.setting
        value = report.value
        if value and setting.variable.casefold() in SECRET_NAMES:
            value = HIDDEN
        row = SettingValue(
            charger=charger,
            component=setting.component[:50],
            component_instance=setting.component_instance[:50],
            evse_number=setting.evse or 0,
            connector_number=setting.connector or 0,
            variable=setting.variable[:50],
            variable_instance=setting.variable_instance[:50],
            attribute=report.attribute[:10],
            value=value,
            is_read_only=report.mutability == "ReadOnly",
            mutability=report.mutability[:10],
            unit=report.unit[:16],
            data_type=report.data_type[:20],
            min_limit=report.min_limit[:30],
            max_limit=report.max_limit[:30],
            values_list=report.values_list,
            reported_at=now,
        )
        rows[
            row.component, row.component_instance, row.evse_number, row.connector_number,
            row.variable, row.variable_instance, row.attribute,
        ] = row  # fmt: skip
    # What a report does not say of a setting, such as its unit in an answer to GetVariables, is not forgotten.
    told = ["value", "reported_at"]
    if any(report.data_type for report in event.reports):
        told += ["unit", "data_type", "min_limit", "max_limit", "values_list"]
    if any(report.mutability for report in event.reports):
        told += ["is_read_only", "mutability"]
    SettingValue.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=[
            "charger", "component", "component_instance", "evse_number", "connector_number",
            "variable", "variable_instance", "attribute",
        ],
        update_fields=told,
    )  # fmt: skip


def keep_job(charger: Charger, event: JobProgressed, *, now: datetime) -> Job:
    """One row per update or upload: a new one begins after a final status, or by another request id."""
    job = Job.objects.filter(charger=charger, kind=event.kind, request_id=event.request_id).order_by("-id").first()
    if job is None or (job.status in FINAL_JOB_STATUSES and event.status != job.status):
        job = Job(charger=charger, kind=event.kind, request_id=event.request_id, started_at=now, steps=[])
    if not job.steps or job.steps[-1][1] != event.status:
        job.steps = [*job.steps, [now.isoformat(), event.status]]
    job.status = event.status[:40]
    job.changed_at = now
    job.save()
    return job


def keep_security_event(charger: Charger, event: SecurityEventHappened, *, now: datetime) -> SecurityEvent:
    return SecurityEvent.objects.create(
        charger=charger, type=event.type[:50], info=event.info[:255], at=event.at, heard_at=now
    )


# A transaction id that is answered before there is a session: above all that sessions will have for a long time,
# and within 1.6's signed 32 bits (quirk 26).
PROVISIONAL_IDS_FROM = 2**30
# Why a fact is unread that a charger told before it was ours; read as soon as it is.
IN_THE_WAITING_ROOM = "in the waiting room"


def keep_unread_fact(
    charger_id: int, protocol: str, action: str, payload: dict[str, Any], *, heard_at: datetime, why: str
) -> UnreadFact:
    """Store a message about a transaction that is acknowledged now and understood later."""
    fact = UnreadFact.objects.create(
        charger_id=charger_id, protocol=protocol, action=action, payload=payload, heard_at=heard_at, why=why[:2000]
    )
    if action == "StartTransaction":
        fact.answered_reference = str(PROVISIONAL_IDS_FROM + fact.pk)
        fact.save(update_fields=["answered_reference"])
    return fact


def has_room(charger_id: int) -> bool:
    """May a charger in the waiting room have one more fact kept?"""
    return UnreadFact.objects.filter(charger=charger_id, read_at=None).count() < settings.WAITING_ROOM_KEPT_FRAMES


__all__ = [
    "keep_job", "keep_security_event", "keep_settings", "keep_unread_fact", "note_boot", "note_clock",
    "register_statuses",
]  # fmt: skip
