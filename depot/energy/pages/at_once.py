"""What it would change if one vehicle charged at once: planned before it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from depot.energy.instance import InstanceInvalid
from depot.energy.pages.compare import Moved, moved_by
from depot.energy.services import hands
from depot.energy.services.preview import preview
from depot.models import Depot
from sessions.models import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    ready_before: datetime | None
    ready_at: datetime | None
    costs_more: float
    peak_rises_kw: float
    moved: Sequence[Moved]  # the others
    newly_missing: int


def foresee_charge_now(session: Session, depot: Depot, *, now: datetime) -> Foreseen | None:
    """Nothing of it is kept. None where it is in no plan: then nobody can say."""
    try:
        found = preview(depot, lambda: hands.charge_now(session, asked_by=None, now=now), now=now)
    except InstanceInvalid:
        return None
    mine = session.evse_id
    before = next((stay for stay in found.old.stays if stay.evse_id == mine), None) if found is not None else None
    after = next((stay for stay in found.new.stays if stay.evse_id == mine), None) if found is not None else None
    if found is None or before is None or after is None:
        return None
    others = [one for one in moved_by(found) if one.name != after.name]
    return Foreseen(
        ready_before=before.ready_at,
        ready_at=after.ready_at,
        costs_more=found.costs_more,
        peak_rises_kw=found.peak_rises_kw,
        moved=others,
        newly_missing=sum(one.is_worse for one in others),
    )
