"""A depot is looked at again soon: for whoever notices that something changed there."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.db import transaction

from depot.energy.delivery.models import Writer
from depot.energy.models import Wiring


def something_changed(charger_ids: Collection[int], *, now: datetime) -> None:
    """The depots of these chargers are looked at with the next beat; after the commit, for the pen may be in use."""
    depots = list(
        Wiring.objects.filter(evse__charger__in=charger_ids).values_list("circuit__depot", flat=True).distinct()
    )
    if depots:
        transaction.on_commit(partial(_look_soon, depots, now), robust=True)


def _look_soon(depot_ids: list[int], now: datetime) -> None:
    Writer.objects.filter(depot__in=depot_ids).update(next_look_at=now)
