"""The board as one user sees it at one moment, and its fragments: one truth for the page and for the live socket."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from django.template.loader import get_template

from depot.access.models import User
from depot.board import asked, emergency, summary, todo
from depot.board.rows import BayRow, rows_of
from depot.energy.queries.planned import Highest, highest_planned
from depot.models import Depot

ASKED_SHOWN = 6
# A stop without effect is a task as long as it charges: looked for among so many.
COMMANDS_LOOKED_AT = 100
# Adding up the day's energy is a query over the day's sessions, so an open page asks for it this often at most.
ENERGY_AGAIN_AFTER = timedelta(seconds=5)


NEVER = datetime.min.replace(tzinfo=UTC)


class RowsHaveChanged(Exception):
    """A bay came, went or moved: the page must be fetched again."""


@dataclass(slots=True)
class Board:
    user: User
    depot: Depot | None
    rows: dict[str, BayRow]
    energy_today: tuple[int, bool] = (0, False)
    energy_at: datetime = NEVER
    highest: Highest | None = None

    @property
    def in_order(self) -> Sequence[BayRow]:
        return list(self.rows.values())


def load(user: User, depot: Depot | None, *, now: datetime) -> Board:
    board = Board(user, depot, {row.key: row for row in rows_of(user, depot, now=now)})
    _count_energy(board, now)
    return board


def _count_energy(board: Board, now: datetime) -> None:
    if datetime.now(UTC) - board.energy_at > ENERGY_AGAIN_AFTER:
        board.energy_today = summary.energy_today_wh(board.user, board.depot, now=now)
        board.highest = highest_planned(board.depot, now)
        board.energy_at = datetime.now(UTC)


def refresh(board: Board, *, now: datetime, charger_ids: Collection[int] | None = None) -> list[BayRow]:
    """Read some chargers' rows again, or all; returns those that are different now. Raises RowsHaveChanged."""
    fresh = {row.key: row for row in rows_of(board.user, board.depot, now=now, charger_ids=charger_ids)}
    if charger_ids is None:
        before = list(board.rows)
    else:
        before = [key for key, row in board.rows.items() if row.charger_id in charger_ids]
    if [*fresh] != before or any(fresh[key].zone != board.rows[key].zone for key in fresh):
        raise RowsHaveChanged
    changed = [row for key, row in fresh.items() if row != board.rows[key]]
    board.rows.update(fresh)
    _count_energy(board, now)
    return changed


def context_of(board: Board, *, now: datetime, real_now: datetime) -> dict[str, Any]:
    """What the templates of the page and of its fragments are given."""
    rows = board.in_order
    charger_ids = {row.charger_id for row in rows if row.charger_id}
    commands = list(asked.latest_of_people(board.user, limit=COMMANDS_LOOKED_AT, charger_ids=charger_ids))
    names = asked.bay_names(commands)
    return {
        "now": now,
        "real_now": real_now,
        "zone": ZoneInfo(board.depot.time_zone) if board.depot else ZoneInfo("UTC"),
        "depot": board.depot,
        "emergency": emergency.active_in(board.depot),
        "perms_emergency": board.user.has_perm("depot.call_emergency"),
        "zones": summary.zones_of(rows),
        "chips": summary.chips_of(rows),
        "highest": board.highest,
        "strip": summary.strip_of(rows, board.depot, energy_today=board.energy_today),
        "tasks": todo.tasks_of(
            board.user, rows, commands, names, limit_w=board.depot.site_limit_w if board.depot else None
        ),
        "steps": asked.describe(commands[:ASKED_SHOWN], asking=board.user, bays=names),
    }


PARTS = {
    "at-minimum": "board/_at_minimum.html",
    "strip": "board/_strip.html",
    "chips": "board/_chips.html",
    "todo": "board/_todo.html",
    "asked": "board/_asked.html",
}


def parts_of(context: Mapping[str, Any]) -> dict[str, str]:
    """The HTML of everything but the rows, by the id of its element."""
    parts = {name: get_template(template).render(dict(context)) for name, template in PARTS.items()}
    words = get_template("board/_zone_words.html")
    return parts | {f"zone-{zone.slug}-words": words.render({"zone": zone}) for zone in context["zones"]}


def rows_html(rows: Sequence[BayRow], context: Mapping[str, Any]) -> dict[str, str]:
    template = get_template("board/_bay.html")
    return {row.key: template.render({**context, "row": row}) for row in rows}


def digest_of(board: Board, context: Mapping[str, Any]) -> str:
    """The same for two looks at the same facts: tells a page whether it missed something before it could listen."""
    rows = [(row.key, row.state, row.vehicle, row.session_id, row.power_w, row.energy_wh) for row in board.in_order]
    said = [(step.command_id, step.words) for step in context["steps"]], [task.key for task in context["tasks"]]
    called = context["emergency"] and context["emergency"].pk
    return blake2b(repr((rows, said, called)).encode(), digest_size=8).hexdigest()
