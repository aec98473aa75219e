"""A charger comes into the yard, and its EVSEs get their bays; or it goes again."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from chargers import services as chargers
from chargers.choices import Standing, Trust
from chargers.models import Charger
from chargers.queries import evse_of
from depot.access.models import User
from depot.models import Bay
from depot.yard.services.bays import change_bay
from sessions.models import Session


class Proof(StrEnum):
    """How an adopted charger will prove who it is."""

    NEW_PASSWORD = "new_password"
    PRESENTED = "presented"
    NOTHING = "nothing"


class ChargerInUse(Exception):
    """Its sessions are part of the books; `sessions` of them."""

    def __init__(self, sessions: int) -> None:
        super().__init__(f"{sessions} sessions")
        self.sessions = sessions


def add_charger(
    identity: str, *, name: str, pinned_protocol: str, bay: Bay | None, now: datetime
) -> tuple[Charger, str]:
    """A charger that is ours before it ever calls, and its password, told once. Raises IdentityTaken, BayNotFree."""
    with transaction.atomic():
        charger, password = chargers.register_charger(identity, name=name, now=now, pinned_protocol=pinned_protocol)
        _place(charger, {1: bay} if bay else {})
    return charger, password


def adopt(
    charger: Charger, *, name: str, bays: Mapping[int, Bay], proof: Proof, adopted_by: User, now: datetime
) -> str | None:
    """Take a charger out of the waiting room and give each EVSE its bay; its new password, told once.

    Raises NoPasswordOffered where the presented one is to be trusted and there was none, and BayNotFree.
    """
    with transaction.atomic():
        charger.name = name
        _place(charger, bays)
        return chargers.adopt_charger(
            charger,
            trust=Trust.NOTHING if proof == Proof.NOTHING else Trust.PASSWORD,
            keep_presented=proof == Proof.PRESENTED,
            adopted_by=adopted_by,
            now=now,
        )


def _place(charger: Charger, bays: Mapping[int, Bay]) -> None:
    for number, bay in bays.items():
        bay.evse = evse_of(charger.pk, number)
        change_bay(bay)


def change_charger(charger: Charger) -> None:
    """Its name here, and the version that it is held to."""
    charger.save(update_fields=["name", "pinned_protocol"])


def switch_automation(charger: Charger, is_on: bool) -> None:
    """May we send it anything unasked?"""
    Charger.objects.filter(pk=charger.pk).update(automation_on=is_on)


def switch_energy_management(charger: Charger, is_on: bool) -> None:
    Charger.objects.filter(pk=charger.pk).update(energy_management_on=is_on)


def let_wait_again(charger: Charger) -> None:
    """A refusal is taken back: when it calls again, it waits."""
    Charger.objects.filter(pk=charger.pk, standing=Standing.REFUSED).update(standing=Standing.WAITING)


def sessions_of(charger: Charger) -> int:
    return Session.objects.filter(charger=charger).count()


def delete_charger(charger: Charger) -> None:
    """With everything it said and was asked; if it calls again, it waits as a stranger.

    Raises ChargerInUse: what the books name is not deleted.
    """
    if sessions := sessions_of(charger):
        raise ChargerInUse(sessions)
    charger.delete()
