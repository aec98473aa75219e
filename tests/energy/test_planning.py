"""From the books to a plan: what is read, what is kept, and when a new one is made."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from chargers.choices import Standing
from chargers.models import Connection
from depot.energy import duties, services
from depot.energy.delivery.models import Target
from depot.energy.models import MonthPeak, PlanMark, PlannedStay, SiteInterval, StoredPlan
from depot.energy.plan import PlannedNeed
from depot.energy.queries.instance import Frame, frame_of
from depot.energy.queries.site import other_load_w
from depot.energy.services import hands
from depot.energy.services.metering import close_quarters, store_samples
from depot.energy.services.planning import ready_at
from depot.models import Bay, Depot
from sessions.models import Session
from tests.energy import tariffs as published
from tests.energy.rows import (
    make_circuit,
    make_need,
    make_rule,
    make_source,
    make_tariff,
    make_timetable,
    wire,
    wired_bay,
)
from tests.factories import connect, make_bay, make_depot, make_evse, make_reading, make_session, make_vehicle

pytestmark = pytest.mark.django_db

EVENING = datetime(2026, 3, 5, 17, 0, tzinfo=UTC)  # Thursday, 18:00 in Berlin
HOUR = timedelta(hours=1)


@pytest.fixture
def depot() -> Depot:
    depot = make_depot(site_limit_w=50_000)
    make_circuit(depot)
    make_tariff(depot)
    return depot


def plug_in(bay: Bay, **fields: Any) -> Session:
    vehicle = fields.pop("vehicle", None) or make_vehicle(depot_key=bay.depot_id, battery_kwh=75)
    values = {"started_at": EVENING - HOUR, "energy_wh": 0, "last_heard_at": EVENING} | fields
    return make_session(bay, vehicle, **values)


def frame(depot: Depot, now: datetime = EVENING) -> Frame:
    found = frame_of(depot, now)
    assert found is not None
    return found


def replan(depot: Depot, now: datetime = EVENING) -> StoredPlan:
    plan = services.replan(depot, now=now, why="a test")
    assert plan is not None
    return plan


def test_a_depot_without_circuits_is_not_planned() -> None:
    depot = make_depot()

    assert services.replan(depot, now=EVENING, why="a test") is None
    assert not StoredPlan.objects.exists()


def test_only_adopted_and_managed_evses_on_a_circuit_are_planned(depot: Depot) -> None:
    managed = wired_bay(depot)
    wired_bay(depot, charger={"standing": Standing.WAITING})
    wired_bay(depot, charger={"energy_management_on": False})
    make_bay(depot)

    assert [evse.key for evse in frame(depot).instance.evses] == [str(managed.evse_id)]


def test_a_vehicle_gets_what_it_needs_before_it_leaves(depot: Depot) -> None:
    session = plug_in(wired_bay(depot), soc_percent=40.0)

    plan = replan(depot)

    stay = plan.stays.get()
    assert stay.session == session
    assert stay.departs_at == datetime(2026, 3, 6, 5, 0, tzinfo=UTC)
    assert (stay.departure_source, stay.needs_source) == ("default", "level")
    assert sum(stay.kw) / 4 * 0.9 == pytest.approx(30.0, abs=0.05)
    assert stay.ready_at is not None
    assert stay.ready_at <= stay.departs_at


@pytest.mark.parametrize(("short_kwh", "is_ready"), [(0.4, True), (0.6, False)])
def test_what_a_plan_leaves_unnoticed_does_not_make_it_late(depot: Depot, short_kwh: float, is_ready: bool) -> None:
    plug_in(wired_bay(depot), soc_percent=40.0)
    seen = frame(depot)
    (need,) = seen.instance.needs
    kw = [4 * (need.energy_kwh - short_kwh) / 0.9, 0.0]
    told = PlannedNeed(need=replace(need, installed_kw=tuple(kw), grain_kwh=0.0), kw=tuple(kw), unmet_kwh=0.0)

    at = ready_at(seen, told.need, told, seen.stays[need.key])

    assert at == (EVENING + timedelta(minutes=15) if is_ready else None)


def test_each_stay_and_slot_has_a_reason(depot: Depot) -> None:
    plug_in(wired_bay(depot), soc_percent=40.0)

    stay = replan(depot).stays.get()

    runs = stay.reasons
    assert (runs[0]["from"], runs[-1]["to"]) == (0, 96)
    assert all(before["to"] == after["from"] for before, after in pairwise(runs))
    assert all(run["why"] and run["text"] for run in runs)


def test_the_same_books_twice_tell_a_charger_once(depot: Depot) -> None:
    plug_in(wired_bay(depot), soc_percent=40.0)

    first, again = replan(depot), replan(depot)

    assert first.stays.get().was_told
    assert not again.stays.get().was_told
    assert again.stays.get().held == first.stays.get().held


def test_a_need_of_tonight_is_planned(depot: Depot) -> None:
    session = plug_in(wired_bay(depot))
    make_need(depot, vehicle=session.vehicle, departs_at=EVENING + 4 * HOUR, energy_wh=20_000)

    stay = replan(depot).stays.get()

    assert (stay.departs_at, stay.departure_source) == (EVENING + 4 * HOUR, "dispatcher")
    assert (stay.needs_kwh, stay.needs_source) == (18.0, "dispatcher")


def test_the_vehicles_own_word_is_kept_once_and_asks_for_a_plan(depot: Depot) -> None:
    session = plug_in(wired_bay(depot))

    told = services.vehicle_told(session, EVENING + 4 * HOUR, 20_000, "vehicle", EVENING)
    again = services.vehicle_told(session, EVENING + 4 * HOUR, 20_000, "vehicle", EVENING)

    assert told == again
    assert PlanMark.objects.get().wanted_at == EVENING
    assert replan(depot).stays.get().departure_source == "vehicle"


def test_the_vehicles_word_is_not_about_its_next_stay(depot: Depot) -> None:
    first, second = wired_bay(depot), wired_bay(depot)
    session = plug_in(first)
    services.vehicle_told(session, EVENING + 4 * HOUR, 20_000, "vehicle", EVENING)
    Session.objects.filter(pk=session.pk).update(ended_at=EVENING, closed_by="charger")
    plug_in(second, vehicle=session.vehicle)

    assert replan(depot).stays.get().departure_source == "default"


def test_nothing_told_is_nothing(depot: Depot) -> None:
    session = plug_in(wired_bay(depot))

    assert services.vehicle_told(session, None, None, "vehicle", EVENING) is None
    with pytest.raises(services.NothingTold):
        services.tell_need(depot, source="dispatcher", vehicle=session.vehicle, now=EVENING)  # type: ignore[arg-type]


def test_last_nights_tell_what_a_vehicle_without_a_level_needs(depot: Depot) -> None:
    bay, vehicle = wired_bay(depot), make_vehicle(depot_key=depot.pk)
    for night, wh in enumerate((20_000, 40_000, 30_000), 1):
        make_session(bay, vehicle, started_at=EVENING - timedelta(days=night), ended_at=EVENING - timedelta(days=night)
                     + HOUR, energy_wh=wh)  # fmt: skip
    plug_in(bay, vehicle=vehicle)

    stay = replan(depot).stays.get()

    assert stay.needs_source == "nights"
    assert stay.needs_kwh == pytest.approx(30 * 1.2 * 0.9)


def test_what_a_vehicle_took_in_several_charges_of_one_night_is_one_night(depot: Depot) -> None:
    bay, vehicle = wired_bay(depot), make_vehicle(depot_key=depot.pk)
    for hours_ago in (24, 22, 20):
        at = EVENING - hours_ago * HOUR
        make_session(bay, vehicle, started_at=at, ended_at=at + HOUR, energy_wh=10_000)
    plug_in(bay, vehicle=vehicle)

    stay = replan(depot).stays.get()

    assert stay.needs_kwh == pytest.approx(30 * 1.2 * 0.9)


def test_a_vehicle_that_draws_nothing_though_it_may_has_enough(depot: Depot) -> None:
    plug_in(wired_bay(depot), energy_state="suspended_ev", energy_state_at=EVENING - timedelta(minutes=11))

    stay = replan(depot).stays.get()

    assert (stay.needs_source, stay.needs_kwh) == ("has_enough", 0.0)


@pytest.mark.parametrize(("seen", "source"), [(timedelta(0), "has_enough"), (timedelta(days=-1), "full")])
def test_who_was_seen_to_be_full_in_this_charge_has_enough(depot: Depot, seen: timedelta, source: str) -> None:
    bay = wired_bay(depot)
    plug_in(bay, started_at=EVENING - timedelta(hours=1))
    Target.objects.create(evse=bay.evse, depot=depot, waking="full", waking_since=EVENING + seen)

    assert replan(depot).stays.get().needs_source == source


def test_who_is_expected_by_the_timetable_has_power_kept(depot: Depot) -> None:
    vehicle = make_vehicle(depot_key=depot.pk)
    bay = wired_bay(depot)
    make_timetable(depot, vehicle, comes_at=time(20), energy_wh=30_000, bay=bay)

    stay = replan(depot).stays.get()

    assert stay.is_expected
    assert stay.session is None
    assert stay.arrives_at == datetime(2026, 3, 5, 19, tzinfo=UTC)
    assert sum(stay.kw) / 4 == pytest.approx(30.0, abs=0.05)
    assert not any(stay.kw[:8])
    assert not stay.was_told


def test_one_that_is_due_and_not_there_is_awaited_from_the_next_slot(depot: Depot) -> None:
    make_timetable(depot, comes_at=time(16), energy_wh=30_000, bay=wired_bay(depot))

    assert replan(depot).stays.get().arrives_at == EVENING + timedelta(minutes=15)


def test_nobody_is_expected_where_somebody_stands(depot: Depot) -> None:
    bay = wired_bay(depot)
    plug_in(bay)
    make_timetable(depot, comes_at=time(20), energy_wh=30_000, bay=bay)

    assert [stay.is_expected for stay in replan(depot).stays.all()] == [False]


def test_an_offline_charger_is_counted_at_its_rating(depot: Depot) -> None:
    there, away = wired_bay(depot), wired_bay(depot)
    assert away.evse
    Connection.objects.filter(charger=away.evse.charger).update(closed_at=datetime.now(UTC))
    plug_in(there, soc_percent=10.0)

    evses = {evse.key: evse for evse in frame(depot).instance.evses}

    assert evses[str(away.evse_id)].held == "offline"
    assert evses[str(away.evse_id)].held_kw == (11.0,) * 96
    assert evses[str(there.evse_id)].held_kw is None


def test_the_reserve_of_a_circuit_counts_against_it() -> None:
    depot = make_depot(site_limit_w=30_000)
    make_tariff(depot)
    grid = make_circuit(depot, reserved_w=20_000)
    for _ in range(3):
        plug_in(wired_bay(depot, circuit=grid), soc_percent=0.0)

    plan = replan(depot)

    assert max(sum(kw) for kw in zip(*(stay.kw for stay in plan.stays.all()), strict=True)) <= 10.0 + 1e-6


def test_two_points_on_one_supply_of_forty_amperes_share_it(depot: Depot) -> None:
    supply = make_circuit(depot, "Supply 1", make_circuit(depot), limit_a=40)
    for _ in range(2):
        bay = wired_bay(depot, circuit=supply, wiring={"rating_w": 7_400, "lines": "2"})
        plug_in(bay, soc_percent=0.0)

    plan = replan(depot)

    together = [sum(kw) for kw in zip(*(stay.kw for stay in plan.stays.all()), strict=True)]
    assert max(together) == pytest.approx(9.2, abs=0.01)
    assert plan.was_short


def test_a_limit_by_hand_is_kept_and_named_until_its_end(depot: Depot) -> None:
    bay = wired_bay(depot)
    plug_in(bay, soc_percent=0.0)
    assert bay.evse
    hands.limit_by_hand(bay.evse, 5_000, until=EVENING + 2 * HOUR, set_by=None, now=EVENING)

    stay = replan(depot).stays.get()

    assert max(stay.kw[:8]) <= 5.0
    assert max(stay.kw[8:]) == pytest.approx(11.0)
    assert any("limit of 5 kW until 20:00" in run["text"] for run in stay.reasons)


def test_charge_now_takes_what_it_can_at_once(depot: Depot) -> None:
    make_rule(depot, "nothing", from_time=time(16), to_time=time(20))
    session = plug_in(wired_bay(depot), soc_percent=40.0)
    assert not any(replan(depot).stays.get().kw[:8])

    hands.charge_now(session, asked_by=None, now=EVENING)

    stay = replan(depot).stays.get()
    assert stay.is_now
    assert stay.kw[:12] == pytest.approx([11.0] * 12)


def test_charge_now_waits_for_no_cheaper_quarter_of_an_hour(depot: Depot) -> None:
    night = {"from": "18:15", "to": "06:00", "price_per_kwh": "0.1"}
    make_tariff(depot, {"energy": [night, {"price_per_kwh": "0.9"}]}, valid_from=EVENING.date())
    session = plug_in(wired_bay(depot), soc_percent=77.0)
    hands.charge_now(session, asked_by=None, now=EVENING)

    stay = replan(depot, EVENING + timedelta(minutes=8)).stays.get()

    assert stay.kw[0] == pytest.approx(11), "at 18:08, though 18:15 is cheaper"
    assert (stay.unmet_kwh, stay.ready_at is not None) == (0, True)


def test_one_that_charges_now_and_does_not_get_all_at_once_goes_on_and_misses_nothing(depot: Depot) -> None:
    depot.site_limit_w = 6_000
    session = plug_in(wired_bay(depot), soc_percent=40.0)
    hands.charge_now(session, asked_by=None, now=EVENING)

    stay = replan(depot).stays.get()

    assert stay.kw[0] == pytest.approx(6, abs=0.2)
    assert stay.needs_kwh == pytest.approx(0.4 * 75)
    assert (stay.unmet_kwh, stay.ready_at is not None) == (0, True)


def test_one_that_charges_now_for_longer_than_is_planned_misses_nothing(depot: Depot) -> None:
    van = make_vehicle(depot_key=depot.pk, battery_kwh=400)
    session = plug_in(wired_bay(depot), vehicle=van)
    leaves = EVENING + 40 * HOUR
    make_need(
        depot, vehicle=van, session=session, departs_at=leaves, energy_wh=350_000, told_at=EVENING, holds_until=leaves,
        session_energy_wh=0,
    )  # fmt: skip
    hands.charge_now(session, asked_by=None, now=EVENING)

    stay = replan(depot).stays.get()

    assert stay.kw == pytest.approx([11.0] * 96)
    assert stay.unmet_kwh == 0
    assert stay.ready_at is not None
    assert EVENING + 31 * HOUR < stay.ready_at < EVENING + 33 * HOUR


def test_a_cap_of_the_grid_holds_in_its_window(depot: Depot) -> None:
    for _ in range(4):
        plug_in(wired_bay(depot), soc_percent=0.0)
    hands.cap_grid(depot, 12_000, starts_at=EVENING + HOUR, ends_at=EVENING + 3 * HOUR, now=EVENING)

    plan = replan(depot)

    assert max(plan.grid_kw[4:12]) <= 12.0 + 1e-6
    assert plan.limit_kw[3:5] == [50.0, 12.0]


def test_the_dear_hours_are_waited_for_and_the_reason_says_so(depot: Depot) -> None:
    make_tariff(
        depot,
        {"energy": [{"from": "16:00", "to": "21:00", "price_per_kwh": "0.5"}, {"price_per_kwh": "0.1"}]},
        valid_from="2026-01-01",
    )
    plug_in(wired_bay(depot), soc_percent=40.0)

    stay = replan(depot).stays.get()

    assert not any(stay.kw[:12])
    assert stay.reasons[0]["why"] == "on_peak"


def test_a_rule_holds_and_the_reason_quotes_it(depot: Depot) -> None:
    make_rule(depot, "at_most", limit_w=4_200, from_time=time(22), to_time=time(6))
    plug_in(wired_bay(depot), soc_percent=0.0)

    stay = replan(depot).stays.get()

    assert max(stay.kw[20:40]) <= 4.2 + 1e-6
    assert "every day from 22:00 to 06:00: charge with at most 4.2 kW" in stay.reasons[-2]["text"] + str(stay.reasons)


def test_a_rule_taken_back_holds_no_more(depot: Depot) -> None:
    make_rule(depot, "nothing", taken_back_at=EVENING)
    make_rule(depot, "nothing", active_from=None)
    make_rule(depot, "nothing", active_from=EVENING + HOUR)

    plug_in(wired_bay(depot), soc_percent=40.0)

    assert frame(depot).sentences == []


@pytest.mark.parametrize(
    ("scope", "held"),
    [
        ({"scope": "group", "group": "Row B"}, {"B01"}),
        ({"scope": "group", "group": "dc"}, {"B01"}),
        ({"scope": "group", "group": "ac"}, {"A01", "A02"}),
        ({"scope": "depot"}, {"A01", "A02", "B01"}),
    ],
)
def test_a_rule_holds_at_the_bays_of_its_scope(depot: Depot, scope: dict[str, Any], held: set[str]) -> None:
    bays = {str(wired_bay(depot, name).evse_id): name for name in ("A01", "A02")}
    fast = wired_bay(depot, "B01", evse={"is_dc": True})
    Bay.objects.filter(pk=fast.pk).update(zone="Row B")
    bays[str(fast.evse_id)] = "B01"
    make_rule(depot, "nothing", **scope)

    (sentence,) = frame(depot).sentences

    assert {bays[key] for key in sentence.evses} == held


@pytest.mark.parametrize("scope", ["charger", "evse", "bay"])
def test_a_rule_of_one_place_holds_there_only(depot: Depot, scope: str) -> None:
    bay, _ = wired_bay(depot, "A01"), wired_bay(depot, "A02")
    assert bay.evse
    place = {"charger": bay.evse.charger, "evse": bay.evse, "bay": bay}[scope]
    make_rule(depot, "nothing", scope=scope, **{scope: place})

    (sentence,) = frame(depot).sentences

    assert sentence.evses == {str(bay.evse_id)}


def test_a_rule_on_a_circuit_holds_on_all_that_hangs_on_it(depot: Depot) -> None:
    panel = make_circuit(depot, "Panel", make_circuit(depot))
    supply = make_circuit(depot, "Supply", panel)
    under, beside = wired_bay(depot, circuit=supply), wired_bay(depot)
    make_rule(depot, "nothing", scope="circuit", circuit=panel)

    (sentence,) = frame(depot).sentences

    assert str(under.evse_id) in sentence.evses
    assert str(beside.evse_id) not in sentence.evses


def test_the_months_peak_is_carried_into_the_plan(depot: Depot) -> None:
    make_tariff(depot, published.SMUD, valid_from="2026-01-01")
    MonthPeak.objects.create(depot=depot, window="any time", starts_on="2026-03-01", kw=33)
    wired_bay(depot)

    (window,) = frame(depot).instance.demand

    assert (window.key, window.incurred_kw) == ("any time", 33.0)
    assert window.price_per_kw == 6.454


def test_pushed_prices_are_planned_with_and_ask_for_a_plan(depot: Depot) -> None:
    make_tariff(depot, published.WHOLESALE, valid_from="2026-01-01")
    prices = make_source(depot, "price", holds_s=3600)
    wired_bay(depot)

    store_samples(prices, [(EVENING, Decimal("1.00")), (EVENING + HOUR, Decimal("0.50"))], now=EVENING)

    series = frame(depot).instance.site.import_price
    assert series[:4] == pytest.approx((1.13,) * 4)  # 18:00 in Berlin: the network's evening
    assert series[4:8] == pytest.approx((0.605,) * 4)
    assert series[8] == pytest.approx(0.08 + 1.05 * 0.11)  # nobody told
    assert PlanMark.objects.get().why == "new prices"


def test_a_fresh_meter_is_planned_with_and_a_stale_one_is_not(depot: Depot) -> None:
    building = make_source(depot, stale_after_s=60)
    wired_bay(depot)
    store_samples(building, [(EVENING, Decimal(17_000))], now=EVENING)

    assert frame(depot).instance.site.building_kw[0] == 17.0
    assert frame(depot, EVENING + timedelta(seconds=61)).instance.site.building_kw[0] == 0.0


def test_a_live_meter_stands_for_the_reserve_only_while_it_is_fresh() -> None:
    depot = make_depot()
    grid = make_circuit(depot, reserved_w=40_000)
    building = make_source(depot, stale_after_s=60, counts_live=True)
    store_samples(building, [(EVENING, Decimal(17_000))], now=EVENING)

    assert other_load_w(grid, EVENING) == 17_000
    assert other_load_w(grid, EVENING + timedelta(seconds=61)) == 40_000


def test_a_quarter_is_summed_from_registers_and_raises_the_peak(depot: Depot) -> None:
    make_tariff(depot, published.SMUD, valid_from="2026-01-01")
    make_source(depot, constant=8_000)
    bay = wired_bay(depot)
    session = plug_in(bay)
    start = EVENING - timedelta(minutes=15)
    for minutes, wh in ((-5, 0), (5, 1_000), (25, 5_000)):
        make_reading(session, start + timedelta(minutes=minutes), energy_wh=wh)

    assert close_quarters(depot, now=EVENING + timedelta(minutes=3)) == 1

    interval = SiteInterval.objects.get()
    # Half of the first rise lies within, and half of the second.
    assert (interval.starts_at, interval.chargers_wh, interval.building_wh) == (start, 2_500, 2_000)
    assert (interval.grid_wh, interval.is_metered) == (4_500, False)
    assert MonthPeak.objects.get(window="any time").kw == Decimal("18.000")


def test_the_meter_at_the_connection_is_believed_before_sums(depot: Depot) -> None:
    meter = make_source(depot, "grid")
    samples = [(EVENING - timedelta(minutes=m), Decimal(w)) for m, w in ((14, 20_000), (4, 30_000))]
    store_samples(meter, samples, now=EVENING)

    close_quarters(depot, now=EVENING + timedelta(minutes=3))

    interval = SiteInterval.objects.get()
    assert (interval.grid_wh, interval.building_wh, interval.is_metered) == (6_250, 6_250, True)


def test_a_quarter_is_summed_once(depot: Depot) -> None:
    assert close_quarters(depot, now=EVENING + timedelta(minutes=3)) == 1
    assert close_quarters(depot, now=EVENING + timedelta(minutes=4)) == 0
    assert close_quarters(depot, now=EVENING + timedelta(minutes=48)) == 3


class Asked:
    """Stands where the worker is: notes for which depots a plan was asked, and why."""

    def __init__(self) -> None:
        self.why: list[str] = []

    def delay(self, *, depot_id: int, why: str) -> None:
        self.why.append(why)
        PlanMark.objects.filter(depot=depot_id).update(claimed_at=None)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked = Asked()
    monkeypatch.setattr(duties.tasks, "replan_depot", asked)
    return asked


def test_a_plan_is_asked_for_each_quarter_of_an_hour(depot: Depot, asked: Asked) -> None:
    for minutes in (0, 1, 14, 15, 16):
        duties.plan_what_is_due(EVENING + timedelta(minutes=minutes))

    assert asked.why == ["the first plan", "a new quarter of an hour"]


def test_a_plan_is_asked_for_when_a_vehicle_comes_or_a_charger_goes(depot: Depot, asked: Asked) -> None:
    bay = wired_bay(depot)
    duties.plan_what_is_due(EVENING)
    plug_in(bay)
    duties.plan_what_is_due(EVENING + timedelta(seconds=1))
    assert bay.evse
    Connection.objects.filter(charger=bay.evse.charger).update(closed_at=datetime.now(UTC))
    duties.plan_what_is_due(EVENING + timedelta(seconds=2))
    duties.plan_what_is_due(EVENING + timedelta(seconds=3))

    assert asked.why[1:] == ["a vehicle came or left, or a charger did"] * 2


def test_a_wish_is_answered_once(depot: Depot, asked: Asked) -> None:
    duties.plan_what_is_due(EVENING)
    services.want_plan(depot.pk, "a new need", now=EVENING)

    duties.plan_what_is_due(EVENING)
    duties.plan_what_is_due(EVENING)

    assert asked.why == ["the first plan", "a new need"]


def test_a_depot_that_is_being_planned_is_not_planned_twice(depot: Depot, asked: Asked) -> None:
    duties.plan_what_is_due(EVENING)
    PlanMark.objects.update(claimed_at=datetime.now(UTC))
    services.want_plan(depot.pk, "a new need", now=EVENING)
    duties.plan_what_is_due(EVENING)
    assert asked.why == ["the first plan"]

    PlanMark.objects.update(claimed_at=datetime.now(UTC) - 2 * duties.CLAIM_HOLDS)
    duties.plan_what_is_due(EVENING)

    assert asked.why == ["the first plan", "a new need"]


def test_a_plan_that_never_came_is_made_by_another(depot: Depot, asked: Asked) -> None:
    duties.plan_what_is_due(EVENING)
    PlanMark.objects.update(claimed_at=datetime.now(UTC) - 2 * duties.CLAIM_HOLDS)

    duties.plan_what_is_due(EVENING)

    assert asked.why == ["the first plan", "the last plan never came"]


def test_a_depot_of_one_process_waits_for_no_plan_of_the_process_before(depot: Depot, asked: Asked) -> None:
    duties.plan_what_is_due(EVENING)
    PlanMark.objects.update(claimed_at=datetime.now(UTC))

    services.free_plans_of_the_dead(now=EVENING)
    duties.plan_what_is_due(EVENING)

    assert asked.why == ["the first plan", "the depot was started again"]


def test_terms_that_cannot_be_read_are_told_and_the_plan_that_holds_stays(depot: Depot) -> None:
    wired_bay(depot)
    replan(depot)
    make_tariff(depot, {"energy": []}, valid_from="2026-01-01")
    PlanMark.objects.update(claimed_at=datetime.now(UTC))

    duties.tasks.replan_depot(depot_id=depot.pk, why="a test")

    mark = PlanMark.objects.get()
    assert "at least one price" in mark.failed
    assert mark.claimed_at is None
    assert StoredPlan.objects.count() == 1


def test_a_preview_compares_and_keeps_nothing(depot: Depot) -> None:
    plug_in(wired_bay(depot), soc_percent=40.0)
    replan(depot)
    before = StoredPlan.objects.count(), PlannedStay.objects.count()

    seen = services.preview(depot, lambda: make_rule(depot, "nothing"), now=EVENING)

    assert seen is not None
    assert seen.old.will_miss == ()
    assert [stay.unmet_kwh for stay in seen.new.will_miss] == [pytest.approx(30.0, abs=1e-3)]
    assert "do not charge" in seen.new.stays[0].why
    assert seen.costs_more < 0
    assert not depot.rules.exists()
    assert (StoredPlan.objects.count(), PlannedStay.objects.count()) == before


def test_a_preview_names_the_rules_that_clash(depot: Depot) -> None:
    wired_bay(depot)
    make_rule(depot, "nothing", from_time=time(16), to_time=time(23))

    seen = services.preview(
        depot, lambda: make_rule(depot, "at_most", limit_w=7_000, from_time=time(22), to_time=time(6), position=1),
        now=EVENING,
    )  # fmt: skip

    assert seen is not None
    assert [(clash.from_time, clash.to_time) for clash in seen.new.clashes] == [(time(22), time(23))]
    assert seen.old.clashes == ()


def test_a_night_without_an_hour_is_planned_for_the_hours_it_has() -> None:
    """On 29 March the clock in Berlin jumps from 02:00 to 03:00."""
    depot = make_depot(site_limit_w=50_000)
    make_circuit(depot)
    make_tariff(depot, {"energy": [{"from": "22:00", "to": "06:00", "price_per_kwh": "0.1"}, {"price_per_kwh": "0.5"}]})
    vehicle = make_vehicle(battery_kwh=75, target_soc_percent=100)
    plug_in(wired_bay(depot), soc_percent=0.0, vehicle=vehicle, started_at=datetime(2026, 3, 28, 17, tzinfo=UTC))

    stay = replan(depot, datetime(2026, 3, 28, 18, tzinfo=UTC)).stays.get()

    assert stay.departs_at == datetime(2026, 3, 29, 4, tzinfo=UTC)  # 06:00
    # From 22:00 to 06:00 there are seven hours: 77 of the 83.3 kWh that it needs fit.
    assert sum(stay.kw[12:40]) / 4 == pytest.approx(77.0)
    assert sum(stay.kw[:12]) / 4 == pytest.approx(75 / 0.9 - 77.0, abs=0.1)


def test_evses_of_which_one_charges_at_a_time_are_planned_so(depot: Depot) -> None:
    grid, first = make_circuit(depot), make_evse(number=1, max_w=50_000, is_dc=True, exclusion_group="cables")
    second = make_evse(first.charger, 2, max_w=50_000, is_dc=True, exclusion_group="cables")
    for evse in (first, second):
        wire(evse, grid, rating_w=20_000)
        plug_in(make_bay(depot, evse=evse), soc_percent=0.0)
    connect(first.charger)

    plan = replan(depot)

    assert max(sum(kw) for kw in zip(*(stay.kw for stay in plan.stays.all()), strict=True)) <= 20.0 + 1e-6
