"""A charger that has booted is asked what it still means to do before it is told its limits again.

So it shows whether it keeps them through a boot, once for each firmware; told at once, nobody would ever know, and each
later boot would make others give way.
"""

from datetime import datetime, timedelta

from django.db import transaction

from chargers.choices import CommandState
from chargers.held import services as held
from chargers.held.possible import candidates
from chargers.models import IssuedCommand
from chargers.quirks import quarantine_of
from chargers.services import issue_command
from depot.access.services import the_depot
from depot.energy.delivery.asking import CANNOT
from depot.energy.delivery.books import Station
from depot.energy.delivery.verifying import READS, question_for
from depot.energy.models import Control

# So long its word is waited for; then it is told its limits again, whatever it kept.
WAITED_FOR = timedelta(seconds=30)
ON_ITS_WAY = (CommandState.REQUESTED, CommandState.SENT)


def is_asked_what_it_kept(station: Station, now: datetime) -> bool:
    """Is its word on the way? Where it has not been asked since its boot and can tell, it is asked now."""
    booted_at = station.charger.booted_at
    if booted_at is None or now - booted_at > WAITED_FOR or not _is_doubted(station) or not _may_show(station):
        return False
    questions = IssuedCommand.objects.filter(
        charger=station.charger, kind="read_composite_schedule", issued_at__gte=booted_at
    )
    if questions.exists():
        return questions.filter(state__in=ON_ITS_WAY).exists()
    return _ask(station, now)


def _is_doubted(station: Station) -> bool:
    """It holds all that it held, or nothing; and it charges, for without a charge 1.6 has no schedule to tell."""
    if station.possible is None or station.possible.is_open or not station.possible.is_known or not station.sessions:
        return False
    sets = candidates(station.possible)
    return any(each.held for each in sets) and any(not each.held for each in sets)


def _may_show(station: Station) -> bool:
    settled = (held.KEEPS_THROUGH_BOOT, READS, quarantine_of("GetCompositeSchedule"))
    firmware = station.charger.firmware
    return (
        not station.charger.capabilities.filter(name__in=settled, firmware=firmware)
        .exclude(name=READS, value="yes")
        .exists()
    )


def _ask(station: Station, now: datetime) -> bool:
    charging = [one for one in station.wirings if one.evse_id in station.sessions and one.control == Control.MANAGED]
    try:
        with transaction.atomic():
            for wiring in charging:
                issue_command(station.charger, question_for(wiring), issued_by=the_depot(), now=now)
    except CANNOT:
        return False
    return bool(charging)
