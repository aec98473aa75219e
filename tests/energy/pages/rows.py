"""Rows that the pages of energy keep, for tests."""

from datetime import timedelta
from typing import Any

from depot.energy.pages.models import LookBack, RuleChange, SaidLabel
from depot.models import Bay, Depot
from tests.factories import THURSDAY, make_vehicle


def make_change(depot: Depot, **fields: Any) -> RuleChange:
    return RuleChange.objects.create(depot=depot, **({"made_at": THURSDAY} | fields))


def make_label(bay: Bay, **fields: Any) -> SaidLabel:
    values = {
        "evse": bay.evse, "departs_at": THURSDAY + timedelta(hours=2), "said": "track", "said_at": THURSDAY,
        "needs_kwh": 10.0,
    } | fields  # fmt: skip
    if "vehicle" not in values and "session" not in values:
        values["vehicle"] = make_vehicle(depot_key=bay.depot_id)
    return SaidLabel.objects.create(depot=bay.depot, **values)


def make_look_back(depot: Depot, **fields: Any) -> LookBack:
    values = {"first_day": THURSDAY.date(), "days": 7, "asked_at": THURSDAY} | fields
    return LookBack.objects.create(depot=depot, **values)
