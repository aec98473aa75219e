"""Pure: what each charger may draw without word from us, so that all together stay within every circuit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from depot.energy.ledger import Node, OtherLoad
from depot.energy.worst import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """A point that is to have a fallback, or one that takes its rating whatever we do (`fixed_w`)."""

    point: Point
    rank: int = 0  # the lowest has the least first
    asked_w: int | None = None
    fixed_w: float | None = None
    on_one_line: bool = False  # told in watts, and nobody knows on how many lines it spends them (quirk 54)

    @property
    def lines(self) -> int:
        return 1 if self.on_one_line else len(self.point.lines)


def share_out(nodes: Mapping[int, Node], askers: Iterable[Asker]) -> dict[int, int]:
    """W by point: what was asked for where it fits, else the least, else nothing; in the order of their ranks.

    Without a wish it is the least that a vehicle takes: whatever falls back is held free for it day and night.
    """
    free = {key: _free(node, nodes) for key, node in nodes.items()}
    ordered = sorted(askers, key=lambda asker: (asker.fixed_w is None, asker.rank, asker.point.key))
    given: dict[int, int] = {}
    for asker in ordered:
        point = asker.point
        if asker.fixed_w is not None:
            _take(free, nodes, asker, asker.fixed_w)
            continue
        least_w = 0.0 if point.is_dc else point.min_a * point.voltage_v * asker.lines
        wishes = [least_w if asker.asked_w is None else float(asker.asked_w), least_w, 0.0]
        fits = next(w for w in wishes if w == 0.0 or (w <= point.rating_w and _fits(free, nodes, asker, w)))
        _take(free, nodes, asker, fits)
        given[point.key] = int(fits)
    return given


def _path(nodes: Mapping[int, Node], key: int) -> list[int]:
    path: list[int] = []
    at: int | None = key
    while at is not None and at in nodes and at not in path:
        path.append(at)
        at = nodes[at].feeds_from
    return path


def _free(node: Node, nodes: Mapping[int, Node]) -> list[float]:
    """A on each line and W in all, beside the most of everything else."""
    below = [each for each in nodes.values() if node.key in _path(nodes, each.key)]
    other_w = sum(_most(each.other) for each in below)
    amperes = float("inf") if node.limit_a is None else node.limit_a - other_w / 3 / node.voltage_v
    watts = [limit for limit in (node.limit_w, *(cap.limit_w for cap in node.caps)) if limit is not None]
    return [amperes, amperes, amperes, min(watts, default=float("inf")) - other_w]


def _most(loads: tuple[OtherLoad, ...]) -> float:
    return max((load.w for load in loads), default=0.0)


def _fits(free: dict[int, list[float]], nodes: Mapping[int, Node], asker: Asker, w: float) -> bool:
    point, amperes = asker.point, w / asker.point.voltage_v / asker.lines
    return all(
        free[key][3] >= w - 1e-6 and all(free[key][line - 1] >= amperes - 1e-6 for line in point.lines)
        for key in _path(nodes, point.circuit)
    )


def _take(free: dict[int, list[float]], nodes: Mapping[int, Node], asker: Asker, w: float) -> None:
    point = asker.point
    for key in _path(nodes, point.circuit):
        for line in point.lines:
            free[key][line - 1] -= w / point.voltage_v / asker.lines
        free[key][3] -= w
