"""What people ask of a session: start this vehicle here, stop that one. It happens when the charger says it has."""

import secrets
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q

from chargers.choices import ConnectorStatus
from chargers.commands import StartCharging, StopCharging
from chargers.models import Capability, Charger, Connector, Evse, IssuedCommand
from chargers.quirks import model_for
from chargers.services import issue_command
from sessions.models import IdToken, Session, Vehicle
from sessions.place import BayAccess, Place
from sessions.services.finding import MAY_SHOW, NOT_SHOWN
from sessions.services.in_use import DRAWING
from sessions.services.tokens import issue_own_token, may_charge

# What some models do not: they refuse a start until the cable was pulled. Seen, or said by hand.
RESTARTS_WITHOUT_REPLUG = "restarts_without_replug"
LARGEST_ID = 2**31 - 1
# With one of these nobody's session needs the EVSE any more, whatever an open row says.
FREE = (ConnectorStatus.AVAILABLE, ConnectorStatus.PREPARING, ConnectorStatus.RESERVED)


class EvseOccupied(Exception):
    """Another session runs there."""

    def __init__(self, session: Session) -> None:
        super().__init__(f"{session.evse} is in use")
        self.session = session


class NeedsReplug(Exception):
    """This charger starts again only after the cable was pulled and plugged."""


class VehicleHasNoToken(Exception):
    """There is nothing that a charger could be told to start."""


class TokenMayNotCharge(Exception):
    """It is blocked, has expired, is not valid yet, or its vehicle is out of use."""


class SessionAlreadyEnded(Exception):
    """Nothing is left to stop."""


def request_start(
    who: Vehicle | IdToken, evse: Evse, *, requested_by: AbstractBaseUser | None, now: datetime
) -> IssuedCommand:
    """Ask the charger to start; the session begins when the charger says it has.

    Raises EvseOccupied, NeedsReplug, VehicleHasNoToken, TokenMayNotCharge, and what `issue_command` raises.
    """
    token = _token_of(who)
    if not may_charge(token, now=now):
        raise TokenMayNotCharge(str(token))
    _check_room(evse)
    start = StartCharging(
        evse=evse.number,
        token=token.value,
        # A card must be named as the card that it is, or it cannot stop at the charger what was started with it.
        token_type=token.type or ("Central" if token.is_ours else "ISO14443"),
        remote_start_id=secrets.randbelow(LARGEST_ID) + 1,
    )
    return issue_command(evse.charger, start, issued_by=requested_by, now=now)


def _token_of(who: Vehicle | IdToken) -> IdToken:
    if isinstance(who, IdToken):
        return who
    token = who.tokens.filter(is_ours=True).select_related("vehicle").first()
    if token is None:
        raise VehicleHasNoToken(str(who))
    return token


def _check_room(evse: Evse) -> None:
    statuses = set(Connector.objects.filter(evse=evse).values_list("status", flat=True))
    running = Session.objects.running().filter(evse=evse).select_related("evse__charger").first()
    # By what the connectors show, not by an open row: a session the charger forgot must not keep the next one out.
    if running is not None and not (statuses and statuses <= set(FREE)) and not waits_for_a_start(running):
        raise EvseOccupied(running)
    if evse.exclusion_group:
        beside = Session.objects.running().filter(
            Q(energy_state__in=DRAWING) | Q(power_w__gt=0),
            evse__charger=evse.charger_id,
            evse__exclusion_group=evse.exclusion_group,
        )
        other = beside.exclude(evse=evse).select_related("evse__charger").first()
        if other is not None:
            raise EvseOccupied(other)
    if ConnectorStatus.FINISHING in statuses and _needs_replug(evse.charger):
        raise NeedsReplug(str(evse))


def _needs_replug(charger: Charger) -> bool:
    """By what it has shown; of one that has shown nothing, by what is known of its model."""
    shown = Capability.objects.filter(charger=charger, name=RESTARTS_WITHOUT_REPLUG).first()
    if shown is not None:
        return shown.value == "no"
    model = model_for(charger.vendor, charger.model, charger.firmware)
    return model is not None and model.restarts_without_replug is False


def waits_for_a_start(session: Session) -> bool:
    """Plugged in, and begun by that alone (2.x): nobody has been authorized, so whoever is started starts this one."""
    return not session.token_value and session.energy_state not in DRAWING and not session.power_w


def request_stop(session: Session, *, requested_by: AbstractBaseUser | None, now: datetime) -> IssuedCommand:
    """Ask the charger to stop; the session ends when the charger says it has. Raises SessionAlreadyEnded."""
    if session.ended_at is not None:
        raise SessionAlreadyEnded
    stop = StopCharging(reference=session.reference)
    return issue_command(session.charger, stop, issued_by=requested_by, now=now)


def autostart(evse: Evse, *, place: Place, now: datetime) -> IssuedCommand | None:
    """Plugged in at the bay of one vehicle: start it, unless it runs, or was asked for already."""
    if place.access is not BayAccess.OWN_VEHICLE or place.own_vehicle_id is None:
        return None
    asked = IssuedCommand.objects.filter(
        charger=evse.charger_id, kind="start", evse_number=evse.number, state__in=MAY_SHOW, effect__in=NOT_SHOWN
    )
    running = Session.objects.running().filter(evse=evse).first()
    if asked.exists() or (running is not None and not waits_for_a_start(running)):
        return None
    vehicle = Vehicle.objects.get(pk=place.own_vehicle_id)
    return request_start(issue_own_token(vehicle, now), evse, requested_by=None, now=now)
