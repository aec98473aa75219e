"""What is shown of a place that is kept is what its charger holds, also where its answer was given up or came late."""

from datetime import timedelta

import pytest

from chargers.choices import CommandState
from chargers.models import Charger, Evse, IssuedCommand
from sessions.models import IdToken
from sessions.reserving.models import Reservation, ReservationState
from sessions.reserving.services import heed_command, reserve_place, take_back
from tests.factories import THURSDAY, make_charger, make_evse

pytestmark = pytest.mark.django_db
UNTIL = THURSDAY + timedelta(hours=2)


@pytest.fixture
def charger(db: None) -> Charger:
    return make_charger()


@pytest.fixture
def evse(charger: Charger) -> Evse:
    return make_evse(charger)


def reserve(evse: Evse, card: str = "VAN12") -> Reservation:
    token = IdToken.objects.create(value=card, key=card.casefold(), created_at=THURSDAY)
    return reserve_place(token, charger=evse.charger, evse=evse, until=UNTIL, asked_by=None, now=THURSDAY)


def answer(command: IssuedCommand | None, state: CommandState) -> None:
    assert command is not None
    IssuedCommand.objects.filter(pk=command.pk).update(state=state, status=state.value.capitalize())
    command.refresh_from_db()
    heed_command(command, now=THURSDAY)


def shown(reservation: Reservation) -> str:
    reservation.refresh_from_db()
    return reservation.state


def test_a_word_that_comes_late_counts(evse: Evse) -> None:
    reservation = reserve(evse)
    answer(reservation.command, CommandState.UNANSWERED)
    before = shown(reservation)

    answer(reservation.command, CommandState.ACCEPTED)

    assert (before, shown(reservation)) == (ReservationState.REFUSED, ReservationState.HELD)
    assert (reservation.ended_at, reservation.why) == (None, "")


def test_a_word_that_comes_after_another_has_the_place_is_taken_back(evse: Evse) -> None:
    first = reserve(evse)
    answer(first.command, CommandState.UNANSWERED)
    reserve(evse, "VAN13")

    answer(first.command, CommandState.ACCEPTED)

    assert shown(first) == ReservationState.REFUSED
    assert first.release is not None
    assert first.release.request == {"reservationId": first.pk}


def test_a_charger_that_gave_no_answer_is_told_once_to_let_go(evse: Evse) -> None:
    reservation = reserve(evse)
    answer(reservation.command, CommandState.UNANSWERED)

    first, again = take_back(THURSDAY), take_back(THURSDAY)
    answer(IssuedCommand.objects.get(action="CancelReservation"), CommandState.ACCEPTED)

    assert (first, again) == ([reservation], [])
    assert shown(reservation) == ReservationState.REFUSED


@pytest.mark.parametrize("state", [CommandState.EXPIRED, CommandState.REJECTED])
def test_what_a_charger_never_heard_or_refused_is_not_taken_back(evse: Evse, state: CommandState) -> None:
    answer(reserve(evse).command, state)

    assert take_back(THURSDAY) == []


def test_a_charger_that_is_left_alone_is_told_nothing(charger: Charger, evse: Evse) -> None:
    answer(reserve(evse).command, CommandState.UNANSWERED)
    Charger.objects.update(automation_on=False)

    assert take_back(THURSDAY) == []
