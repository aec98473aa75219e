"""Who is in danger of leaving without enough is told of once; so is a meter that falls silent; people find both."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from chargers.models import Connection
from depot.access.models import Role
from depot.energy.models import MeterKind, MeterSample, MeterSource
from depot.energy.pages import warnings
from depot.energy.pages.departures import clerk, departures_seen_by
from depot.energy.pages.models import Label
from depot.energy.pages.readiness import Said
from depot.notices.models import Notice
from tests.conftest import BusinessTime
from tests.energy.pages.scene import EVENING, Evening, make_evening
from tests.factories import make_depot, make_user

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def evening(business_time: BusinessTime, monkeypatch: pytest.MonkeyPatch) -> Evening:
    business_time.set(EVENING)
    monkeypatch.setattr(warnings, "looked", warnings._Looked())
    return make_evening(needs_wh=20_000)


def told() -> list[tuple[str, str]]:
    kinds = ("departure.", "meter.")
    rows = Notice.objects.order_by("pk").values_list("kind", "subject")
    return [(kind, subject) for kind, subject in rows if kind.startswith(kinds)]


def test_nobody_is_told_of_a_night_in_order(evening: Evening) -> None:
    evening.plan()

    assert warnings.tell_of_departures(EVENING) == 0


def test_a_departure_in_danger_is_told_of_once_and_again_when_it_gets_worse(evening: Evening) -> None:
    evening.plan()
    Connection.objects.filter(charger=evening.bays[0].evse.charger).update(closed_at=EVENING)  # type: ignore[union-attr]
    for minutes in (0, 15, 30):
        evening.plan(EVENING + minutes * MINUTE)
        warnings.tell_of_departures(EVENING + minutes * MINUTE)

    assert told() == [("departure.at_risk", "Van 1")]
    notice = Notice.objects.get(kind="departure.at_risk")
    assert notice.depot == evening.depot
    assert "leaves 04:30. At risk: No contact" in notice.text


def test_what_is_over_by_the_next_plan_is_told_to_nobody(evening: Evening) -> None:
    link = Connection.objects.filter(charger=evening.bays[0].evse.charger)  # type: ignore[union-attr]
    evening.plan()
    link.update(closed_at=EVENING)
    warnings.tell_of_departures(EVENING)
    link.update(closed_at=None)
    evening.plan(EVENING + 15 * MINUTE)

    warnings.tell_of_departures(EVENING + 15 * MINUTE)

    assert told() == []


def test_many_at_once_are_one_notice(evening: Evening) -> None:
    evening.plan()
    late = [
        replace(one, said=Said(Label.MISS, "too little")) for one in departures_seen_by(clerk(), evening.depot, EVENING)
    ]
    many = [replace(one, key=f"vehicle-{n}", name=f"Van {n}") for n in range(3) for one in late]

    warnings.tell_of(evening.depot, many, EVENING)
    warnings.tell_of(evening.depot, many, EVENING + 10 * MINUTE)
    warnings.tell_of(evening.depot, many, EVENING + 20 * MINUTE)

    assert told() == [("departure.will_miss", f"{len(many)} departures")]


def test_one_that_should_be_there_and_is_not_is_told_of(evening: Evening) -> None:
    late = EVENING + timedelta(hours=3)
    for at in (late, late + 15 * MINUTE):
        evening.plan(at)
        warnings.tell_of_departures(at)

    assert ("departure.not_plugged_in", "Van 3") in told()


def test_a_meter_that_falls_silent_is_told_of_once_and_when_it_is_back(evening: Evening) -> None:
    meter = MeterSource.objects.create(depot=evening.depot, name="Office", kind=MeterKind.BUILDING, stale_after_s=60)
    MeterSample.objects.create(source=meter, at=EVENING, value=10_000, heard_at=EVENING)

    for minutes in (0, 2, 3):
        warnings.tell_of_meters(EVENING + minutes * MINUTE)
    MeterSample.objects.create(source=meter, at=EVENING + 4 * MINUTE, value=10_000, heard_at=EVENING)
    warnings.tell_of_meters(EVENING + 4 * MINUTE)

    assert told() == [("meter.silent", "Office"), ("meter.back", "Office")]
    assert "has told nothing since 21:30:00" in Notice.objects.get(kind="meter.silent").text


def test_a_meter_with_one_figure_is_never_silent(evening: Evening) -> None:
    MeterSource.objects.create(depot=evening.depot, name="Office", kind=MeterKind.BUILDING, constant=10_000)

    assert warnings.tell_of_meters(EVENING) == 0


def test_people_find_what_was_told_and_not_what_was_told_at_another_depot(client: Client, evening: Evening) -> None:
    elsewhere = make_depot("Elsewhere")
    for depot, kind in (
        (evening.depot, "departure.will_miss"),
        (evening.depot, "meter.silent"),
        (elsewhere, "meter.back"),
    ):
        Notice.objects.create(at=EVENING, depot=depot, kind=kind, subject=kind, text=f"{kind} was told")
    client.force_login(make_user("near", Role.DISPATCHER, depots=[evening.depot]))

    everything = client.get("/notices/").content.decode()
    meters = client.get("/notices/?kind=meter").content.decode()

    assert "departure.will_miss was told" in everything
    assert "meter.back was told" not in everything
    assert "departure.will_miss was told" not in meters
    assert "meter.silent was told" in meters
