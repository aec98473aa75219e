"""Tell recorded frames again: the facts of a past time, through the same dialects and handlers as live ones.

What a charger said of its present (status, boot, heartbeat) is of no use later and is left out.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

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
Told = ChargingStarted | ChargingUpdated | ChargingEnded | MetersRead


Line = dict[str, Any]


class BadRecording(Exception):
    """A line that is no recorded frame; the text says which and why."""


@dataclass(slots=True)
class Tally:
    told: int = 0
    left_out: int = 0
    unknown_charger: int = 0
    settled: int = 0


def replay(path: Path) -> Tally:
    """Tell the charges of a recording, in the order they ended. Raises BadRecording; what was told before stays.

    Each charge is told whole, in one transaction: half of one would look like a session that its charger forgot,
    beside what the same charger says of its present.
    """
    teller = _Teller()
    for line in _read(path):
        teller.take(line)
    teller.tell()
    return teller.finish()


def _read(path: Path) -> Iterator[Line]:
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


@dataclass(frozen=True, slots=True)
class _Fact:
    item: Item
    reference: str


class _Teller:
    def __init__(self) -> None:
        self.tally = Tally()
        self._chargers = {charger.identity: charger for charger in Charger.objects.filter(standing=Standing.ADOPTED)}
        # What a charge has told so far, by charger and the transaction's recorded reference.
        self._open: dict[tuple[str, str], list[_Fact]] = {}
        self._whole: list[list[_Fact]] = []
        self._frames_waiting = 0

    def take(self, line: Line) -> None:
        """Keep a frame until its charge is whole."""
        item = self._item(line)
        if item is None:
            return
        event = cast(Told, item.event)
        # 1.6 leaves the naming to the server: the recorded answer has it.
        reference = event.reference or str(line["answer"][2].get("transactionId", ""))
        charge = self._open.setdefault((item.caller.identity, reference), [])
        charge.append(_Fact(item, reference))
        if isinstance(event, ChargingEnded) or not reference:
            self._whole.append(self._open.pop((item.caller.identity, reference)))
            self._frames_waiting += len(charge)
        if self._frames_waiting >= FRAMES_AT_ONCE:
            self.tell()

    def tell(self) -> None:
        """Tell the charges that are whole, and settle them with it: booked when they happened, not today."""
        if not self._whole:
            return
        with transaction.atomic(), quietly():
            for charge in self._whole:
                self._tell_charge(charge)
                self.tally.settled += settling.settle_due(charge[-1].item.heard.at)
        self._whole, self._frames_waiting = [], 0

    def finish(self) -> Tally:
        """Charges without an end are left out: what became of them the recording does not know."""
        self.tally.left_out += sum(map(len, self._open.values()))
        return self.tally

    def _tell_charge(self, charge: "list[_Fact]") -> None:
        named = ""
        batched: list[Item] = []
        for fact in charge:
            item = fact.item
            if named and not isinstance(item.event, ChargingStarted):
                item = replace(item, event=replace(cast(Told, item.event), reference=named))
            self.tally.told += 1
            if isinstance(item.event, MetersRead):
                batched.append(item)
                continue
            # A start or an end comes after the meter values that were told before it.
            _store(batched)
            batched = []
            answer = ONE_AT_A_TIME[type(item.event)](item.caller, item.event, item.heard)
            if isinstance(item.event, ChargingStarted) and item.caller.protocol == "ocpp1.6":
                named = answer.reference
        _store(batched)

    def _item(self, line: Line) -> Item | None:
        protocol, action, payload = f"ocpp{line['version']}", line["frame"][2], line["frame"][3]
        charger = self._chargers.get(line["charger"])
        if charger is None:
            self.tally.unknown_charger += 1
            return None
        if action not in DIALECTS[protocol].tellers:
            self.tally.left_out += 1
            return None
        event = DIALECTS[protocol].read(action, payload, line["at"])
        if not isinstance(event, Told):
            self.tally.left_out += 1
            return None
        caller = Caller(charger.pk, charger.identity, 0, protocol, Standing.ADOPTED)
        return Item(caller, event, Heard(line["at"], action, payload))


def _store(items: list[Item]) -> None:
    for item, answer in zip(items, batch.store(items), strict=True):
        if answer is batch.ALONE:
            ONE_AT_A_TIME[type(item.event)](item.caller, item.event, item.heard)
