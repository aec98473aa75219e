"""The depot's energy over REST."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from depot import clock
from depot.access.models import AuditEntry, Role, Scope
from depot.energy import services
from depot.energy.models import ChargeNow, MeterSample, PlanMark, Rule, VehicleNeed
from depot.models import Bay, Depot
from tests.access import actors
from tests.energy.rows import FLAT_TERMS, make_circuit, make_rule, make_source, make_tariff, wired_bay
from tests.factories import make_depot, make_evse, make_session, make_vehicle

pytestmark = pytest.mark.django_db

NEXT_YEAR = "2099-03-06T05:00:00Z"


@pytest.fixture
def client() -> APIClient:
    return actors.program(Scope.ADMIN)


@pytest.fixture
def depot() -> Depot:
    return make_depot()


@pytest.fixture
def bay(depot: Depot) -> Bay:
    return wired_bay(depot)


def body_for(resource: str, depot: Depot) -> tuple[dict[str, Any], dict[str, Any]]:
    grid = make_circuit(depot)
    van = make_vehicle("Van 7", depot_key=depot.pk)
    return {
        "circuits": (
            {"depot": depot.pk, "name": "Panel", "feeds_from": grid.pk, "limit_a": "63.0"},
            {"limit_w": 40_000},
        ),
        "wirings": ({"evse": make_evse().pk, "circuit": grid.pk, "rating_w": 11_000, "lines": "231"}, {"lines": "3"}),
        "energy-settings": ({"depot": depot.pk, "billing_day": 15}, {"default_departure": "05:30"}),
        "site-tariffs": (
            {"depot": depot.pk, "name": "EV", "valid_from": "2026-01-01", "terms": FLAT_TERMS},
            {"terms": {"energy": [{"price_per_kwh": "0.3"}]}},
        ),
        "meters": ({"depot": depot.pk, "name": "Office", "kind": "building"}, {"stale_after_s": 60}),
        "timetables": (
            {"depot": depot.pk, "vehicle": van.unit_number, "leaves_at": "04:30", "weekdays": "135"},
            {"target_soc_percent": 90},
        ),
        "habits": ({"vehicle": van.unit_number, "priority": 0}, {"gives_back": True}),
        "rules": ({"depot": depot.pk, "kind": "at_most", "limit_w": 7_200}, {"limit_w": 3_700}),
    }[resource]  # fmt: skip


@pytest.mark.parametrize(
    "resource",
    ["circuits", "wirings", "energy-settings", "site-tariffs", "meters", "timetables", "habits", "rules"],
)
def test_a_row_is_added_read_changed_and_deleted(client: APIClient, depot: Depot, resource: str) -> None:
    body, change = body_for(resource, depot)

    added = client.post(f"/api/v1/{resource}/", body)
    assert added.status_code == 201, added.content
    assert body.items() <= added.json().items()
    address = added.headers["Location"]
    changed = client.patch(address, change)
    assert changed.status_code == 200, changed.content
    assert change.items() <= changed.json().items()
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("resource", ["circuits", "wirings", "energy-settings", "site-tariffs", "timetables", "habits"])
def test_a_change_asks_for_a_plan(client: APIClient, depot: Depot, resource: str) -> None:
    client.post(f"/api/v1/{resource}/", body_for(resource, depot)[0])

    assert PlanMark.objects.get(depot=depot).wanted_at is not None


def test_a_depot_has_one_grid_connection(client: APIClient, depot: Depot) -> None:
    make_circuit(depot)

    refused = client.post("/api/v1/circuits/", {"depot": depot.pk, "name": "Another"})

    assert refused.status_code == 400
    assert "grid connection already" in refused.content.decode()


def test_a_circuit_never_feeds_itself_over_others(client: APIClient, depot: Depot) -> None:
    panel = make_circuit(depot, "Panel", make_circuit(depot))
    supply = make_circuit(depot, "Supply", panel)

    assert client.patch(f"/api/v1/circuits/{panel.pk}/", {"feeds_from": supply.pk}).status_code == 400


def test_a_circuit_feeds_from_its_own_depot(client: APIClient, depot: Depot) -> None:
    elsewhere = make_circuit(make_depot("Elsewhere"))

    told = client.post("/api/v1/circuits/", {"depot": depot.pk, "name": "Panel", "feeds_from": elsewhere.pk})

    assert told.status_code == 400


def test_a_circuit_that_feeds_others_stays(client: APIClient, bay: Bay) -> None:
    assert bay.evse
    grid = make_circuit(bay.depot)

    assert client.delete(f"/api/v1/circuits/{grid.pk}/").status_code == 409


@pytest.mark.parametrize("lines", ["12", "3", "312"])
def test_lines_are_told_once_each(client: APIClient, depot: Depot, lines: str) -> None:
    body = body_for("wirings", depot)[0] | {"lines": lines}

    assert client.post("/api/v1/wirings/", body).status_code == 201


@pytest.mark.parametrize("lines", ["11", "4", "", "1234"])
def test_other_lines_are_refused(client: APIClient, depot: Depot, lines: str) -> None:
    body = body_for("wirings", depot)[0] | {"lines": lines}

    assert client.post("/api/v1/wirings/", body).status_code == 400


def test_terms_that_cannot_be_read_are_refused_with_the_place(client: APIClient, depot: Depot) -> None:
    body = body_for("site-tariffs", depot)[0] | {"terms": {"energy": [{"price_per_kwh": "0.1", "from": "25:00"}]}}

    refused = client.post("/api/v1/site-tariffs/", body)

    assert refused.status_code == 400
    assert "energy 1: '25:00'" in refused.json()["errors"][0]["detail"]


def test_samples_are_pushed_and_a_push_may_be_repeated(depot: Depot) -> None:
    program, meter = actors.program(Scope.OPERATE), make_source(depot)
    now = clock.now().replace(microsecond=0)
    pushed = {
        "samples": [{"at": now.isoformat(), "value": "17000"}, {"at": str(now - timedelta(seconds=5)), "value": "1"}]
    }

    first = program.post(f"/api/v1/meters/{meter.pk}/samples/", pushed)
    again = program.post(f"/api/v1/meters/{meter.pk}/samples/", pushed)

    assert (first.json(), again.json()) == ({"stored": 2}, {"stored": 2})
    assert MeterSample.objects.count() == 2
    shown = program.get(f"/api/v1/meters/{meter.pk}/").json()
    assert not shown["is_stale"]
    assert shown["age_s"] < 60


def test_a_measured_value_is_not_from_the_future_and_a_price_may_be(client: APIClient, depot: Depot) -> None:
    meter, prices = make_source(depot), make_source(depot, "price")
    tomorrow = {"samples": [{"at": (clock.now() + timedelta(days=1)).isoformat(), "value": "0.21"}]}

    assert client.post(f"/api/v1/meters/{meter.pk}/samples/", tomorrow).status_code == 400
    assert client.post(f"/api/v1/meters/{prices.pk}/samples/", tomorrow).status_code == 200
    assert PlanMark.objects.get().why == "new prices"


def test_another_system_tells_a_need_and_a_dispatcher_is_believed_before_it(client: APIClient, depot: Depot) -> None:
    make_vehicle("Van 7", depot_key=depot.pk)
    body = {"depot": depot.pk, "vehicle": "Van 7", "departs_at": NEXT_YEAR, "energy_wh": 30_000}

    told = client.post("/api/v1/needs/", body)
    by_hand = client.post("/api/v1/needs/", body | {"is_by_dispatcher": True})

    assert told.status_code == 201, told.content
    assert (told.json()["source"], by_hand.json()["source"]) == ("rest", "dispatcher")


def test_a_need_is_taken_back_and_kept(client: APIClient, depot: Depot) -> None:
    make_vehicle("Van 7", depot_key=depot.pk)
    told = client.post("/api/v1/needs/", {"depot": depot.pk, "vehicle": "Van 7", "energy_wh": 30_000})

    assert client.delete(told.headers["Location"]).status_code == 204

    assert VehicleNeed.objects.get().taken_back_at is not None


@pytest.mark.parametrize(
    "body",
    [
        {"vehicle": "Van 7"},
        {"energy_wh": 1},
        {"vehicle": "Van 7", "departs_at": "2001-01-01T00:00:00Z"},
        {"vehicle": "Van 7", "target_soc_percent": 101},
        {"vehicle": "Van elsewhere", "energy_wh": 1},
    ],
)
def test_a_need_that_says_nothing_possible_is_refused(client: APIClient, depot: Depot, body: dict[str, Any]) -> None:
    make_vehicle("Van 7", depot_key=depot.pk)
    make_vehicle("Van elsewhere", depot_key=make_depot("Elsewhere").pk)

    assert client.post("/api/v1/needs/", {"depot": depot.pk} | body).status_code == 400


def test_needs_come_as_a_file(client: APIClient, depot: Depot) -> None:
    for number in (7, 8):
        make_vehicle(f"Van {number}", depot_key=depot.pk)
    table = f"depot,vehicle,departs_at,energy_wh\n{depot.pk},Van 7,{NEXT_YEAR},30000\n{depot.pk},Van 8,,12000\n"

    stored = client.post("/api/v1/needs/bulk/", table, content_type="text/csv")

    assert stored.status_code == 200, stored.content
    assert stored.json() == {"stored": 2}
    assert set(VehicleNeed.objects.values_list("vehicle__unit_number", "energy_wh")) == {
        ("Van 7", 30_000), ("Van 8", 12_000),
    }  # fmt: skip


@pytest.mark.parametrize("line", ["{depot},Van 99,,1", "{depot},Van 7", "{depot},Van 7,soon,1"])
def test_of_a_file_with_a_wrong_line_nothing_is_stored(client: APIClient, depot: Depot, line: str) -> None:
    make_vehicle("Van 7", depot_key=depot.pk)
    table = f"depot,vehicle,departs_at,energy_wh\n{depot.pk},Van 7,,5\n{line.format(depot=depot.pk)}\n"

    assert client.post("/api/v1/needs/bulk/", table, content_type="text/csv").status_code == 400
    assert not VehicleNeed.objects.exists()


def test_a_rule_is_a_draft_until_it_is_activated_and_is_kept_when_taken_back(client: APIClient, depot: Depot) -> None:
    body = {"depot": depot.pk, "kind": "nothing", "from_time": "16:00", "to_time": "19:00", "weekdays": "12345"}
    added = client.post("/api/v1/rules/", body)
    address = added.headers["Location"]
    assert added.json()["words"] == "on workdays from 16:00 to 19:00: do not charge (all bays)"
    assert added.json()["active_from"] is None

    assert client.post(f"{address}activate/").json()["active_from"] is not None
    assert client.patch(address, {"weekdays": "1"}).status_code == 409
    assert client.delete(address).status_code == 409
    assert client.post(f"{address}take-back/").json()["taken_back_at"] is not None

    assert Rule.objects.count() == 1
    acts = list(AuditEntry.objects.order_by("pk").values_list("act", flat=True))
    assert acts == ["added rule", "activated rule", "took back rule"]


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "at_most"},
        {"kind": "below_price"},
        {"kind": "nothing", "from_time": "16:00"},
        {"kind": "nothing", "scope": "vehicle"},
        {"kind": "nothing", "weekdays": "88"},
        {"kind": "sometimes"},
    ],
)
def test_a_rule_with_an_open_blank_is_refused(client: APIClient, depot: Depot, body: dict[str, Any]) -> None:
    assert client.post("/api/v1/rules/", {"depot": depot.pk} | body).status_code == 400


def test_a_limit_by_hand_is_set_and_lifted(client: APIClient, bay: Bay) -> None:
    until = (clock.now() + timedelta(hours=2)).isoformat()

    told = client.post("/api/v1/manual-limits/", {"evse": bay.evse_id, "limit_w": 3_000, "ends_at": until})

    assert told.status_code == 201, told.content
    assert PlanMark.objects.get().wanted_at is not None
    assert client.delete(told.headers["Location"]).status_code == 204
    assert client.get(told.headers["Location"]).json()["taken_back_at"] is not None


def test_a_limit_by_hand_that_is_over_is_refused(client: APIClient, bay: Bay) -> None:
    body = {"evse": bay.evse_id, "limit_w": 3_000, "ends_at": "2001-01-01T00:00:00Z"}

    assert client.post("/api/v1/manual-limits/", body).status_code == 400


def test_a_session_charges_now_and_as_planned_again(client: APIClient, bay: Bay) -> None:
    session = make_session(bay)
    address = f"/api/v1/sessions/{session.pk}/charge-now/"

    assert client.post(address).status_code == 201
    assert ChargeNow.objects.get().taken_back_at is None
    assert client.delete(address).status_code == 204
    assert ChargeNow.objects.get().taken_back_at is not None


def test_a_session_that_is_over_does_not_charge_now(client: APIClient, bay: Bay) -> None:
    session = make_session(bay, ended_at=clock.now())

    assert client.post(f"/api/v1/sessions/{session.pk}/charge-now/").status_code == 409


def test_the_grids_operator_caps_a_window(depot: Depot) -> None:
    program = actors.program(Scope.OPERATE)
    now = clock.now()
    body = {
        "depot": depot.pk, "limit_w": 75_000, "starts_at": (now + timedelta(hours=1)).isoformat(),
        "ends_at": (now + timedelta(hours=4)).isoformat(), "note": "event 17",
    }  # fmt: skip

    told = program.post("/api/v1/grid-caps/", body)

    assert told.status_code == 201, told.content
    assert program.get("/api/v1/grid-caps/?held=true").json()["results"][0]["note"] == "event 17"
    assert program.delete(told.headers["Location"]).status_code == 204
    assert program.get("/api/v1/grid-caps/?held=true").json()["results"] == []


def test_a_plan_is_read_with_every_stay_and_reason(client: APIClient, depot: Depot, bay: Bay) -> None:
    make_tariff(depot)
    make_session(bay, make_vehicle("Van 7", battery_kwh=75), soc_percent=40.0)
    services.replan(depot, now=clock.now(), why="a test")

    (summary,) = client.get(f"/api/v1/energy-plans/?depot={depot.pk}").json()["results"]
    plan = client.get(f"/api/v1/energy-plans/{summary['id']}/").json()

    assert len(plan["grid_kw"]) == 96
    (stay,) = plan["stays"]
    assert stay["vehicle"] == "Van 7"
    assert stay["reasons"][0]["text"]


def test_who_sees_one_depot_writes_nothing_at_another(depot: Depot) -> None:
    there = make_depot("There")
    manager = actors.browser_of(actors.person(Role.FLEET_MANAGER, depots=[depot]))
    rule = make_rule(there)

    assert manager.get(f"/api/v1/rules/{rule.pk}/").status_code == 404
    assert manager.post("/api/v1/rules/", {"depot": there.pk, "kind": "nothing"}).status_code == 400
