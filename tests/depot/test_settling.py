from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError

from billing.models import Transaction
from chargers.events import ChargingEnded, ChargingStarted, StartDecision, Token
from depot import settling
from depot.models import Depot
from depot.notices.models import Notice
from depot.settling import settle_due
from sessions import services as sessions
from sessions.models import ClosedBy, Session
from sessions.place import Place
from tests.billing.yard import FOUR, NOW, ended_session, evse, manager, open_session, tariff, van

pytestmark = pytest.mark.django_db

JUST_BEFORE_MAY = datetime(2026, 4, 30, 21, 59, tzinfo=UTC)  # in Berlin a minute before midnight
MAY = datetime(2026, 4, 30, 22, tzinfo=UTC)


def waiting_session(**facts: Any) -> Session:
    """Closed by evidence while its charger is away: it may wait for three days."""
    ended_at = facts.pop("ended_at", JUST_BEFORE_MAY - timedelta(hours=1))
    return ended_session(
        **{
            "started_at": ended_at - timedelta(hours=1),
            "ended_at": ended_at,
            "closed_by": ClosedBy.EVIDENCE,
            "settle_after": ended_at + timedelta(hours=72),
            **facts,
        }
    )


def test_what_is_due_is_settled_the_longest_waiting_first() -> None:
    later = ended_session(settle_after=NOW)
    first = ended_session(settle_after=NOW - timedelta(hours=1))
    ended_session(settle_after=NOW + timedelta(seconds=1))
    open_session()

    assert settle_due(NOW) == 2

    assert list(Transaction.objects.values_list("session", flat=True)) == [first.pk, later.pk]


def test_where_nothing_is_due_nothing_is_done(django_assert_max_num_queries: Any) -> None:
    open_session()

    with django_assert_max_num_queries(3):
        assert settle_due(NOW) == 0


def test_one_run_settles_no_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "SETTLED_PER_RUN", 2)
    for _ in range(3):
        ended_session()

    assert [settle_due(NOW), settle_due(NOW), settle_due(NOW)] == [2, 1, 0]


def test_settling_is_told_in_the_same_commit() -> None:
    depot = Depot.objects.create(name="North", created_at=NOW)
    session = ended_session(depot_key=depot.pk, vehicle=van(), tariff_key=tariff().pk)

    settle_due(NOW)

    notice = Notice.objects.get()
    assert (notice.kind, notice.depot, notice.at, notice.detail) == (
        "transaction.completed",
        depot,
        NOW,
        {"session": session.pk},
    )
    assert notice.text == "131 charged 10.000 kWh at A07 for 2.00 EUR."


def test_a_session_of_which_little_is_known_is_told_too() -> None:
    ended_session(depot_key=None, bay_name="", token_value="", energy_wh=None, meter_stop_wh=None)

    settle_due(NOW)

    assert Notice.objects.get().text == "Someone unknown charged an unknown amount at CP-A07 without a price."


def test_a_depot_that_is_gone_keeps_no_transaction_back() -> None:
    ended_session(depot_key=4711)

    assert settle_due(NOW) == 1

    assert Transaction.objects.get().depot_key == 4711
    assert Notice.objects.get().depot is None


def test_a_session_that_cannot_be_settled_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = ended_session(settle_after=FOUR), ended_session(settle_after=NOW)
    settle = settling.settle_session

    def settle_all_but_one(session: Session, **rest: Any) -> Transaction:
        if session == broken:
            raise IntegrityError
        return settle(session, **rest)

    monkeypatch.setattr(settling, "settle_session", settle_all_but_one)

    assert settle_due(NOW) == 1

    broken.refresh_from_db()
    assert Transaction.objects.get().session == sound
    assert broken.settle_after == NOW + settling.TRY_AGAIN_AFTER


def test_without_a_database_nobody_is_put_off(monkeypatch: pytest.MonkeyPatch) -> None:
    session = ended_session(settle_after=FOUR)

    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(settling, "settle_session", away)

    with pytest.raises(OperationalError):
        settle_due(NOW)

    session.refresh_from_db()
    assert session.settle_after == FOUR


# The close of a month.


def test_who_waits_for_a_charger_waits_no_longer_than_the_month() -> None:
    waiting_session()

    assert settle_due(JUST_BEFORE_MAY) == 0
    assert settle_due(MAY) == 1


def test_a_month_ends_at_the_depot() -> None:
    waiting_session(time_zone="America/Los_Angeles")

    assert settle_due(MAY) == 0
    assert settle_due(datetime(2026, 5, 1, 7, tzinfo=UTC)) == 1


def test_a_month_that_began_on_the_other_side_of_the_date_line_is_over_there() -> None:
    waiting_session(time_zone="Pacific/Kiritimati", ended_at=datetime(2026, 4, 30, 9, 30, tzinfo=UTC))

    assert settle_due(datetime(2026, 4, 30, 9, 59, tzinfo=UTC)) == 0
    assert settle_due(datetime(2026, 4, 30, 10, tzinfo=UTC)) == 1


def test_what_ended_a_minute_before_the_month_still_gets_its_ten_minutes() -> None:
    waiting_session(ended_at=JUST_BEFORE_MAY)

    assert settle_due(MAY) == 0
    assert settle_due(JUST_BEFORE_MAY + timedelta(minutes=10)) == 1


def test_what_ended_in_the_new_month_waits_for_its_charger() -> None:
    waiting_session(ended_at=MAY)

    assert settle_due(MAY + timedelta(days=2)) == 0
    assert settle_due(MAY + timedelta(days=3)) == 1


# Corrections.


def changed_session(**facts: Any) -> Session:
    session = ended_session(tariff_key=tariff().pk)
    settle_due(NOW)
    Notice.objects.all().delete()
    Session.objects.filter(pk=session.pk).update(energy_wh=8000, needs_correction=True, **facts)
    return session


def test_what_was_told_otherwise_after_it_was_settled_is_corrected() -> None:
    changed_session(correction_reason="The charger's own stop arrived", correction_author="")

    assert settle_due(NOW) == 1

    _, credit, replacement = Transaction.objects.all()
    assert (credit.kind, replacement.kind) == ("credit", "replacement")
    assert (replacement.correction_reason, replacement.correction_author) == (
        "The charger's own stop arrived",
        "CP-A07",
    )
    assert Notice.objects.get().kind == "transaction.corrected"
    assert settle_due(NOW) == 0


def test_a_correction_names_the_person_who_said_so() -> None:
    changed_session(correction_reason="It is van 131", correction_author="mara")

    settle_due(NOW)

    assert Transaction.objects.get(kind="credit").correction_author == "mara"
    assert Notice.objects.get().text.endswith("Corrected: It is van 131")


def test_a_correction_waits_until_the_facts_are_complete() -> None:
    changed_session(settle_after=NOW + timedelta(minutes=10))

    assert settle_due(NOW) == 0
    assert settle_due(NOW + timedelta(minutes=10)) == 1


def test_a_correction_that_fails_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    session = changed_session()

    def fail(*args: Any, **kwargs: Any) -> None:
        raise LookupError

    monkeypatch.setattr(settling, "correct_session", fail)

    assert settle_due(NOW) == 0

    session.refresh_from_db()
    assert session.needs_correction
    assert session.settle_after == NOW + settling.TRY_AGAIN_AFTER


def test_what_a_charger_told_comes_into_the_feed_and_is_corrected_when_a_dispatcher_knows_better() -> None:
    place = Place(depot_key=7, depot_name="North", bay_name="A07", time_zone="Europe/Berlin", tariff_key=tariff().pk)
    start = ChargingStarted(evse=1, connector=1, token=Token("VAN131"), meter_wh=1000, at=FOUR)
    begun = sessions.start_session(evse().charger, start, place=place, heard_at=FOUR)
    assert isinstance(begun.decision, StartDecision)
    five = FOUR + timedelta(hours=1)
    end = ChargingEnded(reference=begun.decision.reference, meter_wh=7000, at=five, reason="Local")
    ended = sessions.end_session(evse().charger, end, place=place, heard_at=five)

    settle_due(NOW)
    assert ended.session
    sessions.name_vehicle(ended.session, van(), said_by=manager(), now=NOW)
    settle_due(NOW)

    assert [(row.kind, row.energy_wh, row.facts["cost"]) for row in Transaction.objects.all()] == [
        ("final", 6000, "1.20"),
        ("credit", -6000, "-1.20"),
        ("replacement", 6000, "1.20"),
    ]
    assert [row.facts["vehicle"] and row.facts["vehicle"]["unit_number"] for row in Transaction.objects.all()] == [
        None,
        None,
        "131",
    ]
