"""Does a charger keep its limits through a restart? Asked for by a person, with nothing charging; then read back.

Until it is shown, a charger that has booted counts at its rating until its limits are installed anew.
"""

from datetime import datetime, timedelta

from django.db import transaction

from chargers.commands import ResetCharger
from chargers.held import services as held
from chargers.held.models import Holding
from chargers.held.possible import candidates, read_from_row
from chargers.models import Capability, Charger, IssuedCommand
from chargers.services import issue_command
from depot.access.models import User
from depot.access.services import the_depot
from depot.energy.delivery.asking import CANNOT
from depot.energy.delivery.learning import show
from depot.energy.delivery.verifying import READS, question_for
from depot.energy.instance import Control
from depot.energy.models import Wiring
from sessions.models import Session

COMES_BACK_WITHIN = timedelta(minutes=10)


class StillCharging(Exception):
    """A restart would end somebody's charge."""


class NothingToKeep(Exception):
    """It holds no limit of ours for certain: there is nothing that could be seen to last."""


class CannotTell(Exception):
    """It does not tell what it means to do."""


@transaction.atomic
def prove_restart(charger: Charger, *, asked_by: User, now: datetime) -> IssuedCommand:
    """Restart it; once it is back it is asked what it means to do, before it is told its limits again.

    Raises StillCharging, NothingToKeep, CannotTell, and what `issue_command` raises.
    """
    if Session.objects.running().filter(charger=charger).exists():
        raise StillCharging
    holding = Holding.objects.select_for_update().filter(charger=charger).first()
    possible = None if holding is None else read_from_row(holding.possible)
    if possible is None or possible.is_open or not possible.is_known:
        raise NothingToKeep
    if not all(installed.held for installed in candidates(possible)):
        raise NothingToKeep
    if charger.capabilities.filter(name=READS, value="no", firmware=charger.firmware).exists():
        raise CannotTell
    command = issue_command(charger, ResetCharger(), issued_by=asked_by, now=now)
    show(charger, held.KEEPS_THROUGH_BOOT, held.ASKED, f"Restarted on purpose (command {command.pk})", now=now)
    return command


def ask_restarted(now: datetime) -> int:
    """Those that were restarted on purpose and are back: what do they mean to do? How many were asked."""
    asked = 0
    pending = Capability.objects.filter(name=held.KEEPS_THROUGH_BOOT, value=held.ASKED).select_related("charger")
    for proof in pending:
        charger = proof.charger
        has_booted = charger.booted_at is not None and charger.booted_at >= proof.seen_at
        if now - proof.seen_at > COMES_BACK_WITHIN:
            why = "did not tell what it means to do" if has_booted else "was not back within ten minutes"
            show(charger, held.KEEPS_THROUGH_BOOT, "no", f"After a restart it {why}", now=now)
        elif has_booted and not _was_asked(charger):
            asked += _ask(charger, now)
    return asked


def _was_asked(charger: Charger) -> bool:
    questions = IssuedCommand.objects.filter(charger=charger, kind="read_composite_schedule")
    return questions.filter(issued_at__gte=charger.booted_at).exists()


def _ask(charger: Charger, now: datetime) -> int:
    wirings = Wiring.objects.filter(evse__charger=charger, control=Control.MANAGED).select_related("evse", "circuit")
    try:
        with transaction.atomic():
            for wiring in wirings:
                issue_command(charger, question_for(wiring), issued_by=the_depot(), now=now)
    except CANNOT:
        return 0
    return 1
