"""Limits that another system left in a charger are taken away when a person says so, and never unasked (quirk 59)."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from chargers.commands import ClearProfiles, Command, ProfilePurpose
from chargers.device_model.models import ReportedProfile
from chargers.held.services import held_by
from chargers.models import Charger, IssuedCommand
from chargers.profiles.installed import OCPP_16
from chargers.queries import link_of
from chargers.services import issue_command
from depot.access.models import User
from depot.energy.delivery.books import open_books
from depot.energy.delivery.models import Writer
from depot.energy.delivery.services import carry_on
from depot.models import Depot

CLEARED = (ProfilePurpose.TX, ProfilePurpose.TX_DEFAULT, ProfilePurpose.STATION_MAX)


class NoRoomMeanwhile(Exception):
    """Until its own limits are there again it could draw its rating, and there is no room for that on `circuits`."""

    def __init__(self, circuits: tuple[str, ...]) -> None:
        super().__init__(", ".join(circuits))
        self.circuits = circuits


@transaction.atomic
def clear_foreign_profiles(charger: Charger, *, asked_by: User, now: datetime) -> list[IssuedCommand]:
    """Those that it reported and that are not ours, by their numbers; without such a report all, and ours again after.

    Raises NoRoomMeanwhile, and what `issue_command` raises.
    """
    depot = Depot.objects.filter(circuits__wirings__evse__charger=charger).distinct().first()
    if depot is not None:
        Writer.objects.get_or_create(depot=depot)
        Writer.objects.select_for_update().get(depot=depot)
    asked = []
    for command in _wanted(charger):
        _check_room(charger, depot, command, now)
        asked.append(issue_command(charger, command, issued_by=asked_by, now=now))
    if depot is not None:
        carry_on(depot, now=now)
    return asked


def _wanted(charger: Charger) -> Iterator[Command]:
    speaks_16 = (link_of(charger.pk).protocol or charger.protocol) == OCPP_16
    reported = ReportedProfile.objects.filter(charger=charger)
    if speaks_16 or not reported:
        yield from (ClearProfiles(purpose=purpose) for purpose in CLEARED)
        return
    ours = {
        each.profile.profile_id
        for held in held_by([charger.pk]).values()
        for installed in held.candidates
        for each in installed.held
    }
    purposes = {purpose.value for purpose in CLEARED}
    for number in reported.exclude(number__in=ours).filter(purpose__in=purposes).values_list("number", flat=True):
        yield ClearProfiles(profile_id=number)


def _check_room(charger: Charger, depot: Depot | None, command: Command, now: datetime) -> None:
    if depot is None:
        return
    books = open_books(depot, now)
    verdict = books.ledger.ask(books.stations[charger.pk].with_asked(command, now))
    if not verdict.may_send:
        raise NoRoomMeanwhile(verdict.stands_in_the_way)
