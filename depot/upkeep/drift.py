"""A charger's distance from its templates, at the depot where it stands; and what came of the last try to mend it."""

from dataclasses import dataclass

from chargers.choices import CommandState
from chargers.commands.base import from_row
from chargers.events import Setting
from chargers.models import Charger, IssuedCommand
from chargers.upkeep.naming import write_name
from chargers.upkeep.settings import Difference, Drift, drift_of
from depot.models import Bay
from depot.yard.queries.configuration import ANSWERS, status_told

TRIES_LOOKED_AT = 50
WORDS = {
    CommandState.REQUESTED: "Asked",
    CommandState.SENT: "On its way",
    CommandState.ACCEPTED: "Taken",
    CommandState.REJECTED: "Refused by the charger",
    CommandState.ERROR: "Answered with an error",
    CommandState.UNANSWERED: "No answer",
}


@dataclass(frozen=True, slots=True)
class ShownDifference:
    difference: Difference
    last_try: str = ""  # what the charger said to it, in plain words


def drift_of_placed(charger: Charger) -> Drift:
    depots = Bay.objects.filter(evse__charger=charger).order_by().values_list("depot", flat=True).distinct()
    return drift_of(charger, list(depots))


def shown(charger: Charger, drift: Drift) -> list[ShownDifference]:
    """Each difference with what came of it when it was last tried with this very value."""
    tried: dict[tuple[str, str], IssuedCommand] = {}
    if drift.differences:
        rows = IssuedCommand.objects.filter(charger=charger, kind="change_settings").order_by("-pk")
        for command in rows[:TRIES_LOOKED_AT]:
            for setting, value in command.wording.get("values", ()):
                name = write_name(from_row(Setting, setting)).casefold()
                tried.setdefault((name, value), command)
    return [ShownDifference(one, _last_try(one, tried)) for one in drift.differences]


def _last_try(one: Difference, tried: dict[tuple[str, str], IssuedCommand]) -> str:
    command = tried.get((one.name.casefold(), one.wanted))
    if command is None:
        return ""
    if command.state in (CommandState.ACCEPTED, CommandState.REJECTED):
        told = status_told(command)
        if told in ANSWERS:
            return ANSWERS[told]
    return WORDS.get(CommandState(command.state), "")
