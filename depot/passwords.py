"""What comes of sending a charger its new password, beyond that it may use it from now on (A01)."""

from datetime import datetime

from chargers.choices import CommandState, Trust
from chargers.commands import ChangeSettings
from chargers.models import Charger, IssuedCommand
from chargers.services.issue import sets_password
from depot.notices import services as notices

NOT_TAKEN = (CommandState.REJECTED, CommandState.ERROR)


def command_settled(command: IssuedCommand, *, now: datetime) -> None:
    """A charger that refuses its new password is told of: who sent it may have left the page."""
    if (
        command.kind != ChangeSettings.kind
        or command.state not in NOT_TAKEN
        or not sets_password(command.request or {})
    ):
        return
    charger = Charger.objects.get(pk=command.charger_id)
    said = command.status or command.error_description or command.error_code
    text = f"{charger} does not take its new password ({said}). {_what_holds(charger)}"
    notices.write("security.password_not_taken", charger, text, at=now, command=command.pk)


def _what_holds(charger: Charger) -> str:
    if charger.trust == Trust.NOTHING:
        return "It goes on without any."
    if charger.password_hmac:
        return "Its present one goes on to hold."
    return "It has no other: type it in at the charger before that calls again, or it stays outside."
