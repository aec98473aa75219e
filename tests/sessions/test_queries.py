"""What the floors above ask about sessions."""

from typing import Any

import pytest

from chargers.models import Charger, Evse
from sessions.models import IdToken, Session
from sessions.queries import (
    Taken,
    curve_of,
    energy_by_depot,
    energy_by_token,
    energy_by_vehicle,
    running_sessions,
)
from sessions.services import end_session, start_session, store_readings
from tests.sessions.words import CARD, after, ended, heard, meters, read, started
from tests.sessions.yard import BAY, NOON, make_charger, make_evse

pytestmark = [pytest.mark.django_db, pytest.mark.storage]


def start(charger: Charger, **said: Any) -> Session:
    event = started(**said)
    session = start_session(charger, event, place=BAY, heard_at=event.at).session
    assert session is not None
    return session


def charge(charger: Charger, minutes: float, wh: int | None, **said: Any) -> Session:
    """A session of an hour, begun so many minutes after noon."""
    session = start(charger, at=after(minutes), **said)
    stop = ended(session.reference, at=after(minutes + 60), meter_wh=None if wh is None else 1_000 + wh)
    end_session(charger, stop, place=BAY, heard_at=after(minutes + 60))
    return session


def test_the_running_session_of_each_evse_is_told(charger: Charger, evse: Evse) -> None:
    other = make_charger("CP-A08")
    free = make_evse(other)
    charge(charger, -120, 500)
    session = start(charger)

    assert running_sessions([evse.pk, free.pk]) == {evse.pk: session}


def test_running_sessions_are_told_with_their_vehicles_in_one_statement(
    charger: Charger, evse: Evse, card: IdToken, django_assert_max_num_queries: Any
) -> None:
    start(charger)

    with django_assert_max_num_queries(1):
        names = [str(session.vehicle) for session in running_sessions([evse.pk]).values()]

    assert names == ["VAN-12"]


def test_the_curve_of_a_session_shows_power_and_what_was_taken(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    for minutes, wh, power_w in ((1, 1_180, 11_000), (2, 1_360, 10_800)):
        store_readings([heard(charger, meters(read(minutes, wh, power_w), reference=session.reference))])

    (stretch,) = curve_of(session).stretches

    assert [(point.at, point.power_w, point.energy_wh) for point in stretch] == [
        (after(1), 11_000, 180),
        (after(2), 10_800, 360),
    ]


def test_one_moment_told_in_pieces_is_one_point(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    pieces = (read(1, 1_180), read(1, power_w=11_000), read(1, soc_percent=40.0))
    store_readings([heard(charger, meters(*pieces, reference=session.reference))])

    ((point,),) = curve_of(session).stretches

    assert (point.power_w, point.energy_wh, point.soc_percent) == (11_000, 180, 40.0)


def test_a_part_of_the_curve_is_its_readings_between_two_moments(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    for minutes in range(1, 10):
        store_readings([heard(charger, meters(read(minutes, power_w=7_000), reference=session.reference))])

    (stretch,) = curve_of(session, since=after(3), until=after(5)).stretches

    assert [point.at for point in stretch] == [after(3), after(4), after(5)]


def test_energy_is_told_per_vehicle_card_and_depot(charger: Charger, evse: Evse, card: IdToken) -> None:
    charge(charger, 0, 5_000, token=CARD)
    charge(charger, 120, 2_000, token=CARD)
    charge(charger, 240, 700, token=None)
    everything = Session.objects.all()
    day = {"since": NOON, "until": after(24 * 60)}

    assert card.vehicle
    assert energy_by_vehicle(everything, **day) == [
        Taken(card.vehicle.pk, "VAN-12", 2, 7_000, 0),
        Taken(None, "", 1, 700, 0),
    ]
    assert energy_by_token(everything, **day) == [Taken(card.pk, "04AB12CD", 2, 7_000, 0), Taken(None, "", 1, 700, 0)]
    assert energy_by_depot(everything, **day) == [Taken(1, "North", 3, 7_700, 0)]


def test_a_session_counts_in_the_period_in_which_it_ended(charger: Charger, evse: Evse) -> None:
    charge(charger, 0, 5_000)

    assert energy_by_depot(Session.objects.all(), since=NOON, until=after(60)) == []
    assert energy_by_depot(Session.objects.all(), since=after(60), until=after(61))[0].energy_wh == 5_000


def test_energy_that_cannot_be_told_is_counted_as_unknown_and_not_as_zero(charger: Charger, evse: Evse) -> None:
    charge(charger, 0, None)

    assert energy_by_depot(Session.objects.all(), since=NOON, until=after(61)) == [Taken(1, "North", 1, 0, 1)]


def test_a_renamed_depot_is_one_depot(charger: Charger, evse: Evse) -> None:
    old = charge(charger, 0, 5_000)
    charge(charger, 120, 2_000)
    Session.objects.filter(pk=old.pk).update(depot_name="Old north")

    (taken,) = energy_by_depot(Session.objects.all(), since=NOON, until=after(600))

    assert (taken.key, taken.sessions, taken.energy_wh) == (1, 2, 7_000)
