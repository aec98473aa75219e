"""A yard of virtual chargers as a process of its own, and somebody who plugs in, shows cards, stops and drives off.

An outsider to the depot: it is driven through its control port, and tells by its own books what truly flowed.
"""

import json
import secrets
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from simulator.yard_maker import make_bench
from tests.live import ROOT
from tests.servers import dies_with_parent, wait_until

VERSIONS = ["1.6", "2.0.1", "2.1"]
# Four chargers of each manner: a round of all versions, and one more that is by another manner in each version.
MANNERS = ["plain", "plain", "chargepoint", "chargepoint", "abb_dc", "resumes", "abrupt", "pipeline"]
# A charger that gives a message up has lost it by its own doing: here none ever does.
NEVER_GIVES_UP = {"TransactionMessageAttempts": "1000", "TransactionMessageRetryInterval": "10"}
QUIET_WITHIN_S = 60
Plan = dict[str, Any]


def plan_yard(chargers: int = 12, *, evses: int = 2, sample_every_s: int = 60) -> Plan:
    """Chargers of all three versions and several manners; a van for each EVSE, whose battery is never full."""
    plan = make_bench(chargers, VERSIONS, evses=evses)
    for number, charger in enumerate(plan["chargers"]):
        charger["manners"] = MANNERS[number % len(MANNERS)]
        charger["settings"] = {"MeterValueSampleInterval": str(sample_every_s), **NEVER_GIVES_UP}
        # Some say everything twice, as chargers do whose network repeats what it has delivered.
        charger["faults"] = {"sends_twice": True} if number % 5 == 4 else {}
    plan["vehicles"] = [
        {
            "name": f"Van {point['bay']}",
            "id_token": f"VAN{point['bay'].replace('-', 'X')}",
            "battery_kwh": 10_000,
            "max_ac_w": 7_200,
            "max_dc_w": 0,
            "phases": 1,
        }
        for charger in plan["chargers"]
        for point in charger["evses"]
    ]
    return plan


class Refused(Exception):
    """The yard says that this cannot be done now."""


class VirtualYard:
    """`python -m simulator run`; its link's times are a tenth of real ones, so that retries come soon."""

    def __init__(self, folder: Path, plan: Plan, *, url: str, rate: float = 1.0, pace: float = 0.1) -> None:
        self.plan = plan
        self.rate = rate
        self._token = secrets.token_urlsafe(12)
        self._port = 0
        (folder / "yard.json").write_text(json.dumps(plan))
        self._command = [
            sys.executable, "-m", "simulator", "run", str(folder / "yard.json"), "--url", f"{url}/ocpp",
            "--rate", str(rate), "--pace", str(pace), "--control-port", "0", f"--control-token={self._token}",
            "--passwords", str(folder / "passwords.json"),
        ]  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, moment: datetime) -> None:
        """Connect; the yard's time is `moment` now."""
        command = [*self._command, "--moment", moment.isoformat()]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, preexec_fn=dies_with_parent())
        assert self.process.stdout
        said = self.process.stdout.readline()
        assert said, f"the yard ended with {self.process.wait()} before it was there"
        self._port = json.loads(said)["control_port"]

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            finally:
                self.process.kill()
                self.process.wait()

    def ask(self, path: str, **words: Any) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}{path}",
            json.dumps(words).encode() if words else None,
            {"Authorization": f"Bearer {self._token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            raise Refused(refusal.read().decode()) from None

    def moment(self) -> datetime:
        """By its own clock."""
        return datetime.fromisoformat(self.ask("/state")["moment"])

    def chargers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("/state")["chargers"]
        return found

    def transactions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("/books")["transactions"]
        return found

    def places(self) -> Iterator[tuple[str, int, str]]:
        """Charger, EVSE, and the van that belongs there."""
        for charger in self.plan["chargers"]:
            for point in charger["evses"]:
                yield charger["identity"], point["number"], f"Van {point['bay']}"

    def is_online(self) -> bool:
        return all(charger["is_online"] for charger in self.chargers())

    def running(self) -> int:
        return sum(evse["transaction"] is not None for charger in self.chargers() for evse in charger["evses"])

    def charges_at(self, identity: str, evse_number: int) -> bool:
        charger = next(each for each in self.chargers() if each["identity"] == identity)
        return any(evse["transaction"] for evse in charger["evses"] if evse["number"] == evse_number)

    def wait_until_online(self) -> None:
        wait_until(self.is_online, within_s=QUIET_WITHIN_S, every_s=0.1, what=f"the yard online: {self.refusals()}")

    def refusals(self) -> set[str]:
        return {charger["refused"] for charger in self.chargers()}

    def wait_until_quiet(self) -> None:
        """Nothing charges, and every charger has told all that it had to tell."""

        def is_quiet() -> bool:
            chargers = self.chargers()
            charges = any(evse["transaction"] for charger in chargers for evse in charger["evses"])
            return not charges and all(each["is_online"] and not each["queued"] for each in chargers)

        wait_until(is_quiet, within_s=QUIET_WITHIN_S, every_s=0.1, what="a quiet yard")


class Hands:
    """Somebody in the yard, in a thread: at every EVSE vans come, charge for a while, and go; the seed says how."""

    def __init__(self, yard: VirtualYard, *, seed: int) -> None:
        self.yard = yard
        self.random = Random(seed)
        self._charging: dict[tuple[str, int], bool] = {(charger, evse): False for charger, evse, _ in yard.places()}
        self._vans = {(charger, evse): van for charger, evse, van in yard.places()}
        self._staying: list[tuple[str, int]] = []
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hands", daemon=True)
        self.acts = 0

    @contextmanager
    def busy(self) -> Iterator["Hands"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._is_over.set()
            self._thread.join()

    def _run(self) -> None:
        while not self._is_over.wait(self.random.uniform(0.01, 0.1)):
            with self._lock:
                self._act(self.random.choice(list(self._charging)))

    def leave_one_charging(self) -> None:
        """One van charges from now until all go home: whatever happens meanwhile happens amid a charge."""
        with self._lock:
            place, is_charging = self._charging.popitem()
            self._staying.append(place)
            if not is_charging:
                self._try("/plug", place, vehicle=self._vans[place])

        def charges() -> bool:
            if self.yard.charges_at(*place):
                return True
            self._try("/card", place)
            return False

        wait_until(charges, within_s=30, every_s=2, what="a van that stays")

    def hurry(self, count: int) -> None:
        """So many acts at once, for whoever wants to strike in the middle of them."""
        with self._lock:
            for place in self.random.sample(list(self._charging), count):
                self._act(place)

    def rest_a_moment(self, seconds: float) -> None:
        """Real time passes, in which all go on as they do."""
        self._is_over.wait(seconds)

    def go_home(self) -> None:
        """Stop what charges, and unplug everything."""
        for place in (*self._charging, *self._staying):
            self._try("/stop", place)
            self._try("/unplug", place)

    def _act(self, place: tuple[str, int]) -> None:
        self.acts += 1
        chance = self.random.random()
        if not self._charging[place]:
            self._try("/plug", place, vehicle=self._vans[place])
            self._try("/card", place)
        elif chance < 0.15:
            self._try("/faults", place, fault="drop_link")
            return
        elif chance < 0.25:
            self._try("/faults", place, fault="replay_last")
            return
        else:
            if chance < 0.7:
                self._try("/stop", place)
            self._try("/unplug", place)
        self._charging[place] = not self._charging[place]

    def _try(self, path: str, place: tuple[str, int], **words: Any) -> bool:
        """A card may have been refused for want of a link, or a stop have come by itself: then this is not to be."""
        try:
            self.yard.ask(path, charger=place[0], evse=place[1], **words)
        except Refused:
            return False
        return True
