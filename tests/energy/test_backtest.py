"""Backtests on small depots, each bill and each limit recomputed from what the vehicles drew, by other code."""

import json
import os
import re
import subprocess
import sys
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from depot.energy import backtest
from depot.energy.backtest import Lived, Result, judge, live_through
from depot.energy.deadband import to_send
from depot.energy.instance import Instance
from depot.energy.plan import Plan, PlannedNeed
from depot.energy.policies import Policy
from depot.energy.reasons import SMALL_KW
from depot.energy.scenario import ScenarioUnreadable, read_scenario, read_scenarios
from tests.energy.depots import FILE
from tests.energy.optimum import Written, bill_of, broken_in, cheapest

DEPOTS: dict[str, Written] = {one["name"]: one for one in json.loads(FILE.read_text())["scenarios"]}
WAYS = [
    (Policy.PLANNER, False),
    (Policy.PLANNER, True),
    (Policy.EQUAL, False),
    (Policy.EDF, False),
    (Policy.LLF, False),
]
GONE = object()
every_depot = pytest.mark.parametrize("name", DEPOTS)
with_or_without_timetable = pytest.mark.parametrize("timetable_known", [False, True])


@cache
def lived(name: str, policy: Policy = Policy.PLANNER, timetable_known: bool = False) -> tuple[Lived, Result]:
    scenario = read_scenario(DEPOTS[name])
    through = live_through(scenario, policy, timetable_known=timetable_known)
    return through, judge(scenario, through)


def drawn(name: str, through: Lived) -> dict[tuple[int, int], np.ndarray]:
    """By day and number of the session, what it drew in the slots of its day."""
    days = DEPOTS[name]["days"]
    slots = len(days[0]["price"])
    stays = read_scenario(DEPOTS[name]).stays
    keys = {f"day {day} session {n}": (day, n) for day in range(len(days)) for n in range(len(days[day]["sessions"]))}
    return {
        keys[stay.vehicle]: kw[keys[stay.vehicle][0] * slots :][:slots]
        for stay, kw in zip(stays, through.kw, strict=True)
    }


@every_depot
def test_no_charger_is_told_a_power_that_its_vehicle_would_not_take(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in all the night that is told, for the server may die before it tells anew."""
    told: list[PlannedNeed] = []

    def listen(instance: Instance, plan: Plan) -> tuple[PlannedNeed, ...]:
        told.extend(to_send(instance, plan))
        return to_send(instance, plan)

    monkeypatch.setattr(backtest, "to_send", listen)
    live_through(read_scenario(DEPOTS[name]), Policy.PLANNER)

    powers = [(kw, one.need.min_kw or 0.0) for one in told for kw in one.kw[: one.need.departs]]
    assert [(kw, least) for kw, least in powers if SMALL_KW < kw < least - SMALL_KW] == []
    assert max(kw for kw, _ in powers) > 0


@every_depot
def test_the_optimum_in_the_file_is_the_cheapest_there_is(name: str) -> None:
    assert DEPOTS[name]["optimum"]["bill"] == pytest.approx(cheapest(DEPOTS[name]), abs=0.01)


@every_depot
@pytest.mark.parametrize(("policy", "timetable_known"), WAYS)
def test_bill_and_peak_are_those_of_what_was_drawn(name: str, policy: Policy, timetable_known: bool) -> None:
    through, result = lived(name, policy, timetable_known)

    assert (result.bill, result.peak_kw) == pytest.approx(bill_of(DEPOTS[name], drawn(name, through)), abs=0.01)


@every_depot
@pytest.mark.parametrize(("policy", "timetable_known"), WAYS)
def test_no_limit_is_passed(name: str, policy: Policy, timetable_known: bool) -> None:
    through, result = lived(name, policy, timetable_known)

    assert broken_in(DEPOTS[name], drawn(name, through)) == []
    assert result.violations == 0


def test_who_charges_at_once_passes_limits_in_as_many_slots_as_are_counted() -> None:
    through, result = lived("vans at night", Policy.UNMANAGED)

    broken = broken_in(DEPOTS["vans at night"], drawn("vans at night", through))

    assert result.violations == len({tuple(line.split()[1:4:2]) for line in broken}) > 0


@every_depot
@with_or_without_timetable
def test_every_vehicle_gets_all_it_asked_for(name: str, timetable_known: bool) -> None:
    through, result = lived(name, Policy.PLANNER, timetable_known)
    powers, slot_h = drawn(name, through), DEPOTS[name]["slot_h"]

    assert result.unmet_kwh == result.unmet_class0_kwh == 0
    for day, written in enumerate(DEPOTS[name]["days"]):
        for number, session in enumerate(written["sessions"]):
            assert powers[day, number].sum() * slot_h == pytest.approx(session["kwh"], abs=2e-3)


@every_depot
def test_with_the_timetable_known_hardly_a_plan_is_cheaper(name: str) -> None:
    _, result = lived(name, Policy.PLANNER, True)

    assert result.ratio_to_optimum is not None
    assert 0.999 <= result.ratio_to_optimum <= 1.005


@every_depot
def test_without_one_it_costs_little_more_and_much_less_than_simple_policies(name: str) -> None:
    _, result = lived(name)
    others = [lived(name, policy)[1].bill for policy in (Policy.EQUAL, Policy.EDF, Policy.LLF)]

    assert result.ratio_to_optimum is not None
    assert result.ratio_to_optimum <= 1.02
    assert result.bill < 0.85 * min(others)


@every_depot
@with_or_without_timetable
def test_a_charger_is_told_little(name: str, timetable_known: bool) -> None:
    _, result = lived(name, Policy.PLANNER, timetable_known)

    assert result.messages_per_connected_charger_hour <= 0.25


def test_the_command_prints_a_list_of_results(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps({"scenarios": [DEPOTS["called to save"]]}))
    out = StringIO()

    call_command("backtest", str(file), "--policy", "edf", "--timetable", "known", stdout=out)

    [printed] = json.loads(out.getvalue())
    assert list(printed) == [
        "name",
        "bill",
        "energy_cost",
        "peak_kw",
        "unmet_kwh",
        "unmet_class0_kwh",
        "violations",
        "messages_per_connected_charger_hour",
        "cpu_s_per_solve",
        "ratio_to_optimum",
    ]
    assert printed["name"] == "called to save"
    assert printed["bill"] == lived("called to save", Policy.EDF)[1].bill


def test_the_command_needs_no_install_and_none_of_its_keys(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps({"scenarios": [DEPOTS["called to save"]]}))
    without_keys = {name: value for name, value in os.environ.items() if name not in ("SECRET_KEY", "CREDENTIAL_KEY")}

    ran = subprocess.run(
        [sys.executable, "manage.py", "backtest", str(file), "--policy", "edf"],
        cwd=settings.BASE_DIR,
        env=without_keys | {"DEPOT_VAR": str(tmp_path / "none")},
        capture_output=True,
        check=False,
    )

    assert ran.stderr.decode() == ""
    assert json.loads(ran.stdout)[0]["name"] == "called to save"
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("text", ["no JSON", "3", '[{"name": "half", "days": [{"price": [1]}]}]'])
def test_a_file_that_is_none_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.json"
    file.write_text(text)

    with pytest.raises(CommandError, match=r"broken\.json"):
        call_command("backtest", str(file))


def spoilt(*path: Any, to: Any) -> Written:
    """The small depot with one word changed, or taken out."""
    depot = json.loads(json.dumps(DEPOTS["called to save"]))
    at = depot
    for step in path[:-1]:
        at = at[step]
    if to is GONE:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return dict(depot)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (spoilt("days", to=[]), "days is a list of at least one"),
        (spoilt("days", 1, "price", to=[0.1]), "day 1, price: 1 values for 48 slots"),
        (spoilt("days", 0, "price", 3, to=float("nan")), "day 0, price: slot 3: nan is not a number"),
        (spoilt("days", 0, "site_limit", to="much"), "day 0, site_limit: 'much' is neither"),
        (spoilt("days", 0, "sessions", 2, "arr", to=-2), "day 0, session 2: arr -2 is not from 0 to 47"),
        (spoilt("days", 0, "sessions", 2, "dep", to=0), "day 0, session 2: dep 0 is not after arr"),
        (spoilt("days", 0, "sessions", 2, "kwh", to=-1), "day 0, session 2: kwh -1 is below 0"),
        (spoilt("days", 0, "sessions", 2, "kwh", to=GONE), "day 0, session 2: has no kwh"),
        (spoilt("days", 0, "sessions", 2, "circuit", to=7), "day 0, session 2: there is no circuit 7"),
        (spoilt("days", 0, "feeder_of_circuit", to=[4]), "feeder_of_circuit 0: there is no feeder 4"),
        (spoilt("demand_charge", to="dear"), "demand_charge 'dear' is not a number"),
    ],
)
def test_what_makes_no_sense_is_said_with_its_place(written: Written, says: str) -> None:
    with pytest.raises(ScenarioUnreadable, match=re.escape(says)):
        read_scenario(written)


def test_words_that_nobody_knows_are_left_alone() -> None:
    assert read_scenario(spoilt("weather", to="fair")) is not None


def test_a_file_without_an_optimum_has_no_ratio() -> None:
    without = {key: value for key, value in DEPOTS["called to save"].items() if key != "optimum"}
    scenario = read_scenario(without)

    assert judge(scenario, live_through(scenario, Policy.EQUAL)).ratio_to_optimum is None


def test_a_connector_that_two_vehicles_have_at_once_counts_as_two() -> None:
    one = DEPOTS["called to save"]
    twice = {**one, "days": [{**day, "sessions": [*day["sessions"], day["sessions"][0]]} for day in one["days"]]}

    scenario = read_scenario(twice)

    assert len(scenario.evses) == len(read_scenario(one).evses) + 1


def test_scenarios_come_as_a_file_as_a_list_or_alone() -> None:
    one = DEPOTS["called to save"]

    assert [len(read_scenarios(form)) for form in ({"scenarios": [one, one]}, [one], one)] == [2, 1, 1]
    with pytest.raises(ScenarioUnreadable):
        read_scenarios("text")
