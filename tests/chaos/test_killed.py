"""Nothing lost: the server is killed amid starts, meter values and stops; in the end every charger's books are ours."""

import sys
from pathlib import Path

import pytest

from billing.models import Transaction
from depot import clock
from tests.chaos.conftest import OpenYard
from tests.chaos.striking import (
    EVENING,
    SECONDS_PER_SECOND,
    SEED,
    all_is_well,
    charged_at,
    finish,
    strike_again_and_again,
)
from tests.chaos.yard import Hands, plan_yard
from tests.live import DepotProcess
from tests.servers import free_port

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.mark.storage
def test_a_killed_gateway_loses_nothing(open_yard: OpenYard) -> None:
    clock.set_pace(business_at=EVENING, rate=SECONDS_PER_SECOND)
    gateway = DepotProcess.gateway()
    gateway.start()
    yard = open_yard(plan_yard(), url=gateway.socket_url, rate=SECONDS_PER_SECOND)
    yard.start(moment=clock.now())

    with Hands(yard, seed=SEED).busy() as hands:
        kills = strike_again_and_again(hands, gateway.kill, gateway.start)
    told = finish(yard, hands, gateway)

    assert all_is_well(told)
    assert all(charged_at(kill, told) for kill in kills)


def test_a_killed_embedded_depot_loses_nothing(open_yard: OpenYard, tmp_path: Path) -> None:
    depot = embedded_depot(tmp_path)
    depot.start()
    yard = open_yard(plan_yard(evses=1, sample_every_s=1), url=depot.socket_url)
    yard.start(moment=clock.now())

    with Hands(yard, seed=SEED).busy() as hands:
        kills = strike_again_and_again(hands, depot.kill, depot.start)
    told = finish(yard, hands, depot)

    # The depot's own worker settled while it was killed again and again.
    assert Transaction.objects.exists()
    assert all_is_well(told)
    assert all(charged_at(kill, told) for kill in kills)


def embedded_depot(folder: Path) -> DepotProcess:
    """With its worker and beat, on real time; what is not final is settled a second after its end."""
    port = free_port()
    command = [sys.executable, "manage.py", "rundepot", "--port", str(port)]
    return DepotProcess(command, port=port, DEPOT_VAR=str(folder), SETTLE_AFTER_S="1")
