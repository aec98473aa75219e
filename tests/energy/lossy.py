"""A small yard on bad links: requests and answers get lost, links break, clocks are wrong, chargers lose their power.

It knows what each charger really holds and draws; who sends knows only what was answered.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    InstallProfile,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    SchedulePeriod,
)
from chargers.held import possible as held
from chargers.held.possible import Ended, Possible, Rebooted
from chargers.profiles import (
    Circumstances,
    InstalledProfiles,
    RunningTransaction,
    Supply,
    end_transaction,
    follow,
    install,
    level_at,
    survive_reboot,
)
from depot.energy.ledger import Ledger, Node, OtherLoad
from depot.energy.worst import Point, Unit

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
CLOCK_ERROR_S = 30
VOLTAGE = 230.0
RATING_A = 32.0
FALLBACK_A = 6.0
PLAN, FALLBACK = 1, 2


def profile(evse: int, amperes: list[tuple[int, float]], *, at: datetime, reference: str | None) -> ChargingProfile:
    """A plan for a transaction, which falls back after an hour; without a reference the fallback itself."""
    is_plan = reference is not None
    schedule = ChargingSchedule(
        unit=RateUnit.AMPERE,
        start_at=at - timedelta(minutes=5) if is_plan else NOON - timedelta(days=1),
        duration_s=4000 if is_plan else None,
        periods=tuple(
            SchedulePeriod(start_s=second if number == 0 else second + 300, limit=limit)
            for number, (second, limit) in enumerate(amperes)
        ),
    )
    return ChargingProfile(
        profile_id=PLAN if is_plan else FALLBACK,
        stack_level=0,
        purpose=ProfilePurpose.TX if is_plan else ProfilePurpose.TX_DEFAULT,
        kind=ProfileKind.ABSOLUTE,
        schedules=(schedule,),
        reference=reference,
    )


@dataclass
class Station:
    number: int
    clock_s: float  # wrong by so much
    truth: InstalledProfiles
    known: Possible
    transaction: str | None = None
    lines: tuple[int, ...] = (1, 2, 3)
    is_online: bool = True

    def draws_a(self, now: datetime) -> float:
        """As much as it may: a hungry vehicle is always there."""
        if self.transaction is None:
            return 0.0
        running = RunningTransaction(reference=self.transaction, charging_since=NOON)
        where = Circumstances(evses=(1,), transactions={1: running}, supply=Supply(phases=len(self.lines)))
        at = now + timedelta(seconds=self.clock_s)
        limit = level_at(self.truth, where, evse=1, at=at, unit=RateUnit.AMPERE).limit
        return RATING_A if limit is None else min(RATING_A, max(limit))


@dataclass
class Yard:
    random: Random
    limit_a: float
    protocol: str
    stations: list[Station] = field(default_factory=list)
    now: datetime = NOON
    commands: int = 0
    building_a: float = 8.0

    def add(self, lines: tuple[int, ...]) -> None:
        start = profile(1, [(0, FALLBACK_A)], at=NOON, reference=None)
        truth = install(InstalledProfiles(protocol=self.protocol), 1, start, now=NOON)
        clock_s = self.random.uniform(-CLOCK_ERROR_S, CLOCK_ERROR_S)
        self.stations.append(Station(len(self.stations) + 1, clock_s, truth, Possible(states=(truth,)), lines=lines))

    def units(self) -> list[Unit]:
        return [self.unit(station, station.known) for station in self.stations]

    def unit(self, station: Station, known: Possible) -> Unit:
        point = Point(
            key=station.number,
            number=1,
            circuit=2 if station.number % 2 else 1,
            rating_w=RATING_A * VOLTAGE * len(station.lines),
            lines=station.lines,
            transaction=station.transaction,
        )
        candidates = held.candidates(known)
        return Unit(key=station.number, name=f"CP{station.number}", points=(point,), candidates=candidates)

    def nodes(self) -> list[Node]:
        other = (OtherLoad(w=self.building_a * VOLTAGE * 3),)
        return [
            Node(key=1, name="site", limit_a=self.limit_a, other=other),
            Node(key=2, name="feeder", feeds_from=1, limit_a=self.limit_a * 0.75),
        ]

    def ledger(self) -> Ledger:
        return Ledger(self.nodes(), self.units(), now=self.now, clock_error_s=CLOCK_ERROR_S)

    def amperes(self) -> dict[tuple[str, int], float]:
        """What flows, by circuit and line."""
        flows = {(name, line): 0.0 for name in ("site", "feeder") for line in (1, 2, 3)}
        for station in self.stations:
            for line in station.lines:
                flows["site", line] += station.draws_a(self.now)
                if station.number % 2:
                    flows["feeder", line] += station.draws_a(self.now)
        for line in (1, 2, 3):
            flows["site", line] += self.building_a
        return flows

    def is_over(self) -> bool:
        limits = {"site": self.limit_a, "feeder": self.limit_a * 0.75}
        return any(amperes > limits[name] + 1e-6 for (name, _), amperes in self.amperes().items())

    def step(self, may_send: "Callable[[Yard, Station, Possible], bool]") -> None:
        """Something befalls a station, everyone is sent another wish, time passes."""
        station = self.random.choice(self.stations)
        self._befall(station)
        for each in self.random.sample(self.stations, len(self.stations)):
            if each.is_online and each.transaction is not None:
                self._wish(each, may_send)
        self.now += timedelta(seconds=self.random.choice([1, 20, 45, 400]))

    def _befall(self, station: Station) -> None:
        what = self.random.choice(["start", "start", "end", "boot", "gone", "back", "nothing"])
        if what == "start" and station.transaction is None:
            station.transaction = f"{self.random.randrange(10**6)}"
        elif what == "end" and station.transaction is not None:
            station.truth = end_transaction(station.truth, 1, station.transaction)
            ended = Ended(evse=1, reference=station.transaction)
            station.known = held.happen(station.known, ended, at=self.now)
            station.transaction = None
        elif what == "boot":
            if self.random.random() < 0.5:
                station.truth = survive_reboot(station.truth)
            station.known = held.happen(station.known, Rebooted(has_proven=True), at=self.now)
        elif what in ("gone", "back"):
            station.is_online = what == "back"

    def _wish(self, station: Station, may_send: "Callable[[Yard, Station, Possible], bool]") -> None:
        limits = [self.random.choice([0.0, 6.0, 10.0, 16.0, 25.0, 32.0]) for _ in range(self.random.randint(1, 3))]
        wish = profile(
            1, [(300 * n, limit) for n, limit in enumerate(limits)], at=self.now, reference=station.transaction
        )
        command = InstallProfile(evse=1, profile=wish)
        self.commands += 1
        asked = held.ask(station.known, command, command_id=self.commands, at=self.now)
        if not may_send(self, station, asked):
            return
        station.known = asked
        heard = self.random.random() > 0.1
        if heard:
            station.truth = follow(station.truth, command, now=self.now)
        answered = heard and self.random.random() > 0.1
        settle = held.accept if answered else held.leave_open
        station.known = settle(station.known, self.commands)


def make_yard(seed: int, *, stations: int = 3, limit_a: float = 40.0, protocol: str = "ocpp2.0.1") -> Yard:
    yard = Yard(Random(seed), limit_a, protocol)
    for number in range(stations):
        yard.add([(1, 2, 3), (1, 2, 3), (1,), (2,), (3,)][number % 5])
    return yard


def by_the_ledger(yard: Yard, station: Station, asked: Possible) -> bool:
    return yard.ledger().ask(yard.unit(station, asked)).may_send


def by_the_last_word(yard: Yard, station: Station, asked: Possible) -> bool:
    """The naive way: what was asked last is taken for what is drawn."""
    believed = Yard(yard.random, yard.limit_a, yard.protocol, now=yard.now)
    for each in yard.stations:
        last = held.candidates(asked if each is station else each.known)[-1]
        believed.stations.append(replace(each, truth=last, clock_s=0.0))
    return not believed.is_over()
