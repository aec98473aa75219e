"""A depot's own past days, gathered from the books, lived through again by each policy."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from depot.energy import instance as planner
from depot.energy.hindsight import Past, PastSession, look_back
from depot.energy.instance import InstanceInvalid
from depot.energy.limits import Floats
from depot.energy.models import SiteInterval, Wiring
from depot.energy.pages.models import LookBack
from depot.energy.queries.instance import frame_of
from depot.energy.queries.prices import prices_of, tariff_in_force
from depot.energy.scenario import Demand
from depot.energy.slots import SLOT, slot_at, start_of
from depot.energy.tariff import Tariff
from depot.models import Depot
from sessions.models import Session

SLOT_H = 0.25
A_DAY_SLOTS = 96
BILLING_DAYS = 30.0
# A demand charge with longer intervals than a slot has whole ones.
SLOT_MIN = 15


class NoPast(Exception):
    """The books tell too little of these days; the text says what."""


def work_out(row: LookBack, now: datetime) -> None:
    """Fills in what each policy would have cost; a past that cannot be told is kept as such."""
    started = time.monotonic()
    try:
        past = past_of(row, now)
        ways = look_back(past)
    except (NoPast, InstanceInvalid) as error:
        row.failed, row.ways = str(error)[:300], []
    else:
        row.failed, row.sessions = "", len(past.sessions)
        row.ways = [
            {
                "policy": way.policy.value if way.policy is not None else "",
                "bill": way.bill,
                "energy_cost": way.energy_cost,
                "peak_kw": way.peak_kw,
                "unmet_kwh": way.unmet_kwh,
                "violations": way.violations,
            }
            for way in ways
        ]
    row.done_at, row.took_s = now, round(time.monotonic() - started, 2)
    row.save()


def past_of(row: LookBack, now: datetime) -> Past:
    """Raises NoPast."""
    depot = row.depot
    frame = frame_of(depot, now)
    if frame is None:
        raise NoPast("No EVSE of this depot is on a circuit.")
    zone = ZoneInfo(depot.time_zone)
    # Whole days of 24 hours from the first midnight on: where the clock jumps, the last one ends an hour off midnight.
    starts_at = datetime.combine(row.first_day, datetime.min.time(), zone).astimezone(UTC)
    slots = row.days * A_DAY_SLOTS
    first = slot_at(starts_at)
    sessions = tuple(_sessions(depot, starts_at, start_of(first + slots), now))
    if not sessions:
        raise NoPast("Nobody charged on these days.")
    building, solar, charged, is_whole = _metered(depot, starts_at, slots)
    tariff = tariff_in_force(depot, starts_at)
    prices = prices_of(depot, first, slots)
    # What chargers hold today, and fall back to, says nothing of those days.
    limit = frame.instance.site.import_limit_kw[0]
    return Past(
        name=f"{depot} from {row.first_day}",
        starts_at=starts_at,
        slot_h=SLOT_H,
        evses=tuple(replace(evse, held_kw=None, held=None, fallback_kw=None) for evse in frame.instance.evses),
        circuits=tuple(_over(circuit, slots) for circuit in frame.instance.circuits),
        building_kw=building,
        solar_kw=solar,
        import_limit_kw=np.full(slots, limit),
        # Days and months are not followed through their amounts here: what is beyond them decides.
        import_price=np.array(planner.beyond(prices.import_price, prices.allowances)),
        export_price=np.array(prices.export_price),
        demand=_demand(tariff, first, slots),
        billing_days=BILLING_DAYS,
        sessions=sessions,
        charged_kw=charged if is_whole else None,
    )


def _over(circuit: planner.Circuit, slots: int) -> planner.Circuit:
    """Its limits as they are today, over all days."""

    def stretch(series: planner.Series | None) -> planner.Series | None:
        return None if series is None else (series[0],) * slots

    return replace(
        circuit,
        limit_kw=stretch(circuit.limit_kw),
        line_limit_kw=stretch(circuit.line_limit_kw),
        other_load_kw=stretch(circuit.other_load_kw),
    )


def _sessions(depot: Depot, starts_at: datetime, ends_at: datetime, now: datetime) -> Iterator[PastSession]:
    wired = {wiring.evse_id: wiring for wiring in Wiring.objects.filter(circuit__depot=depot).select_related("evse")}
    rows = Session.objects.filter(
        evse__in=wired, started_at__gte=starts_at, started_at__lt=ends_at, ended_at__isnull=False, energy_wh__gt=0
    ).select_related("vehicle")
    for session in rows.order_by("started_at", "pk"):
        assert session.evse_id is not None
        assert session.ended_at is not None
        wiring = wired[session.evse_id]
        own = None
        if session.vehicle is not None:
            told = session.vehicle.max_dc_kw if wiring.evse.is_dc else session.vehicle.max_ac_kw
            own = float(told) if told else None
        yield PastSession(
            vehicle=str(session.vehicle or session.pk),
            evse=str(session.evse_id),
            arrived_at=session.started_at,
            departed_at=min(session.ended_at, ends_at),
            energy_kwh=(session.energy_wh or 0) / 1000,
            max_kw=own,
        )


def _metered(depot: Depot, starts_at: datetime, slots: int) -> tuple[Floats, Floats, Floats, bool]:
    """Building, sun and chargers by slot; and whether nearly all of it was metered."""
    building, solar, charged = (np.zeros(slots) for _ in range(3))
    seen = np.zeros(slots, dtype=bool)
    rows = SiteInterval.objects.filter(depot=depot, starts_at__gte=starts_at, starts_at__lt=starts_at + slots * SLOT)
    for at, building_wh, solar_wh, chargers_wh in rows.values_list(
        "starts_at", "building_wh", "solar_wh", "chargers_wh"
    ):
        slot = (at - starts_at) // SLOT
        building[slot], solar[slot], charged[slot] = building_wh / 250, solar_wh / 250, chargers_wh / 250
        seen[slot] = True
    return building, solar, charged, bool(seen.mean() > 0.9)


def _demand(tariff: Tariff, first: int, slots: int) -> tuple[Demand, ...]:
    moments = [start_of(first + slot) for slot in range(slots)]
    found = []
    for charge in tariff.peaks:
        paid_kw, price = charge.weighed_from(tariff.paid_kw(charge))
        found.append(
            Demand(
                key=charge.name,
                price_per_kw=float(price),
                applies=np.array([tariff.counts_at(charge, moment) for moment in moments], dtype=bool),
                slots_per_interval=max(1, charge.interval_min // SLOT_MIN),
                incurred_kw=paid_kw,
                besides=float(tariff.demand_amount(charge, paid_kw)) - float(price) * paid_kw,
            )
        )
    return tuple(found)


def newest_days(depot: Depot, now: datetime, days: int) -> datetime:
    """The first moment of so many whole days, of which the last was yesterday."""
    today = now.astimezone(ZoneInfo(depot.time_zone)).date()
    return datetime.combine(today - timedelta(days=days), datetime.min.time(), ZoneInfo(depot.time_zone))
