"""What is wanted of bays, what their chargers are asked for it, and what they answer."""

from datetime import timedelta
from typing import Any

from chargers.choices import CommandState
from chargers.commands import InstallProfile, RateUnit, command_from_row
from chargers.events import CommandAnswered
from chargers.held import services as held
from chargers.models import IssuedCommand
from chargers.profiles import Circumstances, RunningTransaction, level_at
from chargers.services import settle_command
from depot.effects import command_settled
from depot.energy.delivery.services import Delivery, carry_on
from depot.energy.delivery.wanted import Step, Wanted
from depot.models import Bay, Depot
from sessions.models import Session, Vehicle
from tests.energy.rows import wired_bay
from tests.factories import THURSDAY, make_session

HOUR = timedelta(hours=1)
LATER = THURSDAY + 8 * HOUR
SIX_A = 6 * 690


def bays(depot: Depot, count: int = 1, **more: Any) -> list[Bay]:
    return [wired_bay(depot, **more) for _ in range(count)]


def charging(bay: Bay, vehicle: Vehicle | None = None, **fields: Any) -> Session:
    return make_session(bay, vehicle, reference=f"{bay.pk}", **fields)


def want(bay: Bay, *limits_w: int, until: Any = LATER) -> Wanted:
    """One limit after the other, each for an hour."""
    steps = tuple(Step(THURSDAY + n * HOUR, limit) for n, limit in enumerate(limits_w))
    return Wanted(bay.evse_id or 0, steps, until)


def answer_all(*, accepted: bool = True, error: str = "", now: Any = THURSDAY) -> list[IssuedCommand]:
    """Every command that is open is answered."""
    commands = list(IssuedCommand.objects.filter(state=CommandState.REQUESTED).order_by("pk"))
    for command in commands:
        told = CommandAnswered(
            command_id=command.pk,
            accepted=accepted,
            status="Accepted" if accepted else "Rejected",
            payload={"status": "Accepted" if accepted else "Rejected"},
            error_code=error,
            error_description="",
        )
        settled = settle_command(told, now=now)
        assert settled is not None
        command_settled(settled, now=now)
    return commands


def settle(depot: Depot, *, now: Any = THURSDAY, rounds: int = 12) -> Delivery:
    """Answers and looks until nothing is left to be said."""
    for _ in range(rounds):
        done = carry_on(depot, now=now)
        if not answer_all(now=now) and not done.sent:
            break
    return done


def asked(command: IssuedCommand) -> InstallProfile:
    read = command_from_row(command.kind, command.wording)
    assert isinstance(read, InstallProfile)
    return read


def limits(command: IssuedCommand) -> list[float | None]:
    return [period.limit for period in asked(command).profile.schedules[0].periods]


def held_w(bay: Bay, at: Any) -> float:
    assert bay.evse
    (installed,) = held.held_by([bay.evse.charger_id])[bay.evse.charger_id].candidates
    running = RunningTransaction(reference=f"{bay.pk}", charging_since=THURSDAY)
    where = Circumstances(evses=(1,), transactions={1: running})
    level = level_at(installed, where, evse=1, at=at, unit=RateUnit.WATT)
    assert level.limit
    return sum(level.limit)


def end(session: Session, at: Any = THURSDAY) -> None:
    Session.objects.filter(pk=session.pk).update(ended_at=at, closed_by="charger")


def starts() -> int:
    return IssuedCommand.objects.filter(kind="start").count()
