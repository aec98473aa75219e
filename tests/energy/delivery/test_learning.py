"""What a refusal teaches, and when it teaches nothing."""

from datetime import timedelta

import pytest

from chargers.models import Capability
from depot.energy.delivery.services import deliver
from depot.models import Depot
from tests.energy.delivery.test_deliver import HOUR, LATER, answer_all, bays, charging, settle, want
from tests.energy.rows import make_circuit
from tests.factories import THURSDAY, make_depot

pytestmark = pytest.mark.django_db


@pytest.fixture
def depot() -> Depot:
    depot = make_depot()
    make_circuit(depot, limit_w=20_000)
    return depot


def test_what_a_charger_took_before_is_not_forgotten_for_one_refusal(depot: Depot) -> None:
    (bay,) = bays(depot)
    charging(bay)
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)
    settle(depot)
    later = [THURSDAY + timedelta(minutes=5 * n) for n in range(1, 4)]

    refused = []
    for n, now in enumerate(later):
        deliver(depot, [want(bay, 4_500 + 300 * n, until=LATER + HOUR)], now=now)
        answer_all(accepted=False, now=now)
        refused.append(Capability.objects.filter(name__startswith="refuses").exists())

    assert refused == [False, False, True]
