"""Beat and worker as processes of their own: what has ended is settled, and every web process gives it to the ERP."""

from datetime import UTC, datetime, timedelta

import pytest

from chargers.credentials import keyed_hash
from depot.access.models import Scope
from sessions.models import IdToken
from tests.factories import THURSDAY, make_bay, make_charger, make_depot, make_evse
from tests.flows.speakers import VERSIONS, speaker
from tests.polling import until
from tests.processes.asking import get, key_that_may
from tests.processes.programs import Production
from tests.wire import dial

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storage]
PASSWORD = "23456789abcdef23456789abcdef2345"


async def test_what_has_ended_is_settled_by_the_worker_and_every_web_process_gives_it_to_the_erp(
    chargers: list[str], production: Production
) -> None:
    gateway, webs = production.gateway(), [production.web(), production.web()]
    production.start(gateway, *webs, production.worker(), production.beat())
    key = await key_that_may(Scope.ERP)
    now = datetime.now(UTC)

    for identity, version in zip(chargers, VERSIONS, strict=True):
        async with dial(gateway.socket_url, identity, password=PASSWORD, subprotocols=(version,)) as wire:
            charger = speaker(version, wire)
            await charger.start("VAN12", at=now - timedelta(hours=1), wh=1_000)
            await charger.stop(at=now, wh=8_500)

    for web in webs:

        async def is_told(web=web) -> bool:  # type: ignore[no-untyped-def]
            return len((await get(web, "/api/v1/transactions/", key))["results"]) == len(VERSIONS)

        await until(is_told, within_s=30)
        feed = (await get(web, "/api/v1/transactions/", key))["results"]
        assert [(row["seq"], row["kind"], row["energy_kwh"]) for row in feed] == [
            (number, "final", "7.500") for number in (1, 2, 3)
        ]
        assert sorted(row["charger"] for row in feed) == chargers


@pytest.fixture
def chargers(transactional_db: None) -> list[str]:
    """Of each version one, at bays of one depot."""
    depot = make_depot()
    IdToken.objects.create(value="VAN12", key="van12", created_at=THURSDAY)
    identities = [f"CP-{version}" for version in VERSIONS]
    for identity in identities:
        charger = make_charger(identity, online=False, password_hmac=keyed_hash(PASSWORD.encode()))
        make_bay(depot, evse=make_evse(charger))
    return sorted(identities)
