"""One step at a time that brings a charger's local list to what it should be, and shows how far it is from it."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from chargers.choices import CommandState
from chargers.commands import Command, ListEntry, ReadLocalListVersion, ReadSettings, ReportSomeSettings
from chargers.events import Setting
from chargers.models import Charger, IssuedCommand, SettingValue
from chargers.queries import traits_of_charger
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_command
from chargers.upkeep import list_facts
from chargers.upkeep.list_facts import ACTIONS, held_on
from chargers.upkeep.lists import Limits, digest_of, drift_between, fitted, next_list
from chargers.upkeep.models import LocalList

# A list may be lost or changed behind our back: its version is asked for again after a boot, and this often.
TRUSTED_FOR = timedelta(hours=12)
LIMIT_ACTIONS = ("GetConfiguration", "GetReport")
LIMIT_KEYS_16 = ("LocalAuthListEnabled", "LocalAuthListMaxLength", "SendLocalListMaxLength", "SupportedFeatureProfiles")
CONTROLLER = "LocalAuthListCtrlr"
OPEN = (CommandState.REQUESTED, CommandState.SENT)


def keep_list(
    local_list: LocalList, wanted: Sequence[ListEntry], *, protocol: str, now: datetime
) -> IssuedCommand | None:
    """Measure how far the list is from `wanted`, and ask for the one next step where one is due."""
    charger = local_list.charger
    limits = limits_of(charger)
    fitting, local_list.left_out = fitted(wanted, protocol, limits)
    held = held_on(local_list) if local_list.digest != digest_of(fitting) else None
    if held is not None:
        drift = drift_between(held, fitting)
        local_list.missing, local_list.surplus = len(drift.missing), len(drift.surplus)
    else:
        local_list.missing = local_list.surplus = 0
    local_list.looked_at = now
    if local_list.gave_up_at is not None and local_list.gave_up_firmware != charger.firmware:
        list_facts.try_again(local_list)
    step = None if _must_wait(local_list, now) else _next_step(local_list, fitting, limits, protocol, now)
    local_list.save()
    return _ask(charger, step, now) if step is not None else None


def _must_wait(local_list: LocalList, now: datetime) -> bool:
    if local_list.gave_up_at is not None or (local_list.retry_after is not None and now < local_list.retry_after):
        return True
    return IssuedCommand.objects.filter(charger=local_list.charger, action__in=ACTIONS, state__in=OPEN).exists()


def _next_step(
    local_list: LocalList, fitting: Sequence[ListEntry], limits: Limits, protocol: str, now: datetime
) -> Command | None:
    charger = local_list.charger
    denied = traits_of_charger(charger).deny_on_connect
    if denied.intersection(ACTIONS):
        return None
    if limits == Limits() and not denied.intersection(LIMIT_ACTIONS):
        if (question := _limits_to_ask(local_list, protocol, now)) is not None:
            return question
        if IssuedCommand.objects.filter(charger=charger, action__in=LIMIT_ACTIONS, state__in=OPEN).exists():
            return None
    if _is_stale(local_list, now) or not (local_list.is_known or local_list.is_verified):
        return ReadLocalListVersion()
    held = held_on(local_list) if local_list.is_known else None
    step = next_list(held, fitting, version=local_list.version, limits=limits)
    # A long list goes in parts, each of them acknowledged; at the end the charger is asked what it has.
    return step or (None if local_list.is_verified else ReadLocalListVersion())


def _is_stale(local_list: LocalList, now: datetime) -> bool:
    reported_at, booted_at = local_list.reported_at, local_list.charger.booted_at
    if reported_at is None or now - reported_at > TRUSTED_FOR:
        return True
    return booted_at is not None and reported_at < booted_at


def _limits_to_ask(local_list: LocalList, protocol: str, now: datetime) -> Command | None:
    """Asked once: what it does not tell then, it does not know."""
    if local_list.asked_limits_at is not None:
        return None
    local_list.asked_limits_at = now
    if protocol == "ocpp1.6":
        return ReadSettings(settings=tuple(Setting(name) for name in LIMIT_KEYS_16))
    # How much it holds at most is a characteristic of the variable, and only a report tells those (2.x B08).
    names = ("Available", "BytesPerMessage", "Entries", "ItemsPerMessage", "Storage")
    return ReportSomeSettings(
        request_id=secrets.randbelow(2**31 - 1) + 1,
        settings=tuple(Setting(name, component=CONTROLLER) for name in names),
    )


def _ask(charger: Charger, step: Command, now: datetime) -> IssuedCommand | None:
    try:
        return issue_command(charger, step, issued_by=None, now=now)
    except (ChargerOffline, CommandNotAllowed):
        return None  # the next look finds it again
    except (CommandNotSpoken, CommandInvalid) as error:
        LocalList.objects.filter(charger=charger).update(
            gave_up_at=now, trouble=f"It cannot be told: {error}"[:200], gave_up_firmware=charger.firmware
        )
        return None


def limits_of(charger: Charger) -> Limits:
    """What it told of how much it takes."""
    rows = SettingValue.objects.filter(charger=charger, attribute="Actual")
    old = {row.variable.casefold(): row for row in rows.filter(component="", variable__in=LIMIT_KEYS_16)}
    new = {row.variable.casefold(): row for row in rows.filter(component__iexact=CONTROLLER)}

    def told(row: SettingValue | None, *, at_most: bool = False) -> int | None:
        text = "" if row is None else (row.max_limit if at_most else row.value or "")
        whole = text.strip().partition(".")[0]
        return int(whole) if whole.isdecimal() else None

    return Limits(
        entries=told(old.get("localauthlistmaxlength")) or told(new.get("entries"), at_most=True),
        storage_bytes=told(new.get("storage"), at_most=True),
        at_once=told(old.get("sendlocallistmaxlength")) or told(new.get("itemspermessage")),
        bytes_at_once=told(new.get("bytespermessage")),
    )
