"""Composition against published vectors: profiles in, the schedule a charger must follow out."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from simulator.clock import read_moment
from simulator.composition import Situation, Supply, compose, find_level, write_slices
from simulator.profiles import Profile, read_profile

VECTORS = json.loads((Path(__file__).parent / "composite_vectors.json").read_text())


def by_id(kind: str) -> list[Any]:
    return [pytest.param(each, id=each["id"]) for each in VECTORS[kind]]


def install(vector: dict[str, Any]) -> list[Profile]:
    """In the order of installation; in 1.6 a profile replaces its predecessor on the same level."""
    profiles: list[Profile] = []
    for each in vector["profiles"]:
        profile = read_profile(each["profile"], each["evse"])
        if vector["protocol"] == "1.6":
            same = (profile.evse, profile.purpose, profile.stack_level)
            profiles = [old for old in profiles if (old.evse, old.purpose, old.stack_level) != same]
        profiles.append(profile)
    return profiles


def situate(vector: dict[str, Any], evse: int, start: float) -> Situation:
    query, defaults = vector["query"], vector["defaults"]
    running = next((each for each in vector["transactions"] if each["evse"] == evse), None)
    tx_start = None
    if running is not None:
        tx_start = read_moment(running["start"]) if running["start"] else start
    elif query.get("assume_tx_active"):
        tx_start = start
    return Situation(
        evse=evse,
        tx_start=tx_start,
        transaction=running["id"] if running else None,
        offline_s=query.get("offline_s", 0),
        supply=Supply(voltage_v=defaults["voltage"], phases=defaults["phases"]),
    )


@pytest.mark.parametrize("vector", by_id("composite"))
def test_the_composite_schedule_is_the_published_one(vector: dict[str, Any]) -> None:
    query, expected = vector["query"], vector["expected"]
    since, until = read_moment(query["start"]), read_moment(query["end"])
    numbers = range(1, vector["evse_count"] + 1) if query["evse"] == 0 else [query["evse"]]

    slices = compose(
        install(vector),
        [situate(vector, number, since) for number in numbers],
        is_total=query["evse"] == 0,
        since=since,
        until=until,
        unit=query["unit"],
        default=vector["defaults"][f"limit_{query['unit']}"],
    )

    periods = write_slices(slices)
    if "all" not in vector["compare"]:
        periods = [{name: value for name, value in each.items() if name in vector["compare"]} for each in periods]
        wanted = [
            {name: value for name, value in each.items() if name in vector["compare"]} for each in expected["periods"]
        ]
    else:
        wanted = expected["periods"]
    assert merge(periods) == merge(wanted)


def merge(periods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Periods that differ only in what is not compared are one."""
    merged: list[dict[str, Any]] = []
    for each in periods:
        if merged and {**merged[-1], "startPeriod": 0} == {**each, "startPeriod": 0}:
            continue
        merged.append(each)
    return merged


@pytest.mark.parametrize("vector", by_id("instant"))
def test_the_limit_at_a_moment_is_the_published_one(vector: dict[str, Any]) -> None:
    query = vector["query"]
    at = read_moment(query["at"])

    level = find_level(install(vector), at, situate(vector, query["evse"], at), query["unit"])

    assert (level.limit[0] if level.limit else None) == vector["expected"]["limit"]


@pytest.mark.parametrize("vector", by_id("expansion"))
def test_a_schedule_runs_when_the_published_one_does(vector: dict[str, Any]) -> None:
    profile = read_profile(vector["profile"], 1)
    now, end = read_moment(vector["now"]), read_moment(vector["end"])
    tx_start = read_moment(vector["tx_start"]) if vector["tx_start"] else now

    if vector["kind"] == "schedule_start":
        told = [read_moment(each) for each in vector["expected"]["starts"]]
        assert list(profile.runs(now, end, tx_start))[: len(told)] == told
    else:
        index = vector["period_index"]
        told = [(read_moment(each["start"]), read_moment(each["end"])) for each in vector["expected"]["occurrences"]]
        assert list(profile.occurrences(index, now, end, tx_start))[: len(told)] == told
        assert profile.periods[index].limit == (vector["expected"]["limit"],)
        assert all(math.isfinite(edge) for edge, _ in told)
