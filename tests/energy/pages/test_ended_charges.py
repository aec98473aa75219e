"""Readiness of one that stands there and charges no more: stopped by the plan, or ended by its charger."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from chargers.choices import ConnectorStatus
from chargers.models import Connection, IssuedCommand
from depot.access.models import Role
from depot.access.services import the_depot
from depot.energy.models import ChargeNow, Timetable
from depot.energy.pages import nights
from depot.energy.pages.departures import departures_seen_by
from depot.energy.pages.models import Label, SaidLabel
from sessions.models import ClosedBy, Session
from tests.energy.pages.rows import make_label
from tests.energy.pages.scene import EVENING, Evening, departures, pause
from tests.energy.rows import make_need
from tests.factories import make_reading, make_session, make_user, set_status

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def paused(evening: Evening) -> Session:
    """Van 1 took 6 kWh, was stopped by the plan and stands there still."""
    return pause(evening)


def test_one_that_the_plan_stopped_and_starts_again_is_on_track(evening: Evening, paused: Session) -> None:
    evening.plan()

    one = departures(evening)["Van 1"]

    assert (one.label, one.is_here, one.said.needs_hand) == (Label.TRACK, True, False)
    assert one.got_kwh == pytest.approx(5.4)
    assert one.needs_kwh == pytest.approx(20.0 * 0.9 - 5.4)


def test_one_that_was_just_started_again_is_listed_before_the_next_plan(evening: Evening, paused: Session) -> None:
    evening.plan()
    make_session(
        evening.bays[0],
        evening.vans[0],
        started_at=EVENING,
        token=paused.token,
        started_by=the_depot(),
        reference="two",
    )

    assert departures(evening)["Van 1"].label == Label.TRACK


def test_one_of_an_unknown_vehicle_that_the_plan_stopped_is_listed_too(evening: Evening, paused: Session) -> None:
    Session.objects.filter(pk=paused.pk).update(vehicle=None)
    Timetable.objects.filter(vehicle=evening.vans[0]).delete()
    evening.plan()

    assert departures(evening)["Vehicle not known"].key == f"session-{paused.pk}"


def test_what_it_took_yesterday_is_not_of_tonight_though_the_depot_began_both(
    evening: Evening, paused: Session
) -> None:
    """Autostart begins each night's charge in our name."""
    Session.objects.filter(pk=paused.pk).update(started_by=the_depot())
    IssuedCommand.objects.all().delete()
    make_session(
        evening.bays[0], evening.vans[0], started_at=EVENING - HOUR / 2, ended_at=EVENING, token=paused.token,
        started_by=the_depot(), reference="two", energy_wh=1_000,
    )  # fmt: skip
    evening.plan()

    assert departures(evening)["Van 1"].got_kwh == pytest.approx(0.9)


@pytest.mark.parametrize("key", ["vehicle", "session"])
def test_one_that_the_plan_stopped_charges_now_if_a_dispatcher_says_so(
    client: Client, evening: Evening, paused: Session, key: str
) -> None:
    client.force_login(make_user("dispatcher", Role.DISPATCHER))
    path = f"/readiness/vehicle-{evening.vans[0].pk}" if key == "vehicle" else f"/readiness/session-{paused.pk}"

    assert "Charge now" in client.get(f"{path}/").content.decode()
    client.post(f"{path}/now/")
    plan = evening.plan()

    assert plan.stays.get(session=paused).kw[0] == pytest.approx(11)
    client.post(f"{path}/as-planned/")
    assert not ChargeNow.objects.filter(taken_back_at=None).exists()


def test_what_a_vehicle_took_after_it_was_started_again_counts_for_its_score(evening: Evening, paused: Session) -> None:
    leaves = EVENING + timedelta(hours=7)
    make_label(
        evening.bays[0], session=paused, vehicle=evening.vans[0], departs_at=leaves, said_at=leaves - 2 * HOUR,
        session_energy_wh=6_000,
    )  # fmt: skip
    make_session(
        evening.bays[0], evening.vans[0], started_at=EVENING + HOUR, ended_at=leaves, energy_wh=20_000, reference="two"
    )

    nights.score_labels(leaves)

    assert SaidLabel.objects.get().was_ready


def end_by_itself(evening: Evening, *, energy_wh: int, reason: str = "Other", **fields: Any) -> Session:
    """The charger of Van 1 ended its charge; it stands there still."""
    session = evening.sessions[0]
    Session.objects.filter(pk=session.pk).update(
        ended_at=EVENING, ended_heard_at=EVENING, closed_by=ClosedBy.CHARGER, energy_wh=energy_wh, stop_reason=reason,
        **fields,
    )  # fmt: skip
    set_status(evening.bays[0], ConnectorStatus.FINISHING, at=EVENING)
    return Session.objects.get(pk=session.pk)


def test_one_that_has_its_energy_when_its_charger_ends_the_charge_is_ready(evening: Evening) -> None:
    end_by_itself(evening, energy_wh=20_000)
    plan = evening.plan()

    one = departures(evening)["Van 1"]

    assert (one.label, one.is_here, one.bay) == (Label.READY, True, "A1")
    assert one.said.why == "has what it needs; its charge ended 21:30"
    assert not plan.stays.filter(vehicle=evening.vans[0]).exists(), "no power is kept for it"


def test_one_whose_charge_a_power_cut_ended_stands_there_and_needs_a_hand(evening: Evening) -> None:
    """1.6 says "preparing" of a cable that was in it all the time, and waits for the card again."""
    end_by_itself(evening, energy_wh=9_000, reason="PowerLoss")
    set_status(evening.bays[0], ConnectorStatus.PREPARING, at=EVENING + timedelta(minutes=1))
    evening.plan()

    one = departures(evening)["Van 1"]

    assert (one.label, one.is_here, one.said.needs_hand) == (Label.RISK, True, True)
    assert one.said.why == "stands at A1 and does not charge: its charge ended 21:30, 9.9 kWh short"


@pytest.mark.parametrize(("energy_wh", "label"), [(20_000, Label.READY), (9_000, Label.RISK)])
def test_one_whose_charge_has_ended_is_there_without_contact_too(
    evening: Evening, energy_wh: int, label: Label
) -> None:
    session = end_by_itself(evening, energy_wh=energy_wh)
    Connection.objects.filter(charger=session.charger).delete()
    evening.plan()

    one = departures(evening)["Van 1"]

    assert (one.label, one.is_here) == (label, True)
    assert ("no contact with A1" in one.said.why) == (label == Label.RISK)


@pytest.mark.parametrize(
    ("reason", "card", "powers", "label"),
    [
        ("SOCLimitReached", "", (), Label.READY),
        ("StoppedByEV", "", (), Label.READY),
        ("Other", "", (11_000, 10_800, 2_300), Label.READY),
        ("Other", "", (11_000, 10_800, 10_900), Label.RISK),
        ("Local", "VAN12", (11_000, 10_800, 2_300), Label.RISK),
        ("PowerLoss", "", (11_000, 2_300), Label.RISK),
        ("", "", (), Label.RISK),
    ],
)
def test_one_that_would_take_no_more_is_full_whatever_was_expected_of_it(
    evening: Evening, reason: str, card: str, powers: tuple[int, ...], label: Label
) -> None:
    session = end_by_itself(evening, energy_wh=9_000, reason=reason, stop_token_value=card)
    for minutes, power_w in enumerate(powers, -len(powers)):
        make_reading(session, EVENING + timedelta(minutes=minutes), power_w=power_w)
    make_reading(session, EVENING, power_w=0, context="Transaction.End")
    evening.plan()

    one = departures(evening)["Van 1"]

    assert one.label == label
    assert ("9.9 kWh short" in one.said.why) == (label == Label.RISK)


@pytest.mark.parametrize(("last_wh", "label"), [(9_000, Label.READY), (9_200, Label.RISK)])
def test_by_its_register_too_a_charge_is_seen_to_fade(evening: Evening, last_wh: int, label: Label) -> None:
    session = end_by_itself(evening, energy_wh=9_000)
    for minutes, energy_wh in enumerate((8_400, 8_600, 8_800, 9_000), -20):
        make_reading(session, EVENING + timedelta(minutes=minutes), energy_wh=energy_wh)
    make_reading(session, EVENING - timedelta(minutes=16), energy_wh=last_wh)
    evening.plan()

    assert departures(evening)["Van 1"].label == label


def test_what_is_said_of_one_that_is_full_is_scored_too(evening: Evening) -> None:
    end_by_itself(evening, energy_wh=20_000)
    make_need(evening.depot, vehicle=evening.vans[0], departs_at=EVENING + HOUR, told_at=EVENING)
    evening.plan()
    user = make_user("looker", Role.VIEWER)

    kept = [nights.note_stood(evening.depot, departures_seen_by(user, evening.depot, EVENING), EVENING) for _ in "12"]
    nights.score_labels(EVENING + HOUR)

    label = SaidLabel.objects.get()
    assert (kept, label.said, label.was_ready) == ([1, 0], Label.READY, True)
