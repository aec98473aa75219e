"""How a station's limit is shared between its EVSEs."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Want:
    """What one EVSE would take, and the least its vehicle can begin with."""

    most_w: float
    least_w: float


def share(station_w: float | None, wants: Sequence[Want]) -> list[float]:
    """Equal parts, what one leaves goes to the others; who cannot get its least gets nothing.

    The sum never passes the station's limit. The last in the row goes empty first.
    """
    served = [index for index, want in enumerate(wants) if want.most_w > 0]
    if station_w is None or sum(wants[index].most_w for index in served) <= station_w:
        return [want.most_w for want in wants]
    while served:
        parts = _fill(station_w, {index: wants[index].most_w for index in served})
        starving = [index for index in served if parts[index] < wants[index].least_w]
        if not starving:
            return [parts.get(index, 0.0) for index in range(len(wants))]
        served.remove(starving[-1])
    return [0.0] * len(wants)


def _fill(total_w: float, most_w: dict[int, float]) -> dict[int, float]:
    parts: dict[int, float] = {}
    left_w, waiting = max(0.0, total_w), sorted(most_w, key=lambda index: most_w[index])
    while waiting:
        index = waiting.pop(0)
        parts[index] = min(most_w[index], left_w / (len(waiting) + 1))
        left_w -= parts[index]
    return parts
