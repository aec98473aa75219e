"""A charger calls in, is adopted in a real browser, gets its password and is followed; its socket is a real one."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from chargers.choices import Standing
from chargers.models import Charger
from depot.access.models import User
from depot.models import Bay, Depot
from tests.factories import make_depot, make_user

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, Page, Route

    from tests.live import LiveDepot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
IDENTITY = "CP-B12"
WITHIN_S = 20
BOOT = {"chargePointVendor": "Autel", "chargePointModel": "MaxiCharger", "chargePointSerialNumber": "AE0022"}


class Charge:
    """A charger of OCPP 1.6 at the other end of a socket; it does what it is asked, when it is asked."""

    def __init__(self, url: str, password: str = "") -> None:
        headers = {}
        if password:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{IDENTITY}:{password}".encode()).decode()
        self.socket: ClientConnection = connect(
            f"{url}/ocpp/{IDENTITY}",
            subprotocols=["ocpp1.6"],
            additional_headers=headers,
            proxy=None,  # type: ignore[list-item]
        )
        self.sent = 0
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.settings: dict[str, str] = {}  # what it says when it is asked for its configuration

    def tell(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """A call of its own, and the answer; what it is asked meanwhile it accepts."""
        self.sent += 1
        self.socket.send(json.dumps([2, str(self.sent), action, payload]))
        return self._until(lambda frame: frame[0] == 3 and frame[1] == str(self.sent))[2]  # type: ignore[no-any-return]

    def be_asked(self, action: str) -> dict[str, Any]:
        """Wait until it is asked this, accept it, and give back what was asked."""
        known = next((payload for name, payload in self.asked if name == action), None)
        return known or self._until(lambda frame: frame[0] == 2 and frame[2] == action)[3]  # type: ignore[no-any-return]

    def _until(self, wanted: Callable[[list[Any]], bool]) -> list[Any]:
        while True:
            frame: list[Any] = json.loads(self.socket.recv(timeout=WITHIN_S))
            if frame[0] == 2:
                self.asked.append((frame[2], frame[3]))
                self.socket.send(json.dumps([3, frame[1], self._answer(frame[2])]))
            if wanted(frame):
                return frame

    def _answer(self, action: str) -> dict[str, Any]:
        if action == "GetConfiguration":
            told = [{"key": key, "value": value, "readonly": False} for key, value in self.settings.items()]
            return {"configurationKey": told}
        return {"status": "Accepted"}

    def hang_up(self) -> None:
        self.socket.close()


@pytest.fixture
def depot(transactional_db: None) -> Depot:
    return make_depot()


@pytest.fixture
def bay(depot: Depot) -> Bay:
    return Bay.objects.create(depot=depot, name="B12", zone="Row B")


@pytest.fixture
def charger(depot: Depot) -> Charger:
    """Adopted, and asked for nothing by the depot of its own accord."""
    return Charger.objects.create(
        identity=IDENTITY,
        standing=Standing.ADOPTED,
        trust="nothing",
        automation_on=False,
        created_at=depot.created_at,
    )


@pytest.fixture
def person(depot: Depot) -> User:
    return make_user("okafor")


@pytest.fixture
def dial(live_depot: "LiveDepot") -> Iterator[Callable[..., Charge]]:
    """Opens a socket of the charger; what is still open at the end is closed."""
    opened: list[Charge] = []

    def go(password: str = "") -> Charge:
        opened.append(Charge(live_depot.socket_url, password))
        return opened[-1]

    yield go
    for charge in opened:
        charge.hang_up()


def test_a_stranger_is_adopted_at_a_bay_and_comes_back_with_its_new_password(
    open_page: "Callable[[str], Page]", dial: Callable[..., Charge], bay: Bay
) -> None:
    page = open_page("/waiting-room/")
    page.locator("#live:not(.lost)", has_text="Live").wait_for()
    stranger = dial()
    assert stranger.tell("BootNotification", BOOT)["status"] == "Pending"

    # It shows by itself, without reload.
    page.locator("#waiting", has_text="Autel MaxiCharger").wait_for()
    page.get_by_role("link", name=f"Adopt… {IDENTITY}").click()
    page.get_by_label("Adopt as bay").select_option(label="B12")
    page.get_by_role("button", name="Adopt it").click()

    page.get_by_role("heading", name=f"{IDENTITY} is adopted").wait_for()
    shown = page.locator(".typed", has_text="Password").locator("code").inner_text()
    sent = stranger.be_asked("ChangeConfiguration")
    assert sent == {"key": "AuthorizationKey", "value": shown}
    page.locator("#tries", has_text="confirmed when the charger connects with it").wait_for()

    stranger.hang_up()
    with pytest.raises(InvalidStatus):
        dial("not the password")
    page.locator("#tries", has_text="Failed at “Password”").wait_for()
    again = dial(shown)
    assert again.tell("BootNotification", BOOT)["status"] == "Accepted"
    page.locator("#tries", has_text="Came through").wait_for()
    page.locator("#tries", has_text="The new password").wait_for(state="detached")

    bay.refresh_from_db()
    assert bay.evse is not None
    assert bay.evse.charger.standing == Standing.ADOPTED
    assert bay.evse.charger.next_password_hmac == ""


def test_a_refused_stranger_is_put_out_and_stays_out(
    open_page: "Callable[[str], Page]", dial: Callable[..., Charge], depot: Depot
) -> None:
    stranger = dial()
    stranger.tell("BootNotification", BOOT)
    page = open_page("/waiting-room/")

    page.get_by_role("button", name=f"Refuse {IDENTITY}", exact=True).click()

    page.get_by_text("turned away at the door until this is taken back").wait_for()
    with pytest.raises(ConnectionClosed):
        stranger.be_asked("nothing more")
    with pytest.raises(InvalidStatus):
        dial()


def test_messages_are_followed_and_one_stays_open_meanwhile(
    open_page: "Callable[[str], Page]", dial: Callable[..., Charge], bay: Bay
) -> None:
    charger = Charger.objects.create(
        identity=IDENTITY, standing=Standing.ADOPTED, trust="nothing", created_at=bay.depot.created_at
    )
    line = dial()
    line.tell("BootNotification", BOOT)
    page = open_page(f"/chargers/{charger.pk}/messages/")
    page.locator("#live:not(.lost)", has_text="Live").wait_for()
    page.locator("#trace a.line", has_text="BootNotification").click()
    page.locator("#msg", has_text='"chargePointVendor": "Autel"').wait_for()

    line.tell("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})

    page.locator("#trace a.line", has_text="StatusNotification connector 1 · Available").wait_for()
    assert page.locator("#trace a.line[aria-current]").inner_text().count("BootNotification") == 1
    assert '"chargePointVendor": "Autel"' in page.locator("#msg").inner_text()
    # Up from the open message is the one that came after it.
    page.locator("#trace a.line[aria-current]").press("ArrowUp")
    page.locator("#msg h3", has_text="StatusNotification").wait_for()


def test_a_page_that_was_asked_for_before_a_message_was_opened_does_not_close_it(
    open_page: "Callable[[str], Page]", dial: Callable[..., Charge], charger: Charger
) -> None:
    line = dial()
    line.tell("BootNotification", BOOT)
    page = open_page(f"/chargers/{charger.pk}/messages/")
    page.locator("#live:not(.lost)", has_text="Live").wait_for()
    page.locator("#trace a.line", has_text="BootNotification").wait_for()
    late: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: "Route") -> None:
        if route.request.headers.get("x-live") and not late:
            late.append((route, route.fetch()))
        else:
            route.continue_()

    page.route("**/messages/**", hold_the_first)
    line.tell("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
    for _ in range(600):
        if late:
            break
        page.wait_for_timeout(50)
    assert late, "the live page asks again"
    page.locator("#trace a.line", has_text="BootNotification").click()
    page.locator("#msg", has_text='"chargePointVendor": "Autel"').wait_for()

    held, answer = late[0]
    held.fulfill(response=answer)

    page.locator("#trace a.line", has_text="StatusNotification connector 1 · Available").wait_for()
    assert '"chargePointVendor": "Autel"' in page.locator("#msg").inner_text()


def test_of_two_messages_chosen_quickly_the_second_is_shown(
    open_page: "Callable[[str], Page]", dial: Callable[..., Charge], charger: Charger
) -> None:
    line = dial()
    line.tell("BootNotification", BOOT)
    line.tell("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
    page = open_page(f"/chargers/{charger.pk}/messages/")
    late: list[Route] = []
    first, second = (
        page.locator("#trace a.line", has_text=what) for what in ("BootNotification", "StatusNotification")
    )
    second.wait_for()
    page.route(f"**{first.get_attribute('data-url')}", lambda route: late.append(route))

    first.click()
    second.click()
    page.locator("#msg h3", has_text="StatusNotification").wait_for()
    with page.expect_response(lambda response: response.url.endswith(first.get_attribute("data-url") or "?")):
        late[0].continue_()

    assert page.locator("#msg h3").inner_text().startswith("StatusNotification")
    assert "StatusNotification" in page.locator("#trace a.line[aria-current]").inner_text()


def test_a_setting_is_changed_and_shown_as_the_charger_tells_it(
    open_page: "Callable[[str], Page]", dial: Callable[..., Charge], charger: Charger
) -> None:
    charger.settings.create(variable="HeartbeatInterval", value="300", reported_at=charger.created_at)
    line = dial()
    line.tell("BootNotification", BOOT)
    line.settings = {"HeartbeatInterval": "90"}
    page = open_page(f"/chargers/{charger.pk}/configuration/")

    page.get_by_role("link", name="Change HeartbeatInterval").click()
    page.get_by_label("New value of HeartbeatInterval").fill("60")
    page.get_by_role("button", name="Set", exact=True).click()

    assert line.be_asked("ChangeConfiguration") == {"key": "HeartbeatInterval", "value": "60"}
    # It says yes, and keeps 90: what is shown is what it tells when it is asked again.
    line.be_asked("GetConfiguration")
    page.locator(".settings .value", has_text="90").wait_for()
