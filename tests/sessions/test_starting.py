"""A session starts."""

import pytest

from chargers.events import StartDecision, TokenStatus
from chargers.models import Charger, Evse
from sessions.models import IdToken, Session
from sessions.services import end_session, start_session, store_readings
from tests.sessions.yard import BAY, NOON
from tests.sessions.words import after, ended, heard, meters, read, started

pytestmark = [pytest.mark.django_db, pytest.mark.storage]


def test_a_start_is_answered_with_the_number_of_the_session(charger: Charger, evse: Evse, card: IdToken) -> None:
    outcome = start_session(charger, started(), place=BAY, heard_at=NOON)

    session = Session.objects.get()
    assert outcome.decision == StartDecision(str(session.pk), outcome.decision.token)
    assert outcome.decision.token.status is TokenStatus.ACCEPTED
    assert session.reference == str(session.pk)


def test_a_session_from_start_to_stop(charger: Charger, evse: Evse, card: IdToken) -> None:
    session = start_session(charger, started(), place=BAY, heard_at=NOON).session
    assert session
    store_readings([heard(charger, meters(read(10, 2_500, 11_000), reference=session.reference))])

    end_session(charger, ended(session.reference), place=BAY, heard_at=after(60))

    session.refresh_from_db()
    assert (session.energy_wh, session.ended_at, session.quality) == (7_000, after(60), [])
    assert session.vehicle == card.vehicle
    assert session.bay_name == "A07"
    assert session.settle_after == after(60)
