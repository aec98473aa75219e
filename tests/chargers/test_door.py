"""The chargers' door over a real socket: who comes in, who does not, and what is kept of it."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import override_settings
from websockets.exceptions import InvalidStatus

from chargers import gateway, services
from chargers.choices import Refusal, Standing, Trust
from chargers.credentials import keyed_hash
from chargers.models import Charger, Connection, RefusedHandshake
from chargers.queries import Link, link_of
from tests.factories import THURSDAY, make_charger
from tests.live import LiveDepot
from tests.polling import until
from tests.wire import Refused, dial

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storage]
PASSWORD = "23456789abcdef23456789abcdef2345"
BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}


@pytest.fixture
def charger(db: None) -> Charger:
    return make_charger("CP-A01", online=False, password_hmac=keyed_hash(PASSWORD.encode()), protocol="")


async def refused(depot: LiveDepot, identity: str, **how: Any) -> int:
    with pytest.raises(InvalidStatus) as status:
        async with dial(depot.socket_url, identity, **how):
            raise AssertionError("it was let in")
    return status.value.response.status_code


async def test_a_known_charger_with_its_password_comes_in(live_depot: LiveDepot, charger: Charger) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        answer = await wire.call("BootNotification", BOOT)

    assert answer["status"] == "Accepted"
    assert wire.socket.subprotocol == "ocpp1.6"


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({}, Refusal.NO_PASSWORD),
        ({"password": "wrong"}, Refusal.WRONG_PASSWORD),
        ({"password": PASSWORD, "user": "CP-A02"}, Refusal.WRONG_USER),
    ],
)
async def test_a_charger_that_does_not_prove_itself_is_refused_with_401_and_the_reason_kept(
    live_depot: LiveDepot, charger: Charger, how: dict[str, str], reason: Refusal
) -> None:
    status = await refused(live_depot, "CP-A01", **how)

    kept = await RefusedHandshake.objects.aget()
    assert status == 401
    assert (kept.identity, kept.reason, kept.answered_with) == ("CP-A01", reason, 401)


@pytest.mark.parametrize("path", ["/ocpp/", "/ocpp/1.6/", "/OCPP//", "/steve/websocket/CentralSystemService/"])
async def test_old_addresses_lead_in_too(live_depot: LiveDepot, charger: Charger, path: str) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, path=path) as wire:
        assert (await wire.call("BootNotification", BOOT))["status"] == "Accepted"


async def test_a_trailing_slash_and_another_letter_case_are_the_same_charger(
    live_depot: LiveDepot, charger: Charger
) -> None:
    async with dial(live_depot.socket_url, "cp-a01/", user="cp-a01", password=PASSWORD) as wire:
        await wire.call("BootNotification", BOOT)

    assert await Charger.objects.acount() == 1


async def test_an_identity_may_hold_an_encoded_slash(live_depot: LiveDepot) -> None:
    await sync_to_async(make_charger)("DE*ABC/1", online=False, password_hmac=keyed_hash(PASSWORD.encode()))

    async with dial(live_depot.socket_url, "DE*ABC%2F1", user="DE*ABC/1", password=PASSWORD) as wire:
        assert (await wire.call("BootNotification", BOOT))["status"] == "Accepted"


async def test_a_hex_key_sent_as_the_bytes_it_stands_for_is_the_same_key(
    live_depot: LiveDepot, charger: Charger
) -> None:
    as_bytes = bytes.fromhex(PASSWORD).decode("latin-1")
    header = __import__("base64").b64encode(b"CP-A01:" + as_bytes.encode("latin-1")).decode()

    from websockets.asyncio.client import connect

    async with connect(
        f"{live_depot.socket_url}/ocpp/CP-A01",
        subprotocols=["ocpp1.6"],  # type: ignore[list-item]
        additional_headers={"Authorization": f"Basic {header}"},
        proxy=None,
    ) as socket:
        assert socket.subprotocol == "ocpp1.6"


@pytest.mark.parametrize("offered", [("ocpp1.5",), ()])
async def test_who_speaks_no_version_of_ours_is_let_in_to_be_told_and_closed_with_1002(
    live_depot: LiveDepot, charger: Charger, offered: tuple[str, ...]
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=offered) as wire:
        code, reason = await wire.closed()

    assert code == 1002
    assert reason


async def test_the_first_version_offered_that_we_speak_is_taken(live_depot: LiveDepot, charger: Charger) -> None:
    offered = ("ocpp1.5", "ocpp2.0.1", "ocpp1.6")

    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=offered) as wire:
        assert wire.socket.subprotocol == "ocpp2.0.1"


async def test_a_pinned_version_outranks_the_order_of_the_offer(live_depot: LiveDepot, charger: Charger) -> None:
    await Charger.objects.filter(pk=charger.pk).aupdate(pinned_protocol="ocpp1.6")

    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=("ocpp2.1", "ocpp1.6")) as wire:
        assert wire.socket.subprotocol == "ocpp1.6"


async def test_an_address_without_a_name_is_not_found(live_depot: LiveDepot) -> None:
    assert await refused(live_depot, "", path="/ocpp/") == 404
    assert await refused(live_depot, "x", path="/elsewhere/") == 404


async def test_an_unknown_charger_waits_and_is_only_read_from(live_depot: LiveDepot) -> None:
    async with dial(live_depot.socket_url, "NEW-1") as wire:
        boot = await wire.call("BootNotification", BOOT)
        card = await wire.call("Authorize", {"idTag": "ANY"})
        start = await wire.call(
            "StartTransaction",
            {"connectorId": 1, "idTag": "ANY", "meterStart": 0, "timestamp": "2026-03-05T16:30:00Z"},
        )

    waiting = await Charger.objects.aget(identity="NEW-1")
    assert boot["status"] == "Pending"
    assert card["idTagInfo"]["status"] == start["idTagInfo"]["status"] == "Invalid"
    assert start["transactionId"] > 0
    assert (waiting.standing, waiting.vendor, waiting.password_offered) == (Standing.WAITING, "Acme", False)


async def test_a_waiting_2_x_charger_gets_a_security_error_for_what_it_was_not_asked(live_depot: LiveDepot) -> None:
    async with dial(live_depot.socket_url, "NEW-2", subprotocols=("ocpp2.0.1",)) as wire:
        with pytest.raises(Refused) as refusal:
            await wire.call("Authorize", {"idToken": {"idToken": "ANY", "type": "ISO14443"}})

    assert refusal.value.args[0] == "SecurityError"


@override_settings(WAITING_ROOM_OPEN=False)
async def test_with_the_waiting_room_closed_an_unknown_charger_is_not_found(live_depot: LiveDepot) -> None:
    assert await refused(live_depot, "NEW-1") == 404
    assert await Charger.objects.acount() == 0


@override_settings(WAITING_ROOM_SIZE=1)
async def test_a_full_waiting_room_takes_nobody_else(live_depot: LiveDepot) -> None:
    async with dial(live_depot.socket_url, "NEW-1"):
        assert await refused(live_depot, "NEW-2") == 404
        async with dial(live_depot.socket_url, "NEW-1"):
            pass  # who has a seat may come back


@override_settings(CHARGER_SOCKETS_MAX=1)
async def test_where_no_socket_is_left_a_charger_that_returns_takes_its_own(
    live_depot: LiveDepot, charger: Charger
) -> None:
    await Charger.objects.acreate(
        identity="CP-A02", standing=Standing.ADOPTED, password_hmac=charger.password_hmac, created_at=THURSDAY
    )
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as first:
        await first.call("Heartbeat")
        other = await refused(live_depot, "CP-A02", password=PASSWORD)
        async with dial(live_depot.socket_url, "cp-a01", password=PASSWORD) as again:
            await first.closed()

            assert "currentTime" in await again.call("Heartbeat")

    assert other == 503


async def test_a_charger_that_a_person_refused_stays_out(live_depot: LiveDepot, charger: Charger) -> None:
    await sync_to_async(services.refuse_charger)(charger)

    assert await refused(live_depot, "CP-A01", password=PASSWORD) == 404


async def test_adoption_sends_a_new_password_and_the_charger_confirms_it_by_using_it(live_depot: LiveDepot) -> None:
    async with dial(live_depot.socket_url, "NEW-1", password="factory-default") as wire:
        await wire.call("BootNotification", BOOT)
        waiting = await Charger.objects.aget(identity="NEW-1")
        password = await sync_to_async(services.adopt_charger)(waiting, trust=Trust.PASSWORD, now=THURSDAY)
        asked = await wire.is_asked("ChangeConfiguration")
        triggered = await wire.is_asked("TriggerMessage")
    async with dial(live_depot.socket_url, "NEW-1", password=str(password)) as wire:
        boot = await wire.call("BootNotification", BOOT)

    assert asked == {"key": "AuthorizationKey", "value": password}
    assert triggered == {"requestedMessage": "BootNotification"}
    assert boot["status"] == "Accepted"
    assert await refused(live_depot, "NEW-1", password="factory-default") == 401


async def test_a_charger_is_online_while_its_socket_is_open_and_offline_after(
    live_depot: LiveDepot, charger: Charger
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        await wire.call("Heartbeat")
        during = await sync_to_async(link_of)(charger.pk)

    after = await until_offline(charger)
    assert (during.is_online, after.is_online) == (True, False)


async def until_offline(charger: Charger) -> Link:
    async def is_offline() -> bool:
        return not (await sync_to_async(link_of)(charger.pk)).is_online

    await until(is_offline)
    return await sync_to_async(link_of)(charger.pk)


async def test_a_dead_gateway_s_chargers_are_offline_when_its_lease_has_run_out(
    live_depot: LiveDepot, charger: Charger
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        await wire.call("Heartbeat")
        connection = await Connection.objects.select_related("gateway").aget()
        connection.gateway.renewed_at -= gateway.SUPERSEDED_IDLE * 2
        await connection.gateway.asave()

        assert not (await sync_to_async(link_of)(charger.pk)).is_online


async def test_commands_go_to_the_newest_socket_and_the_older_is_still_answered(
    live_depot: LiveDepot, charger: Charger
) -> None:
    from chargers.commands import ClearCache

    async with (
        dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as older,
        dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as newer,
    ):
        await sync_to_async(services.issue_command)(charger, ClearCache(), issued_by=None, now=THURSDAY)
        await newer.is_asked("ClearCache")
        answered = await older.call("Heartbeat")

        assert older.asked == []
        assert "currentTime" in answered


async def test_the_end_of_an_older_socket_leaves_the_charger_online(live_depot: LiveDepot, charger: Charger) -> None:
    async with (
        dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as older,
        dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as newer,
    ):
        await older.close()
        await newer.call("Heartbeat")

        assert (await sync_to_async(link_of)(charger.pk)).is_online
