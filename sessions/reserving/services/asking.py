"""Ask that a place is kept, and that it is let go again."""

from datetime import datetime, timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from chargers.commands import CancelReservation, Reserve
from chargers.models import Charger, Evse
from chargers.services import CommandNotSpoken, issue_command
from sessions.models import IdToken, Session, Vehicle
from sessions.reserving.models import Keeper, Reservation, ReservationState
from sessions.reserving.queries import knows_reservations
from sessions.services import TokenMayNotCharge, VehicleHasNoToken
from sessions.services.tokens import may_charge

# Nobody plans a place longer ahead; a slip of the year would block it for good.
MOST_DAYS = 7


class PlaceTaken(Exception):
    """Somebody else has it, or it is kept for somebody already."""


class ReservationInvalid(Exception):
    """It cannot be asked for so: the text says why."""


class TokenMayNotReserve(TokenMayNotCharge):
    """It could not charge there either."""


class ReservationOver(Exception):
    """Nothing is left to release."""


def reserve_place(
    who: Vehicle | IdToken,
    *,
    charger: Charger,
    evse: Evse | None = None,
    connector_type: str = "",
    until: datetime,
    asked_by: AbstractBaseUser | None,
    now: datetime,
) -> Reservation:
    """Keep an EVSE, any with that connector, or any at all for a vehicle or token, and for its group.

    Raises PlaceTaken, ReservationInvalid, TokenMayNotReserve, VehicleHasNoToken and what `issue_command` raises.
    """
    if not now < until <= now + timedelta(days=MOST_DAYS):
        raise ReservationInvalid(f"A place is kept until a moment ahead, and for at most {MOST_DAYS} days")
    if evse is not None and connector_type:
        raise ReservationInvalid("Name an EVSE or a connector type, not both")
    token = _token_of(who)
    if not may_charge(token, now=now):
        raise TokenMayNotReserve(f"{token} may not charge")
    _check_room(charger, evse, token)
    reservation = Reservation(
        charger=charger,
        evse=evse,
        connector_type=connector_type,
        token=token,
        token_value=token.value,
        token_type=token.type or ("Central" if token.is_ours else "ISO14443"),
        token_key=token.key,
        group=token.group,
        name=_name_of(token),
        until=until,
        asked_by=asked_by,  # type: ignore[misc]
        asked_at=now,
    )
    with transaction.atomic():
        try:
            with transaction.atomic():
                reservation.save()
        except IntegrityError as error:
            # Asked for by two at the same moment: the other was first.
            raise PlaceTaken(f"{evse or charger} was just reserved by somebody else") from error
        if knows_reservations(charger) is False:
            keep_ourselves(reservation, why="The charger knows no reservations")
        else:
            ask_charger(reservation, asked_by=asked_by, now=now)
    return reservation


def ask_charger(reservation: Reservation, *, asked_by: AbstractBaseUser | None, now: datetime) -> None:
    """The same id again replaces what the charger holds by it (H01.FR.02)."""
    reserve = Reserve(
        reservation_id=reservation.pk,
        token=reservation.token_value,
        token_type=reservation.token_type,
        group=reservation.group,
        until=reservation.until,
        evse=reservation.evse.number if reservation.evse is not None else None,
        connector_type=reservation.connector_type,
    )
    try:
        reservation.command = issue_command(reservation.charger, reserve, issued_by=asked_by, now=now)
    except CommandNotSpoken as error:
        if reservation.connector_type:
            raise ReservationInvalid(f"This charger keeps no place by its connector: {error}") from error
        raise
    reservation.save(update_fields=["command"])


def keep_ourselves(reservation: Reservation, *, why: str) -> None:
    """The charger cannot: whoever else shows a card at the EVSE is told no, when the charger asks."""
    if reservation.evse is None:
        raise ReservationInvalid(f"{why}, and which of its EVSEs shall be kept is not said: name one")
    reservation.state = ReservationState.HELD
    reservation.kept_by = Keeper.US
    reservation.why = why[:200]
    reservation.save(update_fields=["state", "kept_by", "why"])


def _token_of(who: Vehicle | IdToken) -> IdToken:
    if isinstance(who, IdToken):
        return who
    token = who.tokens.filter(is_ours=True).select_related("vehicle").first()
    if token is None:
        raise VehicleHasNoToken(str(who))
    return token


def _name_of(token: IdToken) -> str:
    if token.vehicle is not None:
        return token.vehicle.unit_number
    return token.driver or token.value[:80]


def _check_room(charger: Charger, evse: Evse | None, token: IdToken) -> None:
    live = list(Reservation.objects.live().filter(charger=charger).select_related("evse__charger"))
    for other in live:
        if evse is not None and other.evse_id == evse.pk:
            raise PlaceTaken(f"{evse} is kept for {other.name} until {other.until:%H:%M} UTC already")
        if other.token_key == token.key:
            raise PlaceTaken(f"{charger} keeps a place for {other.name} already")
    running = {session.evse_id for session in Session.objects.running().filter(charger=charger)}
    if evse is not None:
        if evse.pk in running:
            raise PlaceTaken(f"Another vehicle is at {evse}")
        return
    evses = set(Evse.objects.filter(charger=charger).values_list("pk", flat=True))
    kept = {other.evse_id for other in live if other.evse_id is not None}
    anywhere = sum(other.evse_id is None for other in live)
    if evses and len(evses - running - kept) <= anywhere:
        raise PlaceTaken(f"All places of {charger} are in use or kept for others")


def release_place(reservation: Reservation, *, asked_by: AbstractBaseUser | None, now: datetime) -> Reservation:
    """Let it go: at once where we keep it, else when the charger says so.

    Raises ReservationOver, and what `issue_command` raises.
    """
    with transaction.atomic():
        held = Reservation.objects.select_for_update(of=("self",)).select_related("charger").get(pk=reservation.pk)
        if not held.is_live:
            raise ReservationOver(str(held))
        if held.kept_by == Keeper.US:
            held.state, held.ended_at, held.why = ReservationState.CANCELLED, now, ""
        else:
            cancel = CancelReservation(reservation_id=held.pk)
            held.release = issue_command(held.charger, cancel, issued_by=asked_by, now=now)
            held.state = ReservationState.RELEASING
        held.save(update_fields=["state", "ended_at", "why", "release"])
    return held
