"""What vehicles need tonight, as somebody tells it."""

from datetime import datetime, timedelta
from typing import Any

from depot.access.models import User
from depot.energy.models import NeedSource, VehicleNeed
from depot.energy.services.marks import want_plan
from depot.models import Depot
from sessions.models import Session, Vehicle

# A word without a departure is about the coming night.
HOLDS = timedelta(days=1)


class NothingTold(ValueError):
    """Neither a departure, nor an energy, nor a level, nor a class."""


def tell_need(
    depot: Depot,
    *,
    source: NeedSource,
    now: datetime,
    vehicle: Vehicle | None = None,
    session: Session | None = None,
    departs_at: datetime | None = None,
    energy_wh: int | None = None,
    target_soc_percent: int | None = None,
    priority: int | None = None,
    told_by: User | None = None,
) -> VehicleNeed:
    """Of a vehicle wherever it stands, or of one session only. Raises NothingTold. Told twice the same, it is one."""
    said: dict[str, Any] = {
        "departs_at": departs_at,
        "energy_wh": energy_wh,
        "target_soc_percent": target_soc_percent,
        "priority": priority,
    }
    if all(value is None for value in said.values()):
        raise NothingTold
    if session is None and vehicle is not None:
        session_now = Session.objects.running().filter(vehicle=vehicle).order_by("-pk").first()
    else:
        session_now = session
    charged_wh = session_now.energy_wh if session_now is not None else None
    before = VehicleNeed.objects.filter(
        depot=depot, vehicle=vehicle, session=session, source=source, taken_back_at=None, holds_until__gt=now
    ).first()
    is_same = before is not None and all(getattr(before, name) == value for name, value in said.items())
    # An energy told again after some was charged is a new one.
    if before is not None and is_same and (energy_wh is None or before.session_energy_wh == charged_wh):
        return before
    need = VehicleNeed.objects.create(
        depot=depot,
        vehicle=vehicle,
        session=session,
        source=source,
        told_at=now,
        told_by=told_by,
        holds_until=departs_at if departs_at is not None and departs_at > now else now + HOLDS,
        session_energy_wh=charged_wh,
        **said,
    )
    want_plan(depot.pk, f"{vehicle or session}: {need.get_source_display()} told what it needs", now=now)
    return need


def vehicle_told(
    session: Session, departure: datetime | None, energy_wh: int | None, source: NeedSource, now: datetime
) -> VehicleNeed | None:
    """The vehicle's own word over its cable. None where there is nothing in it, or the session is at no depot."""
    depot = Depot.objects.filter(pk=session.depot_key or 0).first()
    if depot is None or (departure is None and energy_wh is None):
        return None
    return tell_need(
        depot,
        source=NeedSource(source),
        now=now,
        vehicle=session.vehicle,
        session=session,
        departs_at=departure,
        energy_wh=energy_wh,
    )


def take_back_need(need: VehicleNeed, *, now: datetime) -> None:
    """It holds no longer; who is believed next is believed."""
    if need.taken_back_at is None:
        need.taken_back_at = now
        need.save(update_fields=["taken_back_at"])
        want_plan(need.depot_id, f"{need.vehicle or need.session}: what was told is taken back", now=now)
