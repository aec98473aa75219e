"""Vehicles, each with a token of ours, so that a dispatcher can start it."""

from datetime import datetime

from django.db import transaction

from sessions.models import IdToken, Vehicle
from sessions.services import issue_own_token


def add_vehicle(vehicle: Vehicle, *, now: datetime) -> IdToken:
    """Keep a new vehicle; its own token is made at once."""
    with transaction.atomic():
        vehicle.created_at = now
        vehicle.save()
        return issue_own_token(vehicle, now)


def change_vehicle(vehicle: Vehicle) -> None:
    """Its own token holds in every depot, and so goes with it to another one."""
    vehicle.save()


def make_own_token(vehicle: Vehicle, *, now: datetime) -> IdToken:
    """The token of ours that the vehicle has, or a new one where it has none."""
    return issue_own_token(vehicle, now)
