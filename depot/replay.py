"""Tell recorded frames again: the facts of a past time, through the same dialects and handlers as live ones.

What a charger said of its present (status, boot, heartbeat) is of no use later and is left out.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from django.db import transaction

from chargers.choices import Standing
from chargers.events import ChargingEnded, ChargingStarted, ChargingUpdated, MetersRead
from chargers.inbox import Caller, Heard
from chargers.models import Charger
from chargers.ocpp.dialects import DIALECTS
from chargers.ocpp.values import moment
from depot import batch, settling
from depot.inbox import ONE_AT_A_TIME
from depot.intake import Item
from depot.live import quietly

# Frames told in one transaction: enough to be quick, few enough not to keep live chargers waiting for the lock.
FRAMES_AT_ONCE = 100
SETTLE_EVERY = timedelta(hours=12)
FACTS = (ChargingStarted, ChargingUpdated, ChargingEnded, MetersRead)


class BadRecording(Exception):
    """A line that is no recorded frame; the text says which and why."""


@dataclass(slots=True)
class Tally:
    told: int = 0
    left_out: int = 0
    unknown_charger: int = 0
    settled: int = 0


def replay(path: Path) -> Tally:
    """Tell the frames of a recording, in their order. Raises BadRecording; what was told before stays."""
    teller = _Teller()
    settle_at: datetime | None = None
    waiting: list[dict[str, Any]] = []
    for line in _read(path):
        at = line["at"]
        settle_at = settle_at or at + SETTLE_EVERY
        waiting.append(line)
        if len(waiting) >= FRAMES_AT_ONCE:
            teller.tell(waiting)
            waiting = []
        if at >= settle_at:
            teller.tell(waiting)
            waiting = []
            # Booked when they happened, not today.
            teller.settle(at)
            settle_at = at + SETTLE_EVERY
    teller.tell(waiting)
    if settle_at is not None:
        teller.settle(settle_at)
    return teller.tally


def _read(path: Path) -> Iterator[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as lines:
        for number, text in enumerate(lines, 1):
            try:
                line = orjson.loads(text)
                at = moment(line["at"])
                if at is None or f"ocpp{line['version']}" not in DIALECTS or line["frame"][0] not in (2, 6):
                    raise BadRecording(f"line {number}: no moment, no known version or no CALL")
            except (ValueError, KeyError, TypeError, IndexError) as error:
                raise BadRecording(f"line {number}: {error!r}") from error
            yield {**line, "at": at}


class _Teller:
    def __init__(self) -> None:
        self.tally = Tally()
        self._chargers = {charger.identity: charger for charger in Charger.objects.filter(standing=Standing.ADOPTED)}
        # 1.6 transaction ids as recorded -> as we have given them now.
        self._references: dict[tuple[str, str], str] = {}

    def tell(self, lines: list[dict[str, Any]]) -> None:
        if not lines:
            return
        with transaction.atomic(), quietly():
            batched: list[Item] = []
            for line in lines:
                item = self._item(line)
                if item is None:
                    continue
                self.tally.told += 1
                if isinstance(item.event, MetersRead):
                    batched.append(item)
                    continue
                # A start or an end comes after the meter values that were told before it.
                self._store(batched)
                batched = []
                answer = ONE_AT_A_TIME[type(item.event)](item.caller, item.event, item.heard)
                if isinstance(item.event, ChargingStarted) and "transactionId" in line["answer"][2]:
                    recorded = str(line["answer"][2]["transactionId"])
                    self._references[item.caller.identity, recorded] = answer.reference
            self._store(batched)

    def settle(self, at: datetime) -> None:
        """All that was due by then, however many runs that takes."""
        while settled := settling.settle_due(at):
            self.tally.settled += settled

    def _store(self, items: list[Item]) -> None:
        for item, answer in zip(items, batch.store(items), strict=True):
            if answer is batch.ALONE:
                ONE_AT_A_TIME[type(item.event)](item.caller, item.event, item.heard)

    def _item(self, line: dict[str, Any]) -> Item | None:
        protocol, action, payload = f"ocpp{line['version']}", line["frame"][2], line["frame"][3]
        charger = self._chargers.get(line["charger"])
        if charger is None:
            self.tally.unknown_charger += 1
            return None
        if action not in DIALECTS[protocol].tellers:
            self.tally.left_out += 1
            return None
        event = DIALECTS[protocol].read(action, payload, line["at"])
        if not isinstance(event, FACTS):
            self.tally.left_out += 1
            return None
        reference = self._references.get((charger.identity, event.reference))
        if reference is not None:
            event = replace(event, reference=reference)
        caller = Caller(charger.pk, charger.identity, 0, protocol, Standing.ADOPTED)
        return Item(caller, event, Heard(line["at"], action, payload))
