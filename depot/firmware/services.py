"""Bring an image to chargers, a few at a time, and stop when it goes wrong."""

import secrets
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from chargers.choices import CommandState, Standing
from chargers.commands import UpdateFirmware
from chargers.events import JobKind
from chargers.models import Charger, IssuedCommand, Job
from chargers.queries import link_of, online_charger_ids
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_command
from depot.access.models import User
from depot.firmware.models import Campaign, CampaignState, CampaignStep, FirmwareImage, StepState
from depot.firmware.progress import SUCCESS, is_open, progress_of
from depot.models import Depot
from depot.notices import services as notices
from depot.queries import depot_ids_of
from depot.uploads import store
from sessions.models import Session

RETRIES, RETRY_INTERVAL_S = 3, 120
# A download over a bad link takes long; one that says nothing for so long has died.
SILENT_AFTER = timedelta(hours=2)
CAMPAIGNS_AT_ONCE = 20
UNDER_WAY = (StepState.ASKED, StepState.UNDER_WAY)
NOT_TAKEN = {
    CommandState.REJECTED: "It refused",
    CommandState.ERROR: "It answered with an error",
    CommandState.UNANSWERED: "It did not answer",
}


class CampaignImpossible(Exception):
    """The text says why."""


def add_image(image: FirmwareImage, stored: store.Stored | None, *, added_by: User, now: datetime) -> FirmwareImage:
    """Keep an image whose file, if we have it, is on the disk already."""
    image.added_by, image.added_at = added_by, now
    image.key = secrets.token_urlsafe(32)
    if stored is not None:
        image.stored_as, image.size_bytes = stored.name, stored.size_bytes
        image.md5, image.sha256 = stored.md5, stored.sha256
    image.save()
    return image


@transaction.atomic
def plan_campaign(campaign: Campaign, chargers: Sequence[Charger], *, created_by: User, now: datetime) -> Campaign:
    """Raises CampaignImpossible where nobody is left to bring it to, or one is amid another campaign."""
    fit = [charger for charger in chargers if charger.standing == Standing.ADOPTED]
    if not fit:
        raise CampaignImpossible("No adopted charger was chosen")
    busy = CampaignStep.objects.filter(
        charger__in=fit,
        state__in=(StepState.WAITING, *UNDER_WAY),
        campaign__state__in=(CampaignState.PLANNED, CampaignState.RUNNING),
    ).select_related("charger", "campaign")
    if first := busy.first():
        raise CampaignImpossible(f"{first.charger} is part of “{first.campaign}”, which is not over")
    campaign.created_by, campaign.created_at = created_by, now
    campaign.save()
    CampaignStep.objects.bulk_create(
        CampaignStep(
            campaign=campaign,
            charger=charger,
            position=place,
            changed_at=now,
            firmware_before=charger.firmware,
            state=StepState.SKIPPED if charger.firmware == campaign.image.version else StepState.WAITING,
        )
        for place, charger in enumerate(fit, 1)
    )
    return campaign


def stop_campaign(campaign: Campaign, *, why: str) -> bool:
    """Nobody else is asked from now on; what is under way goes on, and is still followed."""
    open_ones = Campaign.objects.filter(pk=campaign.pk, state__in=(CampaignState.PLANNED, CampaignState.RUNNING))
    return bool(open_ones.update(state=CampaignState.STOPPED, stopped_why=why[:200]))


def resume_campaign(campaign: Campaign, *, now: datetime) -> bool:
    """Go on with those that wait; those that failed wait again."""
    with transaction.atomic():
        if not Campaign.objects.filter(pk=campaign.pk, state=CampaignState.STOPPED).update(
            state=CampaignState.RUNNING, stopped_why=""
        ):
            return False
        campaign.steps.filter(state=StepState.FAILED).update(state=StepState.WAITING, note="", changed_at=now)
    return True


def carry_on(now: datetime) -> int:
    """Follow what is under way, and ask the next; how many were asked."""
    Campaign.objects.filter(state=CampaignState.PLANNED, begins_at__lte=now).update(state=CampaignState.RUNNING)
    followed = Campaign.objects.filter(steps__state__in=UNDER_WAY).distinct()
    for campaign in followed.select_related("image")[:CAMPAIGNS_AT_ONCE]:
        _follow(campaign, now)
    asked = 0
    for campaign in Campaign.objects.filter(state=CampaignState.RUNNING).select_related("image")[:CAMPAIGNS_AT_ONCE]:
        asked += _ask_next(campaign, now)
    return asked


def _follow(campaign: Campaign, now: datetime) -> None:
    for step in campaign.steps.filter(state__in=UNDER_WAY).select_related("charger", "command"):
        state, note = _look_at(campaign, step, now)
        if (state, note) == (step.state, step.note):
            continue
        changed = CampaignStep.objects.filter(pk=step.pk, state=step.state)
        if changed.update(state=state, note=note[:200], changed_at=now) and state == StepState.FAILED:
            text = f"{step.charger}: {campaign.image.version} was not installed. {note}"
            notices.write("firmware.failed", step.charger, text, at=now, campaign=campaign.pk)


def _look_at(campaign: Campaign, step: CampaignStep, now: datetime) -> tuple[str, str]:
    charger, command = step.charger, step.command
    assert step.asked_at is not None, "a step under way was asked"
    if command is not None and command.state == CommandState.EXPIRED:
        # It never reached the charger: its turn comes again.
        return StepState.WAITING, "Was not reached"
    if command is not None and command.state in NOT_TAKEN:
        more = command.status or command.error_description or command.error_code
        return StepState.FAILED, f"{NOT_TAKEN[CommandState(command.state)]}{f': {more}' if more else ''}"
    told = _job_of(step)
    progress = progress_of(
        told.status if told else "",
        firmware=charger.firmware,
        wanted=campaign.image.version,
        before=step.firmware_before,
        has_booted=charger.booted_at is not None and charger.booted_at > step.asked_at,
    )
    heard_at = max(step.asked_at, told.changed_at if told else step.asked_at)
    if progress is not None and progress.state != StepState.UNDER_WAY:
        return progress.state, progress.note
    if now - heard_at > SILENT_AFTER:
        if told is not None and told.status in SUCCESS and link_of(charger.pk).is_online:
            # It needs no restart for it, and calls its firmware by another name than we do.
            return StepState.INSTALLED, f"Says it installed it, and runs {charger.firmware}"
        return StepState.FAILED, "Nothing was heard of it for two hours"
    return (progress.state, progress.note) if progress else (step.state, step.note)


def _job_of(step: CampaignStep) -> Job | None:
    """What the charger tells of this update; 1.6 without its security extension gives no number."""
    jobs = Job.objects.filter(charger=step.charger, kind=JobKind.FIRMWARE, changed_at__gte=step.asked_at)
    return jobs.filter(request_id=step.pk).first() or jobs.filter(request_id=None).first()


def _ask_next(campaign: Campaign, now: datetime) -> int:
    states = list(campaign.steps.values_list("state", flat=True))
    failures = states.count(StepState.FAILED)
    if failures >= campaign.stop_after_failures:
        stop_campaign(campaign, why=f"{failures} failed")
        return 0
    under_way = sum(state in UNDER_WAY for state in states)
    if StepState.WAITING not in states:
        if not under_way:
            Campaign.objects.filter(pk=campaign.pk, state=CampaignState.RUNNING).update(state=CampaignState.DONE)
        return 0
    asked = 0
    for step in _whose_turn(campaign, now):
        # The first goes alone: what breaks one charger would break all.
        if under_way + asked >= (campaign.at_once if StepState.INSTALLED in states else 1):
            break
        asked += _ask(campaign, step, now)
    return asked


def _whose_turn(campaign: Campaign, now: datetime) -> list[CampaignStep]:
    waiting = list(campaign.steps.filter(state=StepState.WAITING).select_related("charger"))
    online = online_charger_ids()
    charging: set[int] = set()
    if campaign.only_when_idle:
        charging = set(Session.objects.running().values_list("charger", flat=True))
    hours = _hours_at([step.charger_id for step in waiting], now)
    return [
        step
        for step in waiting
        if step.charger_id in online
        and step.charger_id not in charging
        and is_open(hours[step.charger_id], campaign.window_from, campaign.window_until)
    ]


def _hours_at(charger_ids: Sequence[int], now: datetime) -> dict[int, time]:
    """The time of day where each charger stands."""
    depots = depot_ids_of(charger_ids)
    zones = dict(Depot.objects.filter(pk__in=set(depots.values())).values_list("pk", "time_zone"))
    return {
        charger: now.astimezone(ZoneInfo(zones[depots[charger]] if charger in depots else "UTC")).time()
        for charger in charger_ids
    }


def _ask(campaign: Campaign, step: CampaignStep, now: datetime) -> int:
    image = campaign.image
    command = UpdateFirmware(
        request_id=step.pk,
        location=image.location or address_of(image, campaign.base_url),
        retrieve_at=now,
        signing_certificate=image.signing_certificate,
        signature=image.signature,
        retries=RETRIES,
        retry_interval_s=RETRY_INTERVAL_S,
    )
    try:
        with transaction.atomic():
            issued = issue_command(step.charger, command, issued_by=campaign.created_by, now=now)
            _mark(step, StepState.ASKED, "", now, command=issued, firmware_before=step.charger.firmware)
    except ChargerOffline:
        return 0
    except (CommandNotSpoken, CommandInvalid, CommandNotAllowed) as error:
        _mark(step, StepState.FAILED, str(error), now)
        return 0
    return 1


def _mark(
    step: CampaignStep,
    state: StepState,
    note: str,
    now: datetime,
    *,
    command: IssuedCommand | None = None,
    firmware_before: str | None = None,
) -> None:
    step.state, step.note, step.changed_at = state, note[:200], now
    if command is not None:
        step.command, step.asked_at = command, now
        step.firmware_before = firmware_before or ""
    step.save()


def address_of(image: FirmwareImage, base_url: str) -> str:
    """By which a charger fetches the file from us; who does not know the key cannot guess it."""
    return f"{base_url.rstrip('/')}/firmware-files/{image.key}/{image.file_name or 'firmware.bin'}"
