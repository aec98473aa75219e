"""Plays days of the yard at full speed, without sockets, against a server that accepts everything."""

import gzip
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson

from simulator.agenda import Agenda
from simulator.books import Books
from simulator.charger import Charger
from simulator.clock import Moment, StillClock, write_moment
from simulator.frames import CALL, CALL_RESULT, Payload
from simulator.memory import save_memory
from simulator.settings import Settings
from simulator.surroundings import LinkTimes
from simulator.world import World
from simulator.yard import YardPlan

ACCEPTED = {"status": "Accepted"}
# A recording needs no sign of life: one heartbeat a day.
HEARTBEAT_S = 86_400


class Answerer:
    """Accepts everything; names the 1.6 transactions."""

    def __init__(self) -> None:
        self._transaction_ids = count(1)

    def answer(self, version: str, action: str, payload: Payload, now: Moment) -> Payload:
        if action == "BootNotification":
            return {"currentTime": write_moment(now), "interval": HEARTBEAT_S, "status": "Accepted"}
        if action == "Heartbeat":
            return {"currentTime": write_moment(now)}
        if action == "Authorize":
            return {"idTagInfo" if version == "1.6" else "idTokenInfo": ACCEPTED}
        if action == "StartTransaction":
            return {"idTagInfo": ACCEPTED, "transactionId": next(self._transaction_ids)}
        if action == "TransactionEvent":
            return {"idTokenInfo": ACCEPTED} if "idToken" in payload else {}
        if action == "NotifyEVChargingNeeds":
            return {"status": "Rejected"}
        if action == "DataTransfer":
            return ACCEPTED
        return {}


class RecorderLink:
    """A link that writes each CALL down together with its answer."""

    def __init__(self, recorder: "Recorder", charger: Charger) -> None:
        self._recorder = recorder
        self._charger = charger

    def send(self, text: str) -> None:
        frame = orjson.loads(text)
        if frame[0] == CALL:
            self._recorder.take(self, self._charger, frame)

    def close(self) -> None:
        self._charger.lose_link(self)

    def abort(self) -> None:
        self._charger.lose_link(self)

    def ping(self) -> None:
        """Nobody is there to be asked."""


class Recorder:
    """One heap after the other is emptied in the order of time; the clock stands still in between.

    Stays that are not over at the end are left out: who plays the yard on from there begins them itself.
    """

    def __init__(self, yard: YardPlan, since: Moment, until: Moment, *, interval_s: int = 900) -> None:
        self._yard = yard
        self._settings = {"MeterValueSampleInterval": str(interval_s), "WebSocketPingInterval": "0"}
        chargers = tuple(replace(each, settings={**each.settings, **self._settings}) for each in yard.chargers)
        self.clock = StillClock(since)
        self.until = until
        self.timers = Agenda(now=self.clock.now)
        self.world = World(replace(yard, chargers=chargers), self.clock, self.timers, times=LinkTimes(), books=Books())
        self.frames = 0
        self._answerer = Answerer()
        self._answers: deque[tuple[RecorderLink, Charger, bytes]] = deque()
        self._write: Callable[[dict[str, Any]], None] = lambda line: None

    def record(self, write: Callable[[dict[str, Any]], None]) -> None:
        self._write = write
        for charger in self.world.chargers.values():
            charger.open_link(RecorderLink(self, charger))
            self._hear_answers()
        self.world.begin(until=self.until)
        while (agenda := self._earliest()) is not None:
            when = agenda.next_at()
            if when is None or when > self.until:
                break
            self.clock.move_to(max(when, self.clock.now()))
            agenda.do_next()
            self._hear_answers()
        self.clock.move_to(self.until)

    def give_back_settings(self) -> None:
        """Those that only the recording had: a yard that runs on from its end has its own."""
        for plan in self._yard.chargers:
            own = Settings(plan.settings)
            self.world.chargers[plan.identity].settings.restore({name: own[name] for name in self._settings})

    def _earliest(self) -> Agenda | None:
        waiting = [each for each in (self.world.agenda, self.timers) if each.next_at() is not None]
        return min(waiting, key=lambda each: cast(float, each.next_at()), default=None)

    def take(self, link: RecorderLink, charger: Charger, frame: list[Any]) -> None:
        _, message_id, action, payload = frame
        now = self.clock.now()
        version = charger.plan.version
        answer = [CALL_RESULT, message_id, self._answerer.answer(version, action, payload, now)]
        self._write(
            {
                "at": write_moment(now),
                "charger": charger.identity,
                "version": version,
                "frame": frame,
                "answer": answer,
            }
        )
        self.frames += 1
        self._answers.append((link, charger, orjson.dumps(answer)))

    def _hear_answers(self) -> None:
        while self._answers:
            link, charger, answer = self._answers.popleft()
            if charger.link is link:
                charger.hear(answer)


def record_to_file(
    yard: YardPlan, since: Moment, until: Moment, path: Path, *, interval_s: int = 900, memory: Path | None = None
) -> Recorder:
    """Write one JSON line per CALL, in the order of time over all chargers.

    `memory` is where the registers and batteries of the last moment go, for a yard that runs on from there.
    """
    recorder = Recorder(yard, since, until, interval_s=interval_s)
    # No name and no time in the gzip header: the same yard records to the same bytes.
    with path.open("wb") as raw, _open(raw, path) as out:
        recorder.record(lambda line: _write_line(out, line))
    recorder.give_back_settings()
    if memory is not None:
        save_memory(recorder.world, memory)
    return recorder


def _open(raw: BinaryIO, path: Path) -> BinaryIO:
    if path.suffix != ".gz":
        return raw
    return cast(BinaryIO, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6))


def _write_line(out: BinaryIO, line: dict[str, Any]) -> None:
    out.write(orjson.dumps(line) + b"\n")
