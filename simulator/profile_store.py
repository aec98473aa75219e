"""The charging profiles a charger holds: what may be installed, what replaces what, what survives; and the limits."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from simulator.clock import Moment, write_moment
from simulator.composition import Situation, Slice, Supply, compose, find_edges, find_level
from simulator.profiles import BadProfile, Profile, Purpose, check_periods, read_phases, read_profile
from simulator.yard import ChargerPlan

if TYPE_CHECKING:
    from simulator.evse import Evse

# How far ahead the next change of a limit is looked for; a later one is found by then.
LOOK_AHEAD_S = 26 * 3600.0
MOST_PERIODS, MOST_PROFILES, MOST_LEVEL = 24, 20, 10

Wanted = Callable[[Profile], bool]


class ProfileStore:
    def __init__(self, plan: ChargerPlan) -> None:
        self.plan = plan
        self.profiles: list[Profile] = []
        self.priority: set[int] = set()  # EVSEs on priority charging
        self._offline_since: Moment | None = None

    # Installing and removing

    def install(self, told: dict[str, Any], evse: int, *, transaction: str | None, starts: bool = False) -> Profile:
        """Install a profile that the server sent; `transaction` runs at its EVSE, or is about to start there."""
        profile = read_profile(told, evse)
        check_periods(profile)
        if profile.stack_level > MOST_LEVEL or len(profile.periods) > MOST_PERIODS:
            raise BadProfile("UnsupportedParam" if profile.stack_level > MOST_LEVEL else "InvalidSchedule")
        if profile.purpose is Purpose.EXTERNAL:
            # Only an energy manager beside the charger sets these.
            raise BadProfile("InvalidProfile")
        if profile.purpose is Purpose.TX:
            self._check_transaction(profile, transaction, starts)
        if self.plan.version != "1.6":
            self._check_duplicate(profile)
        self.profiles = [old for old in self.profiles if not self._replaces(profile, old)]
        if len(self.profiles) >= MOST_PROFILES:
            raise BadProfile("TooManyProfiles")
        if profile.purpose is Purpose.TX and transaction is not None and profile.transaction is None:
            profile = replace(profile, transaction=transaction)
        self.profiles.append(profile)
        return profile

    def _check_transaction(self, profile: Profile, transaction: str | None, starts: bool) -> None:
        if profile.evse == 0 or (transaction is None and not starts):
            raise BadProfile("TxNotFound")
        if profile.transaction is not None and transaction is not None and profile.transaction != transaction:
            raise BadProfile("TxNotFound")
        if self.plan.version != "1.6" and profile.transaction is None and not starts:
            raise BadProfile("MissingParam")

    def _check_duplicate(self, new: Profile) -> None:
        """2.x: one level of one purpose at one place has one profile at a time."""
        for old in self.profiles:
            same = old.id != new.id and (old.purpose, old.stack_level) == (new.purpose, new.stack_level)
            overlaps = new.valid_from < old.valid_to and old.valid_from < new.valid_to
            if not same or not overlaps:
                continue
            crosses = new.purpose is Purpose.TX_DEFAULT and 0 in (old.evse, new.evse)
            other_transaction = new.purpose is Purpose.TX and old.transaction != new.transaction
            if (old.evse == new.evse or crosses) and not other_transaction:
                raise BadProfile("DuplicateProfile")

    def _replaces(self, new: Profile, old: Profile) -> bool:
        if old.id == new.id and (self.plan.version != "1.6" or old.purpose is new.purpose):
            return True
        is_same_place = (old.evse, old.purpose, old.stack_level) == (new.evse, new.purpose, new.stack_level)
        return self.plan.version == "1.6" and is_same_place

    def clear(self, wanted: Wanted) -> int:
        """Remove what fits the criteria; how many there were."""
        before = len(self.profiles)
        self.profiles = [each for each in self.profiles if each.purpose is Purpose.EXTERNAL or not wanted(each)]
        return before - len(self.profiles)

    def find(self, wanted: Wanted) -> list[Profile]:
        return [each for each in self.profiles if wanted(each)]

    def update(self, profile: Profile, told: dict[str, Any], now: Moment) -> None:
        """Give a dynamic profile new values, which hold from now on."""
        period = replace(profile.periods[0], **_read_update(told))
        (schedule,) = profile.told["chargingSchedule"]
        periods = [schedule["chargingSchedulePeriod"][0] | told]
        kept = dict(profile.told) | {
            "chargingSchedule": [schedule | {"chargingSchedulePeriod": periods}],
            "dynUpdateTime": write_moment(now),
        }
        changed = replace(profile, periods=(period,), start_at=now, told=kept)
        self.profiles = [changed if each is profile else each for each in self.profiles]

    def start_transaction(self, evse: int, transaction: str) -> None:
        """Profiles that came with the request to start belong to the transaction from now on.

        In 1.6 the transaction has no name yet; there its end at the EVSE is what removes them.
        """
        if self.plan.version == "1.6":
            return
        self.profiles = [
            replace(each, transaction=transaction)
            if each.purpose is Purpose.TX and each.evse == evse and each.transaction is None
            else each
            for each in self.profiles
        ]

    def end_transaction(self, evse: int) -> None:
        self.profiles = [each for each in self.profiles if each.purpose is not Purpose.TX or each.evse != evse]
        self.priority.discard(evse)

    def reboot(self) -> None:
        """All but the transactions' own profiles survive a reboot, and these too while their transaction does."""

    def go_offline(self, now: Moment) -> None:
        self._offline_since = now

    def go_online(self, now: Moment) -> None:
        if self._offline_since is not None:
            away_s = now - self._offline_since
            self.profiles = [each for each in self.profiles if not (each.dies_offline and away_s > each.max_offline_s)]
        self._offline_since = None

    # Limits

    def situate(self, evse: "Evse", now: Moment, *, assume_transaction: bool = False) -> Situation:
        transaction, plan = evse.transaction, evse.plan
        phases = 1 if plan.current == "DC" else plan.phases
        if evse.vehicle is not None:
            phases = evse.vehicle.phases_at(plan)
        tx_start = now if assume_transaction else None
        if transaction is not None:
            tx_start = transaction.charging_since or transaction.started_at
        return Situation(
            evse=evse.number,
            tx_start=tx_start,
            transaction=self.name(evse),
            offline_s=now - self._offline_since if self._offline_since is not None else 0.0,
            is_priority=evse.number in self.priority,
            supply=Supply(voltage_v=plan.voltage_v, phases=phases),
        )

    def name(self, evse: "Evse") -> str | None:
        """What a profile calls the transaction at an EVSE."""
        transaction = evse.transaction
        if transaction is None:
            return None
        if self.plan.version == "1.6":
            return None if transaction.server_id is None else str(transaction.server_id)
        return transaction.key

    def limit_w(self, evse: "Evse", now: Moment) -> float | None:
        """What an EVSE's profiles and the station's allow it now, its share of the station's bound aside."""
        if not self.profiles:
            return None
        level = find_level(self.profiles, now, self.situate(evse, now), "W")
        bounds = [sum(each) for each in (level.limit, level.setpoint) if each is not None]
        # A negative setpoint asks for discharge; a vehicle that cannot do that rests.
        return min(bounds) if bounds else None

    def station_limit_w(self, evses: "Sequence[Evse]", now: Moment) -> float | None:
        """The bound on all EVSEs together."""
        if not self.profiles:
            return None
        where = replace(self.situate(evses[0], now), evse=0, tx_start=None)
        level = find_level(self.profiles, now, where, "W")
        return None if level.limit is None else sum(level.limit)

    def next_change(self, evses: "Sequence[Evse]", now: Moment) -> Moment:
        """When a limit may next change by the passing of time alone."""
        if not self.profiles:
            return math.inf
        places = [self.situate(each, now) for each in evses]
        until = now + LOOK_AHEAD_S
        edges = find_edges(self.profiles, places, now, until)
        if self._offline_since is not None:
            edges += [
                self._offline_since + each.max_offline_s + 1
                for each in self.profiles
                if math.isfinite(each.max_offline_s)
            ]
        return min((edge for edge in edges if edge > now), default=until)

    def compose(
        self, evses: "Sequence[Evse]", *, is_total: bool, now: Moment, lasts_s: float, unit: str
    ) -> list[Slice]:
        """The composite schedule of an EVSE, or of the station, as if a transaction ran."""
        places = [self.situate(each, now, assume_transaction=True) for each in evses]
        most_w = sum(each.plan.max_w for each in evses) if is_total else evses[0].plan.max_w
        supply = places[0].supply
        default = most_w if unit == "W" else min(evses[0].plan.max_a, most_w / supply.voltage_v / supply.phases)
        return compose(
            self.profiles,
            places,
            is_total=is_total,
            since=now,
            until=now + lasts_s,
            unit=unit,
            default=default,
        )


def _read_update(told: dict[str, Any]) -> dict[str, Any]:
    names = {"limit": "limit", "setpoint": "setpoint", "dischargeLimit": "discharge_limit"}
    return {field: read_phases(told, name) for name, field in names.items() if name in told}
