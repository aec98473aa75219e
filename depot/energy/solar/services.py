"""Each reading of the roof becomes limits of those who follow it, on the same safe way as a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from depot import live
from depot.energy.delivery.books import UNSEEN_START
from depot.energy.delivery.services import Delivery, deliver
from depot.energy.delivery.wanted import Lead, Step, Wanted, merged
from depot.energy.models import PlannedStay, StoredPlan
from depot.energy.queries.building import newest_plan
from depot.energy.queries.site import meters_of
from depot.energy.queries.visits import visits_of
from depot.energy.slots import SLOT, slot_at, start_of
from depot.energy.solar.controller import Course, Day, Follower, divert, read
from depot.energy.solar.models import SolarCourse, SolarDay
from depot.energy.solar.needs import Ahead, needed_kw, needs_more
from depot.energy.solar.queries import Chosen, chosen_of, has_roof, light_of
from depot.models import Depot
from sessions.models import EnergyState, Session

# So long a charger goes on with the sun's limit without a word from us; then the plan holds again.
HOLDS_FOR = timedelta(minutes=15)
TOLD_AGAIN = timedelta(minutes=5)
# A vehicle that takes less than it may leaves the rest to the next one.
FOLLOWS_WITHIN = timedelta(seconds=30)
TAKES_LESS, ROOM_SHARE, ROOM_W = 0.8, 1.1, 300.0

# A charger that was asked to start or to stop shows it by then, or has not done so.
SEEN_WITHIN = UNSEEN_START

# By the clock on the wall: between them a vehicle may hope for the sun.
DAWN, DUSK = time(7), time(19)

DAY_FIELDS = ("at", "surplus_w", "low_w", "mean_w", "dips", "diverted_wh", "imported_wh")
COURSE_FIELDS = ("limit_w", "needed_w", "turned_at", "raised_at", "short_since", "fair_since", "turns")


def divert_surplus(depot: Depot, *, now: datetime) -> Delivery | None:
    """Follow the newest reading, or its silence. None where nobody had to hear of it."""
    shown = meters_of(depot, now)
    if not has_roof(depot, shown):
        return None
    zone = ZoneInfo(depot.time_zone)
    today = now.astimezone(zone).date()
    SolarDay.objects.update_or_create(depot=depot, day=today, defaults={"looked_at": now})
    plan = newest_plan(depot)
    chosen = chosen_of(depot, plan, now)
    if not chosen and not SolarCourse.objects.filter(depot=depot).exists():
        return None
    with transaction.atomic():
        row = SolarDay.objects.select_for_update().get(depot=depot, day=today)
        courses = _courses_of(depot, chosen, today, now)
        before = {evse_id: _course(course) for evse_id, course in courses.items()}
        drawing = {each.evse_id: _drawing(each, before[each.evse_id]) for each in chosen}
        light = light_of(depot, shown, chosen, {key: course.limit_w for key, course in drawing.items()}, now)
        day = _day(row)
        if light.at is not None:
            day = read(day, light.surplus_w, light.at, today, drawing)
        followers = _followers(chosen, before, plan, zone, now)
        after = divert(followers, before, day, now)
        for name in DAY_FIELDS:
            setattr(row, name, getattr(day, name))
        row.lacks = light.lacks[:120]
        row.save()
        wanted = _keep(chosen, courses, after, plan, now)
        wanted += _let_go(depot, chosen, plan, now)
        if not wanted:
            return None
        live.tell([each.wiring.evse.charger_id for each in chosen], what="solar")
        return deliver(depot, wanted, now=now)


def _day(row: SolarDay) -> Day:
    return Day(day=row.day, **{name: getattr(row, name) for name in DAY_FIELDS})


def _courses_of(depot: Depot, chosen: Sequence[Chosen], today: date, now: datetime) -> dict[int, SolarCourse]:
    """A vehicle that is plugged in again goes on with the day's starts and stops; another one begins its own.

    One that we stop and start goes on with all of its course, from one charge to the next.
    """
    rows = {row.evse_id: row for row in SolarCourse.objects.filter(depot=depot).select_related("session")}
    courses = {}
    for each in chosen:
        row = rows.get(each.evse_id)
        if row is not None and row.session_id in {session.pk for session in each.charges}:
            row.session = each.session
        else:
            is_same = row is not None and each.session.vehicle_id == row.session.vehicle_id is not None
            turns = row.turns if row is not None and is_same else 0
            row = SolarCourse(
                pk=row.pk if row is not None else None, evse_id=each.evse_id, depot=depot, session=each.session,
                day=today, turns=turns,
            )  # fmt: skip
        if row.day != today:
            row.day, row.turns = today, 0
        row.phases = each.phases
        _see(each, row, now)
        courses[each.evse_id] = row
    return courses


def _see(each: Chosen, row: SolarCourse, now: datetime) -> None:
    """What its charger does, where that differs from what it was told: it came with its card, or did not obey.

    What neither the sun nor a departure has started is not the sun's, and runs for its quarter of an hour.
    """
    is_on, told_at, began = row.limit_w > 0, row.turned_at, each.session.started_at
    if is_on == each.is_running or (each.is_running and not each.clicks):
        return
    was_seen = told_at is not None and began > told_at - SEEN_WITHIN
    if told_at is not None and now - told_at < SEEN_WITHIN and not (is_on and was_seen):
        return
    came = was_seen or told_at is None
    row.turns = max(0, row.turns + (1 if came else -1))
    row.limit_w = row.needed_w = 0.0 if is_on else each.min_w
    row.turned_at = began if not is_on and came else now
    row.short_since = row.fair_since = None


def _drawing(each: Chosen, course: Course) -> Course:
    """One that is still to be started draws nothing."""
    return course if each.is_running else replace(course, limit_w=0.0, needed_w=0.0)


def _course(row: SolarCourse) -> Course:
    return Course(**{name: getattr(row, name) for name in COURSE_FIELDS})


def _followers(
    chosen: Sequence[Chosen], courses: Mapping[int, Course], plan: StoredPlan | None, zone: ZoneInfo, now: datetime
) -> list[Follower]:
    ahead = {each.evse_id: _ahead(each, plan, now) for each in chosen}
    needs = _needs(list(ahead.values()), plan, zone, now)
    followers = []
    for each in chosen:
        most_w = _most_w(each, courses[each.evse_id], now)
        if each.max_w < each.min_w or _has_enough(each, courses[each.evse_id]):
            # A rule or a hand leaves it less than it can take; or it takes nothing that is offered.
            followers.append(Follower(key=each.evse_id, min_w=each.min_w, max_w=0.0, clicks=each.clicks))
            continue
        will_need = needs_more(ahead[each.evse_id])
        followers.append(
            Follower(
                key=each.evse_id,
                min_w=most_w if each.clicks else each.min_w,
                max_w=most_w,
                needs_w=needs[each.evse_id] * 1000,
                needs_more=will_need,
                clicks=each.clicks,
                may_start=each.may_start(kept=int(will_need)),
            )
        )
    return followers


def _ahead(each: Chosen, plan: StoredPlan | None, now: datetime) -> Ahead:
    slot = slot_at(now) - plan.first_slot if plan is not None else 0
    if each.stay is None or slot < 0:
        return Ahead(each.evse_id, (), each.max_w / 1000)
    slots = max(0, -((start_of(slot_at(now)) - each.stay.departs_at) // SLOT))
    return Ahead(each.evse_id, tuple(each.stay.kw[slot : slot + slots]), each.max_w / 1000)


def _needs(ahead: Sequence[Ahead], plan: StoredPlan | None, zone: ZoneInfo, now: datetime) -> dict[int, float]:
    slot = slot_at(now) - plan.first_slot if plan is not None else 0
    if plan is None or not 0 <= slot < plan.slots:
        return {stay.key: 0.0 for stay in ahead}
    peak_kw = max(plan.grid_kw[slot:])
    room = [min(peak_kw, limit) - grid for grid, limit in zip(plan.grid_kw, plan.limit_kw, strict=True)]
    return needed_kw(
        ahead,
        room_kw=room[slot:],
        price=plan.import_price[slot:],
        may_shine=[_may_shine(start_of(plan.first_slot + n).astimezone(zone)) for n in range(slot, plan.slots)],
    )


def _may_shine(wall: datetime) -> bool:
    return DAWN <= wall.time() < DUSK


def _most_w(each: Chosen, course: Course, now: datetime) -> float:
    session = each.session
    told = max((at for at in (course.raised_at, course.turned_at) if at is not None), default=None)
    if not course.is_on or told is None or session.power_w is None or session.last_reading_at is None:
        return each.max_w
    may_w, least_w = (each.max_w, 0.0) if each.clicks else (course.limit_w, each.min_w)
    if session.last_reading_at < told + FOLLOWS_WITHIN or session.power_w >= TAKES_LESS * may_w:
        return each.max_w
    return min(each.max_w, max(least_w, session.power_w * ROOM_SHARE + ROOM_W))


def _has_enough(each: Chosen, course: Course) -> bool:
    """One that is only started and stopped stays on: what it leaves is counted, and to stop it gains nothing."""
    if each.clicks:
        return False
    return course.is_on and each.session.energy_state == EnergyState.SUSPENDED_EV and not each.session.power_w


def _keep(
    chosen: Sequence[Chosen],
    rows: Mapping[int, SolarCourse],
    after: Mapping[int, Course],
    plan: StoredPlan | None,
    now: datetime,
) -> list[Wanted]:
    """The rows, and those of them that their chargers must hear of."""
    wanted = []
    for each in chosen:
        row, course = rows[each.evse_id], after[each.evse_id]
        for name, value in asdict(course).items():
            setattr(row, name, value)
        told_w = each.told_w(course.limit_w)
        ends_soon = row.holds_until is None or row.holds_until - now <= TOLD_AGAIN
        if told_w != row.told_w or ends_soon:
            # Less for longer would be more at its end, and wait for its minute as any raise does: first it is less.
            only_less = row.told_w is not None and told_w < row.told_w
            if not only_less or row.holds_until is None or row.holds_until <= now:
                row.holds_until = now + HOLDS_FOR
            row.told_w = told_w
            lead = Lead(told_w, now, row.holds_until)
            wanted.append(replace(_planned(each, plan, now), lead=lead))
        row.save()
    return wanted


def _let_go(depot: Depot, chosen: Sequence[Chosen], plan: StoredPlan | None, now: datetime) -> list[Wanted]:
    """Who follows no longer goes on as planned, also where it stands paused."""
    gone = SolarCourse.objects.filter(depot=depot).exclude(evse__in=[each.evse_id for each in chosen])
    gone = gone.select_related("session")
    visits = visits_of([row.evse_id for row in gone], now)
    wanted = []
    for row in gone:
        visit = visits.get(row.evse_id)
        charges: Sequence[Session] = visit.sessions if visit is not None else ()
        if row.session not in charges:
            charges = () if row.session.ended_at is not None else (row.session,)
        stay = PlannedStay.objects.filter(plan=plan, session__in=charges, evse=row.evse_id).first() if plan else None
        if stay is not None:
            wanted.append(_as_planned(stay, now))
    gone.delete()
    return wanted


def _planned(each: Chosen, plan: StoredPlan | None, now: datetime) -> Wanted:
    if plan is None or each.stay is None:
        return Wanted(each.evse_id, (), now)
    return _as_planned(each.stay, now)


def _as_planned(stay: PlannedStay, now: datetime) -> Wanted:
    """What its charger was told of the plan last."""
    held = stay.held or {"first_slot": slot_at(now), "kw": []}
    departs = max(stay.departs_at, start_of(slot_at(now) + 1))
    ends = start_of(held["first_slot"] + len(held["kw"]))
    steps = [
        Step(start_of(held["first_slot"] + slot), int(kw * 1000 + 1e-6) if kw >= 0 else -int(-kw * 1000 + 1e-6))
        for slot, kw in enumerate(held["kw"])
    ]
    until = min(departs, ends) if steps else now
    return Wanted(stay.evse_id, merged(step for step in steps if step.starts_at < until), until)


def keep_following(planned: Sequence[Wanted], now: datetime) -> list[Wanted]:
    """A new plan, where the sun has the word for a while."""
    rows = SolarCourse.objects.filter(evse__in=[each.evse_id for each in planned], holds_until__gt=now)
    courses = {row.evse_id: row for row in rows}
    told = []
    for each in planned:
        row = courses.get(each.evse_id)
        if row is None or row.told_w is None or row.holds_until is None:
            told.append(each)
        else:
            told.append(replace(each, lead=Lead(row.told_w, now, row.holds_until)))
    return told
