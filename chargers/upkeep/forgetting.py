"""Who is forgotten by a charger goes off its local list too: only we may change that (2.x N10.FR.02, N10.FR.03)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from chargers.choices import CommandState
from chargers.commands import ListEntry, SendLocalList
from chargers.events import token_key
from chargers.models import IssuedCommand
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_command
from chargers.upkeep.list_facts import ACTIONS, list_of
from chargers.upkeep.lists import key_of
from chargers.upkeep.models import LocalList

OPEN = (CommandState.REQUESTED, CommandState.SENT)


def heed_forgotten(command: IssuedCommand, *, now: datetime) -> IssuedCommand | None:
    """The charger forgets a customer: the token is kept off its list from now on, and taken off where it stands on it.

    None where nothing is sent: it was not on the list, or the list's next look does it.
    """
    key = _forgotten_by(command)
    if not key:
        return None
    local_list = list_of(command.charger_id)
    if key not in local_list.kept_off:
        local_list.kept_off = [*local_list.kept_off, key]
        local_list.looked_at = None
        local_list.save(update_fields=["kept_off", "looked_at"])
    listed = local_list.tokens.filter(key=key).first()
    is_open = IssuedCommand.objects.filter(charger=command.charger_id, action__in=ACTIONS, state__in=OPEN).exists()
    if listed is None or not local_list.is_known or is_open:
        return None
    gone = ListEntry(token=listed.token, token_type=listed.type or "Central", status=None)
    update = SendLocalList(version=local_list.version + 1, is_full=False, entries=(gone,))
    try:
        # Part of what the person asked for, so that it goes out whether or not we keep lists here unasked.
        return issue_command(command.charger, update, issued_by=command.issued_by, now=now)
    except (ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken):
        return None


def _forgotten_by(command: IssuedCommand) -> str:
    request = command.request if isinstance(command.request, Mapping) else {}
    accepted = command.action == "CustomerInformation" and command.state == CommandState.ACCEPTED
    if not accepted or request.get("clear") is not True:
        return ""
    token = request.get("idToken")
    named = token.get("idToken") if isinstance(token, Mapping) else request.get("customerIdentifier")
    return token_key(str(named or ""))


def without_the_forgotten(wanted: Sequence[ListEntry], local_list: LocalList) -> list[ListEntry]:
    kept_off = set(local_list.kept_off)
    return [entry for entry in wanted if key_of(entry) not in kept_off]


def put_back(local_list: LocalList) -> None:
    """A person says that they may stand on it again, where a rule wants them there."""
    local_list.kept_off = []
    local_list.looked_at = None
    local_list.save(update_fields=["kept_off", "looked_at"])
