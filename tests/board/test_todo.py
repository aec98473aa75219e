"""The list of what needs somebody: what stands on it, and what stands first."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from chargers.choices import CommandState, ConnectorStatus, EffectState, Standing
from chargers.models import Connector, UnreadFact
from depot.access.models import Role, User
from depot.models import Depot
from tests.board.scene import board
from tests.factories import (
    THURSDAY,
    make_bay,
    make_charger,
    make_command,
    make_depot,
    make_evse,
    make_session,
    make_user,
    make_vehicle,
    set_status,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]

S = ConnectorStatus
SignIn = Callable[[User], Client]


@pytest.fixture
def admin() -> User:
    return make_user()


def board_of(client: Client, user: User) -> str:
    client.force_login(user)
    return client.get("/").content.decode()


def test_a_site_above_its_limit_is_told_with_what_can_be_done(client: Client, admin: User) -> None:
    bay = make_bay(make_depot(site_limit_w=5_000))
    make_session(bay, power_w=7_200, last_reading_at=THURSDAY)

    page = board_of(client, admin)

    assert "The site draws 2.2\N{NO-BREAK SPACE}kW more than its limit" in page
    assert "Site to minimum" in page


def test_a_site_within_its_limit_is_not_mentioned(client: Client, admin: User) -> None:
    bay = make_bay(make_depot(site_limit_w=50_000))
    make_session(bay, power_w=7_200, last_reading_at=THURSDAY)

    assert "more than its limit" not in board_of(client, admin)


class TestToDo:
    def test_names_a_fault_with_what_the_charger_says(self, browser: Client, depot: Depot) -> None:
        bay = make_bay(depot, "B04")
        set_status(bay, S.FAULTED)
        Connector.objects.update(error_code="GroundFailure")

        assert "B04 has a fault GroundFailure." in board(browser).by_id("todo").text

    def test_makes_one_task_of_one_cause(self, browser: Client, depot: Depot) -> None:
        for name in ("B12", "B17"):
            make_bay(depot, name, evse=make_evse(make_charger(online=False)))

        page = board(browser)

        assert "B12 and B17: no contact" in page.by_id("todo").text
        assert len([item for item in page.all("li") if "data-news" in item.attributes]) == 1

    def test_says_that_a_stop_had_no_effect_as_long_as_it_charges(self, browser: Client, depot: Depot) -> None:
        bay = make_bay(depot, "A05")
        session = make_session(bay, make_vehicle(), reference="77")
        set_status(bay, S.CHARGING)
        stop = make_command(
            session.charger, "stop", state=CommandState.ACCEPTED, effect=EffectState.NOT_SEEN, reference="77",
            issued_by=make_user("dispatcher", Role.DISPATCHER),
        )  # fmt: skip
        type(stop).objects.update(asked_at=datetime.now(UTC) - timedelta(hours=3))

        assert "It accepted Stop and still charges" in board(browser).by_id("todo").text

    def test_forgets_a_stop_that_had_no_effect_once_the_session_has_ended(self, browser: Client, depot: Depot) -> None:
        session = make_session(make_bay(depot, "A05"), make_vehicle(), reference="77", ended_at=THURSDAY)
        stop = make_command(
            session.charger, "stop", state=CommandState.ACCEPTED, effect=EffectState.NOT_SEEN, reference="77"
        )
        type(stop).objects.update(asked_at=datetime.now(UTC) - timedelta(hours=3))

        assert "still charges" not in board(browser).by_id("todo").text

    def test_says_why_a_command_was_refused(self, browser: Client, depot: Depot, admin: User) -> None:
        bay = make_bay(depot, "A05")
        assert bay.evse
        make_command(
            bay.evse.charger,
            "unlock",
            state=CommandState.REJECTED,
            status="UnlockFailed",
            evse_number=1,
            issued_by=admin,
        )

        shown = board(browser).by_id("todo").text
        assert "Unlock A05 Refused by the charger: the lock did not open (UnlockFailed)." in shown

    def test_counts_messages_that_were_not_understood(self, browser: Client, depot: Depot) -> None:
        bay = make_bay(depot)
        assert bay.evse
        UnreadFact.objects.create(
            charger=bay.evse.charger,
            protocol="ocpp1.6",
            action="StopTransaction",
            payload={},
            heard_at=THURSDAY,
            why="?",
        )

        assert "1 message not understood" in board(browser).by_id("todo").text

    def test_tells_engineers_who_waits_at_the_door(self, browser: Client, depot: Depot) -> None:
        make_charger("CP-NEW", standing=Standing.WAITING)
        make_bay(depot)

        assert "CP-NEW waits to be let in" in board(browser).by_id("todo").text

    def test_keeps_the_door_from_who_may_not_open_it(self, signed_in: SignIn, viewer: User, depot: Depot) -> None:
        make_charger("CP-NEW", standing=Standing.WAITING)
        make_bay(depot)

        assert "CP-NEW" not in board(signed_in(viewer)).by_id("todo").text
