"""What we asked for and now see: the start that was asked, the stop that was asked."""

from datetime import datetime, timedelta

from chargers.events import Token
from chargers.models import Charger, Evse, IssuedCommand
from chargers.services import mark_effect
from sessions.lifecycle import DRIFT
from sessions.models import Session
from sessions.services.finding import asked_of

# Without an id that comes back (1.6), a start this long after it was asked for is somebody's own.
ASKED_AT_MOST_BEFORE = timedelta(minutes=30)


def asked_start(
    charger: Charger, *, evse: Evse | None, token: Token | None, remote_start_id: int | None, at: datetime
) -> IssuedCommand | None:
    """The command that a start at `at` answers: by its id where one came back (2.x), else by token and EVSE."""
    for command in asked_of(charger).select_related("issued_by").order_by("-pk")[:20]:
        if remote_start_id is not None:
            answers = command.remote_start_id == remote_start_id
        else:
            answers = (
                (evse is None or command.evse_number in (None, evse.number))
                and (token is not None and bool(token.key) and token.key == command.token_key)
                and -DRIFT <= at - command.issued_at <= ASKED_AT_MOST_BEFORE
            )
        if answers:
            return command
    return None


def start_seen(command: IssuedCommand, session: Session, *, heard_at: datetime) -> None:
    mark_effect(IssuedCommand.objects.filter(pk=command.pk), now=heard_at, note=f"Session {session.pk}")


def stop_seen(session: Session, *, heard_at: datetime) -> None:
    asked = asked_of(session.charger, "stop").filter(reference=session.reference)
    mark_effect(asked, now=heard_at, note=session.stop_reason)
