"""A manager's rules in the plan, and in the preview of one."""

from datetime import time
from typing import Any

import pytest

from depot.energy import services
from depot.energy.models import PlannedStay, StoredPlan
from depot.models import Bay, Depot
from tests.energy.planning.evening import EVENING, HOUR, frame, plug_in, replan
from tests.energy.rows import (
    make_circuit,
    make_rule,
    wired_bay,
)

pytestmark = pytest.mark.django_db


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
