"""Ask something of a charger: a row first, then the nudge."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from chargers import outbox, queries
from chargers.certificates.door import comes_by
from chargers.certificates.models import Security
from chargers.choices import CommandState, Standing
from chargers.commands import (
    Command,
    InstallProfile,
    RawCall,
    ReadSettings,
    ReportSettings,
    StartCharging,
    StopCharging,
    TriggerMessage,
    command_to_row,
)
from chargers.commands.parts import in_parts, limit_on
from chargers.credentials import seal
from chargers.events import Setting, token_key
from chargers.held import services as held
from chargers.models import Charger, IssuedCommand
from chargers.ocpp import schemas
from chargers.ocpp.dialect import CommandNotSpoken
from chargers.ocpp.dialects import DIALECTS
from chargers.ocpp.redact import redacted
from chargers.profiles import InstalledProfiles, find_fault
from chargers.profiles.faults import IN_WORDS
from chargers.quirks import quarantine_of
from chargers.services.network_slots import slot_in_use, switch_left_out, with_switches_off

PASSWORD_NAMES = {"authorizationkey", "basicauthpassword"}
# A charger in the waiting room is only read from.
READS = (ReadSettings, ReportSettings, TriggerMessage)


class ChargerOffline(Exception):
    """Nobody holds a socket of this charger; `since` when (real time), None: it never connected."""

    def __init__(self, charger: Charger, since: datetime | None) -> None:
        super().__init__(f"{charger} is offline")
        self.since = since


class CommandInvalid(Exception):
    """What would go out breaks the schema of the charger's version; the text says where."""


class CommandNotAllowed(Exception):
    """Not to this charger, or not this way: the text says why."""


class NotAdopted(CommandNotAllowed):
    """It waits for adoption, or was refused."""


def issue_command(
    charger: Charger,
    command: Command,
    *,
    issued_by: AbstractBaseUser | None,
    now: datetime,
    send_within_s: float | None = None,
    gives_our_password: bool = False,
) -> IssuedCommand:
    """Ask `charger`; the answer and the effect come later, as facts.

    `gives_our_password`: the command carries the password that our books wait for; any other would lock it out.

    Raises ChargerOffline, CommandNotSpoken, CommandInvalid and CommandNotAllowed; then nothing is kept.
    """
    if charger.standing != Standing.ADOPTED and not (
        charger.standing == Standing.WAITING and isinstance(command, READS)
    ):
        raise NotAdopted(f"{charger} is not adopted: it is only read from")
    link = queries.link_of(charger.pk)
    if not link.is_online:
        raise ChargerOffline(charger, link.last_heard_at)
    command = with_switches_off(charger, command)
    action, payload = _on_the_wire(link.protocol, command)
    if fault := _fault_of(link.protocol, command):
        raise CommandInvalid(fault)
    is_unasked = issued_by is None and not isinstance(command, StopCharging)  # a stop is never held back
    if is_unasked and _is_held_back(charger, action):
        raise CommandNotAllowed(f"Its link broke after {action}: with this firmware it is asked that by people only")
    if sets_password(payload) and not gives_our_password:
        raise CommandNotAllowed("A charger's password is changed by 'New password' only: any other would lock it out")
    if _lowers_profile(charger, payload):
        raise CommandNotAllowed("A security profile is never lowered by OCPP: set it back at the charger itself (A05)")
    if (slot := slot_in_use(charger, payload)) is not None:
        raise CommandNotAllowed(
            f"Slot {slot} is one by which the charger may reach us: write a free one and name that first (B09.FR.21)"
        )
    if (switch := switch_left_out(charger, payload)) is not None:
        raise CommandNotAllowed(f"Set {switch} of this slot to true with it, or the rest is without effect (B09.FR.29)")
    if (own_to := _takes_own_number(charger, payload)) is not None:
        raise CommandNotAllowed(f"Profiles up to number {own_to} are the charger's own: take a higher one (K01.FR.80)")
    wording = command_to_row(command)
    public = _public(command, wording)
    row = IssuedCommand(
        charger=charger,
        kind=command.kind,
        wording=public,
        sealed=seal(orjson.dumps(wording)) if public != wording else None,
        issued_by_id=issued_by.pk if issued_by is not None else None,
        issued_at=now,
        send_before=datetime.now(UTC) + timedelta(seconds=send_within_s or settings.CALL_TIMEOUT_S),
        action=action,
        request=redacted(payload),
        **_looked_for(command),
    )
    with transaction.atomic():
        row.save()
        held.note_asked(row, command, link.protocol)
    transaction.on_commit(lambda: outbox.nudge(charger.pk, row.pk), robust=True)
    return row


def issue_in_parts(
    charger: Charger, command: Command, *, issued_by: AbstractBaseUser | None, now: datetime
) -> list[IssuedCommand]:
    """As `issue_command`, in as many messages as the charger's own limit on their length makes of it, in order."""
    told = limit_on(command)
    value = queries.told_by(charger, told) if told else ""
    at_most = int(value) if value.isdecimal() else 0
    parts = in_parts(command, at_most) if at_most > 0 else [command]
    with transaction.atomic():
        return [issue_command(charger, part, issued_by=issued_by, now=now) for part in parts]


def sets_password(payload: dict[str, Any]) -> bool:
    """ChangeConfiguration of AuthorizationKey (1.6), SetVariables of BasicAuthPassword, a network profile with one."""
    told = payload.get("setVariableData") or ()
    names = {str(payload.get("key", "")).casefold()} | {str(one["variable"]["name"]).casefold() for one in told}
    connection = payload.get("connectionData")
    return bool(names & PASSWORD_NAMES) or (isinstance(connection, dict) and "basicAuthPassword" in connection)


def _lowers_profile(charger: Charger, payload: dict[str, Any]) -> bool:
    """ChangeConfiguration of SecurityProfile (1.6), or a network profile (2.x), below what it comes by (A00.FR.005)."""
    wanted: Any = None
    if str(payload.get("key", "")).casefold() == "securityprofile":
        wanted = payload.get("value")
    elif isinstance(payload.get("connectionData"), dict):
        wanted = payload["connectionData"].get("securityProfile")
    if wanted is None or not str(wanted).isdecimal():
        return False
    known = Security.objects.filter(charger=charger).first()
    return int(wanted) < max(known.required_profile if known else 0, comes_by(charger, known))


def _is_held_back(charger: Charger, action: str) -> bool:
    held_back = charger.capabilities.filter(name=quarantine_of(action), value="yes", firmware=charger.firmware)
    return held_back.exists()


def _takes_own_number(charger: Charger, payload: dict[str, Any]) -> int | None:
    """Up to which number profiles are the charger's own, where a new one would take such a number (2.1 K01.FR.80)."""
    profile = payload.get("chargingProfile")
    number = profile.get("id") if isinstance(profile, dict) else None
    if not isinstance(number, int):
        return None
    own_to = queries.told_by(charger, Setting("MaxExternalConstraintsId", component="SmartChargingCtrlr"))
    return int(own_to) if own_to.isdecimal() and number <= int(own_to) else None


def _on_the_wire(protocol: str, command: Command) -> tuple[str, dict[str, Any]]:
    call = DIALECTS[protocol].say(command)
    if call.action not in schemas.actions(protocol):
        raise CommandNotSpoken(f"{protocol} has no {call.action}")
    broken = schemas.check(protocol, call.action, call.payload)
    if broken is not None:
        raise CommandInvalid(broken.text)
    return call.action, call.payload


def _fault_of(protocol: str, command: Command) -> str:
    """Why every charger would refuse this profile, in words; what it holds beside it is the charger's to judge."""
    if not isinstance(command, InstallProfile):
        return ""
    return IN_WORDS[find_fault(InstalledProfiles(protocol=protocol), command.evse, command.profile)]


def _public(command: Command, wording: dict[str, Any]) -> dict[str, Any]:
    """The wording without secrets, in the members' own names."""
    shown: dict[str, Any] = redacted(wording)
    if "values" in wording:  # ChangeSettings: pairs of a setting and its value
        shown["values"] = [
            [setting, redacted({"key": setting["variable"], "value": value})["value"]]
            for setting, value in wording["values"]
        ]
    return shown


def _looked_for(command: Command) -> dict[str, Any]:
    """By what the command's effect will be recognised."""
    match command:
        case StartCharging():
            return {
                "evse_number": command.evse,
                "token_key": token_key(command.token),
                "remote_start_id": command.remote_start_id,
            }
        case StopCharging():
            return {"reference": command.reference}
        case RawCall(payload=payload):
            number = payload.get("evseId", payload.get("connectorId"))
            return {"evse_number": number if isinstance(number, int) and 0 <= number < 32768 else None}
        case _:
            return {"evse_number": getattr(command, "evse", None)}


@transaction.atomic
def cancel_command(command: IssuedCommand) -> bool:
    """Take back what was not sent yet; False when it is too late for that."""
    waiting = IssuedCommand.objects.filter(pk=command.pk, state=CommandState.REQUESTED)
    if not waiting.update(state=CommandState.CANCELLED, sealed=None):
        return False
    command.state = CommandState.CANCELLED
    held.note_settled(command, now=command.issued_at)
    return True


__all__ = [
    "ChargerOffline",
    "CommandInvalid",
    "CommandNotAllowed",
    "CommandNotSpoken",
    "NotAdopted",
    "cancel_command",
    "issue_command",
]
