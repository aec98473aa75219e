"""Depots: a name, a zone, a currency, a limit, a tariff."""

from datetime import datetime

from depot.access.models import User
from depot.models import Depot


def add_depot(depot: Depot, *, added_by: User, now: datetime) -> None:
    """A new depot; who makes it sees it."""
    depot.created_at = now
    depot.save()
    if not added_by.all_depots:
        added_by.depots.add(depot)


def change_depot(depot: Depot) -> None:
    """Sessions keep the zone and the currency under which they began."""
    depot.save()
