"""What the charger answers: it keeps the place, it refuses, it lets it go."""

from datetime import datetime

from chargers.choices import CommandState
from chargers.models import Charger, IssuedCommand
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken
from sessions.reserving.models import Keeper, Reservation, ReservationState
from sessions.reserving.services.asking import ask_charger, keep_ourselves

KINDS = ("reserve", "cancel_reservation")
# In these words a charger says that it has no such function at all (OCPP-J).
UNKNOWN_TO_IT = ("NotImplemented", "NotSupported")
# What ReserveNow may be answered, in the reader's words.
REFUSALS = {
    "Faulted": "It has a fault",
    "Occupied": "It is in use",
    "Unavailable": "It is out of service",
    "Rejected": "The charger is set not to accept reservations",
}


def heed_command(command: IssuedCommand, *, now: datetime) -> Reservation | None:
    """A command has its answer, or will have none; None where it was about no live reservation."""
    if command.kind not in KINDS:
        return None
    by = "command" if command.kind == "reserve" else "release"
    reservation = (
        Reservation.objects.live()
        .select_for_update(of=("self",))
        .select_related("charger", "evse")
        .filter(**{by: command})
        .first()
    )
    if reservation is None:
        return None
    if command.kind == "reserve":
        _heed_reserve(reservation, command, now=now)
    else:
        _heed_release(reservation, command, now=now)
    return reservation


def _heed_reserve(reservation: Reservation, command: IssuedCommand, *, now: datetime) -> None:
    if command.state == CommandState.ACCEPTED:
        if reservation.state == ReservationState.ASKED:
            reservation.state = ReservationState.HELD
        reservation.why = ""
    elif command.state == CommandState.ERROR and command.error_code in UNKNOWN_TO_IT and reservation.evse is not None:
        keep_ourselves(reservation, why="The charger knows no reservations")
        return
    elif command.state == CommandState.REJECTED:
        _end(reservation, ReservationState.REFUSED, REFUSALS.get(command.status, command.status), now=now)
    elif reservation.state == ReservationState.HELD:
        # It was asked again, and has not taken the first word back: it is kept by what we know.
        reservation.why = "The charger was asked again after its restart and gave no answer"
    elif command.state == CommandState.ERROR:
        said = command.error_description or command.error_code
        _end(reservation, ReservationState.REFUSED, f"The charger could not read it: {said}", now=now)
    else:
        _end(reservation, ReservationState.REFUSED, "The charger gave no answer", now=now)
    reservation.save(update_fields=["state", "why", "ended_at"])


def _heed_release(reservation: Reservation, command: IssuedCommand, *, now: datetime) -> None:
    if command.state == CommandState.ACCEPTED:
        _end(reservation, ReservationState.CANCELLED, "", now=now)
    elif command.state == CommandState.REJECTED:
        # It holds none by this id (H02.FR.01): then nothing is kept any more.
        _end(reservation, ReservationState.CANCELLED, "The charger knew it no more", now=now)
    else:
        reservation.state = ReservationState.HELD
        reservation.why = "The charger was asked to release it and gave no answer"
    reservation.save(update_fields=["state", "why", "ended_at"])


def _end(reservation: Reservation, state: ReservationState, why: str, *, now: datetime) -> None:
    reservation.state, reservation.why, reservation.ended_at = state, why[:200], now


def ask_again(charger: Charger, *, now: datetime) -> int:
    """It has restarted, and no version says that a reservation outlives that: what it held it is told once more."""
    asked = 0
    held = Reservation.objects.filter(charger=charger, state=ReservationState.HELD, kept_by=Keeper.CHARGER)
    for reservation in held.filter(until__gt=now).select_related("charger", "evse"):
        try:
            ask_charger(reservation, asked_by=None, now=now)
        except (ChargerOffline, CommandNotSpoken, CommandInvalid, CommandNotAllowed) as error:
            reservation.why = f"Could not be told again after its restart: {error}"[:200]
            reservation.save(update_fields=["why"])
        else:
            asked += 1
    return asked
