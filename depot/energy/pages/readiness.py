"""Pure: what is said of one departure, and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from depot.energy.pages.models import Label

# With less to spare, anything makes it late.
TIGHT = timedelta(minutes=20)
SMALL_KWH = 0.05
SHORT_SHARE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    now: datetime
    departs_at: datetime
    needs_kwh: float = 0.0
    unmet_kwh: float = 0.0
    ready_at: datetime | None = None
    spare: timedelta | None = None  # what may be lost before full power is not enough any more
    is_here: bool = True
    due_at: datetime | None = None  # of one that is not plugged in: when its timetable expected it
    is_online: bool = True
    seen_at: str = ""  # by the clock on the wall, when it was last heard of
    ready_wall: str = ""
    trouble: str = ""  # what keeps it from charging until somebody goes there
    is_broken: bool = False  # the trouble does not go away by itself
    distrust: str = ""  # why the plan might not come true


@dataclass(frozen=True, slots=True)
class Said:
    label: Label
    why: str
    needs_hand: bool = False


def is_short(unmet_kwh: float, needs_kwh: float) -> bool:
    return unmet_kwh > max(SMALL_KWH, SHORT_SHARE * needs_kwh)


def say(facts: Facts) -> Said:
    short = is_short(facts.unmet_kwh, facts.needs_kwh)
    shortfall = f"{facts.unmet_kwh:.1f} of {facts.needs_kwh:.1f} kWh do not fit before it leaves"
    if not facts.is_here:
        return _absent(facts, short, shortfall)
    if facts.needs_kwh <= SMALL_KWH:
        return Said(Label.READY, "has what it needs")
    if facts.is_broken:
        return Said(Label.MISS, facts.trouble, needs_hand=True)
    if not facts.is_online:
        expected = f"expected {facts.ready_wall}" if facts.ready_wall else "not expected to be ready"
        since = f", not seen since {facts.seen_at}" if facts.seen_at else ", not seen"
        return Said(Label.MISS if short else Label.RISK, f"No contact: {expected}{since}")
    if short:
        return Said(Label.MISS, facts.trouble or shortfall, needs_hand=bool(facts.trouble))
    if facts.trouble:
        return Said(Label.RISK, facts.trouble, needs_hand=True)
    if facts.distrust:
        return Said(Label.RISK, facts.distrust)
    # A plan may end with the departure, for that is where the cheap hours end: what counts is how much may go wrong.
    if facts.spare is not None and facts.spare < TIGHT:
        minutes = max(0, int(facts.spare.total_seconds() // 60))
        return Said(Label.RISK, f"only {minutes} min to spare" if minutes else "no time to spare")
    return Said(Label.TRACK, "")


def _absent(facts: Facts, short: bool, shortfall: str) -> Said:
    if facts.trouble:
        return Said(Label.RISK, facts.trouble, needs_hand=True)
    if facts.due_at is None or facts.due_at > facts.now:
        return Said(Label.MISS, f"comes too late: {shortfall}") if short else Said(Label.TRACK, "still on the road")
    late = facts.now - facts.due_at
    hours = f"{late.total_seconds() / 3600:.0f} h" if late >= timedelta(hours=2) else f"{late.seconds // 60} min"
    return Said(Label.DUE, f"due {hours} ago", needs_hand=True)
