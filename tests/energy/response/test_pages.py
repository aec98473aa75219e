"""A cap entered by hand, and what the page tells of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from depot.access.models import AuditEntry, Role
from depot.energy.models import GridCap
from depot.energy.response.models import CapEffect
from tests.conftest import BusinessTime
from tests.energy.pages.scene import EVENING, Evening, make_evening
from tests.energy.rows import make_cap
from tests.factories import make_user

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def evening(business_time: BusinessTime) -> Evening:
    business_time.set(EVENING)
    return make_evening()


@pytest.fixture
def dispatcher(client: Client, evening: Evening) -> Client:
    client.force_login(make_user("dispatcher", Role.DISPATCHER, depots=[evening.depot]))
    return client


@pytest.mark.parametrize(
    ("said", "begins_h", "lasts_h"),
    [
        # It is 21:30 in Berlin.
        ({"since": "", "until": "23:00"}, 0, 1.5),
        ({"since": "22:30", "until": "01:00"}, 1, 2.5),
        ({"since": "17:00", "until": "20:00", "day": "1"}, 43.5, 3),
    ],
)
def test_a_cap_is_entered_by_the_clock_on_the_wall(
    dispatcher: Client, evening: Evening, said: dict[str, Any], begins_h: float, lasts_h: float
) -> None:
    dispatcher.post("/energy/caps/", {"kw": "12.5", "note": "Utility, event 4711", **said})

    cap = GridCap.objects.get()
    assert (cap.limit_w, cap.starts_at, cap.ends_at - cap.starts_at) == (
        12_500, EVENING + begins_h * HOUR, lasts_h * HOUR,
    )  # fmt: skip
    assert (str(cap.entered_by), AuditEntry.objects.get().act) == ("dispatcher", "capped the grid")
    assert max(evening.plan().limit_kw[:1]) == (12.5 if begins_h == 0 else 30)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"kw": "12", "until": ""}, "A cap has an end: tell its hour."),
        ({"kw": "12", "since": "22:00", "until": "22:00"}, "It ends when it begins."),
        ({"kw": "-1", "until": "23:00"}, "greater than or equal to 0"),
    ],
)
def test_what_is_no_cap_is_said(dispatcher: Client, said: dict[str, str], words: str) -> None:
    page = dispatcher.post("/energy/caps/", said).content.decode()

    assert words in page
    assert not GridCap.objects.exists()


def test_what_came_of_it_stands_on_the_page(dispatcher: Client, evening: Evening) -> None:
    kept, passed = (
        make_cap(evening.depot, limit_w=12_000, starts_at=EVENING - n * HOUR, ends_at=EVENING - (n - 1) * HOUR)
        for n in (2, 4)
    )
    CapEffect.objects.create(cap=kept, measured_at=EVENING, highest_kw=11.6, is_metered=True)
    CapEffect.objects.create(
        cap=passed, measured_at=EVENING, highest_kw=14.5, highest_moment_kw=17, is_metered=True, with_kw=12,
        without_kw=20, gave_way=[{"name": "Van 7", "without_kwh": 8.0, "with_kwh": 3.0}],
    )  # fmt: skip

    page = dispatcher.get("/energy/caps/").content.decode().replace("\N{NO-BREAK SPACE}", " ")

    assert "The highest quarter of an hour was 11.6 kW" in page
    assert "Over by 2.5 kW" in page
    assert "Van 7 (8.0 → 3.0 kWh)" in page
