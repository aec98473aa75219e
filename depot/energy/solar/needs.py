"""Pure: what the plan wants of the chosen vehicles now, and whether that can wait for the sun."""

from collections.abc import Sequence
from dataclasses import dataclass

# Of the room that the plan leaves later, others who wait count on the half.
OF_ROOM = 0.5
SMALL_KW = 0.05


@dataclass(frozen=True, slots=True)
class Ahead:
    """A stay in the plan that holds, from this slot up to its departure."""

    key: int
    planned_kw: Sequence[float]
    most_kw: float


def needed_kw(
    stays: Sequence[Ahead], *, room_kw: Sequence[float], price: Sequence[float], may_shine: Sequence[bool]
) -> dict[int, float]:
    """By stay: what it must have in this slot, wherever that comes from. Series begin with this slot.

    What is planned waits for the sun, as long as there may be sun before the departure, and slots after this one, by
    the same plan, would give it at no higher price and without a new peak (`room_kw`). At night nothing waits.
    """
    needs = {}
    for stay in stays:
        wanted_kw = stay.planned_kw[0] if stay.planned_kw else 0.0
        waits = wanted_kw <= SMALL_KW or _can_wait(stay, wanted_kw, room_kw, price, may_shine)
        needs[stay.key] = 0.0 if waits else wanted_kw
    return needs


def _can_wait(
    stay: Ahead, wanted_kw: float, room_kw: Sequence[float], price: Sequence[float], may_shine: Sequence[bool]
) -> bool:
    later = range(1, min(len(stay.planned_kw), len(room_kw), len(price)))
    if not any(may_shine[slot] for slot in later):
        return False
    room = sum(
        max(0.0, min(stay.most_kw - stay.planned_kw[slot], room_kw[slot]))
        for slot in later
        if price[slot] <= price[0] + 1e-9
    )
    return wanted_kw <= OF_ROOM * room


def needs_more(stay: Ahead) -> bool:
    """What this slot was to bring counts too: it may be waiting for a sun that does not come."""
    return any(kw > SMALL_KW for kw in stay.planned_kw)
