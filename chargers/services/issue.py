"""Ask something of a charger: a row first, then the nudge."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from chargers import outbox, queries
from chargers.certificates.models import Security
from chargers.choices import CommandState, Standing
from chargers.commands import (
    Command,
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
    """Not to this charger: it waits for adoption, or was refused. Or not this way: the text says which."""


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
        raise CommandNotAllowed(f"{charger} is not adopted: it is only read from")
    link = queries.link_of(charger.pk)
    if not link.is_online:
        raise ChargerOffline(charger, link.last_heard_at)
    action, payload = _on_the_wire(link.protocol, command)
    if sets_password(payload) and not gives_our_password:
        raise CommandNotAllowed("A charger's password is changed by 'New password' only: any other would lock it out")
    if _lowers_profile(charger, payload):
        raise CommandNotAllowed("A security profile is never lowered by OCPP: set it back at the charger itself (A05)")
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
    value = charger.settings.filter(**_column_of(told)).values_list("value", flat=True).first() if told else None
    at_most = int(value) if value and value.isdecimal() else 0
    parts = in_parts(command, at_most) if at_most > 0 else [command]
    with transaction.atomic():
        return [issue_command(charger, part, issued_by=issued_by, now=now) for part in parts]


def _column_of(setting: Setting) -> dict[str, str]:
    return {
        "component__iexact": setting.component,
        "variable__iexact": setting.variable,
        "variable_instance__iexact": setting.variable_instance,
        "attribute": "Actual",
    }


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
    return known is not None and int(wanted) < max(known.required_profile, known.came_by or 0)


def _on_the_wire(protocol: str, command: Command) -> tuple[str, dict[str, Any]]:
    call = DIALECTS[protocol].say(command)
    if call.action not in schemas.actions(protocol):
        raise CommandNotSpoken(f"{protocol} has no {call.action}")
    broken = schemas.check(protocol, call.action, call.payload)
    if broken is not None:
        raise CommandInvalid(broken.text)
    return call.action, call.payload


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
    "cancel_command",
    "issue_command",
]
