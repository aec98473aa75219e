"""Bad frames over a real socket: each is answered, ignored or closed, and nobody else notices."""

from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from chargers.credentials import keyed_hash
from tests.factories import make_charger
from tests.live import LiveDepot
from tests.wire import Refused, Wire, dial

pytestmark = [pytest.mark.django_db(transaction=True)]
PASSWORD = "23456789abcdef23456789abcdef2345"


@pytest.fixture(params=["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def wire(request: pytest.FixtureRequest, live_depot: LiveDepot) -> AsyncIterator[Wire]:
    from asgiref.sync import sync_to_async

    await sync_to_async(make_charger)("CP-A01", online=False, password_hmac=keyed_hash(PASSWORD.encode()))
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(request.param,)) as one:
        yield one


@pytest.mark.parametrize("text", ["{", "[2]", "null", "[" * 3000 + "]" * 3000, '[2,7,"Heartbeat",{}]'])
async def test_a_frame_that_is_none_is_answered_with_the_id_minus_one(wire: Wire, text: str) -> None:
    await wire.socket.send(text)

    frame = await wire.next_frame()
    assert frame[:2] == [4, "-1"]
    assert "currentTime" in await wire.call("Heartbeat")


@pytest.mark.parametrize("text", ['[9,"a",{}]', '[3,"nobody asked",{}]', '[4,"nobody asked","GenericError","",{}]'])
async def test_what_is_not_a_call_is_never_answered(wire: Wire, text: str) -> None:
    await wire.socket.send(text)

    assert "currentTime" in await wire.call("Heartbeat")
    assert wire.frames.empty()


async def test_an_action_that_no_version_has_is_not_implemented(wire: Wire) -> None:
    with pytest.raises(Refused) as refusal:
        await wire.call("CustomOperation", {"a": 1})

    assert refusal.value.args[0] == "NotImplemented"


async def test_an_action_that_is_not_for_chargers_to_send_is_not_supported(wire: Wire) -> None:
    with pytest.raises(Refused) as refusal:
        await wire.call("Reset", {"type": "Soft"})

    assert refusal.value.args[0] == "NotSupported"


async def test_a_payload_that_breaks_its_schema_is_answered_with_where_and_what(wire: Wire) -> None:
    with pytest.raises(Refused) as refusal:
        await wire.call("Authorize", {})

    code, text = refusal.value.args
    assert code in ("OccurrenceConstraintViolation", "OccurenceConstraintViolation")
    assert "id" in text


async def test_a_binary_message_closes_the_socket_with_1003(wire: Wire) -> None:
    await wire.socket.send(b"\x00\x01")

    assert (await wire.closed())[0] == 1003


async def test_a_message_of_more_than_a_mebibyte_closes_the_socket_with_1009(wire: Wire) -> None:
    with suppress(ConnectionClosed):  # the depot may close before all of it is sent
        await wire.socket.send('[2,"a","Heartbeat",{"x":"' + "x" * 1_100_000 + '"}]')

    assert (await wire.closed())[0] == 1009


async def test_a_frame_with_bytes_of_no_text_is_answered_all_the_same(wire: Wire) -> None:
    await wire.socket.send(b'[2,"a","Heartbeat",{"x":"\xff"}]', text=True)

    assert (await wire.next_frame())[1] == "a"
    assert "currentTime" in await wire.call("Heartbeat")


async def test_a_flood_of_calls_ends_that_link_alone(wire: Wire, live_depot: LiveDepot) -> None:
    from asgiref.sync import sync_to_async

    await sync_to_async(make_charger)("CP-B01", online=False, password_hmac=keyed_hash(PASSWORD.encode()))
    async with dial(live_depot.socket_url, "CP-B01", password=PASSWORD) as neighbour:
        with suppress(ConnectionClosed):  # cut off in the middle of it, as it should be
            for n in range(5000):
                await wire.socket.send(f'[2,"{n}","Heartbeat",{{}}]')

        assert "currentTime" in await neighbour.call("Heartbeat")
