"""What must hold of every session is enforced by the database, and looked at every night all the same."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from chargers.models import Charger, Evse
from sessions.invariants import Violation, violations
from sessions.models import ClosedBy, Session
from sessions.services import end_session, start_session
from tests.sessions.words import after, ended, started
from tests.sessions.yard import BAY, NOON

pytestmark = [pytest.mark.django_db, pytest.mark.storage]


@pytest.fixture
def session(charger: Charger, evse: Evse) -> Session:
    session = start_session(charger, started(), place=BAY, heard_at=NOON).session
    assert session is not None
    return session


@pytest.fixture
def finished(charger: Charger, session: Session) -> Session:
    end_session(charger, ended(session.reference), place=BAY, heard_at=after(60))
    session.refresh_from_db()
    return session


CHECKS = ("a_session_ends_after_it_starts", "energy_is_never_negative", "an_ended_session_says_who_closed_it")


@pytest.fixture
def _nobody_checks(db: None) -> Iterator[None]:
    """A database whose rules were taken away, for as long as the test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_running_session_per_evse")
        if connection.vendor == "postgresql":
            for name in CHECKS:
                cursor.execute(f"ALTER TABLE {Session._meta.db_table} DROP CONSTRAINT {name}")
        else:
            cursor.execute("PRAGMA ignore_check_constraints = 1")
    yield
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = 0")


def change(session: Session, **fields: Any) -> None:
    Session.objects.filter(pk=session.pk).update(**fields)


def test_sessions_as_their_services_leave_them_break_no_rule(session: Session, charger: Charger) -> None:
    assert violations(after(5)) == []

    end_session(charger, ended(session.reference), place=BAY, heard_at=after(60))
    assert violations(after(61)) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"ended_at": NOON - timedelta(hours=1)},
        {"energy_wh": -1},
        {"closed_by": ClosedBy.OPEN},
        {"ended_at": None},
    ],
)
def test_the_database_refuses_a_session_that_breaks_a_rule(finished: Session, broken: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        change(finished, **broken)


def test_the_database_refuses_a_second_running_session_at_an_evse(session: Session, charger: Charger) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Session.objects.create(
            charger=charger, evse=session.evse, start_key="x", reference="x", started_at=NOON, started_heard_at=NOON,
            last_heard_at=NOON,
        )  # fmt: skip


@pytest.mark.usefixtures("_nobody_checks")
@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ({"ended_at": NOON - timedelta(hours=1)}, "A session ends after it starts"),
        (
            {"started_at": NOON + timedelta(days=2), "ended_at": NOON + timedelta(days=3)},
            "A session starts in the past",
        ),
        ({"energy_wh": -1}, "Energy is never negative"),
        ({"closed_by": ClosedBy.OPEN}, "An ended session says who closed it"),
        ({"settle_after": None}, "An ended session will be settled"),
        ({"needs_correction": True}, "Only a settled session needs a correction"),
        ({"energy_wh": None}, "Unknown energy is explained"),
    ],
)
def test_an_ended_session_that_breaks_a_rule_is_found(finished: Session, broken: dict[str, Any], rule: str) -> None:
    change(finished, **broken)

    assert violations(after(61)) == [Violation(finished.pk, rule)]


@pytest.mark.usefixtures("_nobody_checks")
@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ({"closed_by": ClosedBy.CHARGER}, "A running session was closed by nobody"),
        ({"reference": ""}, "A running session has a name to stop it by"),
        ({"settle_after": NOON}, "Only an ended session is settled"),
    ],
)
def test_a_running_session_that_breaks_a_rule_is_found(session: Session, broken: dict[str, Any], rule: str) -> None:
    change(session, **broken)

    assert violations(after(61)) == [Violation(session.pk, rule)]


@pytest.mark.usefixtures("_nobody_checks")
def test_two_sessions_that_run_at_one_evse_are_found(charger: Charger, session: Session) -> None:
    other = start_session(charger, started(at=after(10)), place=BAY, heard_at=after(10)).session
    assert other is not None
    change(session, ended_at=None, closed_by=ClosedBy.OPEN, settle_after=None)

    rule = "One session runs at an EVSE"
    assert violations(after(61)) == [Violation(session.pk, rule), Violation(other.pk, rule)]
