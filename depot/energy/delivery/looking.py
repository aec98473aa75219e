"""A depot is looked at again soon: for whoever notices that something changed there."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from chargers.models import Evse
from chargers.prepared import Prepared, among, numbers
from depot.energy.delivery.models import Writer
from depot.energy.models import Wiring


def _depots(charger_ids: int | str) -> QuerySet[Wiring, tuple[int]]:
    evses = among(Evse.objects.order_by(), "charger", charger_ids)
    return Wiring.objects.filter(evse__in=evses).order_by().values_list("circuit__depot")


_depots_of = Prepared(_depots, str)


def something_changed(charger_ids: Collection[int], *, now: datetime) -> None:
    """The depots of these chargers are looked at with the next beat; after the commit, for the pen may be in use."""
    depots = sorted({depot for (depot,) in _depots_of(numbers(charger_ids))})
    if depots:
        transaction.on_commit(lambda: _look_soon(depots, now), robust=True)


def _look_soon(depot_ids: list[int], now: datetime) -> None:
    Writer.objects.filter(depot__in=depot_ids).update(next_look_at=now)
