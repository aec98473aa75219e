"""The four figures above the night: what is to be delivered, what it costs, how high it goes, what is paid already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from depot.energy.instance import Allowance
from depot.energy.models import Circuit, MonthPeak, PlannedStay, StoredPlan, Wiring
from depot.energy.pages.costs import SLOT_H, Cost, Draws, at_once, cost_of_charging
from depot.energy.queries.memory import most_kw
from depot.energy.queries.planned import slot_in
from depot.energy.queries.prices import Prices, month_of, prices_of, tariff_in_force
from depot.energy.queries.site import import_limit_kw
from depot.energy.slots import HORIZON_SLOTS, slot_at, start_of
from depot.energy.tariff import Climb, Tariff
from depot.models import Depot


@dataclass(frozen=True, slots=True)
class PeakSoFar:
    name: str
    kw: float
    at: datetime | None
    price_per_kw: Decimal  # of one kilowatt more
    cost: Decimal
    climb: Climb | None = None  # where the price is by steps
    mean_of_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    to_deliver_kwh: float | None = None
    vehicles: int = 0
    unfilled: int = 0
    cost: Cost | None = None
    unmanaged: Cost | None = None
    highest_kw: float | None = None
    highest_at: datetime | None = None
    limit_kw: float | None = None
    peak: PeakSoFar | None = None
    has_tariff: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds of the site now, whatever is planned."""

    tariff: Tariff
    limit_kw: float | None
    peak: PeakSoFar | None
    prices: Prices | None = None  # where they depend on what was taken until now


def terms_of(depot: Depot, now: datetime) -> Terms:
    tariff = tariff_in_force(depot, now)
    prices = prices_of(depot, slot_at(now), HORIZON_SLOTS, now=now) if tariff.has_amounts else None
    return Terms(tariff, limit_of(depot, now), _peak_so_far(depot, tariff, now), prices)


def figures_of(terms: Terms, plan: StoredPlan | None, stays: Sequence[PlannedStay], now: datetime) -> Figures:
    peak, limit_kw = terms.peak, terms.limit_kw
    if plan is None:
        return Figures(peak=peak, limit_kw=limit_kw)
    here = slot_in(plan, now)
    if here >= plan.slots:
        return Figures(peak=peak, limit_kw=limit_kw)
    draws = [_draws(stay, plan, here) for stay in stays]
    planned, unmanaged = _costs(plan, here, draws, terms)
    ahead = plan.grid_kw[here:]
    highest = max(ahead)
    return Figures(
        to_deliver_kwh=sum(max(0.0, kw) for draw in draws for kw in draw.kw) * SLOT_H,
        vehicles=sum(any(kw > 0 for kw in draw.kw) for draw in draws),
        unfilled=sum(stay.unmet_kwh > max(0.05, 0.01 * stay.needs_kwh) for stay in stays),
        cost=planned,
        unmanaged=unmanaged,
        highest_kw=highest,
        highest_at=start_of(plan.first_slot + here + ahead.index(highest)),
        limit_kw=limit_kw,
        peak=peak,
        has_tariff=any(plan.import_price),
    )


def limit_of(depot: Depot, now: datetime) -> float | None:
    """What the site may take from the grid now; None where nobody said."""
    root = Circuit.objects.filter(depot=depot, feeds_from=None).first()
    return import_limit_kw(depot, root, now, 1)[0]


def _draws(stay: PlannedStay, plan: StoredPlan, here: int) -> Draws:
    wiring: Wiring | None = getattr(stay.evse, "wiring", None)
    efficiency = wiring.efficiency if wiring is not None else 1.0
    arrives = 0 if stay.arrives_at is None else slot_at(stay.arrives_at) - plan.first_slot - here
    return Draws(
        kw=tuple(stay.kw[here:]),
        arrives=arrives,
        departs=slot_at(stay.departs_at) - plan.first_slot - here,
        # What cannot be had in time is had by neither of the two.
        needs_grid_kwh=max(0.0, stay.needs_kwh - stay.unmet_kwh) / efficiency,
        most_kw=most_kw(wiring, stay.vehicle) if wiring is not None else 0.0,
    )


def _costs(plan: StoredPlan, here: int, draws: Sequence[Draws], terms: Terms) -> tuple[Cost, Cost]:
    slots = plan.slots - here
    prices, allowances = plan.import_price[here:], list[Allowance]()
    if terms.prices is not None:
        prices = terms.prices.import_price[:slots]
        allowances = [replace(one, saves_per_kwh=one.saves_per_kwh[:slots]) for one in terms.prices.allowances]
    planned = [sum(draw.kw[slot] for draw in draws if slot < len(draw.kw)) for slot in range(slots)]
    others = [grid - kw for grid, kw in zip(plan.grid_kw[here:], planned, strict=True)]
    unmanaged = [sum(kws) for kws in zip(*(at_once(draw, slots) for draw in draws), strict=True)] or [0.0] * slots

    def cost(charging: Sequence[float]) -> Cost:
        incurred: Mapping[str, Mapping[str, float]] = plan.peak
        return cost_of_charging(
            charging, others, prices, first_slot=plan.first_slot + here, tariff=terms.tariff, incurred=incurred,
            allowances=allowances,
        )  # fmt: skip

    return cost(planned), cost(unmanaged)


def _peak_so_far(depot: Depot, tariff: Tariff, now: datetime) -> PeakSoFar | None:
    """Of the demand charge that weighs most; None where the tariff has none."""
    if not tariff.peaks:
        return None
    charge = max(tariff.peaks, key=lambda one: one.weighed_from(0.0)[1])
    row = MonthPeak.objects.filter(depot=depot, window=charge.name, starts_on=month_of(depot, now).starts_on).first()
    kw, at = (float(row.kw), row.at) if row is not None else (0.0, None)
    _, one_more = charge.weighed_from(kw)
    cost = round(tariff.demand_amount(charge, kw), 2)
    if charge.mean_of_days:
        return PeakSoFar(charge.name, kw, at, one_more / charge.mean_of_days, cost, mean_of_days=charge.mean_of_days)
    return PeakSoFar(charge.name, kw, at, one_more, cost, charge.climb_from(kw))
