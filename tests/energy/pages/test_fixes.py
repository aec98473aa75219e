"""Each kind of fix: found by solving again, applied by its button, and seen in the plan that follows."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from depot.energy.models import ChargeNow, ManualLimit, PlannedStay, VehicleNeed
from depot.energy.pages.compare import Moved
from depot.energy.pages.fixes import Fix, FixKind, Subject, Tried, find_fixes, rank
from depot.models import Bay, Depot
from sessions.models import Session
from sessions.reserving.models import Reservation
from tests.energy.pages.scene import EVENING, Evening, leaves_in
from tests.energy.rows import make_manual_limit, make_need, wired_bay
from tests.factories import make_depot

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def needs(evening: Evening, number: int, *, kwh: float, leaves_in_h: float) -> None:
    leaves = EVENING + leaves_in_h * HOUR
    make_need(
        evening.depot,
        vehicle=evening.vans[number],
        departs_at=leaves,
        energy_wh=round(kwh * 1000),
        told_at=EVENING,
        holds_until=leaves,
        session_energy_wh=0,
    )


def limit_site(evening: Evening, limit_w: int) -> None:
    evening.depot.site_limit_w = limit_w
    evening.depot.save()


def subject_of(evening: Evening) -> Subject:
    session, van = evening.sessions[0], evening.vans[0]
    return Subject(key=f"vehicle-{van.pk}", depot=evening.depot, vehicle=van, session=session)


def find(evening: Evening, kind: FixKind) -> Tried:
    return next(one for one in find_fixes(subject_of(evening), now=EVENING) if one.fix.kind == kind)


def apply(manager: Client, evening: Evening, tried: Tried) -> None:
    told = {name: str(value) for name, value in tried.fix.told().items()}
    answer = manager.post(f"/readiness/vehicle-{evening.vans[0].pk}/apply/", told)
    assert answer.headers["Location"] == "/readiness/"


def planned(evening: Evening, number: int = 0) -> PlannedStay:
    return PlannedStay.objects.get(plan=evening.plan(), vehicle=evening.vans[number])


def test_more_power_where_a_hand_has_limited_it(manager: Client, evening: Evening) -> None:
    make_manual_limit(evening.bays[0], limit_w=4_200, starts_at=EVENING, ends_at=EVENING + 12 * HOUR)
    needs(evening, 0, kwh=15, leaves_in_h=2)
    short = planned(evening).unmet_kwh

    found = find(evening, FixKind.LIFT)
    apply(manager, evening, found)

    after = planned(evening)
    assert (short > 5, after.unmet_kwh) == (True, pytest.approx(0, abs=0.05))
    assert abs(found.ready_at - after.ready_at) < timedelta(minutes=1)
    assert max(after.kw) > 4.2


def test_another_bay(manager: Client, evening: Evening) -> None:
    strong = wired_bay(evening.depot, "D1", evse={"max_w": 50_000, "phases": None}, wiring={"rating_w": 22_000})
    limit_site(evening, 60_000)
    needs(evening, 0, kwh=18, leaves_in_h=1)
    assert planned(evening).unmet_kwh > 5

    found = find(evening, FixKind.BAY)
    apply(manager, evening, found)

    assert (found.fix.evse_id, Reservation.objects.get().evse) == (strong.evse_id, strong.evse)
    move(evening, strong)
    after = planned(evening)
    assert (after.evse, after.unmet_kwh) == (strong.evse, pytest.approx(found.short_kwh, abs=0.05))


def move(evening: Evening, bay: Bay) -> None:
    assert bay.evse
    Session.objects.filter(pk=evening.sessions[0].pk).update(evse=bay.evse, charger=bay.evse.charger)


def test_a_later_departure(manager: Client, evening: Evening) -> None:
    needs(evening, 0, kwh=18, leaves_in_h=1)
    before = planned(evening)

    found = find(evening, FixKind.LATER)
    apply(manager, evening, found)

    after = planned(evening)
    assert before.unmet_kwh > 5
    assert (after.departs_at, after.unmet_kwh) == (found.fix.departs_at, pytest.approx(0, abs=0.05))
    assert after.departs_at > before.departs_at


def test_a_named_vehicle_waits(manager: Client, evening: Evening) -> None:
    limit_site(evening, 15_000)
    needs(evening, 0, kwh=20, leaves_in_h=2)
    needs(evening, 1, kwh=20, leaves_in_h=2.5)
    assert planned(evening).unmet_kwh > 0.5

    found = find(evening, FixKind.WAITS)
    apply(manager, evening, found)

    assert found.fix.words == "Van 2 waits until Van 1 leaves"
    assert "Van 2" in {one.name for one in found.moved}
    after, other = planned(evening), planned(evening, 1)
    assert after.unmet_kwh == pytest.approx(found.short_kwh, abs=0.05)
    assert max(other.kw[:8]) == 0


def tried(kind: FixKind = FixKind.FIRST, *, ready: bool = True, **fields: Any) -> Tried:
    values = {"short_kwh": 0.0, "costs_more": 0.0, "peak_rises_kw": 0.0, "moved": (), "newly_missing": 0} | fields
    return Tried(fix=Fix(kind=kind, words=""), ready_at=EVENING if ready else None, **values)


def other(name: str) -> Moved:
    return Moved(
        name=name,
        bay="",
        departs_at=EVENING,
        before=EVENING,
        after=EVENING,
        short_before_kwh=0,
        short_after_kwh=0,
        why="",
    )


def test_fixes_stand_by_who_else_moves_then_by_the_peak_then_by_the_cost() -> None:
    in_order = [
        tried(costs_more=1.0),
        tried(costs_more=2.0),
        tried(peak_rises_kw=3.0),
        tried(moved=(other("Van 2"),)),
        tried(moved=(other("Van 2"), other("Van 3"))),
        tried(FixKind.LATER),
        tried(newly_missing=1),
        tried(ready=False, short_kwh=0.5),
    ]

    backwards = in_order[::-1]

    assert sorted(backwards, key=rank) == in_order


def test_fixes_are_tried_and_those_that_do_not_help_are_not_offered(evening: Evening) -> None:
    leaves_in(evening, 1)

    found = find_fixes(subject_of(evening), now=EVENING)

    kinds = {one.fix.kind for one in found}
    # It charges alone with all that its bay gives: nobody who waits would help it.
    assert FixKind.LESS in kinds
    assert FixKind.LATER in kinds
    assert FixKind.WAITS not in kinds
    assert all(one.helps_fully for one in found)


def test_a_stronger_bay_that_is_free_is_offered_first(evening: Evening) -> None:
    wired_bay(evening.depot, "D1", evse={"max_w": 50_000}, wiring={"rating_w": 30_000})
    # Room for that beside what the other bays fall back to.
    Depot.objects.update(site_limit_w=45_000)
    leaves_in(evening, 1)
    evening.vans[0].max_dc_kw = 50
    evening.vans[0].save()

    best = find_fixes(subject_of(evening), now=EVENING)[0]

    assert best.fix.words.startswith("Move it to D1")
    assert best.newly_missing == 0


def test_nothing_is_left_of_what_was_tried(evening: Evening) -> None:
    leaves_in(evening, 1)
    before = Session.objects.values_list("pk", "evse").order_by("pk")

    find_fixes(subject_of(evening), now=EVENING)

    assert list(Session.objects.values_list("pk", "evse").order_by("pk")) == list(before)
    assert VehicleNeed.objects.count() == 1
    assert not ManualLimit.objects.exists()
    assert not ChargeNow.objects.exists()


@pytest.mark.parametrize("kind", ["first", "now", "less", "later", "waits"])
def test_a_fix_that_is_applied_is_done(manager: Client, evening: Evening, kind: str) -> None:
    evening.plan()
    told = {
        "kind": kind,
        "energy_wh": "9000",
        "departs_at": (EVENING + 9 * HOUR).isoformat(),
        "evse": str(evening.bays[1].evse_id),
    }

    answer = manager.post(f"/readiness/vehicle-{evening.vans[0].pk}/apply/", told)

    assert answer.headers["Location"] == "/readiness/"
    done = {
        "first": VehicleNeed.objects.filter(priority=0),
        "now": ChargeNow.objects.filter(session=evening.sessions[0]),
        "less": VehicleNeed.objects.filter(energy_wh=9_000),
        "later": VehicleNeed.objects.filter(departs_at=EVENING + 9 * HOUR),
        "waits": ManualLimit.objects.filter(evse=evening.bays[1].evse, limit_w=0),
    }[kind]
    assert done.count() == 1


def test_a_move_that_is_applied_keeps_the_bay(manager: Client, evening: Evening) -> None:
    evening.plan()

    manager.post(
        f"/readiness/vehicle-{evening.vans[0].pk}/apply/", {"kind": "bay", "evse": str(evening.bays[2].evse_id)}
    )

    assert Reservation.objects.get().evse == evening.bays[2].evse


def test_a_fix_at_another_depot_is_not_found(manager: Client, evening: Evening) -> None:
    evening.plan()
    other = wired_bay(make_depot("Elsewhere"), "X1")

    answer = manager.post(
        f"/readiness/vehicle-{evening.vans[0].pk}/apply/",
        {"kind": "waits", "evse": str(other.evse_id), "departs_at": (EVENING + HOUR).isoformat()},
    )

    assert answer.status_code == 404
    assert not ManualLimit.objects.exists()
