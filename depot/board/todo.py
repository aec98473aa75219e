"""What needs somebody, most urgent first: each with why, and the best next step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count

from chargers.choices import CommandState, EffectState, Standing
from chargers.models import Charger, IssuedCommand, UnreadFact
from depot.access.models import User
from depot.access.reach import within_reach
from depot.board import figures
from depot.board.asked import BayNames, stand_of, title_of
from depot.board.frame import address_of
from depot.board.rows import NOT_PLACED, BayRow
from depot.board.state import Shape

# A command that failed is on the list this long in real time; a stop, until the session has ended.
FAILED_IS_NEWS = timedelta(minutes=15)
NAMED_AT_MOST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    key: str  # unique on the page; the announcer tells a new one by it
    shape: str
    colour: str
    title: str
    text: str
    url: str = ""
    action: str = ""
    opens_bay: bool = False  # beside the board, without leaving it


def tasks_of(
    user: User,
    rows: Sequence[BayRow],
    commands: Sequence[IssuedCommand],
    names: BayNames,
    *,
    limit_w: int | None = None,
) -> list[Task]:
    """`commands`: the newest of people, newest first; `limit_w`: the site's, where it is known."""
    return [
        *_over_limit(user, rows, limit_w),
        *_faults(rows),
        *_commands(rows, commands, names),
        *_cables(rows),
        *_without_contact(rows),
        *_unread(user),
        *_waiting(user),
        *_unplaced(rows),
    ]


def _over_limit(user: User, rows: Sequence[BayRow], limit_w: int | None) -> list[Task]:
    """Before anything else: until the planner keeps the limit, people do."""
    power_w = sum(row.power_now_w for row in rows)
    if limit_w is None or power_w <= limit_w:
        return []
    over, draws, limit = figures.kw(power_w - limit_w), figures.kw(power_w), figures.kw(limit_w)
    may_act = user.has_perm("depot.call_emergency")
    return [
        Task(
            key="over-limit",
            shape="risk",
            colour="is-risk",
            title=f"The site draws {over} more than its limit",
            text=f"{draws} of {limit}. Stop what can wait, or bring the site to its minimum.",
            url=address_of("emergency") if may_act else "",
            action="Site to minimum",
        )
    ]


def _faults(rows: Sequence[BayRow]) -> list[Task]:
    tasks = []
    for row in rows:
        if row.shape == Shape.FAULT:
            text = f"{row.info or 'The charger does not say which'}."
            text += f" {row.vehicle} stands there." if row.vehicle else ""
            tasks.append(_task_of(row, "fault", f"{row.name} has a fault", text))
    return tasks


def _cables(rows: Sequence[BayRow]) -> list[Task]:
    tasks = []
    for row in rows:
        if row.shape == Shape.REPLUG:
            text = "The charger ended the session and starts no other while plugged: pull the cable and put it back."
            tasks.append(_task_of(row, "replug", f"{row.name}: replug the cable", text))
        elif row.shape == Shape.CARPAUSE:
            text = "It is offered power and takes none. Often a charge timer set in the vehicle."
            tasks.append(_task_of(row, "carpause", f"{row.name}: {row.vehicle or 'the vehicle'} draws nothing", text))
        elif row.shape == Shape.CARD:
            text = "A vehicle is plugged in and nobody has shown a card. Start it from here if you know which it is."
            tasks.append(_task_of(row, "card", f"{row.name} waits for a card", text))
    return tasks


def _task_of(row: BayRow, shape: str, title: str, text: str) -> Task:
    return Task(
        key=f"{shape}-{row.key}",
        shape=shape,
        colour=f"is-{shape}",
        title=title,
        text=text,
        url=address_of("bay", row.key),
        action="Look",
        opens_bay=True,
    )


def _without_contact(rows: Sequence[BayRow]) -> list[Task]:
    """One cause is one task: a dead switch must not make twenty."""
    gone = [row for row in rows if row.is_gone and row.link is not None and not row.link.is_online]
    if not gone:
        return []
    named = listed([row.name for row in gone])
    if len(gone) == 1:
        since = gone[0].link.since if gone[0].link else None
        text = f"Since {figures.length(datetime.now(UTC) - since)}. " if since else "It has never called in. "
    else:
        text = f"{len({row.charger_id for row in gone})} chargers. "
    text += "Is it powered, and is the network up? What it holds goes on without us."
    one_charger = len({row.charger_id for row in gone}) == 1
    url = address_of("charger", gone[0].charger_id) if one_charger else address_of("chargers")
    title = f"{named}: no contact"
    return [Task(key="gone", shape="gone", colour="is-gone", title=title, text=text, url=url, action="Look")]


def listed(names: Sequence[str]) -> str:
    """`A1, A2 and A3`, `A1, A2, A3, A4, A5, A6 and 12 more`."""
    if len(names) > NAMED_AT_MOST:
        return f"{', '.join(names[:NAMED_AT_MOST])} and {len(names) - NAMED_AT_MOST} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _commands(rows: Sequence[BayRow], commands: Sequence[IssuedCommand], names: BayNames) -> list[Task]:
    """Commands of people that were refused, not answered, or accepted without effect, while it still matters."""
    running = {row.session_id: row for row in rows if row.session_id is not None}
    by_reference = {(row.charger_id, row.session_reference): row for row in running.values()}
    tasks, settled = [], set()
    for command in commands:
        about = (command.charger_id, command.evse_number, command.reference)
        if about in settled or not _failed(command):
            settled.add(about)  # asked again since: that one counts
            continue
        settled.add(about)
        row = by_reference.get((command.charger_id, command.reference))
        still_charges = command.kind == "stop" and row is not None
        if still_charges or datetime.now(UTC) - command.asked_at < FAILED_IS_NEWS:
            tasks.append(_task_for(command, names, row))
    return tasks


def _task_for(command: IssuedCommand, names: BayNames, row: BayRow | None) -> Task:
    shape, colour, words = stand_of(command)
    if command.effect == EffectState.NOT_SEEN and command.kind == "stop" and row is not None:
        still = f" ({figures.kw(row.power_w)})" if row.power_w else ""
        words = f"It accepted Stop and still charges{still}. Unlock, reset, or go there"
    elif command.effect == EffectState.NOT_SEEN and command.kind == "start":
        words = "It accepted Start and nothing began. Is the cable plugged at both ends?"
    return Task(
        key=f"command-{command.pk}",
        shape=shape,
        colour=colour,
        title=title_of(command, names),
        text=words if words.endswith("?") else f"{words}.",
        url=address_of("charger", command.charger_id),
        action="Charger",
    )


def _failed(command: IssuedCommand) -> bool:
    if command.effect == EffectState.NOT_SEEN:
        return True
    return command.state in (
        CommandState.REJECTED,
        CommandState.ERROR,
        CommandState.UNANSWERED,
        CommandState.EXPIRED,
    )


def _unread(user: User) -> list[Task]:
    if not user.has_perm("chargers.view_unreadfact"):
        return []
    facts = within_reach(user, UnreadFact.objects.filter(read_at=None, charger__standing=Standing.ADOPTED))
    counted = facts.order_by().values("charger", "charger__identity").annotate(count=Count("pk"))
    by_charger = list(counted[: NAMED_AT_MOST + 1])
    if not by_charger:
        return []
    names = listed([row["charger__identity"] for row in by_charger])
    count = sum(row["count"] for row in by_charger)
    return [
        Task(
            key="unread",
            shape="risk",
            colour="is-risk",
            title=f"{count} message{'s' if count > 1 else ''} not understood",
            text=f"From {names}. Kept as they came, and read again after the fault is mended.",
            url=address_of("charger", by_charger[0]["charger"]),
            action="Look",
        )
    ]


def _waiting(user: User) -> list[Task]:
    if not user.has_perm("chargers.change_charger"):
        return []
    waiting = within_reach(user, Charger.objects.filter(standing=Standing.WAITING)).values_list("identity", flat=True)
    names = list(waiting[: NAMED_AT_MOST + 1])
    if not names:
        return []
    return [
        Task(
            key="waiting",
            shape="risk",
            colour="is-risk",
            title=f"{listed(names)} {'waits' if len(names) == 1 else 'wait'} to be let in",
            text="It called in and nobody has said whether it is ours.",
            url=address_of("waiting-room"),
            action="Waiting room",
        )
    ]


def _unplaced(rows: Sequence[BayRow]) -> list[Task]:
    names = [row.name for row in rows if row.zone == NOT_PLACED]
    if not names:
        return []
    return [
        Task(
            key="unplaced",
            shape="note",
            colour="",
            title=f"{listed(names)}: no bay yet",
            text="Without a bay it belongs to no depot and has no price.",
            url=address_of("bays"),
            action="Give it a bay",
        )
    ]
