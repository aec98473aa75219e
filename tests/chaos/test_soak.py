"""Everything that production has, for as long as `SOAK_MINUTES` says, while one part after the other is struck.

Not part of the suite (conftest.py): `run.py soak` starts it. A calm stretch at the end shows whether memory grows.
"""

import os
import signal
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from django.db import connection

from billing.models import Transaction
from chargers.choices import CommandState
from chargers.models import Connection, IssuedCommand
from depot import clock
from depot.access import keys
from depot.access.models import Scope
from tests.chaos.conftest import OpenYard
from tests.chaos.striking import EVENING, SECONDS_PER_SECOND, SEED, all_is_well
from tests.chaos.yard import Hands, VirtualYard, plan_yard
from tests.factories import THURSDAY
from tests.live import DepotProcess
from tests.processes.asking import ask_to_post
from tests.processes.programs import Production, memory_kb, production
from tests.servers import Postgres, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storage]
MINUTES = float(os.environ.get("SOAK_MINUTES", "0"))
CHARGERS = 24
STRIKE_EVERY_S = (3.0, 12.0)
CALM_SHARE = 0.25
MAY_GROW_BY = 1.25
# A command that was sent is given up after two minutes without an answer.
COMMANDS_SETTLE_WITHIN_S = 180


class Fleet:
    """Two gateways, two web processes, a worker and beat, on a PostgreSQL and a Valkey; each can be struck."""

    def __init__(self, install: Production, postgres: Postgres) -> None:
        self.install, self.postgres = install, postgres
        self.gateways = [install.gateway(), install.gateway()]
        self.webs = [install.web(), install.web()]
        self.others = [install.worker(), install.beat()]
        install.start(*self.processes)

    @property
    def processes(self) -> list[DepotProcess]:
        return [*self.gateways, *self.webs, *self.others]

    def strike(self, random: Random) -> str:
        """Something goes wrong, and is mended after a while; what it was."""
        strikes: list[tuple[str, Callable[[], None], Callable[[], None]]] = [
            ("database stopped", self._stop_database(self.postgres.stop), self.postgres.start),
            ("database killed", self._stop_database(self.postgres.kill), self.postgres.start),
            ("layer stopped", self.install.valkey.stop, self.install.valkey.start),
        ]
        for process in self.processes:
            name = " ".join(process.command[2:4])
            strikes.append((f"killed: {name}", process.kill, process.start))
            strikes.append((f"stopped: {name}", process.stop, process.start))
            strikes.append((f"paused: {name}", signalled(process, signal.SIGSTOP), signalled(process, signal.SIGCONT)))
        name, hurt, mend = random.choice(strikes)
        hurt()
        time.sleep(random.uniform(0.2, 4))
        mend()
        return name

    def _stop_database(self, how: Callable[[], None]) -> Callable[[], None]:
        def stop() -> None:
            connection.close()
            how()

        return stop

    def memory_kb(self) -> dict[str, int]:
        return {
            f"{' '.join(process.command[2:4])} {process.port}": memory_kb(process.process.pid)
            for process in self.processes
            if process.process
        }


def signalled(process: DepotProcess, number: signal.Signals) -> Callable[[], None]:
    def send() -> None:
        assert process.process
        process.process.send_signal(number)

    return send


class Dispatcher:
    """Asks chargers for this and that through either web process, all the time; refusals and failures are no matter."""

    def __init__(self, fleet: Fleet, identities: list[str], key: str) -> None:
        self.fleet, self.identities, self.key = fleet, identities, key
        self.random = Random(SEED)
        self.asked = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.wait(0.3):
            identity, web = self.random.choice(self.identities), self.random.choice(self.fleet.webs)
            try:
                ask_to_post(web, f"/api/v1/chargers/{identity}/clear-cache/", self.key)
            except (urllib.error.URLError, OSError, ValueError):
                continue
            self.asked += 1


@pytest.fixture
def fleet(own_postgres: Postgres, tmp_path: Path) -> Iterator[Fleet]:
    clock.set_pace(business_at=EVENING, rate=SECONDS_PER_SECOND)
    with production(tmp_path) as install:
        yield Fleet(install, own_postgres)


def test_nothing_is_lost_and_nothing_grows(fleet: Fleet, open_yard: OpenYard) -> None:
    key = keys.make_key("dispatch", scopes=[Scope.ADMIN], all_depots=True, made_by=None, now=THURSDAY)[1]
    plan = plan_yard(CHARGERS)
    # One yard for each gateway: the even chargers here, the odd ones there.
    halves = [{**plan, "chargers": plan["chargers"][half::2]} for half in (0, 1)]
    yards = [
        open_yard(half, url=gateway.socket_url, rate=SECONDS_PER_SECOND)
        for half, gateway in zip(halves, fleet.gateways, strict=True)
    ]
    for yard in yards:
        yard.start(moment=clock.now())
    dispatcher = Dispatcher(fleet, [charger["identity"] for charger in plan["chargers"]], key)
    dispatcher.start()
    began, random = time.monotonic(), Random(SEED)

    with Hands(yards[0], seed=SEED).busy() as one, Hands(yards[1], seed=SEED + 1).busy() as other:
        while time.monotonic() - began < MINUTES * 60 * (1 - CALM_SHARE):
            time.sleep(random.uniform(*STRIKE_EVERY_S))
            print(f"{time.monotonic() - began:6.0f} s: {fleet.strike(random)}", flush=True)  # noqa: T201
        # All caches are warm by a third of the calm.
        time.sleep(MINUTES * 60 * CALM_SHARE / 3)
        warm = fleet.memory_kb()
        time.sleep(MINUTES * 60 * CALM_SHARE * 2 / 3)
        after = fleet.memory_kb()
    dispatcher.stop()
    told = []
    for yard, hands in ((yards[0], one), (yards[1], other)):
        hands.go_home()
        yard.wait_until_quiet()
        told += yard.transactions()
    wait_until(commands_are_settled, within_s=COMMANDS_SETTLE_WITHIN_S, every_s=1, what="commands settled")
    wait_until(sockets_are_the_yard_s(yards), within_s=60, every_s=1, what="the books of sockets")
    for process in fleet.processes:
        process.stop()

    print(f"{len(told)} charges, {dispatcher.asked} commands, memory {warm} -> {after} KB", flush=True)  # noqa: T201
    assert Transaction.objects.exists()
    assert all_is_well(told)
    assert {name: kb for name, kb in after.items() if kb > warm[name] * MAY_GROW_BY} == {}


def commands_are_settled() -> bool:
    return not IssuedCommand.objects.filter(state__in=[CommandState.REQUESTED, CommandState.SENT]).exists()


def sockets_are_the_yard_s(yards: list[VirtualYard]) -> Callable[[], bool]:
    """Every charger has one socket in the books, whatever became of its earlier ones."""

    def is_so() -> bool:
        open_ones = Connection.objects.filter(closed_at=None).values_list("charger__identity", flat=True)
        return sorted(open_ones) == sorted(charger["identity"] for yard in yards for charger in yard.plan["chargers"])

    return is_so
