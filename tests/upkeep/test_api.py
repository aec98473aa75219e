"""Upkeep over REST."""

from typing import Any

import pytest

from chargers.models import Charger, IssuedCommand, Oddity, SettingValue
from chargers.upkeep.models import LocalList, SettingTemplate
from depot.models import Bay, Depot
from tests.access import actors
from tests.factories import THURSDAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(admin: Any) -> Any:
    from rest_framework.test import APIClient

    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {actors.key()[1]}")
    return client


def test_a_template_goes_by_the_usual_verbs(api: Any, depot: Depot) -> None:
    said = {"name": "Usual", "depot": depot.pk, "settings": [{"variable": "HeartbeatInterval", "value": "300"}]}

    made = api.post("/api/v1/setting-templates/", said, format="json")
    changed = api.patch(
        f"/api/v1/setting-templates/{made.data['id']}/", {"settings": [], "firmware": "2."}, format="json"
    )

    assert made.status_code == 201
    assert made.data["settings"][0]["value"] == "300"
    assert (changed.data["settings"], changed.data["firmware"]) == ([], "2.")


def test_a_setting_named_twice_is_refused(api: Any) -> None:
    one = {"variable": "HeartbeatInterval", "value": "300"}

    response = api.post(
        "/api/v1/setting-templates/", {"name": "Usual", "settings": [one, one | {"value": "1"}]}, format="json"
    )

    assert response.status_code == 400
    assert not SettingTemplate.objects.exists()


def test_a_difference_is_told_and_put_right(api: Any, charger: Charger, bay: Bay) -> None:
    SettingTemplate.objects.create(name="Usual", created_at=THURSDAY).wanted.create(
        variable="HeartbeatInterval", value="300"
    )
    SettingValue.objects.create(charger=charger, variable="HeartbeatInterval", value="900", reported_at=THURSDAY)
    address = f"/api/v1/chargers/{charger.identity}/drift/"

    told = api.get(address).data
    fixed = api.post(address, {"variable": "HeartbeatInterval"}, format="json")

    assert [(one["has"], one["wanted"]) for one in told["differences"]] == [("900", "300")]
    assert (fixed.status_code, fixed.data["action"]) == (201, "ChangeConfiguration")
    assert IssuedCommand.objects.count() == 2


def test_a_charger_that_is_left_alone_says_so(api: Any, charger: Charger, bay: Bay) -> None:
    SettingTemplate.objects.create(name="Usual", created_at=THURSDAY).wanted.create(
        variable="HeartbeatInterval", value="300"
    )
    SettingValue.objects.create(charger=charger, variable="HeartbeatInterval", value="900", reported_at=THURSDAY)
    Charger.objects.update(automation_on=False)

    response = api.post(f"/api/v1/chargers/{charger.identity}/drift/", {"variable": "HeartbeatInterval"}, format="json")

    assert response.status_code == 409
    assert response.json()["type"].endswith("/left-alone/")


def test_rules_and_lists_are_told(api: Any, charger: Charger, depot: Depot, bay: Bay) -> None:
    row = LocalList.objects.create(charger=charger, is_managed=True, version=4, missing=2)
    row.tokens.create(key="a", token="A", status="Accepted")

    made = api.post("/api/v1/offline-rules/", {"depot": depot.pk, "group": "drivers"}, format="json")
    lists = api.get("/api/v1/local-lists/").json()["results"]

    assert (made.status_code, made.data["tokens_of"]) == (201, None)
    assert [(one["charger"], one["tokens"], one["missing"]) for one in lists] == [(charger.identity, 1, 2)]


def test_oddities_are_told_by_model(api: Any, charger: Charger) -> None:
    Oddity.objects.create(
        charger=charger, firmware="1.0", kind="Boot: type", count=3, first_at=THURSDAY, last_at=THURSDAY
    )

    (model,) = api.get("/api/v1/oddities/").json()["results"]

    assert (model["vendor"], model["firmware"], model["count"]) == ("ChargePoint", "1.0", 3)
