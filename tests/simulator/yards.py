"""Small yards for tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulator.clock import Clock, read_moment
from simulator.runner import YardRunner
from simulator.surroundings import LinkTimes
from simulator.yard import YardPlan, build_yard

THURSDAY = read_moment("2026-11-19T16:30:00Z")
VERSIONS = ["1.6", "2.0.1", "2.1"]


def make_yard(version: str = "1.6", *, evses: int | list[dict[str, Any]] = 1, **more: Any) -> YardPlan:
    """One charger with so many EVSEs of 7.36 kW, or with the ones described; two vans."""
    if isinstance(evses, int):
        evses = [
            {"number": number, "bay": f"A{number}", "max_w": 7360, "phases": 1, "max_a": 32}
            for number in range(1, evses + 1)
        ]
    charger: dict[str, Any] = {"identity": "CP1", "version": version, "evses": evses}
    # Paced tests ping in seconds what a yard pings in a minute; a busy machine must not look like a dead server.
    charger["settings"] = {"WebSocketPingInterval": "3000"}
    charger.update(more)
    van = {"name": "Van 1", "id_token": "VAN1", "battery_kwh": 60, "phases": 1}
    second = {"name": "Van 2", "id_token": "VAN2", "battery_kwh": 60, "phases": 1}
    return build_yard({"chargers": [charger], "vehicles": [van, second]})


@asynccontextmanager
async def running(
    yard: YardPlan,
    url: str,
    *,
    moment: float = THURSDAY,
    rate: float = 600.0,
    pace: float = 0.02,
    memory: Path | None = None,
) -> AsyncIterator[YardRunner]:
    runner = YardRunner(
        yard, url, Clock(moment, rate), times=replace(LinkTimes().paced(pace), call_timeout_s=20), memory=memory
    )
    task = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        runner.stopping.set()
        await task
