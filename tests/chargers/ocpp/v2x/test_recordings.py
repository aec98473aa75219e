"""Whole charges, told through the dialects frame by frame."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chargers.events import (
    ChargingEnded,
    ChargingStarted,
    ChargingUpdated,
    Event,
    JobProgressed,
    MetersRead,
    SeveralTold,
    StatusChanged,
    Token,
    TokenPresented,
    VariableAlerted,
)
from chargers.ocpp import repairs, schemas
from chargers.ocpp.dialects import DIALECTS
from chargers.ocpp.values import moment

FOLDER = Path(__file__).parents[3] / "recordings"
RECORDINGS = sorted(path.name for path in FOLDER.glob("ocpp2*.jsonl"))

Line = dict[str, Any]


def lines(name: str) -> list[Line]:
    return [json.loads(text) for text in (FOLDER / name).read_text().splitlines()]


def told(name: str) -> Iterator[Event[Any]]:
    """What the charger of a recording tells, several things of one message one after the other."""
    for line in lines(name):
        at = moment(line["at"])
        assert at is not None
        if line.get("by") != "depot":
            event = DIALECTS[f"ocpp{line['version']}"].read(line["frame"][2], line["frame"][3], at)
            yield from event.events if isinstance(event, SeveralTold) else (event,)


@dataclass
class Charge:
    """A charge as its events make it, with no more knowledge than they have."""

    started: ChargingStarted | None = None
    tokens: set[str] = field(default_factory=set)
    places: set[tuple[int | None, int | None]] = field(default_factory=set)
    registers: list[int | None] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    ends: list[ChargingEnded] = field(default_factory=list)


def charge(name: str) -> Charge:
    made = Charge()
    for event in told(name):
        if isinstance(event, TokenPresented):
            made.tokens.add(event.token.key)
        if not isinstance(event, ChargingStarted | ChargingUpdated | ChargingEnded | MetersRead):
            continue
        made.places.add((event.evse, event.connector))
        if isinstance(event, ChargingStarted):
            made.started = event
        elif isinstance(event, ChargingEnded):
            made.ends.append(event)
        if not isinstance(event, MetersRead) and event.token is not None:
            made.tokens.add(event.token.key)
        if not isinstance(event, ChargingEnded):
            made.registers += [reading.energy_wh for reading in event.readings]
        if event.state is not None and made.states[-1:] != [event.state.value]:
            made.states.append(event.state.value)
    return made


def statuses(name: str) -> list[tuple[int, int, str]]:
    return [
        (event.evse, event.connector, event.status.value) for event in told(name) if isinstance(event, StatusChanged)
    ]


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_frame_keeps_its_schema_without_repair(name: str) -> None:
    for line in lines(name):
        protocol, (_, _, action, payload), (_, _, answer) = f"ocpp{line['version']}", line["frame"], line["answer"]

        repaired = repairs.repair(protocol, action, payload)

        assert repaired == (payload, [], None)
        assert schemas.check(protocol, action, answer, response=True) is None


@pytest.mark.parametrize("name", RECORDINGS)
def test_what_was_asked_of_the_charger_was_accepted(name: str) -> None:
    for line in lines(name):
        if line.get("by") == "depot":
            dialect, at = DIALECTS[f"ocpp{line['version']}"], moment(line["at"])
            assert at is not None

            hearing = dialect.hear(line["frame"][2], line["frame"][3], line["answer"][2], at)

            assert hearing.accepted


def test_cable_first() -> None:
    made = charge("ocpp201-cable-first.jsonl")

    assert made.started is not None
    assert (made.started.evse, made.started.token, made.started.meter_wh) == (1, None, 482_150)
    assert made.tokens == {"04e2b1a9c35f80"}
    assert made.registers == [482_150, 483_990, 485_830, 487_670, 489_510, 490_460]
    assert made.states == ["ev_connected", "charging", "suspended_ev", "ev_connected", "idle"]
    (end,) = made.ends
    assert (end.meter_wh, end.reason, end.sequence) == (490_460, "Local", 9)
    assert statuses("ocpp201-cable-first.jsonl") == [(1, 1, "available"), (1, 1, "occupied"), (1, 1, "available")]


def test_card_first_and_then_cut_off() -> None:
    made = charge("ocpp201-card-first-offline.jsonl")

    assert made.started is not None
    assert (made.started.evse, made.started.meter_wh) == (None, None)
    assert made.places == {(None, None), (2, 1)}
    assert made.tokens == {"van131"}
    assert made.registers == [15_204, 17_954, 20_704, 23_454]
    first, again = made.ends
    assert first == again
    assert (first.meter_wh, first.reason, first.offline, first.sequence) == (23_854, "EVDisconnected", True, 0)
    # Its own time, not that of the queue's return: more than an hour lies between.
    assert first.at.isoformat() == "2026-11-19T17:55:01+00:00"


def test_power_is_lost() -> None:
    made = charge("ocpp201-power-loss.jsonl")

    assert made.registers == [77_000, 78_800]
    (end,) = made.ends
    assert (end.meter_wh, end.reason, end.offline, end.readings) == (None, "PowerLoss", True, ())


def test_started_and_stopped_by_the_depot() -> None:
    made = charge("ocpp21-remote-start.jsonl")

    assert made.started is not None
    assert (made.started.remote_start_id, made.started.evse) == (913, 1)
    assert made.registers == [9_310_400, 9_312_180, 9_313_960, 9_315_740]
    (end,) = made.ends
    assert (end.meter_wh, end.reason) == (9_316_100, "Remote")
    assert [signed.encoding for reading in end.readings for signed in reading.signed] == ["OCMF"]
    powers = [
        reading.power_w
        for event in told("ocpp21-remote-start.jsonl")
        if isinstance(event, MetersRead)
        for reading in event.readings
    ]
    assert powers == [10_680, 10_680, 10_680]
    assert statuses("ocpp21-remote-start.jsonl") == [(1, 1, "available"), (1, 1, "occupied"), (1, 1, "available")]


def test_a_dc_station_with_two_cables() -> None:
    made = charge("ocpp21-dc-two-cables.jsonl")

    assert made.started is not None
    assert (made.started.token, made.started.meter_wh) == (Token("", "NoAuthorization"), 120_000)
    # The inlet's own register, which has the losses in it, is not what the vehicle got.
    assert made.registers == [120_000, 127_500, 135_000, 142_500]
    (end,) = made.ends
    assert (end.meter_wh, end.reason) == (143_900, "SOCLimitReached")
    assert [reading.soc_percent for reading in end.readings] == [18, 27.5, 37, 46.5, 48.5]
    assert statuses("ocpp21-dc-two-cables.jsonl")[:2] == [(1, 1, "available"), (1, 2, "unavailable")]
    events = list(told("ocpp21-dc-two-cables.jsonl"))
    assert [len(event.alerts) for event in events if isinstance(event, VariableAlerted)] == [1]
    assert [event.request_id for event in events if isinstance(event, JobProgressed)] == [9_007_199_254_740_993]
