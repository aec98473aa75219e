"""Whatever order a charger's words come in, and however often, the same session comes of them."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargers.events import ChargingState, MetersRead, Reading
from chargers.models import Charger, Evse
from sessions.invariants import violations
from sessions.models import ClosedBy, IdToken, MeterReading, Session
from sessions.services import adopt_readings, end_session, start_session, store_readings, update_session
from tests.sessions.words import CARD, after, ended, heard, meters, read, started, updated
from tests.sessions.yard import BAY

pytestmark = [pytest.mark.django_db, pytest.mark.storage]

HEARD_AT = after(600)  # all of it is replayed after an outage
BEGIN = Reading(after(0), energy_wh=1_000, context="Transaction.Begin")
END = Reading(after(60), energy_wh=8_000, context="Transaction.End")


def tell_readings(charger: Charger, event: MetersRead) -> None:
    """As the inbox does: by the batch, and one at a time what the batch cannot place."""
    for unplaced in store_readings([heard(charger, event, HEARD_AT)]):
        adopt_readings(charger, unplaced.event, place=BAY, heard_at=HEARD_AT)


def words() -> list[Callable[[Charger], Any]]:
    """One session as 2.x tells it: begun by the plug, then a card, readings now and then, an end."""
    begin = started(reference="tx-1", token=None, readings=(BEGIN,), sequence=0)
    card = updated(at=after(1), token=CARD, sequence=1, digest="card", trigger="Authorized")
    state = updated(at=after(2), state=ChargingState.CHARGING, sequence=2, digest="state")
    end = ended("tx-1", evse=1, readings=(END,), sequence=9)
    curve = [meters(read(m, 1_000 + m * 110, 6_600), reference="tx-1", sequence=m) for m in (10, 20, 30)]
    return [
        lambda charger: start_session(charger, begin, place=BAY, heard_at=HEARD_AT),
        lambda charger: update_session(charger, card, place=BAY, heard_at=HEARD_AT),
        lambda charger: update_session(charger, state, place=BAY, heard_at=HEARD_AT),
        *[lambda charger, event=event: tell_readings(charger, event) for event in curve],
        lambda charger: end_session(charger, end, place=BAY, heard_at=HEARD_AT),
    ]


FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@given(st.permutations(range(7)), st.lists(st.integers(0, 6), max_size=4))
def test_a_named_session_is_the_same_in_any_order(
    newer: Charger, card: IdToken, order: Sequence[int], again: Sequence[int]
) -> None:
    with transaction.atomic():
        for n in [*order, *again]:
            words()[n](newer)

        session = Session.objects.get()
        assert (session.reference, session.started_at, session.ended_at) == ("tx-1", after(0), after(60))
        assert (session.closed_by, session.energy_wh, session.quality) == (ClosedBy.CHARGER, 7_000, [])
        assert (session.meter_start_wh, session.meter_stop_wh, session.power_w) == (1_000, 8_000, 0)
        assert (session.vehicle, session.token_status, session.bay_name) == (card.vehicle, "Accepted", "A07")
        assert MeterReading.objects.filter(session=session).count() == 5
        assert violations(HEARD_AT) == []
        transaction.set_rollback(True)  # the next example begins with nothing


@FEW
@given(st.permutations([False, False, False, True, True, True]), st.lists(st.integers(0, 5), max_size=4))
def test_three_sessions_without_names_are_three_and_whole_however_starts_and_stops_are_mixed(
    charger: Charger, evse: Evse, card: IdToken, are_stops: Sequence[bool], again: Sequence[int]
) -> None:
    """In 1.6, after an outage: starts in their order and stops in theirs, and no stop names its transaction."""

    def tell(number: int, *, is_stop: bool) -> None:
        begins, register = number * 100, 1_000 + number * 7_000
        if is_stop:
            stop = ended(-1, token=CARD, at=after(begins + 60), meter_wh=register + 7_000)
            end_session(charger, stop, place=BAY, heard_at=HEARD_AT)
        else:
            begin = started(at=after(begins), meter_wh=register)
            start_session(charger, begin, place=BAY, heard_at=HEARD_AT)

    queue = [(are_stops[:n].count(is_stop), is_stop) for n, is_stop in enumerate(are_stops)]
    with transaction.atomic():
        for number, is_stop in [*queue, *(queue[n] for n in again)]:
            tell(number, is_stop=is_stop)

        told = Session.objects.order_by("started_at").values_list("started_at", "ended_at", "energy_wh", "closed_by")
        assert list(told) == [(after(begins), after(begins + 60), 7_000, ClosedBy.CHARGER) for begins in (0, 100, 200)]
        assert violations(HEARD_AT) == []
        transaction.set_rollback(True)  # the next example begins with nothing
