"""A plan becomes what is wanted of each charger; how that reaches it safely is the delivery's to know."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from math import inf

from depot.energy.delivery.models import Target
from depot.energy.delivery.services import Delivery, deliver, set_windows
from depot.energy.delivery.wanted import DAY_S, Step, Wanted, Window
from depot.energy.plan import PlannedNeed
from depot.energy.queries.instance import Frame
from depot.energy.rules import Kind, Scene, Stay, rule_stay
from depot.energy.slots import SLOT_S, start_of
from depot.energy.solar.services import keep_following

# A window that a charger keeps by itself: it knows no prices and no sun.
KEPT_BY_CHARGERS = (Kind.AT_MOST, Kind.NOTHING)


def tell_chargers(frame: Frame, told: Sequence[PlannedNeed]) -> Delivery | None:
    """Those who have to hear of the plan, and the manager's windows where they are others than before."""
    windows = windows_of(frame)
    kept = {target.evse_id: target.windows for target in Target.objects.filter(evse__in=windows)}
    news: dict[int, Sequence[Window]] = {
        evse_id: its
        for evse_id, its in windows.items()
        if [[window.from_s, window.to_s, window.limit_w] for window in its] != list(kept.get(evse_id) or [])
    }
    if news:
        set_windows(frame.depot, news, now=frame.now)
    if not told:
        return None
    wanted = keep_following([wanted_of(frame, planned) for planned in told], frame.now)
    return deliver(frame.depot, wanted, now=frame.now)


def wanted_of(frame: Frame, planned: PlannedNeed) -> Wanted:
    """The whole night, not only the next slot; rounded down, for the sum was made of what it was before."""
    need, first = planned.need, frame.instance.first_slot
    slots = min(need.departs, frame.instance.slots)
    watts = [int(kw * 1000 + 1e-6) if kw >= 0 else -int(-kw * 1000 + 1e-6) for kw in planned.kw[:slots]]
    steps = []
    for limit_w, run in groupby(range(slots), key=lambda slot: watts[slot]):
        begins = next(run)
        # A limit that began before is in force at once.
        steps.append(Step(start_of(first + begins), limit_w))
    until = max(frame.stays[need.key].wish.departs_at, start_of(first + 1))
    return Wanted(int(need.evse), tuple(steps), min(until, start_of(first + frame.instance.slots)))


def windows_of(frame: Frame) -> dict[int, tuple[Window, ...]]:
    """For each managed EVSE what the rules allow a vehicle that nobody knows, in the coming day."""
    instance, zone = frame.instance, frame.zone
    sentences = [sentence for sentence in frame.sentences if sentence.kind in KEPT_BY_CHARGERS]
    moments = tuple(start_of(instance.first_slot + slot) for slot in range(DAY_S // SLOT_S))
    scene = Scene(moments, zone, (0.0,) * len(moments), (0.0,) * len(moments))
    noon = datetime.combine(frame.now.astimezone(zone).date() + timedelta(days=1), time(12), zone)
    windows = {}
    for key in frame.wirings:
        ruling = rule_stay(sentences, Stay(key, "", noon.astimezone(UTC).astimezone(zone)), scene)
        windows[int(key)] = tuple(_windows(ruling.window_kw or (inf,) * len(moments), scene))
    return windows


def _windows(limits_kw: Sequence[float], scene: Scene) -> Iterator[Window]:
    """By the clock of the wall, in the order of the day."""
    by_second = sorted(
        (wall.hour * 3600 + wall.minute * 60, kw) for wall, kw in zip(scene.walls, limits_kw, strict=True)
    )
    for kw, run in groupby(by_second, key=lambda pair: pair[1]):
        seconds = [second for second, _ in run]
        if kw < inf:
            yield Window(seconds[0], (seconds[-1] + SLOT_S) % DAY_S, round(kw * 1000))
