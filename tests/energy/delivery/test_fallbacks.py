"""What a charger falls back to without us is the first that it is told."""

import pytest

from chargers.models import IssuedCommand
from depot.energy.delivery.models import Fallback, Target, Writer
from depot.energy.delivery.services import carry_on
from depot.models import Depot
from tests.energy.delivery.talk import SIX_A, asked, bays, limits, settle
from tests.factories import THURSDAY

pytestmark = pytest.mark.django_db


def test_a_charger_first_gets_what_it_falls_back_to(depot: Depot) -> None:
    (bay,) = bays(depot)

    carry_on(depot, now=THURSDAY)

    (command,) = IssuedCommand.objects.all()
    assert (asked(command).profile.purpose, limits(command)) == ("tx_default", [6.0])
    target = Target.objects.get(evse=bay.evse)
    assert (target.fallback_w, target.fallback_state) == (SIX_A, Fallback.ASKED)


def test_a_fallback_that_nobody_has_answered_is_not_called_installed(depot: Depot) -> None:
    (bay,) = bays(depot)

    for _ in range(2):
        carry_on(depot, now=THURSDAY)

    assert Target.objects.get(evse=bay.evse).fallback_state == Fallback.ASKED


def test_a_fallback_that_is_accepted_is_shown_as_installed(depot: Depot) -> None:
    (bay,) = bays(depot)
    settle(depot)

    assert Target.objects.get(evse=bay.evse).fallback_state == Fallback.HELD
    assert Writer.objects.get(depot=depot).overloads == []


def test_before_it_is_accepted_the_circuit_is_not_guaranteed(depot: Depot) -> None:
    bays(depot, 2)

    delivery = carry_on(depot, now=THURSDAY)

    (overload,) = delivery.overloads
    assert overload.over_w == 2 * 11_000 - 20_000
    assert len(overload.by) == 2
