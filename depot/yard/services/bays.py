"""Bays: places to park, and the EVSE that serves each."""

from django.db import IntegrityError, transaction

from depot.models import Bay


class BayNotFree(Exception):
    """Another bay has this name, or the EVSE serves another bay."""


def add_bay(bay: Bay) -> None:
    _save(bay)


def change_bay(bay: Bay) -> None:
    _save(bay)


def delete_bay(bay: Bay) -> None:
    """Sessions keep the bay's name as it was; its charger stays, without a bay."""
    bay.delete()


def _save(bay: Bay) -> None:
    try:
        with transaction.atomic():
            bay.save()
    except IntegrityError as error:
        # Two people chose the same at once: the form of the second was right when it was looked at.
        raise BayNotFree(str(bay)) from error
