"""A vehicle: its battery, what it draws as it fills, and when it is in the yard."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from simulator.clock import Moment
from simulator.yard import EvsePlan, VehiclePlan

# The curve's tail would never end: this close to full a battery calls itself full.
FULL_MARGIN = 0.005
# A battery that gives back keeps this much to drive home with.
KEPT_SOC = 0.2


@dataclass(slots=True)
class Vehicle:
    plan: VehiclePlan
    soc: float = 0.5
    # The arrival that it last drove for: a yard that begins again in the middle of a stay drives it no second time.
    drove_for: Moment | None = None
    # When it means to leave; by hand it may stay without saying.
    leaves_at: Moment | None = None

    @property
    def is_full(self) -> bool:
        return self.soc >= self._full_soc

    @property
    def _full_soc(self) -> float:
        return min(self.plan.target_soc, 1.0 - FULL_MARGIN)

    @property
    def _capacity_wh(self) -> float:
        return self.plan.battery_kwh * 1000

    def max_w(self, evse: EvsePlan) -> float:
        """The most it would take at this EVSE, were it empty and nobody limited it."""
        if evse.current == "DC":
            return min(self.plan.max_dc_w, evse.max_w)
        amps_w = evse.max_a * evse.voltage_v * min(evse.phases, self.plan.phases)
        return min(self.plan.max_ac_w, evse.max_w, amps_w)

    def phases_at(self, evse: EvsePlan) -> int:
        return 1 if evse.current == "DC" else min(evse.phases, self.plan.phases)

    def least_w(self, evse: EvsePlan) -> float:
        """An offer below this is no offer: a vehicle does not charge below its minimum current."""
        return 0.0 if evse.current == "DC" else self.plan.min_a * evse.voltage_v * self.phases_at(evse)

    @property
    def battery_w(self) -> float:
        """What the battery takes at its best; its taper is a part of this, however weak the charger."""
        return max(self.plan.max_ac_w, self.plan.max_dc_w)

    def power_w(self, offer_w: float) -> float:
        """What it draws now from an offer."""
        return 0.0 if self.is_full else min(offer_w, self._taper_w())

    def _taper_w(self) -> float:
        if self.soc <= self.plan.taper_from_soc:
            return self.battery_w
        return self.battery_w * (1 - self.soc) / (1 - self.plan.taper_from_soc)

    def charge(self, seconds: float, offer_w: float) -> float:
        """Take from the offer for a while; the Wh that flowed through the charger's meter, exactly.

        Until the taper undercuts the offer the power is constant; from there on the gap to full
        decays exponentially, as power is in proportion to it.
        """
        before = self.soc
        offer_w = min(offer_w, self.battery_w)
        if offer_w <= 0 or seconds <= 0 or self.is_full:
            return 0.0
        constant_s = self._seconds_until_taper(offer_w)
        steady_s = min(seconds, constant_s, self._seconds_to(self._full_soc, offer_w))
        self.soc += steady_s * offer_w * self.plan.efficiency / 3600 / self._capacity_wh
        if seconds > constant_s and not self.is_full:
            self.soc = 1 - (1 - self.soc) * math.exp(-self._decay_per_s * (seconds - constant_s))
        self.soc = min(self.soc, self._full_soc)
        return (self.soc - before) * self._capacity_wh / self.plan.efficiency

    def max_discharge_w(self, evse: EvsePlan) -> float:
        """The most that it gives back at this EVSE."""
        return min(self.plan.max_discharge_w, self.max_w(evse))

    @property
    def may_give(self) -> bool:
        return self.soc > KEPT_SOC

    def give(self, seconds: float, power_w: float) -> float:
        """Give back for a while; the Wh that flowed out through the charger's meter."""
        if power_w <= 0 or seconds <= 0 or not self.may_give:
            return 0.0
        given_s = min(seconds, self.seconds_until_spent(power_w))
        self.soc -= given_s * power_w / self.plan.efficiency / 3600 / self._capacity_wh
        if given_s < seconds:
            self.soc = KEPT_SOC
        return given_s * power_w / 3600

    def seconds_until_spent(self, power_w: float) -> float:
        """How long it can give this much; for ever when it gives nothing."""
        if power_w <= 0 or not self.may_give:
            return math.inf
        return (self.soc - KEPT_SOC) * self._capacity_wh * 3600 * self.plan.efficiency / power_w

    def seconds_until_full(self, offer_w: float) -> float:
        """How long this offer makes it draw; for ever when it draws nothing that could end."""
        offer_w = min(offer_w, self.battery_w)
        if self.is_full or offer_w <= 0:
            return math.inf
        constant_s = self._seconds_until_taper(offer_w)
        steady_s = self._seconds_to(self._full_soc, offer_w)
        if steady_s <= constant_s:
            return steady_s
        start = max(self.soc, self._taper_soc(offer_w))
        return constant_s + math.log((1 - start) / (1 - self._full_soc)) / self._decay_per_s

    def _taper_soc(self, offer_w: float) -> float:
        """The state of charge at which the battery begins to take less than the offer."""
        return 1 - (1 - self.plan.taper_from_soc) * offer_w / self.battery_w

    def _seconds_until_taper(self, offer_w: float) -> float:
        if self.plan.taper_from_soc >= 1:
            return math.inf
        return max(0.0, self._seconds_to(self._taper_soc(offer_w), offer_w))

    def _seconds_to(self, soc: float, power_w: float) -> float:
        return (soc - self.soc) * self._capacity_wh * 3600 / (power_w * self.plan.efficiency)

    @property
    def _decay_per_s(self) -> float:
        lost_soc = 1 - self.plan.taper_from_soc
        return self.battery_w * self.plan.efficiency / 3600 / (lost_soc * self._capacity_wh)

    def drive(self, kwh: float) -> None:
        self.soc = max(0.05, self.soc - kwh / self.plan.battery_kwh)


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay in the yard."""

    arrives_at: Moment
    leaves_at: Moment
    used_kwh: float


def plan_visit(plan: VehiclePlan, day: date, *, zone: ZoneInfo, seed: int) -> Visit | None:
    """The stay that begins on a day, the same each time it is asked for."""
    days = plan.days
    if days is None or day.weekday() not in days.weekdays:
        return None
    chance = Random(f"{seed}/{plan.name}/{day.isoformat()}")
    arrives = datetime.combine(day, days.arrives, zone)
    leaves = datetime.combine(day if days.leaves > days.arrives else day + timedelta(days=1), days.leaves, zone)
    jitter_s = days.jitter_min * 60
    return Visit(
        arrives_at=round(arrives.timestamp() + chance.uniform(-jitter_s, jitter_s)),
        leaves_at=round(leaves.timestamp() + chance.uniform(-jitter_s, jitter_s)),
        used_kwh=round(chance.uniform(*days.uses_kwh), 2),
    )


def plan_visits(plan: VehiclePlan, since: Moment, *, zone: ZoneInfo, seed: int) -> Iterator[Visit]:
    """All stays that are not over at `since`, in order, without end."""
    day = datetime.fromtimestamp(since, zone).date() - timedelta(days=2)
    if plan.days is None or not plan.days.weekdays:
        return
    while True:
        visit = plan_visit(plan, day, zone=zone, seed=seed)
        if visit and visit.leaves_at > since:
            yield visit
        day += timedelta(days=1)
