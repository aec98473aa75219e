"""Nothing lost: the server is killed amid starts, meter values and stops; in the end every charger's books are ours."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from billing.models import Transaction
from depot import clock, settling
from sessions.models import Session
from tests.chaos.books import Told, differences, faults_of_the_feed
from tests.chaos.conftest import OpenYard
from tests.chaos.yard import Hands, VirtualYard, plan_yard
from tests.live import DepotProcess
from tests.servers import free_port, wait_until

pytestmark = [pytest.mark.django_db(transaction=True)]
EVENING = datetime(2026, 11, 19, 16, 30, tzinfo=UTC)
SEED = int(os.environ.get("CHAOS_SEED", "7"))
SECONDS_PER_SECOND = 60


def kill_again_and_again(server: DepotProcess, hands: Hands, *, times: int, random: Random) -> list[datetime]:
    """Each time amid a flurry of starts and stops, while others charge; when that was."""
    kills = []
    for _ in range(times):
        hands.yard.wait_until_online()
        wait_until(lambda: hands.yard.running() >= 5, within_s=30, what="vans that charge")
        hands.hurry(6)
        # Anywhere in the first quarter of a second the answers are on their way, or the facts not yet stored.
        hands.rest_a_moment(random.uniform(0, 0.25))
        server.kill()
        kills.append(clock.now())
        hands.rest_a_moment(random.uniform(0, 0.5))
        server.start()
    return kills


def charged_at(moment: datetime, told: list[Told]) -> bool:
    """Did somebody charge then, from before to after?"""
    return any(one["started_at"] < f"{moment:%Y-%m-%dT%H:%M:%S}" < one["ended_at"] for one in told)


def finish(yard: VirtualYard, hands: Hands, server: DepotProcess) -> list[Told]:
    """All vans go, all chargers tell what they have to tell, the server stops in order; the chargers' books."""
    hands.go_home()
    yard.wait_until_quiet()
    server.stop()
    return yard.transactions()


def all_is_well(told: list[Told]) -> bool:
    """Their books are ours, and what is settled by the end of the month is what they told."""
    now = clock.now()
    settling.settle_due(now + timedelta(days=40))
    assert differences(told, now=now) == []
    assert faults_of_the_feed() == []
    return Transaction.objects.count() >= Session.objects.count() == len(told)


@pytest.mark.storage
def test_a_killed_gateway_loses_nothing(open_yard: OpenYard) -> None:
    clock.set_pace(business_at=EVENING, rate=SECONDS_PER_SECOND)
    gateway = DepotProcess.gateway()
    gateway.start()
    yard = open_yard(plan_yard(), url=gateway.socket_url, rate=SECONDS_PER_SECOND)
    yard.start(moment=clock.now())

    with Hands(yard, seed=SEED).busy() as hands:
        kills = kill_again_and_again(gateway, hands, times=3, random=Random(SEED))
    told = finish(yard, hands, gateway)

    assert all_is_well(told)
    assert all(charged_at(kill, told) for kill in kills)


def test_a_killed_embedded_depot_loses_nothing(open_yard: OpenYard, tmp_path: Path) -> None:
    depot = embedded_depot(tmp_path)
    depot.start()
    yard = open_yard(plan_yard(evses=1, sample_every_s=1), url=depot.socket_url)
    yard.start(moment=clock.now())

    with Hands(yard, seed=SEED).busy() as hands:
        kills = kill_again_and_again(depot, hands, times=2, random=Random(SEED))
    told = finish(yard, hands, depot)

    # The depot's own worker settled while it was killed again and again.
    assert Transaction.objects.exists()
    assert all_is_well(told)
    assert all(charged_at(kill, told) for kill in kills)


def embedded_depot(folder: Path) -> DepotProcess:
    """With its worker and beat; what a charge was is settled a second after its end."""
    port = free_port()
    command = [sys.executable, "manage.py", "rundepot", "--port", str(port)]
    return DepotProcess(command, port=port, DEPOT_VAR=str(folder), SETTLE_AFTER_S="1")
