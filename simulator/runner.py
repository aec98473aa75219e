"""Runs a yard over real WebSockets until it is told to stop."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from simulator.agenda import Agenda
from simulator.books import Books
from simulator.clock import Clock
from simulator.memory import cut_power, load_memory, save_memory
from simulator.surroundings import LinkTimes
from simulator.transport import Wire
from simulator.world import World
from simulator.yard import YardPlan


class YardRunner:
    """One event loop; two heaps of appointments, of virtual moments and of real seconds."""

    def __init__(
        self, yard: YardPlan, url: str, clock: Clock, *, times: LinkTimes | None = None, memory: Path | None = None
    ) -> None:
        self.clock = clock
        self.timers = Agenda(now=time.monotonic)
        self.world = World(yard, clock, self.timers, times=times or LinkTimes(), books=Books(keeps=20000))
        self.wires = {
            name: Wire(charger, url, catch_up=self.world.catch_up) for name, charger in self.world.chargers.items()
        }
        self._memory = memory
        self.stopping = asyncio.Event()
        self._look_again = asyncio.Event()

    async def run(self) -> None:
        for agenda in (self.timers, self.world.agenda):
            agenda.on_earlier = self._look_again.set
        if self._memory is not None:
            load_memory(self.world, self._memory)
        self.world.begin()
        keepers = [asyncio.create_task(wire.keep_connected()) for wire in self.wires.values()]
        driver = asyncio.create_task(self._drive())
        stopping = asyncio.create_task(self.stopping.wait())
        try:
            # A dead driver would leave the yard frozen and silent: its failure ends the run.
            await asyncio.wait([driver, stopping, *keepers], return_when=asyncio.FIRST_COMPLETED)
            for task in (driver, *keepers):
                if task.done():
                    task.result()
        finally:
            await self._end([driver, stopping, *keepers])

    async def _end(self, tasks: Sequence["asyncio.Task[Any]"]) -> None:
        await asyncio.gather(*(wire.close() for wire in self.wires.values()))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._memory is not None:
            cut_power(self.world)
            save_memory(self.world, self._memory)

    async def _drive(self) -> None:
        while True:
            self._look_again.clear()
            done = self.world.catch_up() + self.timers.do_due()
            if done:
                await asyncio.sleep(0)
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._look_again.wait(), self._seconds_to_sleep())

    def _seconds_to_sleep(self) -> float | None:
        waits = []
        if (real := self.timers.next_at()) is not None:
            waits.append(max(0.0, real - time.monotonic()))
        if (moment := self.world.agenda.next_at()) is not None:
            virtual = self.clock.real_seconds_until(moment)
            if virtual is not None:
                waits.append(virtual)
        return min(waits) if waits else None

    def set_clock(self, moment: float | None, rate: float | None, since: float | None = None) -> None:
        """Another rate, or a jump; what lies between a jump's ends happens, each thing in its own time.

        It was `moment` at the real time `since`: what the word took on its way, and the jump itself, sets nobody back.
        """
        if rate is not None:
            self.clock.set(rate=rate)
        if moment is not None:
            while (next_at := self.world.agenda.next_at()) is not None and next_at <= moment:
                self.clock.set(max(next_at, self.clock.now()))
                self.world.agenda.do_next()
            self.clock.set(moment, ago_s=0.0 if since is None else max(0.0, time.time() - since))
        self._look_again.set()
