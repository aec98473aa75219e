"""What chargers will hold in a moment, if all goes well: by that it is judged whether others have to give way.

Never whether somebody may be given more: for that a charger counts with all that it may hold.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from depot.energy.delivery.books import Station
from depot.energy.delivery.services.round import LOOK_AGAIN, Proposal, Round
from depot.energy.ledger import Ledger
from depot.energy.worst import Unit

# So long a charger that booted is told its limits again before others give way for it.
TOLD_AGAIN_WITHIN = timedelta(minutes=1)


def hoped_ledger(of: Round, proposals: Sequence[Proposal]) -> Ledger:
    """Of what all will come to hold."""
    units = [hoped_of(of, station, proposals) for station in of.books.stations.values()]
    return Ledger(of.ledger.nodes.values(), units, now=of.now, clock_error_s=of.ledger.clock_error_s)


def hoped_of(of: Round, station: Station, proposals: Sequence[Proposal]) -> Unit:
    """What it will come to hold: what it was told a moment ago and, where it may have lost that, its fallbacks.

    Else, until its first answer, all others would be told to stop for one that has booted and is told all again. While
    it is asked what its boot left it is hoped to have kept its limits. Who leaves something unanswered is hoped for no
    more, but in the first minute after a boot.
    """
    key = station.charger.pk
    if of.asked_what_it_kept.get(key):
        return replace(station.unit, candidates=tuple(each for each in station.unit.candidates if each.held))
    told, since = of.told.get(key), of.now - LOOK_AGAIN
    booted_at = station.charger.booted_at
    if booted_at is not None and booted_at > of.now - TOLD_AGAIN_WITHIN:
        since = booted_at
    elif key in of.in_doubt:
        return station.unit if told is None else station.with_asked(told, of.now)
    commands = [] if told is None else [told]
    fallbacks = [one.command for one in proposals if one.station is station and not one.is_plan]
    commands += [command for command in fallbacks if command is not told]
    return station.hoped(commands, now=of.now, since=since)
