"""What a yard remembers between two runs."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from simulator.agenda import Agenda
from simulator.books import Books
from simulator.clock import Clock, read_moment
from simulator.memory import cut_power, load_memory, restore_memory, save_memory, write_memory
from simulator.recorder import record_to_file
from simulator.settings import Settings
from simulator.surroundings import LinkTimes
from simulator.transaction import Card
from simulator.world import World
from simulator.yard import read_yard
from simulator.yard_maker import DEMO_YARD
from tests.simulator.desk import Desk
from tests.simulator.server import AcceptAll
from tests.simulator.test_smart_charging import install, make_profile
from tests.simulator.yards import VERSIONS, make_yard, running


def remember(desk: Desk) -> Any:
    """Through JSON, as it goes through the file."""
    return json.loads(json.dumps(write_memory(desk.world)))


@pytest.mark.parametrize("version", VERSIONS)
def test_an_open_transaction_is_ended_by_the_cut_and_told_after_it(version: str) -> None:
    before, after = Desk(version).connect(), Desk(version)
    before.charge()
    before.run(3600)
    cut_power(before.world)
    [start] = before.starts()

    restore_memory(after.world, remember(before))
    after.connect()

    [stop] = after.stops()
    assert after.starts() == []
    assert after.stop_reason(stop) == "PowerLoss"
    assert stop["timestamp"] == "2026-11-19T17:30:00.000Z"
    assert after.books().stop_acknowledged
    if version == "1.6":
        assert stop["transactionId"] == before.books().server_id
        assert stop["meterStop"] - start["meterStart"] == 7360


@pytest.mark.parametrize("version", VERSIONS)
def test_a_start_that_never_went_out_is_still_told_first(version: str) -> None:
    before, after = Desk(version).connect(), Desk(version)
    before.charger.settings.change("AllowOfflineTxForUnknownId", "true")
    before.disconnect()
    before.charge()
    cut_power(before.world)

    restore_memory(after.world, remember(before))
    after.connect()

    assert len(after.starts()) == len(after.stops()) == 1
    if version == "1.6":
        assert after.stops()[0]["transactionId"] == after.books().server_id


def test_registers_settings_lists_and_profiles_are_kept() -> None:
    before, after = Desk("2.1").connect(), Desk("2.1")
    before.charge().unplug()
    before.charger.settings.change("MeterValueSampleInterval", "11")
    before.charger.tokens.change_list(4, "Full", [("VAN1", {"status": "Accepted"})])
    before.charger.password = "changed"
    install(before, make_profile(before, 10))

    restore_memory(after.world, remember(before))

    assert after.evse().register_wh == before.evse().register_wh
    assert after.charger.settings["MeterValueSampleInterval"] == "11"
    assert after.charger.tokens.local_list == {"van1": {"status": "Accepted"}}
    assert after.charger.password == "changed"
    assert [each.id for each in after.charger.profiles.profiles] == [1]


def test_a_password_written_into_the_yard_since_is_the_newer_one() -> None:
    before, after = Desk(password="old").connect(), Desk(password="new")
    before.charger.password = "changed"

    restore_memory(after.world, remember(before))

    assert after.charger.password == "new"


def test_a_vehicle_drives_once_for_one_arrival(tmp_path: Path) -> None:
    yard = read_yard(DEMO_YARD)
    since, until = (read_moment(each) for each in ("2026-11-16T00:00:00-08:00", "2026-11-18T16:00:00-08:00"))
    path = tmp_path / "memory.json"

    recorder = record_to_file(yard, since, until, tmp_path / "days.jsonl", memory=path)
    told = json.loads(path.read_text())

    van = recorder.world.vehicles["Van 101"]
    assert told["vehicles"]["Van 101"] == {"soc": van.soc, "drove_for": van.drove_for}
    assert van.drove_for is not None


def test_a_yard_that_runs_on_from_a_recording_has_its_own_settings(tmp_path: Path) -> None:
    at, path = read_moment("2026-11-16T00:00:00-08:00"), tmp_path / "memory.json"
    yard = read_yard(DEMO_YARD)
    record_to_file(yard, at, at + 60, tmp_path / "one.jsonl", interval_s=900, memory=path)

    kept = json.loads(path.read_text())["chargers"]

    for charger in yard.chargers:
        own = Settings(charger.settings)
        for name in ("MeterValueSampleInterval", "WebSocketPingInterval"):
            assert kept[charger.identity]["settings"][name] == own[name] != "900"


async def test_a_run_picks_up_where_the_last_one_ended(server: AcceptAll, tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    async with running(make_yard(), server.url, memory=path) as runner:
        charger = runner.world.chargers["CP1"]
        await server.until(lambda: charger.is_online)
        charger.evses[0].plug_in(runner.world.vehicles["Van 1"])
        charger.evses[0].present_card(Card("VAN1"))
        await server.until(lambda: server.heard("MeterValues"))

    async with running(make_yard(), server.url, memory=path):
        [stop] = await server.until(lambda: server.heard("StopTransaction"))

    assert stop.payload["reason"] == "PowerLoss"


def test_a_first_run_has_nothing_to_remember(tmp_path: Path) -> None:
    desk = Desk()
    register_wh = desk.evse().register_wh

    load_memory(desk.world, tmp_path / "none.json")
    save_memory(desk.world, tmp_path / "memory.json")

    assert desk.evse().register_wh == register_wh
    assert not (tmp_path / "memory.json.new").exists()
    assert (tmp_path / "memory.json").stat().st_mode & 0o777 == 0o600


def test_who_stood_there_when_the_power_went_charges_from_the_return_on() -> None:
    at = read_moment("2026-11-19T22:00:00-08:00")
    world = World(read_yard(DEMO_YARD), Clock(at, 0.0), Agenda(now=time.monotonic), times=LinkTimes(), books=Books())

    world.begin()
    world.catch_up()

    stand_there = [evse for evse in world.evses() if evse.vehicle is not None]
    assert len(stand_there) > 20
    assert {evse.advanced_at for evse in stand_there} == {at}
