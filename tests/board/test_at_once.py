"""What a dispatcher says above the plan at a bay: charge now, of a paused vehicle too, and at most so much."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from depot.access.models import AuditEntry, Role
from depot.energy.models import ChargeNow, ManualLimit, PlanMark
from sessions.models import Session
from tests.board.pages import Page
from tests.conftest import BusinessTime
from tests.energy.pages.scene import EVENING, Evening, make_evening, pause
from tests.factories import make_bay, make_session, make_user

pytestmark = pytest.mark.django_db

AS_HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def evening(business_time: BusinessTime) -> Evening:
    business_time.set(EVENING)
    return make_evening(needs_wh=20_000)


@pytest.fixture
def paused(evening: Evening) -> Session:
    return pause(evening)


@pytest.fixture
def dispatcher(client: Client, evening: Evening) -> Client:
    client.force_login(make_user("dispatcher", Role.DISPATCHER, depots=[evening.depot]))
    return client


def test_the_row_of_one_that_the_plan_has_paused_waits_and_offers_it(
    dispatcher: Client, evening: Evening, paused: Session
) -> None:
    board = Page(dispatcher.get("/").content.decode())

    row = board.by_id(f"bay-{evening.bays[0].pk}")
    assert row.attributes["data-shape"] == "hold"
    assert "Waits" in row.text
    assert "Van 1" in row.text
    button = board.by_id(f"bay-{evening.bays[0].pk}-do")
    assert ("Start" in button.text, button.attributes["href"]) == (True, f"/evses/{paused.evse_id}/charge-now/")


def test_what_it_changes_is_said_before_it_is_asked(dispatcher: Client, evening: Evening, paused: Session) -> None:
    evening.plan()

    drawer = Page(dispatcher.get(f"/evses/{paused.evse_id}/charge-now/", **AS_HTMX).content.decode())

    words = drawer.by_id("drawer-body").text
    assert "Van 1 has what it needs" in words
    # By day a kilowatt-hour costs three times as much.
    assert "EUR more" in words
    assert not ChargeNow.objects.exists()


def test_it_is_asked_kept_in_the_audit_and_planned(dispatcher: Client, evening: Evening, paused: Session) -> None:
    answer = dispatcher.post(f"/evses/{paused.evse_id}/charge-now/")

    assert ChargeNow.objects.get().session == paused
    assert AuditEntry.objects.get().act == "asked to charge now"
    assert "charge now" in PlanMark.objects.get(depot=evening.depot).why
    assert "is started again as soon as its circuits have room" in str(*get_messages(answer.wsgi_request))


def test_the_drawer_offers_it_for_one_that_charges_and_then_the_way_back(dispatcher: Client, evening: Evening) -> None:
    bay, url = evening.bays[0], f"/evses/{evening.bays[0].evse_id}"

    assert f"{url}/charge-now/" in dispatcher.get(f"/board/bay-{bay.pk}/").content.decode()
    dispatcher.post(f"{url}/charge-now/")
    assert f"{url}/as-planned/" in dispatcher.get(f"/board/bay-{bay.pk}/").content.decode()
    dispatcher.post(f"{url}/as-planned/")

    assert ChargeNow.objects.get().taken_back_at == EVENING


def test_where_nobody_stands_there_is_nothing_to_charge(dispatcher: Client, evening: Evening) -> None:
    answer = dispatcher.post(f"/evses/{evening.bays[2].evse_id}/charge-now/")

    assert "nobody charges there" in str(*get_messages(answer.wsgi_request))
    assert not ChargeNow.objects.exists()


def test_where_no_plan_has_a_say_it_is_not_offered(dispatcher: Client, evening: Evening) -> None:
    bay = make_bay(evening.depot, "B1")
    make_session(bay)

    assert "Charge now" not in dispatcher.get(f"/board/bay-{bay.pk}/").content.decode()


def test_a_bay_is_limited_by_hand_before_anybody_stands_there(dispatcher: Client, evening: Evening) -> None:
    bay, url = evening.bays[2], f"/evses/{evening.bays[2].evse_id}"
    assert f"{url}/limit/" in dispatcher.get(f"/board/bay-{bay.pk}/").content.decode()

    dispatcher.post(f"{url}/limit/", {"kw": "4.5", "until": "06:00"})

    limit = ManualLimit.objects.get()
    assert (limit.evse, limit.limit_w, limit.ends_at - EVENING) == (bay.evse, 4_500, timedelta(hours=8, minutes=30))
    assert max(evening.plan().stays.get(vehicle=evening.away).kw) <= 4.5
    assert "At most 4.5" in dispatcher.get(f"{url}/limit/").content.decode()
    dispatcher.post(f"{url}/lift/")
    assert not ManualLimit.objects.filter(taken_back_at=None).exists()


def test_a_limit_by_hand_at_a_bay_needs_its_end(dispatcher: Client, evening: Evening) -> None:
    page = dispatcher.post(f"/evses/{evening.bays[2].evse_id}/limit/", {"kw": "4.5", "until": ""}).content.decode()

    assert "A limit by hand has an end" in page
    assert not ManualLimit.objects.exists()
