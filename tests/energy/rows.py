"""Rows of the depot's electricity for tests; each call makes a fit one."""

from datetime import date, time, timedelta
from typing import Any

from chargers.models import Evse
from depot.energy import models as energy
from depot.models import Bay, Depot
from tests.factories import THURSDAY, make_bay, make_charger, make_evse, make_session, make_vehicle

FLAT_TERMS: dict[str, Any] = {"currency": "EUR", "energy": [{"price_per_kwh": "0.20"}]}


def make_circuit(depot: Depot, name: str = "Grid", feeds_from: energy.Circuit | None = None, **fields: Any) -> Any:
    """The grid connection of the depot, or what hangs on `feeds_from`. Asked for again, it is the same."""
    found = energy.Circuit.objects.filter(depot=depot, name=name).first()
    return found or energy.Circuit.objects.create(depot=depot, name=name, feeds_from=feeds_from, **fields)


def wire(evse: Evse, circuit: energy.Circuit, **fields: Any) -> energy.Wiring:
    values = {"rating_w": evse.max_w or 7_200} | fields
    return energy.Wiring.objects.create(evse=evse, circuit=circuit, **values)


def wired_bay(
    depot: Depot,
    name: str = "",
    *,
    circuit: energy.Circuit | None = None,
    wiring: dict[str, Any] | None = None,
    evse: dict[str, Any] | None = None,
    charger: dict[str, Any] | None = None,
) -> Bay:
    """A bay whose EVSE hangs on the grid connection, at 11 kW on three lines."""
    point = make_evse(make_charger(**(charger or {})), **({"max_w": 11_000, "phases": 3} | (evse or {})))
    bay = make_bay(depot, name, evse=point)
    wire(point, circuit or make_circuit(depot), **(wiring or {}))
    return bay


def make_timetable(depot: Depot, vehicle: Any = None, **fields: Any) -> energy.Timetable:
    values = {"leaves_at": time(6, 0), "weekdays": "12345"} | fields
    return energy.Timetable.objects.create(depot=depot, vehicle=vehicle or make_vehicle(depot_key=depot.pk), **values)


def make_need(depot: Depot, **fields: Any) -> energy.VehicleNeed:
    values = {"source": "dispatcher", "told_at": THURSDAY, "holds_until": THURSDAY + timedelta(days=1)} | fields
    if "session" not in values and "vehicle" not in values:
        values["vehicle"] = make_vehicle(depot_key=depot.pk)
    return energy.VehicleNeed.objects.create(depot=depot, **values)


def make_source(depot: Depot, kind: str = "building", **fields: Any) -> energy.MeterSource:
    return energy.MeterSource.objects.create(depot=depot, kind=kind, **({"name": kind} | fields))


def make_tariff(depot: Depot, terms: dict[str, Any] | None = None, **fields: Any) -> energy.SiteTariff:
    values = {"name": "Grid", "valid_from": date(2020, 1, 1), "created_at": THURSDAY} | fields
    return energy.SiteTariff.objects.create(depot=depot, terms=terms or FLAT_TERMS, **values)


def make_rule(depot: Depot, kind: str = "nothing", **fields: Any) -> energy.Rule:
    values = {"made_at": THURSDAY, "active_from": THURSDAY - timedelta(days=1)} | fields
    return energy.Rule.objects.create(depot=depot, kind=kind, **values)


def make_plan(depot: Depot, **fields: Any) -> energy.StoredPlan:
    series = {
        name: [0.0] for name in ("grid_kw", "limit_kw", "building_kw", "solar_kw", "import_price", "export_price")
    }
    values = {"made_at": THURSDAY, "why": "a test", "first_slot": 0, "slots": 1, "peak": {}, "costs": {}} | fields
    return energy.StoredPlan.objects.create(depot=depot, **{**series, **values})


def make_stay(bay: Bay, plan: energy.StoredPlan | None = None, **fields: Any) -> energy.PlannedStay:
    values = {
        "evse": bay.evse,
        "departs_at": THURSDAY + timedelta(hours=12),
        "departure_source": "timetable",
        "needs_kwh": 10.0,
        "needs_source": "timetable",
        "kw": [0.0],
        "reasons": [],
    } | fields
    return energy.PlannedStay.objects.create(plan=plan or make_plan(bay.depot), **values)


def make_manual_limit(bay: Bay, **fields: Any) -> energy.ManualLimit:
    values = {"limit_w": 3_000, "starts_at": THURSDAY, "ends_at": THURSDAY + timedelta(hours=3)} | fields
    return energy.ManualLimit.objects.create(evse=bay.evse, **values)


def make_cap(depot: Depot, **fields: Any) -> energy.GridCap:
    values = {
        "starts_at": THURSDAY,
        "ends_at": THURSDAY + timedelta(hours=3),
        "limit_w": 75_000,
        "entered_at": THURSDAY,
    } | fields
    return energy.GridCap.objects.create(depot=depot, **values)


def make_charge_now(bay: Bay, **fields: Any) -> energy.ChargeNow:
    return energy.ChargeNow.objects.create(**({"session": make_session(bay), "asked_at": THURSDAY} | fields))


def make_sample(depot: Depot, **fields: Any) -> energy.MeterSample:
    values = {"at": THURSDAY, "heard_at": THURSDAY, "value": 1_000} | fields
    source = values.pop("source", None) or make_source(depot)
    return energy.MeterSample.objects.create(source=source, **values)


def make_interval(depot: Depot, **fields: Any) -> energy.SiteInterval:
    values = {"starts_at": THURSDAY, "grid_wh": 0, "building_wh": 0, "solar_wh": 0, "chargers_wh": 0} | fields
    return energy.SiteInterval.objects.create(depot=depot, **values)


def make_peak(depot: Depot, **fields: Any) -> energy.MonthPeak:
    values = {"window": "month", "starts_on": date(2026, 3, 1), "kw": 100} | fields
    return energy.MonthPeak.objects.create(depot=depot, **values)
