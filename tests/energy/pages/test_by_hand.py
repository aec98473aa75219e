"""A dispatcher's own word on a vehicle: its departure, a limit, charge now; and each taken back."""

from datetime import timedelta

import pytest
from django.test import Client

from depot.access.models import Role
from depot.energy.models import ChargeNow, ManualLimit, VehicleNeed
from tests.energy.pages.scene import EVENING, Evening
from tests.factories import make_user

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_a_dispatcher_tells_a_departure_and_takes_it_back(client: Client, evening: Evening) -> None:
    client.force_login(make_user("dispatcher", Role.DISPATCHER))
    path = f"/readiness/vehicle-{evening.vans[0].pk}"

    client.post(f"{path}/need/", {"leaves": "03:15", "energy_kwh": "18.5", "priority": "0"})

    need = VehicleNeed.objects.get(taken_back_at=None)
    assert need.departs_at == EVENING.replace(hour=2, minute=15) + timedelta(days=1)
    assert (need.energy_wh, need.priority, str(need.told_by)) == (18_500, 0, "dispatcher")
    client.post(f"{path}/take-back/")
    assert not VehicleNeed.objects.filter(taken_back_at=None).exists()


def test_a_limit_by_hand_needs_its_end(client: Client, evening: Evening) -> None:
    client.force_login(make_user("dispatcher", Role.DISPATCHER))
    path = f"/readiness/vehicle-{evening.vans[0].pk}"

    refused = client.post(f"{path}/limit/", {"kw": "3.6", "until": ""}).content.decode()
    client.post(f"{path}/limit/", {"kw": "3.6", "until": "01:00"})

    assert "A limit by hand has an end" in refused
    limit = ManualLimit.objects.get()
    assert (limit.limit_w, limit.ends_at - EVENING) == (3_600, timedelta(hours=3, minutes=30))
    client.post(f"{path}/lift/")
    assert not ManualLimit.objects.filter(taken_back_at=None).exists()


def test_a_vehicle_charges_now_and_as_planned_again(client: Client, evening: Evening) -> None:
    client.force_login(make_user("dispatcher", Role.DISPATCHER))
    path = f"/readiness/vehicle-{evening.vans[0].pk}"

    client.post(f"{path}/now/")
    assert ChargeNow.objects.get().taken_back_at is None
    client.post(f"{path}/as-planned/")

    assert ChargeNow.objects.get().taken_back_at == EVENING
