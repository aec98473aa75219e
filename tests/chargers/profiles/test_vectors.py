"""Composition against published vectors: profiles in, what a charger must do out."""

import json
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from chargers.commands import RateUnit
from chargers.management.commands.compositeschedule import read_installed, read_transaction
from chargers.ocpp.v2x.charging_profiles import read_profile
from chargers.profiles import Circumstances, RunningTransaction, Supply, level_at
from chargers.profiles.timing import Anchors, Timeline

VECTORS = json.loads((Path(__file__).parent.parent / "data" / "composite_vectors.json").read_text())


def by_id(kind: str) -> list[Any]:
    return [pytest.param(each, id=each["id"]) for each in VECTORS[kind]]


def printed(tmp_path: Path, content: str) -> Any:
    file = tmp_path / "asked.json"
    file.write_text(content)
    out = StringIO()
    call_command("compositeschedule", str(file), stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.parametrize("vector", by_id("composite"))
def test_the_composite_schedule_is_the_published_one(vector: dict[str, Any], tmp_path: Path) -> None:
    [answer] = printed(tmp_path, json.dumps([vector]))

    assert compared(answer, vector["compare"]) == compared(vector["expected"], vector["compare"])


def compared(schedule: dict[str, Any], names: list[str]) -> dict[str, Any]:
    if names == ["all"]:
        return schedule
    periods = [{name: value for name, value in each.items() if name in names} for each in schedule["periods"]]
    return schedule | {"periods": periods}


def test_schedules_are_printed_in_the_order_asked(tmp_path: Path) -> None:
    first, second = VECTORS["composite"][0], VECTORS["composite"][-1]

    answers = printed(tmp_path, json.dumps([first, second]))

    assert [each["duration"] for each in answers] == [first["expected"]["duration"], second["expected"]["duration"]]


@pytest.mark.parametrize("content", ["{", "{}", '[{"id": "mine"}]', "[1]"])
def test_a_file_that_is_no_list_of_queries_is_refused(content: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        printed(tmp_path, content)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="missing"):
        call_command("compositeschedule", str(tmp_path / "missing.json"))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("vector", by_id("instant"))
def test_the_limit_at_a_moment_is_the_published_one(vector: dict[str, Any]) -> None:
    query = vector["query"]
    at = moment(query["at"])
    where = Circumstances(
        evses=tuple(range(1, vector["evse_count"] + 1)),
        transactions={each["evse"]: read_transaction(each, at) for each in vector["transactions"]},
        supply=Supply(voltage_v=vector["defaults"]["voltage"], phases=vector["defaults"]["phases"]),
    )

    level = level_at(read_installed(vector, at), where, evse=query["evse"], at=at, unit=RateUnit(query["unit"]))

    expected = vector["expected"]["limit"]
    assert level.limit == (None if expected is None else (expected,))


def timeline(vector: dict[str, Any]) -> Timeline:
    profile = read_profile(vector["profile"])
    return Timeline(profile, profile.schedules[0], Anchors(charging_since=moment(vector["tx_start"] or vector["now"])))


@pytest.mark.parametrize("vector", [each for each in by_id("expansion") if "starts" in each.values[0]["expected"]])
def test_a_schedule_begins_when_the_published_one_does(vector: dict[str, Any]) -> None:
    expected = [moment(each) for each in vector["expected"]["starts"]]

    assert list(timeline(vector).runs(moment(vector["now"]), moment(vector["end"]))) == expected


@pytest.mark.parametrize("vector", [each for each in by_id("expansion") if "limit" in each.values[0]["expected"]])
def test_a_period_holds_from_and_until_when_the_published_one_does(vector: dict[str, Any]) -> None:
    line = timeline(vector)
    period = line.periods[vector["period_index"]]
    second = timedelta(seconds=1)

    assert period.limit == vector["expected"]["limit"]
    for each in vector["expected"]["occurrences"]:
        begins, ends = moment(each["start"]), moment(each["end"])
        assert line.period_at(begins) == line.period_at(ends - second) == period
        assert line.period_at(begins - second) != period
        assert line.period_at(ends) != period
        assert begins <= moment(vector["now"]) or begins in line.edges(moment(vector["now"]), moment(vector["end"]))


def test_a_relative_schedule_waits_for_charging_to_begin() -> None:
    vector = next(each for each in VECTORS["composite"] if each["id"] == "everest-1.6-TxDefaultConnector0-1")
    installed = read_installed(vector, moment("2024-01-02T08:00:00Z"))
    authorized = RunningTransaction(reference="7", charging_since=None)

    level = level_at(
        installed,
        Circumstances(evses=(1,), transactions={1: authorized}),
        evse=1,
        at=moment("2024-01-02T08:00:00Z"),
        unit=RateUnit.WATT,
    )

    assert level.limit is None
