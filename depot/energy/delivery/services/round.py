"""One pass over a depot, with the pen in hand: its books, what is wanted, what has gone out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chargers.choices import CommandState
from chargers.commands import ClearProfiles, InstallProfile, UpdateDynamicSchedule
from chargers.commands.base import to_row
from chargers.models import IssuedCommand
from depot.access.services import the_depot
from depot.energy.delivery.books import Books, Station
from depot.energy.delivery.ladder import Rung
from depot.energy.delivery.learning import refused_since
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.rebooted import is_asked_what_it_kept
from depot.energy.delivery.schedule import Shape
from depot.energy.ledger import Ledger
from depot.energy.models import Wiring
from depot.energy.worst import Unit
from depot.models import Depot

LOOK_AGAIN = timedelta(seconds=15)
REFUSED = (CommandState.REJECTED, CommandState.ERROR)
UNHEARD = (CommandState.UNANSWERED, CommandState.EXPIRED)
# After some refusals in a row it is asked less often.
ASKED_AGAIN = timedelta(minutes=2)


Told = InstallProfile | UpdateDynamicSchedule | ClearProfiles


@dataclass(slots=True)
class Proposal:
    """One profile that a charger is to get, or one value of it; or that it is to lose."""

    target: Target
    station: Station
    wiring: Wiring
    rung: Rung
    command: Told
    is_plan: bool
    shape: Shape
    _after: Unit | None = None

    def after(self, now: datetime) -> Unit:
        """The charger as it counts once this is on its way; reckoned once a round."""
        if self._after is None:
            self._after = self.station.with_asked(self.command, now)
        return self._after


class Round:
    def __init__(self, depot: Depot, books: Books, now: datetime) -> None:
        self.depot, self.books, self.now = depot, books, now
        self.ledger: Ledger = books.ledger
        self.sent: dict[int, IssuedCommand] = {}  # by EVSE
        self.told: dict[int, Told] = {}  # by charger: what it was sent in this round, one message at most
        self.looks: list[datetime] = []
        self.asked_what_it_kept: dict[int, bool] = {}  # by charger
        self.actor = the_depot()
        known = {
            target.evse_id: target for target in Target.objects.select_related("evse", "command").filter(depot=depot)
        }
        self.targets = {
            evse_id: known.get(evse_id) or Target(evse_id=evse_id, depot=depot) for evse_id in books.by_evse
        }
        # Chargers that left the last thing that we told them without an answer.
        self.in_doubt = {
            books.by_evse[evse_id].charger.pk
            for evse_id, target in self.targets.items()
            if target.command is not None and target.command.state in UNHEARD
        }

    def next_look_at(self) -> datetime | None:
        unfinished = {State.NO_ROOM, State.TOO_SOON, State.SENT, State.NO_CHARGE}
        waiting = [target for target in self.targets.values() if target.state in unfinished]
        self.looks += [max(target.not_before or self.now, self.now + LOOK_AGAIN) for target in waiting]
        return min(self.looks, default=None)

    def rest(self, target: Target, state: State, why: str = "") -> None:
        target.state = state if target.until is not None and target.until > self.now else State.NOTHING
        target.why = why

    def is_asked_what_it_kept(self, station: Station) -> bool:
        """It has booted, and its word of that is waited for; asked once a round."""
        key = station.charger.pk
        if key not in self.asked_what_it_kept:
            self.asked_what_it_kept[key] = is_asked_what_it_kept(station, self.now)
        return self.asked_what_it_kept[key]

    def busy(self) -> set[int]:
        """Chargers that were just told something."""
        return {self.books.by_evse[evse_id].charger.pk for evse_id in self.sent}

    def was_just_refused(self, proposal: Proposal) -> bool:
        """It refused the like a moment ago, and nothing was learnt from that: it is asked again, but not at once.

        One that refuses whatever it is told has lost its charge, as after a power cut, and will say so in time.
        """
        last = proposal.target.command
        if last is None or last.state not in REFUSED or proposal.target.rung != str(proposal.rung):
            return False
        since = self.now - last.issued_at
        if since < LOOK_AGAIN:
            return bool(last.wording == to_row(proposal.command))
        alike = IssuedCommand.objects.filter(charger=last.charger_id, kind=last.kind, evse_number=last.evse_number)
        return since < ASKED_AGAIN and refused_since(alike) is not None

    def wait(self, proposal: Proposal, state: State, why: str) -> None:
        if proposal.is_plan:
            proposal.target.state, proposal.target.why = state, why[:200]
