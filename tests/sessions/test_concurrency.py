"""Two sockets of one charger, two gateways, a retry beside the first try: nothing doubles and nothing is lost."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from chargers.events import StartDecision, Token
from chargers.models import Charger, Evse
from sessions.models import IdToken, MeterReading, Session, Vehicle
from sessions.services import end_session, issue_own_token, start_session, store_readings
from tests.sessions.words import CARD, after, ended, heard, meters, read, started
from tests.sessions.yard import BAY, NOON, make_card, make_charger, make_evse

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storage]

WAIT_S = 30


def at_once(deeds: Sequence[Callable[[], Any]]) -> list[Any]:
    """Each in a thread, a connection and a transaction of its own; none begins before all are there."""
    together = Barrier(len(deeds))

    def do(deed: Callable[[], Any]) -> Any:
        together.wait(WAIT_S)
        try:
            with transaction.atomic():
                return deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return [future.result(WAIT_S) for future in [pool.submit(do, deed) for deed in deeds]]


def start(charger: Charger, **said: Any) -> Session:
    session = start_session(charger, started(**said), place=BAY, heard_at=NOON).session
    assert session is not None
    return session


def test_a_start_told_twice_at_once_is_one_session(charger: Charger, evse: Evse, card: IdToken) -> None:
    sessions = at_once([lambda: start(charger)] * 4)

    assert len({session.pk for session in sessions}) == 1
    assert Session.objects.count() == 1


def test_a_start_told_twice_at_once_by_name_is_one_session(newer: Charger) -> None:
    sessions = at_once([lambda: start(newer, reference="tx-1")] * 4)

    assert len({session.pk for session in sessions}) == 1


def test_starts_at_several_evses_at_once_have_numbers_of_their_own(charger: Charger) -> None:
    sessions = at_once([lambda n=n: start(charger, evse=n) for n in range(1, 5)])

    assert len({session.reference for session in sessions}) == 4
    assert Session.objects.running().count() == 4


def test_two_starts_at_one_evse_at_once_leave_one_running(charger: Charger, evse: Evse) -> None:
    at_once([lambda n=n: start(charger, at=after(n), meter_wh=1_000 + n) for n in range(4)])

    assert Session.objects.count() == 4
    assert Session.objects.running().get().started_at == after(3)


def test_of_two_starts_at_once_by_a_card_for_one_charge_one_is_refused(charger: Charger, evse: Evse) -> None:
    make_card("YARD", max_concurrent=1)
    other = make_charger("CP-A08")
    make_evse(other)

    def begin(where: Charger) -> str:
        outcome = start_session(where, started(token=Token("YARD")), place=BAY, heard_at=NOON)
        assert isinstance(outcome.decision, StartDecision)
        assert outcome.decision.token is not None
        return outcome.decision.token.status.value

    assert sorted(at_once([lambda: begin(charger), lambda: begin(other)])) == ["Accepted", "ConcurrentTx"]


def test_a_stop_told_twice_at_once_ends_once(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    data = (read(30, 4_000), read(60, 8_000))

    def stop() -> bool:
        event = ended(session.reference, readings=data)
        return end_session(charger, event, place=BAY, heard_at=after(60)).is_news

    assert sorted(at_once([stop] * 4)) == [False, False, False, True]
    assert MeterReading.objects.count() == 2


def test_a_stop_alone_told_twice_at_once_is_kept_once(charger: Charger) -> None:
    stops = at_once([lambda: end_session(charger, ended(-1, token=CARD), place=BAY, heard_at=after(60))] * 4)

    assert len({outcome.session.pk for outcome in stops}) == 1


def test_readings_beside_a_stop_leave_the_session_ended(charger: Charger, evse: Evse) -> None:
    session = start(charger)
    event = meters(read(59, 7_900, 11_000), reference=session.reference)

    at_once(
        [
            lambda: end_session(charger, ended(session.reference), place=BAY, heard_at=after(60)),
            lambda: store_readings([heard(charger, event)]),
        ]
    )

    session.refresh_from_db()
    assert (session.ended_at, session.energy_wh) == (after(60), 7_000)
    assert (session.power_w, session.closed_by) == (0, "charger")


def test_batches_of_two_gateways_at_once_lose_nothing(charger: Charger) -> None:
    sessions = [start(charger, evse=n) for n in range(1, 4)]

    def store(minutes: Sequence[int]) -> None:
        for minute in minutes:
            told = [meters(read(minute, 1_000 + minute * 100), reference=one.reference) for one in sessions]
            store_readings([heard(charger, event, after(30)) for event in told])

    at_once([lambda: store(range(1, 10)), lambda: store(range(10, 20))])

    assert MeterReading.objects.count() == 3 * 19
    assert set(Session.objects.values_list("energy_wh", flat=True)) == {1_900}


def test_a_vehicle_gets_one_token_of_ours_however_many_ask(van: Vehicle) -> None:
    tokens = at_once([lambda: issue_own_token(van, NOON)] * 4)

    assert len({token.value for token in tokens}) == 1
