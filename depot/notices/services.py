"""Write a notice in the fact's own transaction."""

from datetime import datetime
from typing import Any

from chargers.models import Charger
from depot.notices.models import Notice
from depot.queries import depot_ids_of


def write(kind: str, charger: Charger, text: str, *, at: datetime, **detail: Any) -> Notice:
    """Tell of `charger`; the depot is that of its bays."""
    return Notice.objects.create(
        at=at,
        depot_id=depot_ids_of([charger.pk]).get(charger.pk),
        kind=kind,
        subject=str(charger)[:120],
        text=text[:400],
        detail=detail,
    )
