"""Nothing lost: the database goes and comes back while the server lives; nobody is answered what was not stored."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from django.db import connection
from websockets.exceptions import InvalidStatus

from chargers.credentials import keyed_hash
from depot import clock
from sessions.models import Session
from tests.chaos.conftest import OpenYard
from tests.chaos.striking import (
    EVENING,
    ROUNDS,
    SECONDS_PER_SECOND,
    SEED,
    all_is_well,
    charged_at,
    finish,
    strike_again_and_again,
)
from tests.chaos.yard import Hands, plan_yard
from tests.factories import make_charger
from tests.live import DepotProcess
from tests.servers import Postgres
from tests.wire import Payload, dial

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storage]
PASSWORD = "23456789abcdef23456789abcdef2345"
TRY_AGAIN_LATER = 1013
AT = "2026-11-19T16:30:00Z"
START = {"connectorId": 1, "idTag": "ANY", "meterStart": 0, "timestamp": AT}
# By the batch, one at a time, about a transaction, and not.
WORDS: list[tuple[str, Payload]] = [
    ("Heartbeat", {}),
    ("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"}),
    ("MeterValues", {"connectorId": 1, "meterValue": [{"timestamp": AT, "sampledValue": [{"value": "1"}]}]}),
    ("Authorize", {"idTag": "ANY"}),
    ("StartTransaction", START),
    ("StopTransaction", {"transactionId": 1, "meterStop": 1, "timestamp": AT}),
]


@pytest.fixture
def gateway(own_postgres: Postgres) -> Iterator[DepotProcess]:
    gateway = DepotProcess.gateway()
    gateway.start()
    yield gateway
    gateway.stop()


def stop(database: Postgres) -> None:
    # Our own connection would be among those that are cut off.
    connection.close()
    database.stop()


async def handshake(gateway: DepotProcess, identity: str) -> int:
    """The status that the door answers with."""
    try:
        async with dial(gateway.socket_url, identity, password=PASSWORD) as wire:
            await wire.call("Heartbeat")
    except InvalidStatus as refusal:
        return refusal.response.status_code
    return 101


def test_what_cannot_be_stored_is_not_answered_and_nobody_new_comes_in(
    own_postgres: Postgres, gateway: DepotProcess
) -> None:
    for number in range(len(WORDS)):
        make_charger(f"CP-{number}", online=False, password_hmac=keyed_hash(PASSWORD.encode()))

    async def story() -> tuple[list[tuple[int, int]], int]:
        async with AsyncExitStack() as stack:
            wires = [
                await stack.enter_async_context(dial(gateway.socket_url, f"CP-{number}", password=PASSWORD))
                for number in range(len(WORDS))
            ]
            for wire in wires:
                await wire.call("Heartbeat")
            await asyncio.to_thread(own_postgres.stop)
            for wire, (action, payload) in zip(wires, WORDS, strict=True):
                await wire.say([2, "said-while-away", action, payload])
            ends = [((await wire.closed())[0], wire.frames.qsize()) for wire in wires]
            return ends, await handshake(gateway, "CP-0")

    connection.close()
    ends, status = asyncio.run(story())

    assert ends == [(TRY_AGAIN_LATER, 0)] * len(WORDS)
    assert status == 503


def test_when_it_is_back_chargers_come_in_and_are_answered(own_postgres: Postgres, gateway: DepotProcess) -> None:
    make_charger("CP-0", online=False, password_hmac=keyed_hash(PASSWORD.encode()))
    refused = []
    for _ in range(2):
        assert asyncio.run(handshake(gateway, "CP-0")) == 101
        stop(own_postgres)
        refused.append(asyncio.run(handshake(gateway, "CP-0")))
        own_postgres.start()

    async def start() -> Payload:
        async with dial(gateway.socket_url, "CP-0", password=PASSWORD) as wire:
            return await wire.call("StartTransaction", START)

    answer = asyncio.run(start())

    assert refused == [503, 503]
    assert answer["transactionId"] == Session.objects.get().pk


def test_a_restart_of_the_database_between_two_words_turns_nobody_away(
    own_postgres: Postgres, gateway: DepotProcess
) -> None:
    """All connections of the gateway are stale then, and it finds that out by using them."""
    identities = [f"CP-{number}" for number in range(10)]
    for identity in identities:
        make_charger(identity, online=False, password_hmac=keyed_hash(PASSWORD.encode()))
    connection.close()

    async def all_at_once() -> list[int]:
        return await asyncio.gather(*(handshake(gateway, identity) for identity in identities))

    async def story() -> tuple[list[int], list[Payload], list[int]]:
        before = await all_at_once()
        async with dial(gateway.socket_url, "CP-0", password=PASSWORD) as wire:
            await wire.call("Heartbeat")
            # In this very thread: a child ends with the thread that started it.
            own_postgres.stop()
            own_postgres.start()
            answers = [await wire.call(action, payload) for action, payload in WORDS]
            return before, answers, await all_at_once()

    before, answers, after = asyncio.run(story())

    assert before == after == [101] * len(identities)
    assert len(answers) == len(WORDS)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_database_that_goes_and_comes_back_costs_no_charge(
    own_postgres: Postgres, gateway: DepotProcess, open_yard: OpenYard, how: str
) -> None:
    clock.set_pace(business_at=EVENING, rate=SECONDS_PER_SECOND)
    yard = open_yard(plan_yard(), url=gateway.socket_url, rate=SECONDS_PER_SECOND)
    yard.start(moment=clock.now())

    def strike() -> None:
        connection.close()
        getattr(own_postgres, how)()

    with Hands(yard, seed=SEED).busy() as hands:
        strikes = strike_again_and_again(hands, strike, own_postgres.start, away_s=2, rounds=ROUNDS - 1)
    told = finish(yard, hands, gateway)

    assert all_is_well(told)
    assert all(charged_at(moment, told) for moment in strikes)
