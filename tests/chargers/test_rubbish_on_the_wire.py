"""Text frames that are no text, over a real socket (quirk 21)."""

import pytest

from chargers.credentials import keyed_hash
from chargers.models import Charger
from sessions.models import IdToken
from tests.factories import THURSDAY, make_charger
from tests.live import LiveDepot
from tests.wire import Wire, dial

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "23456789abcdef23456789abcdef2345"


@pytest.fixture
def charger(db: None) -> Charger:
    IdToken.objects.create(value="VAN12", key="van12", created_at=THURSDAY)
    return make_charger("CP-A01", online=False, password_hmac=keyed_hash(PASSWORD.encode()), protocol="")


async def answer_to(wire: Wire, *parts: bytes) -> object:
    """A frame, in fragments where it comes in several parts."""
    await wire.socket.send(parts[0] if len(parts) == 1 else list(parts), text=True)
    return (await wire.next_frame())[2]


@pytest.mark.usefixtures("charger")
@pytest.mark.parametrize("cut", [False, True], ids=["whole", "in fragments"])
async def test_bytes_of_no_text_behind_a_card_neither_close_the_link_nor_make_it_another_card(
    live_depot: LiveDepot, cut: bool
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        await wire.call("BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"})
        frame = b'[2,"1","Authorize",{"idTag":"VAN12\xff\xfe\x80"}]'
        answer = await answer_to(wire, *((frame[:30], frame[30:38], frame[38:]) if cut else (frame,)))

        assert answer == {"idTagInfo": {"status": "Accepted"}}
        assert "currentTime" in await wire.call("Heartbeat")


@pytest.mark.usefixtures("charger")
async def test_letters_of_any_script_are_what_they_were_when_a_frame_is_cut_within_one(live_depot: LiveDepot) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        await wire.call("BootNotification", {"chargePointVendor": "Bücher", "chargePointModel": "One"})
        frame = '[2,"1","DataTransfer",{"vendorId":"Zürich ⚡"}]'.encode()
        middle = frame.index("ü".encode()) + 1

        assert await answer_to(wire, frame[:middle], frame[middle:]) == {"status": "UnknownVendorId"}
