"""What the charger answers: it keeps the place, it refuses, it lets it go."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models.functions import Coalesce

from chargers.choices import CommandState
from chargers.commands import CancelReservation
from chargers.models import IssuedCommand
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_command
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
    # A duty that gives a command up calls this too, and has no transaction of its own.
    with transaction.atomic():
        return _heed(command, now=now)


def _heed(command: IssuedCommand, *, now: datetime) -> Reservation | None:
    by = "command" if command.kind == "reserve" else "release"
    reservation = (
        Reservation.objects.live()
        .select_for_update(of=("self",))
        .select_related("charger", "evse")
        .filter(**{by: command})
        .first()
    )
    if reservation is None:
        return _heed_late(command, now=now) if command.kind == "reserve" else None
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
    elif command.state == CommandState.REJECTED and reservation.state == ReservationState.HELD:
        _keep_on(reservation, command, now=now)
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


def _heed_late(command: IssuedCommand, *, now: datetime) -> Reservation | None:
    """It keeps the place after all, and said so when we had given its answer up: what it holds is what is shown."""
    given_up = Reservation.objects.select_for_update(of=("self",)).select_related("charger", "evse")
    reservation = given_up.filter(command=command, state=ReservationState.REFUSED, release=None, until__gt=now).first()
    if reservation is None or command.state != CommandState.ACCEPTED:
        return None
    reservation.state, reservation.ended_at, reservation.why = ReservationState.HELD, None, ""
    try:
        with transaction.atomic():
            reservation.save(update_fields=["state", "ended_at", "why"])
    except IntegrityError:
        # Somebody else was promised it meanwhile.
        reservation.refresh_from_db()
        _let_go(reservation, now=now)
    return reservation


def take_back(now: datetime) -> list[Reservation]:
    """A charger that gave no answer may keep the place all the same, for nobody that we know of: it is let go."""
    unanswered = Reservation.objects.filter(
        state=ReservationState.REFUSED, command__state=CommandState.UNANSWERED, release=None, until__gt=now
    )
    told = unanswered.filter(charger__automation_on=True).select_related("charger")
    return [reservation for reservation in told if _let_go(reservation, now=now)]


def _let_go(reservation: Reservation, *, now: datetime) -> bool:
    cancel = CancelReservation(reservation_id=reservation.pk)
    try:
        with transaction.atomic():
            reservation.release = issue_command(reservation.charger, cancel, issued_by=None, now=now)
            reservation.save(update_fields=["release"])
    except (ChargerOffline, CommandNotSpoken, CommandInvalid, CommandNotAllowed):
        return False  # it is told when it is back, or its time is over before
    return True


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


def _keep_on(reservation: Reservation, command: IssuedCommand, *, now: datetime) -> None:
    """It held it, restarted, and does not take it again: whom we promised the place keeps it by us, where we can."""
    why = f"After its restart the charger did not take it again: {REFUSALS.get(command.status, command.status)}"
    if reservation.evse is not None:
        keep_ourselves(reservation, why=why)
        return
    _end(reservation, ReservationState.REMOVED, why, now=now)
    reservation.save(update_fields=["state", "why", "ended_at"])


def ask_again(now: datetime) -> list[Reservation]:
    """Chargers that restarted: no version says that a reservation outlives that, so what was held is told once more.

    The same id again replaces what the charger may hold by it (H01.FR.02).
    """
    told_at = Coalesce("command__issued_at", "asked_at")
    held = Reservation.objects.filter(state=ReservationState.HELD, kept_by=Keeper.CHARGER, until__gt=now)
    restarted = held.filter(charger__booted_at__gt=told_at, charger__automation_on=True)
    asked = []
    for reservation in restarted.select_related("charger", "evse"):
        try:
            with transaction.atomic():
                ask_charger(reservation, asked_by=None, now=now)
        except ChargerOffline:
            # It is told when it is back: its next start of all shows that it has to be.
            continue
        except (CommandNotSpoken, CommandInvalid, CommandNotAllowed) as error:
            Reservation.objects.filter(pk=reservation.pk).update(kept_by=Keeper.US, why=str(error)[:200])
        asked.append(reservation)
    return asked
