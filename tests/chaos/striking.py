"""Striking amid charges, and what must be true after it. Made longer by the environment (`run.py chaos`)."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from billing.models import Transaction
from depot import clock, settling
from sessions.models import Session
from tests.chaos.books import Told, differences, faults_of_the_feed
from tests.chaos.yard import Hands, VirtualYard
from tests.live import DepotProcess
from tests.servers import wait_until

EVENING = datetime(2026, 11, 19, 16, 30, tzinfo=UTC)
# Business time runs this much faster: a meter value each real second, and an outage of seconds is one of minutes.
SECONDS_PER_SECOND = 60
# The same seed does the same things; when they happen is up to the machine.
SEED = int(os.environ.get("CHAOS_SEED", "7"))
ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "3"))


def strike_again_and_again(
    hands: Hands, strike: Callable[[], None], mend: Callable[[], None], *, rounds: int = ROUNDS, away_s: float = 0.5
) -> list[datetime]:
    """Each time amid a flurry of starts and stops, while others charge; when that was by the yard's clock.

    Its books are by that one, and it is behind ours by the time that its process took to begin.
    """
    random = Random(SEED)
    strikes = []
    hands.yard.wait_until_online()
    hands.leave_one_charging()
    for _ in range(rounds):
        hands.yard.wait_until_online()
        wait_until(lambda: hands.yard.running() >= 5, within_s=30, what="vans that charge")
        hands.hurry(6)
        # Anywhere in the first quarter of a second the answers are on their way, or the facts not yet stored.
        hands.rest_a_moment(random.uniform(0, 0.25))
        strikes.append(hands.yard.moment())
        strike()
        hands.rest_a_moment(random.uniform(0, away_s))
        mend()
    return strikes


def charged_at(moment: datetime, told: list[Told]) -> bool:
    """Did somebody charge then, from before to after?"""
    return any(
        datetime.fromisoformat(one["started_at"]) <= moment < datetime.fromisoformat(one["ended_at"]) for one in told
    )


def finish(yard: VirtualYard, hands: Hands, *servers: DepotProcess) -> list[Told]:
    """All vans go, all chargers tell what they have to tell, the servers stop in order; the chargers' books."""
    hands.go_home()
    yard.wait_until_quiet()
    for server in servers:
        server.stop()
    return yard.transactions()


def all_is_well(told: list[Told]) -> bool:
    """Their books are ours, and what is settled by the end of the month is what they told."""
    now = clock.now()
    while settling.settle_due(now + timedelta(days=40)):
        pass  # so many in one run, and there is more
    assert differences(told, now=now) == []
    assert faults_of_the_feed() == []
    return Transaction.objects.count() >= Session.objects.count() == len(told)
