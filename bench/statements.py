"""SQL statements that each kind of message costs, counted on the inbox's own paths."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import django


class Counter:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        self.count += 1
        return execute(sql, parameters, many, context)


@contextmanager
def counted() -> Iterator[Counter]:
    from django.db import connection

    counter = Counter()
    with connection.execute_wrapper(counter):
        yield counter


def measure() -> list[tuple[str, float]]:
    from bench.seed import seed
    from chargers.choices import Standing
    from chargers.events import (
        ChargingEnded,
        ChargingStarted,
        HeartbeatSent,
        MetersRead,
        Reading,
        Status,
        StatusChanged,
        Token,
    )
    from chargers.inbox import Caller, Heard, installed
    from chargers.models import Charger
    from depot.intake import Item

    seed(100)
    inbox: Any = installed()
    now = datetime.now(UTC)
    callers = [
        Caller(charger.pk, charger.identity, 0, "ocpp1.6", Standing.ADOPTED) for charger in Charger.objects.all()
    ]
    rows: list[tuple[str, float]] = []

    def alone(name: str, event: Any) -> Any:
        with counted() as counter:
            answer = inbox._store(Item(callers[0], event, Heard(now, "StartTransaction", {})))
        rows.append((name, counter.count))
        return answer

    def together(name: str, events: list[Any]) -> None:
        items = [Item(caller, event, Heard(now)) for caller, event in zip(callers, events, strict=True)]
        with counted() as counter:
            inbox._commit_batch(items)
        rows.append((f"{name}, by a batch of {len(items)}", counter.count / len(items)))

    start = ChargingStarted(evse=1, connector=1, token=Token("BENCH"), meter_wh=500, at=now, digest="a")
    together("heartbeat", [HeartbeatSent()] * len(callers))
    # A charger tells its connectors' statuses before anything charges there.
    status = StatusChanged(evse=1, status=Status.CHARGING, raw="Charging", at=now)
    together("status", [status] * len(callers))
    decision = alone("start", start)
    reading = Reading(at=now, energy_wh=600, power_w=7000)
    meter = MetersRead(evse=1, readings=(reading,), digest="b", reference="")
    together("meter values", [meter] * len(callers))
    later = now + timedelta(minutes=30)
    alone("stop", ChargingEnded(reference=decision.reference, at=later, meter_wh=900, digest="c", reason="Local"))
    return rows


if __name__ == "__main__":
    django.setup()
    for name, count in measure():
        print(f"  {name:36} {count:g}")
