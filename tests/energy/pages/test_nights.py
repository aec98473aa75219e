"""What was said of departures is kept, and scored when they are over."""

from datetime import timedelta

import pytest
from django.test import Client

from depot.energy.pages import nights
from depot.energy.pages.models import Label, SaidLabel
from sessions.models import Session
from tests.conftest import BusinessTime
from tests.energy.pages.rows import make_label
from tests.energy.pages.scene import EVENING, Evening, leaves_in

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_what_is_said_two_hours_before_is_kept_once(evening: Evening, business_time: BusinessTime) -> None:
    leaves_in(evening, 1.5)

    kept = nights.note_labels(EVENING), nights.note_labels(EVENING + timedelta(minutes=1))

    assert kept == (1, 0)
    label = SaidLabel.objects.get()
    assert (label.vehicle, label.departs_at) == (evening.vans[0], EVENING + 1.5 * HOUR)


@pytest.mark.parametrize(("got_wh", "was_ready", "short_kwh"), [(11_000, True, 0.1), (5_000, False, 5.5)])
def test_a_label_is_scored_by_what_the_vehicle_got(
    evening: Evening, got_wh: int, was_ready: bool, short_kwh: float
) -> None:
    label = make_label(
        evening.bays[0], vehicle=evening.vans[0], session=evening.sessions[0], session_energy_wh=1_000, efficiency=0.9,
        said_at=EVENING, departs_at=EVENING + HOUR, needs_kwh=9.1,
    )  # fmt: skip
    Session.objects.filter(pk=evening.sessions[0].pk).update(energy_wh=got_wh)

    early, scored = nights.score_labels(EVENING), nights.score_labels(EVENING + HOUR)

    label.refresh_from_db()
    assert (early, scored, label.was_ready) == (0, 1, was_ready)
    assert label.short_kwh == pytest.approx(short_kwh)


@pytest.mark.parametrize("said", [Label.READY, Label.TRACK, Label.RISK, Label.MISS])
def test_every_kind_of_label_is_scored(evening: Evening, said: Label) -> None:
    make_label(
        evening.bays[0], vehicle=evening.vans[0], session=evening.sessions[0], said=said, session_energy_wh=0,
        departs_at=EVENING + HOUR, needs_kwh=9.0, efficiency=0.9,
    )  # fmt: skip
    Session.objects.filter(pk=evening.sessions[0].pk).update(energy_wh=10_000)

    nights.score_labels(EVENING + HOUR)

    (night,) = nights.last_nights(evening.depot, EVENING + HOUR)
    assert [(row.label, row.vehicles, row.ready) for row in night.rows] == [(said, 1, 1)]


def test_one_that_never_came_was_not_ready(evening: Evening) -> None:
    label = make_label(evening.bays[2], vehicle=evening.away, said="due", departs_at=EVENING + HOUR, said_at=EVENING)

    nights.score_labels(EVENING + HOUR)

    label.refresh_from_db()
    assert (label.was_ready, label.short_kwh) == (False, None)


def test_last_nights_are_told_with_those_that_were_wrong(manager: Client, evening: Evening) -> None:
    for number, ready in enumerate((True, False)):
        make_label(
            evening.bays[0], vehicle=evening.vans[number], departs_at=EVENING - 12 * HOUR, said_at=EVENING - 14 * HOUR,
            scored_at=EVENING, was_ready=ready, short_kwh=0 if ready else 3.2,
        )  # fmt: skip

    said = manager.get("/readiness/").content.decode()

    assert "On track: 1 of 2" in said
    assert "Van 2 (3.2 kWh short)" in said
