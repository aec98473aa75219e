"""The channel layer goes and comes back: chargers are served all the while; what is asked of them is late at most."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async

from chargers.credentials import keyed_hash
from chargers.gateway import NUDGE_LOST_AFTER
from chargers.models import IssuedCommand
from depot.access.models import Scope
from tests.factories import make_charger
from tests.polling import until
from tests.processes.asking import key_that_may, post
from tests.processes.programs import Production
from tests.wire import dial

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storage]
PASSWORD = "23456789abcdef23456789abcdef2345"


async def test_without_the_channel_layer_chargers_come_in_are_answered_and_asked(
    transactional_db: None, production: Production
) -> None:
    gateway, web = production.gateway(), production.web()
    production.start(gateway, web)
    make = sync_to_async(make_charger)
    for identity in ("CP-1", "CP-2"):
        await make(identity, online=False, password_hmac=keyed_hash(PASSWORD.encode()))
    key = await key_that_may(Scope.ADMIN)

    async with dial(gateway.socket_url, "CP-1", password=PASSWORD) as there_before:
        await there_before.call("Heartbeat")
        production.valkey.stop()
        async with dial(gateway.socket_url, "CP-2", password=PASSWORD) as newcomer:
            for wire in (there_before, newcomer):
                assert "currentTime" in await wire.call("Heartbeat")
            while_away = [
                await post(web, f"/api/v1/chargers/{identity}/clear-cache/?wait=answered", key)
                for identity in ("CP-1", "CP-2")
            ]
            production.valkey.start()

            async def nudges_arrive() -> bool:
                for identity in ("CP-1", "CP-2"):
                    await post(web, f"/api/v1/chargers/{identity}/clear-cache/?wait=answered", key)
                newest = [row async for row in IssuedCommand.objects.order_by("-pk")[:2]]
                return all(waited(row) < NUDGE_LOST_AFTER for row in newest)

            await until(nudges_arrive, within_s=40)

    assert [command["state"] for command in while_away] == ["accepted", "accepted"]


def waited(command: IssuedCommand) -> timedelta:
    assert command.sent_at
    return command.sent_at - command.asked_at
