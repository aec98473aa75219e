"""Limits that others give, profiles that a charger reports, needs and schedules of vehicles."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from chargers.choices import CommandState
from chargers.commands import ChargingProfile, InstallProfile, ProfilePurpose, command_from_row
from chargers.commands.base import from_row, to_row
from chargers.device_model.models import ChargingNeeds, ExternalLimit, Report, ReportedProfile, VehicleSchedule
from chargers.device_model.services.assembling import Assembled, take_part
from chargers.device_model.within import is_within
from chargers.events import (
    LimitImposed,
    LimitLifted,
    NeedsAnswer,
    NeedsTold,
    ProfilesReported,
    ReportKind,
    VehicleScheduleTold,
)
from chargers.models import Charger, Evse, IssuedCommand
from chargers.profiles import Supply
from chargers.queries import evse_of

SOURCE_LENGTH = 20


def impose_limit(charger: Charger, event: LimitImposed, *, now: datetime) -> tuple[ExternalLimit, bool]:
    """The limit that holds from now on in place of its source's former one, and whether it is news."""
    evse = evse_of(charger.pk, event.evse) if event.evse else None
    told = {
        "schedule": [to_row(schedule) for schedule in event.schedules],
        "unreadable": event.unreadable,
        "is_grid_critical": event.is_grid_critical,
        "is_local_generation": event.is_local_generation,
    }
    former = _in_force(charger).filter(evse=evse, source=event.source[:SOURCE_LENGTH])
    held = former.select_for_update().first()
    if held is not None and all(getattr(held, name) == value for name, value in told.items()):
        held.told_at = now
        held.save(update_fields=["told_at"])
        return held, False
    former.update(lifted_at=now)
    source = event.source[:SOURCE_LENGTH]
    return ExternalLimit.objects.create(charger=charger, evse=evse, source=source, told_at=now, **told), True


def lift_limit(charger: Charger, event: LimitLifted, *, now: datetime) -> int:
    """How many were in force. Of a source that limited single outlets only, naming none means all of them."""
    of_source = _in_force(charger).filter(source=event.source[:SOURCE_LENGTH])
    if event.evse:
        return of_source.filter(evse__number=event.evse).update(lifted_at=now)
    return of_source.filter(evse=None).update(lifted_at=now) or of_source.update(lifted_at=now)


def _in_force(charger: Charger) -> "QuerySet[ExternalLimit]":
    return ExternalLimit.objects.filter(charger=charger, lifted_at=None)


def take_profiles(charger: Charger, event: ProfilesReported, *, now: datetime) -> Assembled | None:
    """These messages have no numbers of their own: they count in the order in which they come (K09.FR.02)."""
    content = {
        "evse": event.evse,
        "source": event.source,
        "profiles": [to_row(profile) for profile in event.profiles],
        "unreadable": event.unreadable,
    }
    assembled = take_part(
        charger,
        ReportKind.PROFILES,
        event.request_id,
        content,
        sequence=None,
        more=event.more,
        items=len(event.profiles) + event.unreadable,
        now=now,
    )
    if assembled is not None:
        assembled.report.rows = _keep_profiles(charger, assembled.contents, now)
        assembled.report.save(update_fields=["rows"])
        if not any(content["unreadable"] for content in assembled.contents):
            forget_unreported_profiles(assembled.report)
    return assembled


def forget_unreported_profiles(report: Report) -> None:
    """Others of those that were asked for are gone; of a report that we did not ask for nobody knows."""
    if report.scope:
        _asked_for(report).exclude(pk__in=report.rows).delete()


def _keep_profiles(charger: Charger, contents: Sequence[dict[str, Any]], now: datetime) -> list[int]:
    rows = []
    for content in contents:
        for row in content["profiles"]:
            profile: ChargingProfile = from_row(ChargingProfile, row)
            kept, _ = ReportedProfile.objects.update_or_create(
                charger=charger,
                evse_number=content["evse"],
                source=content["source"][:SOURCE_LENGTH],
                number=profile.profile_id,
                defaults={
                    "stack_level": profile.stack_level,
                    "purpose": profile.purpose,
                    "reference": (profile.reference or "")[:36],
                    "profile": row,
                    "told_at": now,
                },
            )
            rows.append(kept.pk)
    return rows


def _asked_for(report: Report) -> "QuerySet[ReportedProfile]":
    scope = report.scope
    rows = ReportedProfile.objects.filter(charger=report.charger_id)
    if scope.get("evse") is not None:
        rows = rows.filter(evse_number=scope["evse"])
    if scope.get("profile_ids"):
        rows = rows.filter(number__in=scope["profile_ids"])
    if scope.get("purpose") is not None:
        rows = rows.filter(purpose=scope["purpose"])
    if scope.get("stack_level") is not None:
        rows = rows.filter(stack_level=scope["stack_level"])
    return rows


# What is kept of a vehicle's needs, by the same name in the event and in the row.
NEEDS = (
    "at", "transfer", "departs_at", "energy_wh", "min_energy_wh", "max_energy_wh", "capacity_wh", "soc_percent",
    "target_soc_percent", "full_soc_percent", "bulk_soc_percent", "min_current_a", "max_current_a", "max_voltage_v",
    "max_power_w", "max_discharge_w", "max_periods", "control_mode", "told",
)  # fmt: skip


def keep_needs(charger: Charger, event: NeedsTold, answer: NeedsAnswer, *, now: datetime) -> ChargingNeeds:
    told: dict[str, Any] = {name: getattr(event, name) for name in NEEDS}
    evse = evse_of(charger.pk, event.evse)
    return ChargingNeeds.objects.create(evse=evse, heard_at=now, answered=answer.status.value, **told)


def keep_vehicle_schedule(charger: Charger, event: VehicleScheduleTold, *, now: datetime) -> VehicleSchedule:
    """With our own look at whether it keeps within what we gave (K15.FR.11); what we cannot read does not."""
    evse = evse_of(charger.pk, event.evse)
    given = profile_given(evse)
    keeps = event.schedule is not None and (
        given is None or is_within(event.schedule, event.base_at, given, Supply(phases=evse.phases or 3))
    )
    return VehicleSchedule.objects.create(
        evse=evse,
        base_at=event.base_at,
        schedule=None if event.schedule is None else to_row(event.schedule),
        selected_schedule_id=event.selected_schedule_id,
        is_within_limits=keeps,
        heard_at=now,
    )


def profile_given(evse: Evse) -> ChargingProfile | None:
    """The profile for a transaction that the charger last took of us there, and that was not cleared since."""
    asked = IssuedCommand.objects.filter(charger=evse.charger_id, state=CommandState.ACCEPTED).order_by("-pk")
    for row in asked.filter(kind__in=["install_profile", "clear_profiles"])[:20]:
        if row.kind == "clear_profiles":
            if row.wording.get("evse") in (None, evse.number):
                return None
            continue
        command = command_from_row(row.kind, row.wording)
        if (
            isinstance(command, InstallProfile)
            and command.evse == evse.number
            and command.profile.purpose is ProfilePurpose.TX
        ):
            return command.profile
    return None
