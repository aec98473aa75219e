"""Days of the yard, recorded at full speed."""

import gzip
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from simulator.clock import read_moment
from simulator.frames import SUBPROTOCOLS
from simulator.recorder import record_to_file
from simulator.yard import build_yard, read_yard
from simulator.yard_maker import DEMO_YARD, make_demo, write_yard
from tests.simulator.server import find_schema_errors

MONDAY, WEDNESDAY = read_moment("2026-11-16T00:00:00-08:00"), read_moment("2026-11-18T16:30:00-08:00")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    path = tmp_path_factory.mktemp("recording") / "days.jsonl.gz"
    record_to_file(read_yard(DEMO_YARD), MONDAY, WEDNESDAY, path)
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def test_every_frame_fits_its_schema(recording: list[dict[str, Any]]) -> None:
    for line in recording:
        kind, message_id, action, payload = line["frame"]
        assert (kind, line["answer"][:2]) == (2, [3, message_id])
        assert find_schema_errors(SUBPROTOCOLS[line["version"]], action, payload) == []
        assert find_schema_errors(SUBPROTOCOLS[line["version"]], f"{action}Response", line["answer"][2]) == []


def test_frames_stand_in_the_order_of_time(recording: list[dict[str, Any]]) -> None:
    times = [line["at"] for line in recording]

    assert times == sorted(times)
    assert times[0] == "2026-11-16T08:00:00.000Z"


def test_every_transaction_that_starts_also_ends(recording: list[dict[str, Any]]) -> None:
    started = [line["answer"][2]["transactionId"] for line in recording if line["frame"][2] == "StartTransaction"]
    stopped = [line["frame"][3]["transactionId"] for line in recording if line["frame"][2] == "StopTransaction"]
    events = [line["frame"][3] for line in recording if line["frame"][2] == "TransactionEvent"]

    assert len(started) == len(set(started)) > 30
    assert sorted(started) == sorted(stopped)
    assert sum(each["eventType"] == "Started" for each in events) == sum(
        each["eventType"] == "Ended" for each in events
    )


def test_all_chargers_of_all_three_versions_speak(recording: list[dict[str, Any]]) -> None:
    yard = read_yard(DEMO_YARD)

    assert {line["charger"] for line in recording} == {charger.identity for charger in yard.chargers}
    assert {line["version"] for line in recording} == {"1.6", "2.0.1", "2.1"}


def test_meter_values_are_a_quarter_of_an_hour_apart(recording: list[dict[str, Any]]) -> None:
    times: dict[int, list[float]] = {}
    for line in recording:
        if line["frame"][2] == "MeterValues":
            times.setdefault(line["frame"][3]["transactionId"], []).append(read_moment(line["at"]))

    gaps = {round(after - before) for each in times.values() for before, after in itertools.pairwise(each)}

    assert gaps == {900}


def test_the_same_yard_records_to_the_same_bytes(tmp_path: Path) -> None:
    yard = read_yard(DEMO_YARD)
    paths = [tmp_path / name for name in ("one.jsonl.gz", "two.jsonl.gz")]

    for path in paths:
        record_to_file(yard, MONDAY, MONDAY + 86400, path)

    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_the_shipped_demo_yard_is_the_one_that_is_made() -> None:
    assert DEMO_YARD.read_text() == write_yard(make_demo())


def test_the_demo_yard_has_its_44_evses() -> None:
    yard = build_yard(make_demo())
    counts: dict[tuple[str, str], int] = {}
    for charger in yard.chargers:
        for evse in charger.evses:
            key = (charger.version, evse.current)
            counts[key] = counts.get(key, 0) + 1

    assert counts == {("1.6", "AC"): 30, ("2.0.1", "AC"): 6, ("2.1", "AC"): 4, ("1.6", "DC"): 4}
    bays = {evse.bay for charger in yard.chargers for evse in charger.evses}
    assert bays == {f"{row}{number:02}" for row in "AB" for number in range(1, 21)} | {"D1", "D2", "D3", "D4"}
    assert len(yard.vehicles) == 40


def test_most_demo_vehicles_leave_full(tmp_path: Path) -> None:
    recorder = record_to_file(read_yard(DEMO_YARD), MONDAY, WEDNESDAY, tmp_path / "days.jsonl")

    full = [vehicle.is_full for vehicle in recorder.world.vehicles.values()]

    assert sum(full) >= 0.9 * len(full)
