"""Which bays somebody sees on the board, and what stands there while there are none."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client

from depot.access.models import Role, User
from depot.models import Depot
from tests.board.scene import board
from tests.factories import (
    make_bay,
    make_charger,
    make_depot,
    make_evse,
    make_user,
)

SignIn = Callable[[User], Client]


class TestReach:
    def test_another_depots_bays_are_not_shown(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        mine = make_bay(depot)
        other = make_bay(make_depot("Southgate"))

        page = board(signed_in(viewer))

        assert page.has(f"bay-{mine.pk}")
        assert not page.has(f"bay-{other.pk}")

    def test_the_other_depot_is_one_choice_away(self, browser: Client, depot: Depot) -> None:
        mine, other = make_bay(depot), make_bay(make_depot("Southgate"))

        browser.post("/choose-depot/", {"depot": other.depot_id})
        page = board(browser)

        assert page.has(f"bay-{other.pk}")
        assert not page.has(f"bay-{mine.pk}")

    def test_a_depot_beyond_reach_cannot_be_chosen(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        make_bay(depot)
        beyond = make_bay(make_depot("Southgate"))
        browser = signed_in(viewer)

        browser.post("/choose-depot/", {"depot": beyond.depot_id})

        assert not board(browser).has(f"bay-{beyond.pk}")

    def test_a_bay_beyond_reach_does_not_exist(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        beyond = make_bay(make_depot("Southgate"))

        assert signed_in(viewer).get(f"/board/bay-{beyond.pk}/").status_code == 404

    @pytest.mark.parametrize("key", ["bay-x", "bay-0", "evse-", "nonsense", "evse-99999999999999999999"])
    def test_a_key_that_is_none_does_not_exist(self, browser: Client, depot: Depot, key: str) -> None:
        assert browser.get(f"/board/{key}/").status_code == 404

    def test_a_charger_without_a_bay_is_shown_to_who_sees_all_depots(self, browser: Client, depot: Depot) -> None:
        evse = make_evse(make_charger("CP-77"))

        page = board(browser)

        assert page.by_id(f"evse-{evse.pk}").text.startswith("CP-77")
        assert "CP-77: no bay yet" in page.by_id("todo").text

    def test_a_charger_without_a_bay_is_hidden_from_everybody_else(
        self, signed_in: SignIn, viewer: User, depot: Depot
    ) -> None:
        make_bay(depot)
        evse = make_evse(make_charger("CP-77"))

        assert not board(signed_in(viewer)).has(f"evse-{evse.pk}")


class TestEmpty:
    def test_the_first_charger_is_told_what_to_type_in(self, browser: Client, depot: Depot) -> None:
        page = board(browser)

        assert "No charger has called in yet" in page.by_id("board").text
        assert "ws://testserver/ocpp/<name>" in page.by_id("board").text

    def test_its_address_is_the_public_one_where_that_is_set(
        self, browser: Client, depot: Depot, settings: settings
    ) -> None:
        settings.PUBLIC_CHARGER_URL = "wss://depot.example.org"

        assert "wss://depot.example.org/ocpp/<name>" in board(browser).by_id("board").text

    def test_who_has_no_depot_is_told_whom_to_ask(self, signed_in: SignIn, depot: Depot) -> None:
        page = board(signed_in(make_user("new", Role.VIEWER, depots=[])))

        assert "Ask an administrator" in page.by_id("board").text
