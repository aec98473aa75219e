"""A depot with a roof, lived through a recorded day at five seconds a step: the planner, the sun, and its vehicles.

A charger keeps a new limit with the sample after the one that caused it; a vehicle goes down at once and up in seconds.
The books kept here are the ones that count: by what was drawn, not by what was told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from depot.energy.instance import Circuit, Control, Evse, Instance, Need, Site
from depot.energy.planner import Planner
from depot.energy.slots import HORIZON_SLOTS, SLOT, share_left, slot_at, start_of
from depot.energy.solar.controller import Course, Day, Follower, divert, read
from depot.energy.solar.needs import Ahead, needed_kw, needs_more
from tests.energy.solar.recordings import STEP_S, STEPS, Recording

MIDNIGHT = datetime(2026, 6, 4, tzinfo=UTC)
STEP_H = STEP_S / 3600
RAMP_W = 1_500.0  # in a step
MIN_W, MAX_W = 4_140.0, 11_040.0
PRESENT_SLOTS = 4


@dataclass
class Van:
    key: int
    leaves_at: datetime | None = None
    needs_kwh: float = 0.0
    rating_w: float | None = None  # of a charger that is only started and stopped
    told_w: list[float] = field(default_factory=lambda: [0.0, 0.0])
    draws_w: float = 0.0
    charged_kwh: float = 0.0
    turned_at: list[int] = field(default_factory=list)  # steps, by what it drew

    @property
    def turns(self) -> int:
        return len(self.turned_at)

    @property
    def min_w(self) -> float:
        return self.rating_w or MIN_W

    @property
    def max_w(self) -> float:
        return self.rating_w or MAX_W

    def drive(self, step: int) -> None:
        before, wanted = self.draws_w, self.told_w.pop(0)
        self.draws_w = wanted if wanted <= before else min(wanted, max(before, MIN_W) + RAMP_W)
        if (before > 0) != (self.draws_w > 0):
            self.turned_at.append(step)
        self.charged_kwh += self.draws_w * STEP_H / 1000


@dataclass(frozen=True)
class Lived:
    diverted_kwh: float
    imported_kwh: float  # because of it
    offered_kwh: float
    vans: Sequence[Van]
    words: int  # limits told
    missed_kwh: Mapping[int, float]

    @property
    def imported_share(self) -> float:
        return self.imported_kwh / self.diverted_kwh


def live(recording: Recording, vans: Sequence[Van], *, silent: range = range(0)) -> Lived:
    """In the steps of `silent` the meters say nothing."""
    day, courses = Day(day=MIDNIGHT.date()), dict[int, Course]()
    followers: dict[int, Follower] = {}
    diverted = imported = offered = 0.0
    words, missed = 0, dict[int, float]()
    planning = Planning(recording)
    for step, surplus_w in enumerate(recording.surplus_w):
        now = MIDNIGHT + step * timedelta(seconds=STEP_S)
        here = [van for van in vans if van.leaves_at is None or now < van.leaves_at]
        for van in vans:
            if van.leaves_at == now:
                missed[van.key] = max(0.0, van.needs_kwh - van.charged_kwh)
        if step % (SLOT.seconds // STEP_S) == 0:
            followers = planning.plan(here, step, now)
        for van in here:
            van.drive(step)
        drawn_w = sum(van.draws_w for van in here)
        needed_w = sum(min(courses[van.key].needed_w, van.draws_w) for van in here if van.key in courses)
        diverted += (drawn_w - needed_w) * STEP_H / 1000
        imported += max(0.0, drawn_w - needed_w - max(0.0, surplus_w - needed_w)) * STEP_H / 1000
        offered += max(0.0, surplus_w) * STEP_H / 1000
        if step not in silent:
            day = read(day, surplus_w, now, now.date(), courses)
        after = divert([followers[van.key] for van in here], courses, day, now)
        words += sum(after[key].limit_w != courses.get(key, Course()).limit_w for key in after)
        courses = after
        for van in here:
            van.told_w.append(courses[van.key].limit_w)
    return Lived(diverted, imported, offered, vans, words, missed)


class Planning:
    """Each quarter of an hour: what the next hours bring is the present; of the rest of the day nobody knows."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.planner = Planner()

    def plan(self, vans: Sequence[Van], step: int, now: datetime) -> dict[int, Follower]:
        solar = self.recording.solar_w[step] / 1000
        building = self.recording.building_w[step] / 1000
        sun = (solar,) * PRESENT_SLOTS + (0.0,) * (HORIZON_SLOTS - PRESENT_SLOTS)
        needs = [self._need(van, now) for van in vans]
        instance = Instance(
            first_slot=slot_at(now),
            first_slot_share=share_left(now),
            site=Site(
                building_kw=(building,) * HORIZON_SLOTS,
                solar_kw=sun,
                import_limit_kw=(60.0,) * HORIZON_SLOTS,
                import_price=(0.3,) * HORIZON_SLOTS,
                export_price=(0.08,) * HORIZON_SLOTS,
            ),
            circuits=(Circuit(key="root"),),
            evses=tuple(
                Evse(
                    key=str(van.key),
                    circuit="root",
                    max_kw=van.max_w / 1000,
                    min_kw=van.min_w / 1000,
                    control=Control.START_STOP if van.rating_w else Control.MANAGED,
                )
                for van in vans
            ),
            needs=tuple(need for need in needs if need is not None),
        )
        plan = self.planner.plan(instance)
        planned = {int(each.need.evse): tuple(each.kw[: each.need.departs]) for each in plan.needs}
        ahead = [Ahead(van.key, planned.get(van.key, ()), van.max_w / 1000) for van in vans]
        peak = max(plan.grid_kw)
        needed = needed_kw(
            ahead,
            room_kw=[peak - kw for kw in plan.grid_kw],
            price=instance.site.import_price,
            may_shine=[7 <= (now + slot * SLOT).hour < 19 for slot in range(HORIZON_SLOTS)],
        )
        return {
            stay.key: Follower(
                key=stay.key,
                min_w=van.min_w,
                max_w=van.max_w,
                needs_w=needed[stay.key] * 1000,
                needs_more=needs_more(stay),
                clicks=van.rating_w is not None,
            )
            for van, stay in zip(vans, ahead, strict=True)
        }

    def _need(self, van: Van, now: datetime) -> Need | None:
        if van.leaves_at is None:
            return None
        left = max(0.0, van.needs_kwh - van.charged_kwh)
        departs = (van.leaves_at - start_of(slot_at(now))) // SLOT
        return Need(
            vehicle=f"van {van.key}",
            evse=str(van.key),
            departs=departs,
            energy_kwh=left,
            is_charging=van.draws_w > 0,
        )


__all__ = ["MIDNIGHT", "STEPS", "Lived", "Van", "live"]
