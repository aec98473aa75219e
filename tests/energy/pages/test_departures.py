"""Readiness: what is said of each departure, and whose word on it is believed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.html import escape

from chargers.choices import ConnectorStatus
from chargers.models import Connection
from depot.access.models import Role
from depot.energy.delivery.models import Target
from depot.energy.delivery.standing import Waking
from depot.energy.models import Timetable
from depot.energy.pages.departures import departures_seen_by
from depot.energy.pages.models import Label
from depot.energy.pages.readiness import Facts, say
from sessions.models import Session
from tests.conftest import BusinessTime
from tests.energy.pages.scene import EVENING, Evening, departures
from tests.energy.rows import make_need
from tests.factories import make_session, make_user, make_vehicle, set_status

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
FINE = Facts(now=EVENING, departs_at=EVENING + 8 * HOUR, needs_kwh=20, ready_at=EVENING + 5 * HOUR, spare=3 * HOUR)


@pytest.mark.parametrize(
    ("facts", "label"),
    [
        (FINE, Label.TRACK),
        (replace(FINE, needs_kwh=0.0), Label.READY),
        (replace(FINE, unmet_kwh=0.19), Label.TRACK),
        (replace(FINE, unmet_kwh=0.21, ready_at=None), Label.MISS),
        (replace(FINE, spare=timedelta(minutes=19)), Label.RISK),
        (replace(FINE, spare=timedelta(minutes=20)), Label.TRACK),
        (replace(FINE, is_online=False), Label.RISK),
        (replace(FINE, trouble="replug the cable"), Label.RISK),
        (replace(FINE, trouble="fault", is_broken=True), Label.MISS),
        (replace(FINE, distrust="does not keep to limits"), Label.RISK),
        (replace(FINE, is_here=False, due_at=EVENING - HOUR), Label.DUE),
        (replace(FINE, is_here=False, due_at=EVENING + HOUR), Label.TRACK),
        (replace(FINE, is_here=False, due_at=EVENING + HOUR, unmet_kwh=3.0), Label.MISS),
    ],
)
def test_each_departure_has_its_label(facts: Facts, label: Label) -> None:
    assert say(facts).label == label


def test_an_offline_one_says_when_it_is_expected_and_was_seen() -> None:
    said = say(replace(FINE, is_online=False, ready_wall="04:10", seen_at="02:00"))

    assert said.why == "No contact: expected 04:10, not seen since 02:00"


def test_vehicles_stand_by_departure_and_who_is_on_the_road_is_expected(evening: Evening) -> None:
    evening.plan()

    found = departures(evening)

    assert list(found) == ["Van 1", "Van 3", "Van 2"]
    assert [one.label for one in found.values()] == [Label.TRACK] * 3
    assert found["Van 3"].expected_at is not None


def test_who_is_due_and_not_plugged_in_stands_on_top(evening: Evening, business_time: BusinessTime) -> None:
    evening.plan()
    later = EVENING + 3 * HOUR

    found = departures_seen_by(make_user("looker", Role.VIEWER), evening.depot, later)

    assert (found[0].name, found[0].label, found[0].said.why) == ("Van 3", Label.DUE, "due 90 min ago")


def test_a_word_about_one_on_the_road_is_believed_before_its_timetable(evening: Evening) -> None:
    early = EVENING + timedelta(hours=7)
    make_need(evening.depot, vehicle=evening.away, source="rest", departs_at=early + HOUR, told_at=EVENING)
    make_need(evening.depot, vehicle=evening.away, departs_at=early, told_at=EVENING - HOUR)
    evening.plan()

    away = departures(evening)["Van 3"]

    assert (away.departs_at, away.departure_words) == (early, "told by a dispatcher")


def test_one_without_a_timetable_shows_when_its_departure_was_told(evening: Evening) -> None:
    stranger = make_vehicle("Van 9", depot_key=evening.depot.pk)
    make_need(evening.depot, vehicle=stranger, source="rest", departs_at=EVENING + 9 * HOUR, told_at=EVENING)
    evening.plan()

    told = departures(evening)["Van 9"]

    assert (told.departs_at, told.departure_words) == (EVENING + 9 * HOUR, "told by another system")


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        (("timetable", "rest", "vehicle", "dispatcher"), "told by a dispatcher"),
        (("timetable", "rest", "vehicle"), "told by the vehicle"),
        (("timetable", "rest"), "told by another system"),
        (("timetable",), "by the timetable"),
        ((), "not known: the depot's usual hour"),
    ],
)
def test_the_page_says_whose_departure_is_believed(
    manager: Client, evening: Evening, sources: tuple[str, ...], words: str
) -> None:
    van = evening.vans[0]
    if "timetable" not in sources:
        Timetable.objects.filter(vehicle=van).delete()
    for n, source in enumerate(source for source in sources if source != "timetable"):
        departs_at = EVENING + timedelta(hours=5 + n)
        make_need(
            evening.depot, vehicle=van, source=source, departs_at=departs_at, told_at=EVENING, holds_until=departs_at
        )
    evening.plan()

    page = manager.get(f"/readiness/vehicle-{van.pk}/").content.decode()

    assert f'<span class="muted">{escape(words)}</span>' in page


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ("entry", "told by a dispatcher"),
        ("level", "from its charge and its target"),
        ("timetable", "by the timetable"),
        ("nights", "what it took on its last nights, and a fifth"),
        ("nothing", "not known: until it is full"),
    ],
)
def test_the_page_says_how_its_need_is_known(manager: Client, evening: Evening, known: str, words: str) -> None:
    van, lines = evening.vans[0], Timetable.objects.filter(vehicle=evening.vans[0])
    lines.update(energy_wh=20_000 if known == "timetable" else None)
    if known == "entry":
        make_need(evening.depot, vehicle=van, energy_wh=12_000, told_at=EVENING, holds_until=EVENING + 9 * HOUR)
    elif known == "level":
        Session.objects.filter(vehicle=van).update(soc_percent=40)
    elif known == "nights":
        make_session(evening.bays[0], van, started_at=EVENING - 30 * HOUR, ended_at=EVENING - 20 * HOUR)
    evening.plan()

    page = manager.get(f"/readiness/vehicle-{van.pk}/").content.decode()

    assert f'kWh <span class="muted">{words}</span>' in page


def test_one_of_whose_departure_nobody_told_says_so_in_the_list(manager: Client, evening: Evening) -> None:
    Timetable.objects.filter(vehicle=evening.vans[0]).delete()
    evening.plan()

    page = manager.get("/readiness/").content.decode()

    assert page.count("no departure known: planned for the depot’s usual hour") == 1


def test_what_was_charged_shows_where_no_level_is_told(evening: Evening) -> None:
    Session.objects.filter(pk=evening.sessions[0].pk).update(energy_wh=5_000)
    evening.plan()

    done, planned = departures(evening)["Van 1"].share

    assert done == pytest.approx(25, abs=0.5)
    assert done + planned == pytest.approx(100)


@pytest.mark.parametrize(
    ("waking", "words", "needs_hand"),
    [
        (Waking.RAISED, "rested for hours", False),
        (Waking.TOGGLED, "is being woken: its limit was taken away and given back", False),
        (Waking.RESTARTED, "is being woken: its charge was stopped and started again", False),
        (Waking.ASLEEP, "does not wake: plug it in again at A1", True),
    ],
)
def test_how_far_a_vehicle_is_woken_is_said(evening: Evening, waking: Waking, words: str, needs_hand: bool) -> None:
    evening.plan()
    Target.objects.update_or_create(
        evse=evening.bays[0].evse, defaults={"depot": evening.depot, "waking": waking, "waking_since": EVENING}
    )
    set_status(evening.bays[0], ConnectorStatus.SUSPENDED_EV, at=EVENING - HOUR)

    said = departures(evening)["Van 1"].said

    assert (said.label, said.needs_hand) == (Label.RISK, needs_hand)
    assert words in said.why


def test_one_without_contact_is_at_risk_and_says_since_when(evening: Evening) -> None:
    evening.plan()
    Connection.objects.filter(charger=evening.sessions[0].charger).delete()

    said = departures(evening)["Van 1"].said

    assert said.label == Label.RISK
    assert "not seen since 21:30" in said.why


def test_the_page_shows_every_label(manager: Client, evening: Evening) -> None:
    make_need(evening.depot, vehicle=evening.vans[0], departs_at=EVENING + HOUR, told_at=EVENING)
    evening.plan()
    set_status(evening.bays[1], "faulted", at=EVENING)  # type: ignore[arg-type]

    said = manager.get("/readiness/").content.decode()

    assert "2 vehicles need a hand" not in said
    assert "fault at A2" in said
    assert "do not fit before it leaves" in said
