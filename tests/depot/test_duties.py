"""The yard's recurring duties."""

from datetime import timedelta

import pytest

from chargers.models import Connection, TracedCall
from depot import duties
from depot.notices.models import Notice
from sessions.models import Session
from tests.factories import THURSDAY, connect, make_bay, make_charger, make_depot, make_evse, make_session

pytestmark = pytest.mark.django_db


def test_a_session_that_breaks_a_rule_is_told_to_people() -> None:
    session = make_session(make_bay(make_depot()), reference="1")
    Session.objects.filter(pk=session.pk).update(started_at=THURSDAY + timedelta(days=90))

    assert duties.check_sessions(THURSDAY) == 1
    assert Notice.objects.get().detail == {"sessions": [session.pk]}


def test_whole_sessions_are_worth_no_notice() -> None:
    make_session(make_bay(make_depot()), reference="1")

    assert duties.check_sessions(THURSDAY + timedelta(days=1)) == 0
    assert not Notice.objects.exists()


def test_the_trace_is_forgotten_after_its_days() -> None:
    charger = make_charger()
    for days in (1, 20):
        TracedCall.objects.create(
            charger=charger, at=THURSDAY - timedelta(days=days), direction="in", action="Heartbeat", message_id="1"
        )

    duties.prune(THURSDAY)

    assert TracedCall.objects.get().at == THURSDAY - timedelta(days=1)


def test_a_socket_whose_process_died_is_closed_in_the_books() -> None:
    charger = make_charger(online=False)
    make_evse(charger)
    connection = connect(charger)
    connection.gateway.renewed_at -= timedelta(days=2)
    connection.gateway.save()

    assert duties.close_dead_sockets(THURSDAY) == 1
    assert Connection.objects.get().closed_at is not None


def test_one_duty_that_fails_keeps_no_other_from_being_done(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def fail(now: object) -> None:
        raise RuntimeError("this one is broken")

    fail.__name__ = "close_dead_sockets"
    monkeypatch.setattr(duties, "close_dead_sockets", fail)
    monkeypatch.setattr(duties.settling, "settle_due", lambda now: done.append("settled"))

    duties.do_what_is_due(THURSDAY)

    assert done == ["settled"]
