"""What the past days would have cost: who works it out, and when it is asked for again."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from depot.access.models import Role
from depot.energy.delivery.models import Fallback, Target
from depot.energy.pages import tasks
from depot.energy.pages.models import LookBack
from depot.energy.pages.past import newest_days, past_of
from depot.energy.queries.instance import frame_of
from tests.conftest import BusinessTime
from tests.energy.pages.rows import make_look_back
from tests.energy.rows import make_tariff, wired_bay
from tests.energy.tariffs import FREE_WINDOW, PGE_BEV_2_S
from tests.factories import THURSDAY, make_depot, make_session, make_user, make_vehicle

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("hours_ago", "again"), [(0.5, 0), (2, 1)])
def test_one_that_was_lost_with_its_worker_is_worked_out_again(
    client: Client,
    business_time: BusinessTime,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    hours_ago: float,
    again: int,
) -> None:
    business_time.set(THURSDAY)
    depot, told = make_depot(), []
    first_day = newest_days(depot, THURSDAY, 7).date()
    row = make_look_back(depot, first_day=first_day, asked_at=THURSDAY - timedelta(hours=hours_ago))
    monkeypatch.setattr(tasks.look_back_at, "delay", lambda **said: told.append(said["look_back_id"]))
    client.force_login(make_user("manager", Role.FLEET_MANAGER))

    with django_capture_on_commit_callbacks(execute=True):
        client.post("/energy/past/work-out/", {"days": "7"})

    assert told == [row.pk] * again
    assert LookBack.objects.count() == 1


def test_what_chargers_fall_back_to_today_says_nothing_of_the_past() -> None:
    depot = make_depot(site_limit_w=50_000)
    bay = wired_bay(depot)
    assert bay.evse
    Target.objects.create(evse=bay.evse, depot=depot, fallback_w=1_400, fallback_state=Fallback.HELD)
    row = make_look_back(depot, first_day=newest_days(depot, THURSDAY, 7).date())
    came = THURSDAY - timedelta(days=2)
    make_session(
        bay, make_vehicle(depot_key=depot.pk), started_at=came, ended_at=came + timedelta(hours=8), energy_wh=9
    )
    frame = frame_of(depot, THURSDAY)
    assert frame is not None

    past = past_of(row, THURSDAY)

    assert [evse.fallback_kw is None for evse in frame.instance.evses] == [False]
    assert [evse.fallback_kw for evse in past.evses] == [None]


def test_of_a_subscription_the_past_pays_its_blocks_and_what_is_over_them() -> None:
    depot = make_depot(site_limit_w=500_000)
    bay = wired_bay(depot)
    make_tariff(depot, PGE_BEV_2_S | {"subscription": PGE_BEV_2_S["subscription"] | {"blocks": 4}})
    came = THURSDAY - timedelta(days=2)
    make_session(
        bay, make_vehicle(depot_key=depot.pk), started_at=came, ended_at=came + timedelta(hours=8), energy_wh=9
    )
    row = make_look_back(depot, first_day=newest_days(depot, THURSDAY, 7).date())

    (charge,) = past_of(row, THURSDAY).demand

    # Four blocks of 50 kW for 382.24, and 3.82 for each kW above 200.
    assert (charge.incurred_kw, charge.price_per_kw) == (200.0, 3.82)
    assert charge.price_per_kw * charge.incurred_kw + charge.besides == pytest.approx(382.24)


def test_the_past_pays_what_is_beyond_an_amount() -> None:
    depot = make_depot(site_limit_w=500_000)
    bay = wired_bay(depot)
    make_tariff(depot, FREE_WINDOW)
    came = THURSDAY - timedelta(days=2)
    make_session(
        bay, make_vehicle(depot_key=depot.pk), started_at=came, ended_at=came + timedelta(hours=8), energy_wh=9
    )
    row = make_look_back(depot, first_day=newest_days(depot, THURSDAY, 7).date())

    assert set(past_of(row, THURSDAY).import_price) == {0.3}
