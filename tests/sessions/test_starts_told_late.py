"""A start that is told again, long after it was, after its stop, or with a clock that is wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from chargers.choices import ConnectorStatus
from chargers.events import StartDecision, Token, TokenDecision, TokenStatus
from chargers.models import Charger, Evse
from sessions.models import ClosedBy, IdToken, Session
from sessions.services import adopt_readings, end_session
from sessions.services.finding import SEEN_ONLY
from tests.sessions.starts import start, tell, token_status
from tests.sessions.words import after, ended, meters, read
from tests.sessions.yard import BAY, NOON, codes, shows

pytestmark = [pytest.mark.django_db, pytest.mark.storage]

NEVER_SET = datetime(1970, 1, 1, tzinfo=UTC)


def test_a_start_told_again_opens_one_session_and_has_the_same_answer(charger: Charger, card: IdToken) -> None:
    first = tell(charger)
    again = tell(charger, after(7))

    assert first.decision == again.decision
    assert (first.is_news, again.is_news) == (True, False)
    assert Session.objects.count() == 1


def test_a_start_told_again_after_the_stop_is_still_the_same(charger: Charger) -> None:
    session = start(charger)
    end_session(charger, ended(session.reference), place=BAY, heard_at=after(60))

    again = tell(charger, after(70))

    assert (again.session, again.is_news) == (session, False)


def test_a_charger_whose_clock_was_never_set_starts_a_session_each_time(charger: Charger) -> None:
    first = start(charger, at=NEVER_SET, meter_wh=0)
    again = start(charger, after(1), at=NEVER_SET, meter_wh=0)
    end_session(charger, ended(first.reference, at=NEVER_SET), place=BAY, heard_at=after(60))
    second = start(charger, after(90), at=NEVER_SET, meter_wh=0)
    second_again = start(charger, after(91), at=NEVER_SET, meter_wh=0)

    assert again == first
    assert second != first
    assert second_again == second
    assert second.started_at == after(90)
    assert codes(second) == {"time_repaired"}


def test_a_start_told_with_the_time_of_another_completes_the_session_that_lacks_one(charger: Charger) -> None:
    first = start(charger, at=NEVER_SET, meter_wh=0)
    end_session(charger, ended(first.reference, at=NEVER_SET), place=BAY, heard_at=after(60))
    seen = start(charger, after(90), at=after(90), meter_wh=5_000)
    Session.objects.filter(pk=seen.pk).update(start_key=f"{SEEN_ONLY}1")

    told = start(charger, after(91), at=NEVER_SET, meter_wh=0)

    assert told == seen
    assert Session.objects.count() == 2


def test_a_start_in_the_future_counts_from_its_receipt(charger: Charger) -> None:
    session = start(charger, at=after(60 * 24))

    assert (session.started_at, codes(session)) == (NOON, {"time_repaired"})


def test_a_start_in_the_future_is_mended_by_the_known_offset_of_the_clock(charger: Charger) -> None:
    charger.clock_offset_s = 24 * 3600

    session = start(charger, after(5), at=after(60 * 24))

    assert session.started_at == NOON


def test_a_start_told_after_the_next_one_is_over_at_once_and_waits_for_its_stop(charger: Charger, evse: Evse) -> None:
    now_charging = start(charger, after(300), at=after(300), meter_wh=9_000)

    late = start(charger, after(301))

    now_charging.refresh_from_db()
    assert now_charging.ended_at is None
    assert (late.closed_by, late.ended_at) == (ClosedBy.EVIDENCE, NOON)
    assert late.settle_after == after(301) + timedelta(minutes=10)


def test_the_stop_of_a_start_told_late_replaces_what_was_estimated(charger: Charger, evse: Evse) -> None:
    start(charger, after(300), at=after(300), meter_wh=9_000)
    late = start(charger, after(301))

    end_session(charger, ended(late.reference), place=BAY, heard_at=after(302))

    late.refresh_from_db()
    assert (late.closed_by, late.ended_at, late.energy_wh) == (ClosedBy.CHARGER, after(60), 7_000)
    assert late.quality == []


def test_a_start_replayed_after_an_outage_still_runs(charger: Charger, evse: Evse) -> None:
    session = start(charger, after(300))

    assert (session.ended_at, session.started_at) == (None, NOON)


def test_a_replayed_start_is_judged_by_its_own_time(charger: Charger, card: IdToken) -> None:
    IdToken.objects.update(expires_at=after(10))

    assert token_status(tell(charger, after(300))) is TokenStatus.ACCEPTED


def test_the_start_told_after_its_stop_completes_it(charger: Charger, evse: Evse, card: IdToken) -> None:
    """The backlog came out of order, and the stop named no transaction."""
    stopped = end_session(charger, ended(-1, token=Token("04AB12CD")), place=BAY, heard_at=after(61)).session

    outcome = tell(charger, after(62))

    assert outcome.session == stopped
    session = Session.objects.get()
    assert (session.started_at, session.ended_at, session.energy_wh) == (NOON, after(60), 7_000)
    assert (session.evse, session.vehicle, session.quality) == (evse, card.vehicle, [])
    assert outcome.decision == StartDecision(str(session.pk), TokenDecision(TokenStatus.ACCEPTED))


def test_a_stop_of_another_card_is_not_completed_by_a_start(charger: Charger, evse: Evse) -> None:
    end_session(charger, ended(-1, token=Token("SOMEBODY")), place=BAY, heard_at=after(61))

    start(charger, after(62))

    assert Session.objects.count() == 2


def test_a_number_given_before_the_start_was_understood_stays_its_number(charger: Charger) -> None:
    """A start that was kept unread was answered with a provisional number, and the charger stops by that."""
    session = start(charger, reference="1073741900")

    end_session(charger, ended("1073741900"), place=BAY, heard_at=after(60))

    session.refresh_from_db()
    assert session.closed_by == ClosedBy.CHARGER


def test_a_start_understood_late_and_told_again_meanwhile_is_one_session(charger: Charger) -> None:
    told_again = start(charger)

    assert start(charger, after(1), reference="1073741900") == told_again


def test_a_start_told_again_after_its_number_went_to_another_session_is_still_answered_with_a_number(
    charger: Charger, evse: Evse
) -> None:
    """In 1.6 nothing but a number can be answered, whatever became of the session's name."""
    session = start(charger)
    end_session(charger, ended(session.reference), place=BAY, heard_at=after(60))
    shows(evse, ConnectorStatus.CHARGING)
    readings = meters(read(600, 2_000, 7_000), reference=session.reference)
    adopt_readings(charger, readings, place=BAY, heard_at=after(600))
    session.refresh_from_db()

    again = tell(charger, after(601))

    assert (session.reference, again.session) == ("", session)
    assert isinstance(again.decision, StartDecision)
    assert again.decision.reference == str(session.pk)


def test_a_name_used_again_is_a_new_session(newer: Charger) -> None:
    """Its counter began at one again after a reboot."""
    old = start(newer, reference="1")
    end_session(newer, ended("1"), place=BAY, heard_at=after(60))

    new = start(newer, after(120), reference="1", at=after(120))

    old.refresh_from_db()
    assert new != old
    assert (old.reference, new.reference) == ("", "1")
    assert "reference_reused" in codes(old)
