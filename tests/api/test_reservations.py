"""Reservations, and groups and credit of cards, over REST and on their pages."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from chargers.models import IssuedCommand, SettingValue
from sessions.models import CreditEntry, IdToken
from sessions.reserving.models import Reservation
from tests.api.yard import Yard
from tests.factories import make_user
from tests.yard.reading import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]
UNTIL = "2026-03-05T18:30:00Z"


@pytest.fixture
def without_reservations(yard: Yard) -> Yard:
    SettingValue.objects.create(
        charger=yard.charger, variable="SupportedFeatureProfiles", value="Core", reported_at="2026-03-05T12:00:00Z"
    )
    return yard


@pytest.fixture
def dispatcher(yard: Yard) -> Client:
    return signed_in(make_user("dispatcher", "dispatcher"))


def test_a_place_is_reserved_shown_and_released(client: APIClient, yard: Yard) -> None:
    reserved = client.post("/api/v1/reservations/", {"vehicle": "Van 7", "bay": yard.bay.pk, "until": UNTIL})
    assert reserved.status_code == 201, reserved.content
    told = reserved.json()
    assert (told["charger"], told["evse_number"], told["vehicle"]) == ("CP-A07", 1, "Van 7")
    assert (told["state"], told["until"], told["is_live"]) == ("asked", UNTIL, True)
    assert client.get("/api/v1/reservations/?live=true").json()["results"] == [told]

    released = client.delete(f"/api/v1/reservations/{told['id']}/")

    assert released.json()["state"] == "releasing"
    assert set(IssuedCommand.objects.values_list("kind", flat=True)) == {"reserve", "cancel_reservation"}


def test_the_same_place_is_not_reserved_twice(client: APIClient, yard: Yard) -> None:
    asked = {"vehicle": "Van 7", "bay": yard.bay.pk, "until": UNTIL}
    client.post("/api/v1/reservations/", asked)

    again = client.post("/api/v1/reservations/", asked)

    assert again.status_code == 409
    assert again.json()["detail"].endswith("is kept for Van 7 until 18:30 UTC already")


@pytest.mark.parametrize(
    "wrong", [{"until": "2026-03-05T16:00:00Z"}, {"until": "2027-03-05T16:00:00Z"}, {"vehicle": None}, {"bay": None}]
)
def test_what_cannot_be_kept_is_refused(client: APIClient, yard: Yard, wrong: dict[str, str | None]) -> None:
    asked = {"vehicle": "Van 7", "bay": yard.bay.pk, "until": UNTIL} | wrong

    refused = client.post("/api/v1/reservations/", {name: value for name, value in asked.items() if value is not None})

    assert refused.status_code == 400
    assert not Reservation.objects.exists()


def test_credit_makes_a_card_prepaid_and_each_step_is_kept(client: APIClient, yard: Yard) -> None:
    added = client.post(f"/api/v1/id-tokens/{yard.token.pk}/credit/", {"amount": "20.00", "note": "paid in"})
    client.post(f"/api/v1/id-tokens/{yard.token.pk}/credit/", {"amount": "-5.50"})

    assert (added.status_code, added.json()["balance"]) == (201, "20.00")
    assert client.get(f"/api/v1/id-tokens/{yard.token.pk}/").json()["prepaid_balance"] == "14.50"
    assert CreditEntry.objects.count() == 2


def test_a_group_has_its_limit(client: APIClient, yard: Yard) -> None:
    added = client.post("/api/v1/token-groups/", {"name": "night shift", "max_concurrent": 2})

    assert client.get(added.headers["Location"]).json()["max_concurrent"] == 2


def test_a_card_for_some_bays_names_bays_that_there_are(client: APIClient, yard: Yard) -> None:
    address = f"/api/v1/id-tokens/{yard.token.pk}/"

    assert client.patch(address, {"bays": [yard.bay.pk], "limit_wh": 9_000}).json()["bays"] == [yard.bay.pk]
    assert client.patch(address, {"bays": [yard.bay.pk + 1]}).status_code == 400
    assert IdToken.objects.get().limit_wh == 9_000


def test_the_board_says_for_whom_and_releases(without_reservations: Yard, dispatcher: Client) -> None:
    yard = without_reservations
    asked = dispatcher.post(
        f"/evses/{yard.evse.pk}/reserve/", {"vehicle": yard.van.pk, "until": "2026-03-05 19:30"}, follow=True
    )
    assert "we keep the place by refusing other cards" in words(asked)
    assert "For Van 7" in words(dispatcher.get("/"))
    reservation = Reservation.objects.get()

    dispatcher.post(f"/reservations/{reservation.pk}/release/")

    assert "For Van 7" not in words(dispatcher.get("/"))
    assert "Released" in words(dispatcher.get("/reservations/"))


def test_a_place_is_not_reserved_without_a_time(yard: Yard, dispatcher: Client) -> None:
    answer = dispatcher.post(f"/evses/{yard.evse.pk}/reserve/", {"vehicle": yard.van.pk, "until": ""})

    assert answer.status_code == 200
    assert not Reservation.objects.exists()
