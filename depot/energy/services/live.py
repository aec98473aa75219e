"""The site's meters, followed as they move: the building's load takes from chargers at once, the sun gives to them."""

from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery

from depot.energy.delivery.models import Writer
from depot.energy.delivery.services import carry_on
from depot.energy.models import MeterKind, MeterSample, MeterSource
from depot.energy.services.marks import want_plan
from depot.energy.solar.models import SolarDay
from depot.energy.solar.services import divert_surplus
from depot.models import Depot

# The sun is looked at so often where no reading comes: what is silent must be noticed within ten seconds.
LOOKS_EVERY = timedelta(seconds=5)


def follow_meters(depot: Depot, *, now: datetime) -> None:
    """A sample came: who must give way hears of it before the next one."""
    if MeterSource.objects.filter(depot=depot, kind=MeterKind.BUILDING, counts_live=True).exists():
        carry_on(depot, now=now)
    divert_surplus(depot, now=now)


def heed_silence(now: datetime) -> int:
    """Meters that say nothing: the building is taken at its most, the sun as gone. How many depots were looked at."""
    return _heed_silent_buildings(now) + _heed_silent_roofs(now)


def _heed_silent_buildings(now: datetime) -> int:
    newest = MeterSample.objects.filter(source=OuterRef("pk")).order_by("-at")
    live = MeterSource.objects.filter(kind=MeterKind.BUILDING, counts_live=True)
    silent: dict[int, str] = {}
    for source in live.annotate(newest_at=Subquery(newest.values("at")[:1])):
        at = getattr(source, "newest_at", None)
        stale_at = None if at is None else at + timedelta(seconds=source.stale_after_s)
        if stale_at is None or stale_at >= now:
            continue
        if Writer.objects.filter(depot=source.depot_id, looked_at__lte=stale_at).exists():
            silent[source.depot_id] = source.name
    for depot in Depot.objects.filter(pk__in=silent):
        want_plan(depot.pk, f"{silent[depot.pk]} is silent", now=now)
        carry_on(depot, now=now)
    return len(silent)


def _heed_silent_roofs(now: datetime) -> int:
    looked_at = SolarDay.objects.filter(looked_at__gt=now - LOOKS_EVERY, looked_at__lte=now).values("depot")
    roofs = MeterSource.objects.filter(kind=MeterKind.SOLAR).values("depot")
    depots = list(Depot.objects.filter(pk__in=roofs).exclude(pk__in=looked_at))
    for depot in depots:
        divert_surplus(depot, now=now)
    return len(depots)
