"""The one button of a bay's row: what is most likely wanted there."""

from collections.abc import Callable

from django.test import Client

from chargers.choices import CommandState, ConnectorStatus
from chargers.models import Connector
from depot.access.models import User
from depot.models import Depot
from tests.board.scene import board, charging_bay
from tests.factories import (
    make_bay,
    make_command,
    set_status,
)

S = ConnectorStatus
SignIn = Callable[[User], Client]


class TestTheButtonOfARow:
    def test_stops_what_charges(self, browser: Client, depot: Depot) -> None:
        key = charging_bay(depot)

        button = board(browser).by_id(f"{key}-do")

        assert button.attributes["formaction"].endswith("/stop/")
        assert button.text == "Stop A05, Van 105"

    def test_asks_for_the_vehicle_where_one_waits_for_its_card(self, browser: Client, depot: Depot) -> None:
        bay = make_bay(depot, "A16")
        set_status(bay, S.PREPARING)

        link = board(browser).by_id(f"bay-{bay.pk}-do")

        assert link.attributes["href"] == f"/evses/{bay.evse_id}/start/"

    def test_waits_while_it_is_asked(self, browser: Client, depot: Depot) -> None:
        key = charging_bay(depot)
        evse = Connector.objects.get().evse
        make_command(evse.charger, "stop", state=CommandState.SENT, evse_number=evse.number)

        page = board(browser)

        assert "Stop asked…" in page.by_id(key).text
        assert page.by_id(f"{key}-do").attributes["aria-disabled"] == "true"

    def test_says_whom_to_ask_where_one_may_only_look(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        key = charging_bay(depot)

        button = board(signed_in(viewer)).by_id(f"{key}-do")

        assert button.attributes["aria-disabled"] == "true"
        assert "ask a dispatcher" in button.attributes["title"]

    def test_is_not_there_where_one_may_only_look_and_it_is_not_stop(
        self, signed_in: SignIn, viewer: User, depot: Depot
    ) -> None:
        bay = make_bay(depot)
        set_status(bay, S.FAULTED)

        assert not board(signed_in(viewer)).has(f"bay-{bay.pk}-do")
