"""A charger is moved to a higher security profile, never to a lower one (A05), and finds its way back if that fails."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from chargers import queries
from chargers.certificates.door import comes_by
from chargers.certificates.models import Profile, Security, Upgrade, UpgradeStep
from chargers.certificates.services.signing import in_force
from chargers.choices import CommandState, Protocol, Trust
from chargers.commands import ChangeSettings, Command, ReadSettings, ResetCharger, SetNetworkProfile
from chargers.events import Setting
from chargers.models import Charger, IssuedCommand
from chargers.services.issue import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_command

PROFILE_16 = Setting("SecurityProfile")
# A restart waits for charging vehicles to leave.
RETURNS_WITHIN = timedelta(hours=24)
PRIORITY = Setting("NetworkConfigurationPriority", component="OCPPCommCtrlr")
SLOTS = ReadSettings(settings=(PRIORITY,))


class NoWayDown(Exception):
    """A lower or the same profile: OCPP has no message for that on purpose (A05, A00.FR.005)."""


class NotReady(Exception):
    """Something that the new profile rests on is missing; the text says what."""


class SlotsUnknown(NotReady):
    """It never told which of its network profiles are in use: `SLOTS` asks for that."""


class UpgradeRuns(Exception):
    """One is on its way already."""


def security_of(charger: Charger) -> Security:
    security, _ = Security.objects.get_or_create(charger=charger)
    return security


def security_known(charger: Charger) -> Security | None:
    return Security.objects.filter(charger=charger).first()


def higher_than(now_by: Profile, security: Security | None) -> list[Profile]:
    """What a charger may be asked for: more than it comes by, and no less than it must."""
    must = security.required_profile if security is not None else Profile.NOTHING
    return [profile for profile in Profile if profile > now_by and profile >= must]


def require_profile(charger: Charger, profile: Profile) -> Security:
    """From now on it must come by this one, or it stays outside: of our side only, it is asked nothing.

    Downwards too, for a person at the charger may have set it so; by OCPP nobody can (A00.FR.005).
    """
    security = security_of(charger)
    security.required_profile = profile
    security.asked_profile = None
    security.save(update_fields=["required_profile", "asked_profile"])
    return security


def what_is_missing(charger: Charger, profile: Profile, url: str) -> str:
    """Why it cannot come by `profile` yet; "" when nothing is missing that we know of."""
    if profile in (Profile.PASSWORD, Profile.TLS) and charger.trust == Trust.NOTHING:
        return "It has no password: make one and write it into the charger first."
    if profile >= Profile.TLS and urlsplit(url).scheme != "wss":
        return "Chargers reach us by no encrypted address: set PUBLIC_CHARGER_URL to one that begins with wss://."
    if profile == Profile.CERTIFICATE and in_force(charger) is None:
        return "It has no certificate of ours: have it ask for one first."
    return ""


def ask_for_profile(
    charger: Charger, profile: Profile, *, url: str, asked_by: AbstractBaseUser | None, now: datetime
) -> Upgrade:
    """Tell the charger to come by `profile`; it is required from the moment on that it first does.

    `url`: where it reaches us by then, without its identity. Raises NoWayDown, NotReady (SlotsUnknown), UpgradeRuns,
    and what `issue_command` raises.
    """
    security = security_of(charger)
    now_by = comes_by(charger, security)
    if profile not in higher_than(now_by, security):
        raise NoWayDown(f"It comes by profile {now_by}")
    missing = what_is_missing(charger, profile, url)
    if missing:
        raise NotReady(missing)
    if Upgrade.objects.filter(charger=charger).exclude(step__in=[UpgradeStep.DONE, UpgradeStep.FAILED]).exists():
        raise UpgradeRuns(str(charger))
    link = queries.link_of(charger.pk)
    if not link.is_online:
        raise ChargerOffline(charger, link.last_heard_at)
    with transaction.atomic():
        upgrade = Upgrade(charger=charger, profile=profile, asked_by_id=asked_by.pk if asked_by else None, asked_at=now)
        if link.protocol == Protocol.V16:
            # 7.6: it accepts, hangs up by itself and comes back by the new profile; or falls back to the old one.
            upgrade.step = UpgradeStep.RESET
            command: Command = ChangeSettings(values=((PROFILE_16, str(int(profile))),))
        else:
            upgrade.step = UpgradeStep.PROFILE
            upgrade.slot, upgrade.priority = free_slot(charger)
            command = SetNetworkProfile(slot=upgrade.slot, url=url, security_profile=profile)
        upgrade.command = issue_command(charger, command, issued_by=asked_by, now=now)
        upgrade.save()
        security.asked_profile = profile
        security.save(update_fields=["asked_profile"])
    return upgrade


def free_slot(charger: Charger) -> tuple[int, str]:
    """A slot that is not in use, and the order in which it then comes first. Raises NotReady, SlotsUnknown."""
    told = charger.settings.filter(variable__iexact=PRIORITY.variable, attribute="Actual").first()
    if told is None or not told.value:
        raise SlotsUnknown("We do not know its network profiles: read its NetworkConfigurationPriority first.")
    used = [slot.strip() for slot in told.value.split(",") if slot.strip()]
    # B09.FR.06: it has two slots at least; which, only a full report says.
    offered = [slot.strip() for slot in told.values_list.split(",") if slot.strip()] or ["0", "1", "2"]
    free = next((slot for slot in offered if slot not in used and slot.isdecimal()), None)
    if free is None:
        raise NotReady("All its slots for network profiles are in use.")
    return int(free), ",".join([free, *used])


def heed_upgrade(command: IssuedCommand, *, now: datetime) -> Upgrade | None:
    """A step has its answer: go on to the next one, or end it. The upgrade, where `command` was a step of one."""
    upgrade = Upgrade.objects.select_related("charger", "asked_by").filter(command=command.pk).first()
    if upgrade is None or upgrade.step in (UpgradeStep.DONE, UpgradeStep.FAILED, UpgradeStep.RETURN):
        return None
    if command.state == CommandState.ACCEPTED:
        _go_on(upgrade, now)
    elif upgrade.step == UpgradeStep.RESET and command.state == CommandState.UNANSWERED:
        # It may have hung up before it answered.
        upgrade.step = UpgradeStep.RETURN
        upgrade.save(update_fields=["step"])
    else:
        end_upgrade(
            upgrade, f"The charger's answer to {command.action}: {command.status or command.get_state_display()}"
        )
    return upgrade


def _go_on(upgrade: Upgrade, now: datetime) -> None:
    if upgrade.step == UpgradeStep.RESET:
        upgrade.step, upgrade.command = UpgradeStep.RETURN, None
        upgrade.save(update_fields=["step", "command"])
        return
    if upgrade.step == UpgradeStep.PROFILE:
        step, command = UpgradeStep.PRIORITY, ChangeSettings(values=((PRIORITY, upgrade.priority),))
    else:
        step, command = UpgradeStep.RESET, ResetCharger()  # type: ignore[assignment]
    try:
        with transaction.atomic():
            upgrade.command = issue_command(upgrade.charger, command, issued_by=upgrade.asked_by, now=now)
    except (ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken) as error:
        end_upgrade(upgrade, str(error))
        return
    upgrade.step = step
    upgrade.save(update_fields=["step", "command"])


def give_up_late(*, now: datetime) -> list[Upgrade]:
    """Those that did not come back by the new profile: they fell back to the old one, or stay away (A05.FR.08)."""
    late = Upgrade.objects.filter(step=UpgradeStep.RETURN, asked_at__lt=now - RETURNS_WITHIN)
    ended = list(late.select_related("charger"))
    for upgrade in ended:
        end_upgrade(upgrade, "It did not come back by the new profile")
    return ended


def end_upgrade(upgrade: Upgrade, why: str) -> None:
    """It stays with the profile that it has; nothing was required of it yet."""
    upgrade.step, upgrade.note = UpgradeStep.FAILED, why[:200]
    upgrade.save(update_fields=["step", "note"])
    Security.objects.filter(charger=upgrade.charger_id).update(asked_profile=None)
