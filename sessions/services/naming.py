"""A dispatcher says which vehicle a session is."""

from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from sessions.models import Session, Vehicle, VehicleSource
from sessions.services.changing import given_out, note_correction
from sessions.services.finding import locked


@transaction.atomic
def name_vehicle(session: Session, vehicle: Vehicle, *, said_by: AbstractBaseUser, now: datetime) -> Session:
    """On an open session at once; on one that the ERP has, a correction follows as credit and replacement."""
    held = locked().get(pk=session.pk)
    if held.vehicle_id == vehicle.pk and held.vehicle_source == VehicleSource.DISPATCHER:
        return held
    before = given_out(held)
    held.vehicle = vehicle
    held.vehicle_source = VehicleSource.DISPATCHER
    note_correction(held, before, reason=f"It is vehicle {vehicle}.", author=said_by.get_username())
    held.save(update_fields=["vehicle", "vehicle_source", "needs_correction", "correction_reason", "correction_author"])
    return held
