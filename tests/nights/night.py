"""One night: the whole depot as a process, a yard as another, both by one fast clock, and what is done to them."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from depot import clock
from depot.energy.delivery.models import Fallback, Target
from depot.energy.models import Wiring
from depot.models import Depot
from tests.chaos.yard import Refused, VirtualYard
from tests.live import DepotProcess
from tests.nights.checker import Excess, Flow, Place, energy_wh, excesses, read_log
from tests.nights.depots import Limits, Plan, Van, bounds_of, lay_out_night, leaving, plan_yard, points_of
from tests.servers import free_port, wait_until

LOOK_EVERY_S = 0.02
CALL_TIMEOUT_S = 30  # in life
CALM_WITHIN_S = 60
BEFORE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Happening:
    at: datetime
    act: Callable[["Night"], object]
    name: str = ""


class Night:
    """From `evening` on, in the depot's own zone; `rate` business seconds in a real one."""

    def __init__(
        self,
        folder: Path,
        vans: tuple[Van, ...],
        *,
        evening: datetime,
        rate: float,
        limits: Limits | None = None,
        plan: Plan | None = None,
        tick_s: float = 0.5,
        naive: bool = False,
        patience: float = 0.1,
    ) -> None:
        """`patience`: how long a charger and the server wait for each other, as a share of what they do in life."""
        self.limits = limits or Limits()
        self.vans, self.evening, self.rate = vans, evening, rate
        self.plan = plan or plan_yard(vans)
        self.random = Random(4)
        clock.set_pace(business_at=evening, rate=rate)
        clock.forget()
        self.depot: Depot = lay_out_night(self.plan, folder, self.limits, now=evening)
        port = free_port()
        command = [sys.executable, "-m", "tests.nights.program", "--port", str(port), "--tick", str(tick_s)]
        self.server = DepotProcess(
            [*command, *(["--naive"] if naive else [])],
            port=port,
            DEPOT_VAR=str(folder),
            CALL_TIMEOUT_S=str(max(1, round(CALL_TIMEOUT_S * patience))),
            HEARTBEAT_INTERVAL_S="3600",
            METER_INTERVAL_S=self.plan["chargers"][0]["settings"]["MeterValueSampleInterval"],
        )
        self.yard = VirtualYard(folder, self.plan, url=self.server.socket_url, rate=rate, pace=patience)
        self.strikes: list[tuple[datetime, str]] = []

    # Its course

    def begin(self) -> None:
        """All processes are up, and all chargers hold what they fall back to: only then a van may come."""
        # While processes start, time stands still.
        clock.set_pace(business_at=self.evening - BEFORE, rate=0)
        clock.forget()
        self.server.start()
        self.yard.start(moment=self.evening - BEFORE)
        self.yard.ask("/clock", rate=0)
        self.yard.wait_until_online()
        self._run_on(self.evening - BEFORE)
        wait_until(self.is_commissioned, within_s=CALM_WITHIN_S, every_s=0.1, what="fallbacks at all chargers")
        self._run_on(self.evening - timedelta(minutes=2))

    def is_commissioned(self) -> bool:
        held = Target.objects.filter(fallback_state=Fallback.HELD).values_list("evse", flat=True)
        return set(held) >= set(Wiring.objects.values_list("evse", flat=True))

    def _run_on(self, at: datetime) -> None:
        # What happens until then takes the yard a while: nobody's clock may run before it is there.
        self.yard.ask("/clock", moment=at.isoformat(), rate=0)
        pace = clock.set_pace(business_at=at, rate=self.rate)
        clock.forget()
        self.yard.ask("/clock", moment=at.isoformat(), rate=self.rate, since=pace.real_at.isoformat())

    def stand_still(self) -> None:
        """For all: the depot and the yard. Processes hear of it within a second: for none of them time goes back."""
        at = clock.now() + self.rate * timedelta(seconds=1.2)
        clock.set_pace(business_at=at, rate=0)
        clock.forget()
        self.yard.ask("/clock", moment=at.isoformat(), rate=0)

    def live_until(self, morning: datetime, happenings: Iterable[Happening] = ()) -> None:
        for one in sorted(happenings, key=lambda each: each.at):
            self.wait_for(one.at)
            self.strikes.append((clock.now(), one.name))
            one.act(self)
        self.wait_for(morning)

    def wait_for(self, moment: datetime) -> None:
        ahead_s = (moment - clock.now()).total_seconds() / self.rate
        wait_until(lambda: clock.now() >= moment, within_s=ahead_s + CALM_WITHIN_S, every_s=LOOK_EVERY_S)

    def end(self) -> None:
        self.server.end_somehow()
        self.yard.stop()

    # What befalls it

    def kill_and_restart(self) -> None:
        self.server.kill()
        self.server.launch()

    def kill(self) -> None:
        self.server.kill()

    def to_all(self, fault: str, **words: Any) -> None:
        for charger in self.plan["chargers"]:
            self.to(charger["identity"], fault, **words)

    def to(self, identity: str, fault: str, **words: Any) -> None:
        self.yard.ask("/faults", charger=identity, fault=fault, **words)

    def drop_one(self, real_s: float = 2.0) -> None:
        charger = self.random.choice(self.plan["chargers"])["identity"]
        self.to(charger, "offline", seconds=real_s)

    def cut_the_power(self, real_s: float = 1.0) -> None:
        self.to_all("power_loss", seconds=real_s)

    def show_cards_again(self) -> None:
        """Somebody walks through the yard: who stands there and does not charge is shown its card."""
        for charger in self.yard.chargers():
            for evse in charger["evses"]:
                if evse["vehicle"] and not evse["transaction"]:
                    try:
                        self.yard.ask("/card", charger=charger["identity"], evse=evse["number"])
                    except Refused:
                        continue

    # What came of it

    def log(self) -> list[Flow]:
        return read_log(self.yard.ask("/power")["log"])

    def excesses(self, log: list[Flow], until: datetime | None = None) -> list[Excess]:
        return excesses(log, points_of(self.depot), bounds_of(self.limits), until=until or clock.now())

    def place_of(self, van: Van) -> Place:
        for charger in self.plan["chargers"]:
            for point in charger["evses"]:
                if point["bay"] == van.bay:
                    return charger["identity"], point["number"]
        raise LookupError(van.bay)

    def given_wh(self, log: list[Flow]) -> dict[str, tuple[float, float]]:
        """By van: what it got until it left, and what it needed."""
        return {
            van.name: (
                energy_wh(log, self.place_of(van), self.evening - timedelta(hours=1), leaving(van, self.evening)),
                van.needs_wh,
            )
            for van in self.vans
        }

    def short(self, log: list[Flow], *, share: float = 0.97) -> dict[str, tuple[float, float]]:
        """Vans that left with less than they needed."""
        return {van: both for van, both in self.given_wh(log).items() if both[0] < both[1] * share}


def wall(year: int, month: int, day: int, hour: int, minute: int = 0, *, zone: str = "Europe/Berlin") -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone))


def utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
