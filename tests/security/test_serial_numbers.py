"""A charger that came by a certificate is who its certificate says (2.x B01.FR.11, B01.FR.12)."""

import pytest
from asgiref.sync import sync_to_async

from chargers.certificates.models import Profile, Security
from chargers.models import Charger
from depot.notices.models import Notice
from tests import papers
from tests.flows.scene import PASSWORD, Scene, set_scene
from tests.live import LiveDepot
from tests.wire import Payload, dial

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("business_time")]


@pytest.fixture
def scene(live_depot: LiveDepot) -> Scene:
    return set_scene()


def boot(serial: str) -> Payload:
    station = {"vendorName": "Acme", "model": "One", "serialNumber": serial}
    return {"chargingStation": station, "reason": "PowerUp"}


@pytest.mark.parametrize(("name", "status"), [("SN-7", "Accepted"), ("CP-A01", "Accepted"), ("SN-8", "Rejected")])
async def test_a_serial_number_that_is_not_its_certificate_s_closes_the_line(
    live_depot: LiveDepot, scene: Scene, name: str, status: str
) -> None:
    def came_by_certificate() -> None:
        paper = papers.signed_by(papers.root(), name)
        Security.objects.update_or_create(
            charger=scene.charger, defaults={"came_by": Profile.CERTIFICATE, "certificate": paper.pem}
        )

    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=("ocpp2.0.1",)) as wire:
        await wire.call("Heartbeat")
        await sync_to_async(came_by_certificate)()
        try:
            answer = (await wire.call("BootNotification", boot("SN-7")))["status"]
        except ConnectionError:
            answer = "Rejected"  # the line was closed before the answer was out
        if status == "Rejected":
            await wire.socket.wait_closed()

    assert answer == status
    assert await Notice.objects.filter(kind="charger.serial_differs").aexists() is (status == "Rejected")
    assert (await Charger.objects.aget()).serial == ("SN-7" if status == "Accepted" else "")
