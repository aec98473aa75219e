"""Pure: how much of the sun's surplus each chosen vehicle takes, from one reading to the next.

Down at once, up slowly: what a cloud takes is given up with the reading that shows it, and what comes back is believed
the later, the more of the day's import was caused already. A vehicle starts on what lasted for minutes, holds its
minimum through a short shade as long as the day's account allows it, and turns on and off few times a day. What its
departure needs stands above all of that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import exp

# Older than this a reading says nothing of the sun.
READING_HOLDS = timedelta(seconds=30)
# Without a reading a vehicle stays at its minimum for so long, then it pauses.
BLIND_AT_MINIMUM = timedelta(minutes=5)
# Chargers write limits to their flash: they are told more only once a minute, and less at once.
BETWEEN_RAISES = timedelta(seconds=60)
LONGEST_STEP = timedelta(minutes=1)

# Starts and stops of a vehicle in a day, both counted.
TURNS = 6
# Of the diverted energy, what may come from the grid: a third of two per cent, for a meter sees a cloud late and a
# charger follows later.
ALLOWED_SHARE = 0.006
ALLOWED_WH = 8.0
# Below the surplus, so that its flicker needs no word.
MARGIN_SHARE, MARGIN_W = 0.03, 60.0
WORTH_RAISING_W = 230.0

SLOW_RISE_S, SLOWEST_RISE_S, MEAN_OVER_S = 45.0, 900.0, 600.0
DIPS_FADE_S, DIPS_FROM_W = 28_800.0, 3_000.0
HOLDS_SHADE = timedelta(minutes=4)
# Who knows nothing between off and its rating runs so long once it is on, whatever comes.
LEAST_RUN = timedelta(minutes=15)
LASTS_SHARE = (1.15, 1.3, 1.6)  # of its minimum, before its first start, the second, the third
FAIR_FOR = tuple(timedelta(minutes=minutes) for minutes in (3, 8, 15))  # without a shade, before each of them
# One that cannot be turned down waits for what has lasted as long as it must run, and that a cloud leaves it too.
CLICKS_LASTS_SHARE = (1.1, 1.1, 1.1)
CLICKS_FAIR_FOR = tuple(timedelta(minutes=minutes) for minutes in (15, 20, 30))
CLICKS_ROOM = 1.25
BROKEN_SKY = 0.6
RESTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """A vehicle that takes surplus. `min_w` and `max_w` count the phases that it charges on.

    One that `clicks` is only started and stopped: for it both are what it draws when it runs.
    """

    key: int
    min_w: float
    max_w: float
    needs_w: float = 0.0  # what its departure wants of it now, wherever that comes from
    needs_more: bool = False  # and may want later: a start is kept for that
    clicks: bool = False
    may_start: bool = True  # on the sun alone; what its departure needs starts it anyway

    @property
    def needs_energy(self) -> bool:
        return self.needs_more or self.needs_w > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The roof so far today. `surplus_w` is what is left for all followers together; below 0 the site takes."""

    day: date
    at: datetime | None = None
    surplus_w: float = 0.0
    low_w: float = 0.0  # falls at once and rises slowly: what can be relied on
    mean_w: float = 0.0  # of some minutes
    dips: float = 0.0  # the share of that mean that clouds took in the last hours: what the next one may take
    diverted_wh: float = 0.0
    imported_wh: float = 0.0

    @property
    def allowed_wh(self) -> float:
        return ALLOWED_SHARE * self.diverted_wh + ALLOWED_WH

    @property
    def is_spent(self) -> bool:
        return self.imported_wh >= self.allowed_wh


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One vehicle's day."""

    limit_w: float = 0.0
    needed_w: float = 0.0  # of it, what the departure wants: that is not the sun's
    turned_at: datetime | None = None
    raised_at: datetime | None = None
    short_since: datetime | None = None  # less than its minimum is left for it
    fair_since: datetime | None = None  # since then there was enough for its minimum
    turns: int = 0

    @property
    def is_on(self) -> bool:
        return self.limit_w > 0


def read(day: Day, surplus_w: float, at: datetime, today: date, courses: Mapping[int, Course]) -> Day:
    """Another reading. What flowed since the last one is booked; told again, or an older one, it changes nothing."""
    if day.at is None or day.day != today:
        return Day(day=today, at=at, surplus_w=surplus_w, low_w=surplus_w, mean_w=surplus_w)
    if at <= day.at:
        return day
    lasted_s = min(at - day.at, LONGEST_STEP).total_seconds()
    needed_w = sum(course.needed_w for course in courses.values())
    drawn_w = sum(course.limit_w for course in courses.values()) - needed_w
    imported_w = max(0.0, drawn_w - max(0.0, surplus_w - needed_w))
    used = min(1.0, day.imported_wh / day.allowed_wh)
    rises_s = SLOW_RISE_S + (SLOWEST_RISE_S - SLOW_RISE_S) * used
    mean_w = _toward(day.mean_w, surplus_w, lasted_s, MEAN_OVER_S)
    rising_w = _toward(day.low_w, surplus_w, lasted_s, rises_s)
    return replace(
        day,
        at=at,
        surplus_w=surplus_w,
        low_w=min(surplus_w, rising_w),
        mean_w=mean_w,
        dips=max(_dip(mean_w, surplus_w), _toward(day.dips, 0.0, lasted_s, DIPS_FADE_S)),
        diverted_wh=day.diverted_wh + drawn_w * lasted_s / 3600,
        imported_wh=day.imported_wh + imported_w * lasted_s / 3600,
    )


def _toward(value: float, goal: float, lasted_s: float, over_s: float) -> float:
    return goal + (value - goal) * exp(-lasted_s / over_s)


def _dip(mean_w: float, surplus_w: float) -> float:
    """At dawn each kettle is a cloud: that says nothing of the sky."""
    return min(1.0, max(0.0, 1 - surplus_w / mean_w)) if mean_w >= DIPS_FROM_W else 0.0


def divert(followers: Sequence[Follower], courses: Mapping[int, Course], day: Day, now: datetime) -> dict[int, Course]:
    """What each may draw from now on. `followers` in the order in which they are served."""
    is_blind = day.at is None or now - day.at > READING_HOLDS
    left_w = 0.0 if is_blind else day.surplus_w
    sure_w = 0.0 if is_blind else _sure(day)
    mean_w = day.mean_w
    before = {follower.key: courses.get(follower.key, Course()) for follower in followers}
    after: dict[int, Course] = {}
    waiting = _in_turn([_kept_on(follower, before, now) for follower in followers], before)
    while waiting:
        follower = waiting.pop(0)
        course = before[follower.key]
        theirs_w = sum(_claimed_w(other, before[other.key]) for other in waiting)
        if is_blind:
            course = _without_reading(follower, course, day, now)
        elif course.is_on and follower.clicks:
            course = _run_on(follower, course, day, left_w, now)
        elif course.is_on:
            course = _go_on(follower, course, day, left_w, theirs_w, sure_w, now)
        else:
            is_safe = not follower.clicks or _may_risk(follower, day, mean_w - _dark(day) - theirs_w)
            course = _perhaps_start(follower, course, mean_w - theirs_w, sure_w - theirs_w, now, is_safe=is_safe)
        course = _as_it_needs(follower, course, now)
        after[follower.key] = course
        left_w, sure_w, mean_w = left_w - course.limit_w, sure_w - course.limit_w, mean_w - course.limit_w
    return after


def _in_turn(followers: Sequence[Follower], before: Mapping[int, Course]) -> list[Follower]:
    """What departures want now is drawn whatever the sun does, so it is theirs before anybody is given of it; then
    whose departure still needs energy, then who only likes it. Of each those who charge already come first."""
    return sorted(followers, key=lambda each: (each.needs_w <= 0, not each.needs_energy, not before[each.key].is_on))


def _claimed_w(follower: Follower, course: Course) -> float:
    """Before anybody gets more than that: what a departure wants, and of others who charge the minimum, for that makes
    the fewest starts."""
    if follower.needs_w > 0:
        return _wanted_w(follower)
    return follower.min_w if course.is_on else 0.0


def _wanted_w(follower: Follower) -> float:
    return min(follower.max_w, max(follower.needs_w, follower.min_w))


def _kept_on(follower: Follower, before: Mapping[int, Course], now: datetime) -> Follower:
    """Who needs energy anyhow is not stopped where no start would be left for it; nor who was not started by the sun
    and has to run for its quarter of an hour, which is then not the sun's either."""
    course = before[follower.key]
    is_last = follower.needs_more and course.turns + 2 > TURNS
    must_run = follower.clicks and course.needed_w > 0 and not _has_run(course, now)
    if course.is_on and (is_last or must_run):
        return replace(follower, needs_w=max(follower.needs_w, follower.min_w))
    return follower


def _has_run(course: Course, now: datetime) -> bool:
    return course.turned_at is None or now - course.turned_at >= LEAST_RUN


def _dark(day: Day) -> float:
    """What the next cloud may take. Where one took most of it, another may take all."""
    return day.mean_w * (1.0 if day.dips > BROKEN_SKY else day.dips)


def _may_risk(follower: Follower, day: Day, least_w: float) -> bool:
    """Once started it draws its rating for a quarter of an hour: what that would cost, should the deepest cloud of the
    last hours come at once and stay, must be left in the day's account."""
    hours = LEAST_RUN / timedelta(hours=1)
    return max(0.0, CLICKS_ROOM * follower.min_w - least_w) * hours <= day.allowed_wh - day.imported_wh


def _run_on(follower: Follower, course: Course, day: Day, left_w: float, now: datetime) -> Course:
    course = replace(course, limit_w=follower.min_w)
    if min(left_w, follower.max_w) >= follower.min_w:
        return replace(course, short_since=None)
    since = course.short_since or now
    # A rule or a hand stops it, or it ran for its departure and no sun takes over: no shade is sat out for that.
    is_over = follower.max_w < follower.min_w or course.needed_w > 0
    if _has_run(course, now) and (is_over or day.is_spent or now - since >= HOLDS_SHADE):
        return _stopped(course, now)
    return replace(course, short_since=since)


def _sure(day: Day) -> float:
    return day.low_w - max(MARGIN_W, MARGIN_SHARE * day.low_w)


def _go_on(
    follower: Follower, course: Course, day: Day, left_w: float, theirs_w: float, sure_w: float, now: datetime
) -> Course:
    if left_w < follower.min_w:
        since = course.short_since or now
        if day.is_spent or now - since >= HOLDS_SHADE:
            return _stopped(course, now)
        return replace(course, limit_w=follower.min_w, short_since=since)
    course = replace(course, short_since=None)
    fits_w = min(follower.max_w, max(follower.min_w, sure_w - theirs_w))
    if course.limit_w > min(follower.max_w, max(follower.min_w, left_w - theirs_w)):
        return replace(course, limit_w=fits_w)
    waited = course.raised_at is None or now - course.raised_at >= BETWEEN_RAISES
    if waited and fits_w >= min(follower.max_w, course.limit_w + WORTH_RAISING_W) and fits_w > course.limit_w:
        return replace(course, limit_w=fits_w, raised_at=now)
    return course


def _perhaps_start(
    follower: Follower, course: Course, mean_w: float, sure_w: float, now: datetime, *, is_safe: bool
) -> Course:
    lasts_w = min(mean_w, sure_w)
    if lasts_w < follower.min_w or follower.max_w < follower.min_w:
        return replace(course, fair_since=None)
    course = replace(course, fair_since=course.fair_since or now)
    kept = 1 if follower.needs_more else 0
    if not follower.may_start:
        return course
    if course.turns + 2 + kept > TURNS or (course.turned_at is not None and now - course.turned_at < RESTS):
        return course
    nth = min(course.turns // 2, len(LASTS_SHARE) - 1)
    fair_for, share = (CLICKS_FAIR_FOR, CLICKS_LASTS_SHARE) if follower.clicks else (FAIR_FOR, LASTS_SHARE)
    assert course.fair_since is not None
    if not is_safe or lasts_w < follower.min_w * share[nth] or now - course.fair_since < fair_for[nth]:
        return course
    return _started(course, min(follower.max_w, sure_w), now)


def _without_reading(follower: Follower, course: Course, day: Day, now: datetime) -> Course:
    """Nobody goes on by guessing: down to its minimum within seconds, and off after some minutes.

    One that is only started and stopped has no minimum below its rating: it stops at once, its least run or not. That
    spares its contactor where the plan or a cloud turns it; here nobody knows any more whose energy flows, and off is
    always safe. The stop counts among the few of the day, so it cannot come often.
    """
    if not course.is_on:
        return course
    if follower.clicks:
        return _stopped(course, now)
    is_long = day.at is None or now - day.at > READING_HOLDS + BLIND_AT_MINIMUM
    if is_long or day.is_spent or course.short_since is not None:
        return _stopped(course, now)
    return replace(course, limit_w=min(course.limit_w, follower.min_w))


def _as_it_needs(follower: Follower, course: Course, now: datetime) -> Course:
    """The departure comes first, and asks no budget."""
    if follower.needs_w <= 0:
        return replace(course, needed_w=0.0)
    needs_w = _wanted_w(follower)
    course = replace(course, needed_w=needs_w)
    if needs_w <= course.limit_w:
        return course
    if course.is_on:
        return replace(course, limit_w=needs_w, raised_at=now)
    if course.turned_at == now:
        # It was to stop with this very reading: it goes on instead.
        return replace(course, limit_w=needs_w, turns=course.turns - 1)
    return _started(course, needs_w, now)


def _started(course: Course, limit_w: float, now: datetime) -> Course:
    return replace(course, limit_w=limit_w, turns=course.turns + 1, turned_at=now, raised_at=now, short_since=None)


def _stopped(course: Course, now: datetime) -> Course:
    return replace(course, limit_w=0.0, turns=course.turns + 1, turned_at=now, short_since=None)
