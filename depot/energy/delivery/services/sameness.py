"""Would a charger, whichever profiles it may hold, go on as it does once it held one more? Then it is not told."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from chargers.commands import ChargingProfile, InstallProfile, ProfileKind, RateUnit
from chargers.held.possible import candidates
from chargers.profiles import Circumstances, InstalledProfiles, RunningTransaction, compose, follow
from depot.energy.delivery.books import Station, reference_of
from depot.energy.delivery.services.round import Round
from depot.energy.delivery.weighing import PART_SOON_WH, PART_WORTH, SOON, WORTH_WH, given_wh, moved_wh
from depot.energy.models import Wiring

DAY = timedelta(days=1)


def says_the_same(
    of: Round,
    station: Station,
    wiring: Wiring,
    command: InstallProfile,
    until: datetime | None,
    *,
    is_plan: bool,
    is_part: bool = False,
) -> bool:
    """Would the charger, whichever set it holds, go on as it does, and hold this profile's slot already?"""
    if station.possible is None or not station.unit.is_known:
        return False
    # Of what is on its way only the newest counts: it is not sent a second time before that is answered.
    sets = candidates(station.possible)
    for installed in sets[-1:] if station.is_open else sets:
        slots = {(held.evse, held.profile.profile_id, held.profile.stack_level) for held in installed.held}
        profile = command.profile
        if (command.evse, profile.profile_id, profile.stack_level) not in slots:
            return False
        if _goes_on_alike(installed, command, of.now):
            continue
        after = follow(installed, command, now=of.now)
        if after == installed or _course(of, installed, station, wiring, until) == _course(
            of, after, station, wiring, until
        ):
            continue
        if not is_plan or not _is_near(of, installed, after, station, wiring, until, is_part=is_part):
            return False
    return True


def _goes_on_alike(installed: InstalledProfiles, command: InstallProfile, now: datetime) -> bool:
    """Is the profile that it holds in this slot, but for what is past, the very same?"""
    new = command.profile
    olds = [
        held.profile
        for held in installed.held
        if (held.evse, held.profile.profile_id) == (command.evse, new.profile_id)
    ]
    return len(olds) == 1 and _rest_of(olds[0], now) == _rest_of(new, now) is not None


def _rest_of(profile: ChargingProfile, now: datetime) -> object:
    """From now on, by the clock; None where it hangs on anything else."""
    (first, *others) = profile.schedules
    if others or profile.kind is not ProfileKind.ABSOLUTE or first.start_at is None or first.start_at > now:
        return None
    begins = first.start_at
    periods = [(max(now, begins + timedelta(seconds=each.start_s)), replace(each, start_s=0)) for each in first.periods]
    rest = [period for period, later in pairwise([*periods, (None, None)]) if later[0] is None or later[0] > now]
    ends = None if first.duration_s is None else begins + timedelta(seconds=first.duration_s)
    return rest, ends, replace(first, start_at=None, duration_s=None, periods=()), replace(profile, schedules=())


def _is_near(
    of: Round,
    before: InstalledProfiles,
    after: InstalledProfiles,
    station: Station,
    wiring: Wiring,
    until: datetime | None,
    *,
    is_part: bool,
) -> bool:
    """So near that nobody would miss the difference; where a circuit is not guaranteed every watt counts."""
    gives_back = any(
        period.setpoint is not None
        for installed in (before, after)
        for held in installed.held
        for schedule in held.profile.schedules
        for period in schedule.periods
    )
    if gives_back or until is None or until <= of.now or of.ledger.overloads():
        return False
    where, evse, most_w = _places(of, station, wiring)[-1], wiring.evse.number, float(wiring.rating_w)

    def moved_until(end: datetime) -> tuple[float, float]:
        return moved_wh(before, after, where, evse=evse, since=of.now, until=min(end, until), most_w=most_w)

    more, less = moved_until(until)
    # What it gives up others wait for, and its plan has changed for it.
    if not is_part or less >= WORTH_WH:
        return max(more, less) < WORTH_WH
    soon, _ = moved_until(of.now + SOON)
    holds_wh = given_wh(before, where, evse=evse, since=of.now, until=until, most_w=most_w)
    return soon < PART_SOON_WH and more < max(WORTH_WH, PART_WORTH * holds_wh)


def _course(
    of: Round, installed: InstalledProfiles, station: Station, wiring: Wiring, until: datetime | None
) -> list[object]:
    """What a charger would do from now on: with its transaction, and with another one."""
    places, number = _places(of, station, wiring), wiring.evse.number
    last = max(until or of.now, of.now) + DAY + timedelta(hours=1)
    return [compose(installed, where, evse=number, since=of.now, until=last, unit=RateUnit.WATT) for where in places]


def _places(of: Round, station: Station, wiring: Wiring) -> list[Circumstances]:
    number, session = wiring.evse.number, station.sessions.get(wiring.evse_id)
    places = [Circumstances(evses=(number,), assumed_since=of.now, supply=wiring.supply)]
    if session is not None:
        running = RunningTransaction(reference=reference_of(session), charging_since=session.started_at)
        places.append(Circumstances(evses=(number,), transactions={number: running}, supply=wiring.supply))
    return places
