"""Random holdings of profiles whose edges all fall near noon, and the naive reckoning that composition must equal."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)
from chargers.profiles import Circumstances, HeldProfile, InstalledProfiles, RunningTransaction

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)
WINDOW_S = 40
VOLTAGE = 230
REFERENCE = "T1"
ORDERED = (
    ProfilePurpose.STATION_MAX,
    ProfilePurpose.EXTERNAL_CONSTRAINTS,
    ProfilePurpose.TX_DEFAULT,
    ProfilePurpose.TX,
    ProfilePurpose.PRIORITY,
    ProfilePurpose.LOCAL_GENERATION,
)
NEAR = st.integers(-15, 45).map(lambda seconds: NOON + timedelta(seconds=seconds))


@st.composite
def schedules(
    draw: st.DrawFn, kind: ProfileKind, unit: RateUnit, phases: st.SearchStrategy[int | None]
) -> ChargingSchedule:
    starts = [0, *sorted(draw(st.sets(st.integers(1, 25), max_size=2)))]
    factor = 1 if unit is RateUnit.AMPERE else VOLTAGE
    return ChargingSchedule(
        unit=unit,
        periods=tuple(
            SchedulePeriod(start_s=start, limit=factor * draw(st.integers(0, 32)), phases=draw(phases))
            for start in starts
        ),
        duration_s=draw(st.none() | st.integers(1, 40)),
        start_at=None
        if kind is ProfileKind.RELATIVE
        else draw(NEAR) - timedelta(days=draw(st.sampled_from([0, 1, 7])) if kind is ProfileKind.RECURRING else 0),
    )


@st.composite
def held_profiles(
    draw: st.DrawFn,
    purposes: tuple[ProfilePurpose, ...] = ORDERED,
    units: tuple[RateUnit, ...] = tuple(RateUnit),
    phases: st.SearchStrategy[int | None] = st.none() | st.sampled_from([1, 3]),  # noqa: B008
) -> HeldProfile:
    purpose = draw(st.sampled_from(purposes))
    kinds = [ProfileKind.ABSOLUTE, ProfileKind.RECURRING]
    if purpose is not ProfilePurpose.STATION_MAX:
        kinds.append(ProfileKind.RELATIVE)
    kind = draw(st.sampled_from(kinds))
    evse = draw(st.sampled_from([0, 1]))
    if purpose is ProfilePurpose.STATION_MAX:
        evse = 0
    if purpose is ProfilePurpose.TX:
        evse = 1
    profile = ChargingProfile(
        profile_id=0,
        stack_level=draw(st.integers(0, 2)),
        purpose=purpose,
        kind=kind,
        schedules=(draw(schedules(kind, draw(st.sampled_from(units)), phases)),),
        recurrency=draw(st.sampled_from(Recurrency)) if kind is ProfileKind.RECURRING else None,
        valid_from=draw(st.none() | NEAR),
        valid_to=draw(st.none() | NEAR),
        reference=draw(st.sampled_from([None, REFERENCE, "T2"])) if purpose is ProfilePurpose.TX else None,
        max_offline_s=draw(st.none() | st.integers(0, 30)),
    )
    return HeldProfile(evse=evse, profile=profile, installed_at=NOON - timedelta(hours=1))


def numbered(held: list[HeldProfile]) -> tuple[HeldProfile, ...]:
    return tuple(replace(each, profile=replace(each.profile, profile_id=number)) for number, each in enumerate(held, 1))


def holdings(
    protocol: str = "ocpp2.1",
    purposes: tuple[ProfilePurpose, ...] = ORDERED,
    units: tuple[RateUnit, ...] = tuple(RateUnit),
    phases: st.SearchStrategy[int | None] | None = None,
) -> st.SearchStrategy[InstalledProfiles]:
    each = held_profiles(purposes, units) if phases is None else held_profiles(purposes, units, phases)
    return st.lists(each, max_size=6).map(lambda held: InstalledProfiles(protocol=protocol, held=numbered(held)))


@st.composite
def circumstances(draw: st.DrawFn) -> Circumstances:
    running = RunningTransaction(
        reference=REFERENCE, charging_since=draw(st.none() | NEAR), is_priority=draw(st.booleans())
    )
    return Circumstances(
        evses=(1,),
        transactions={1: running} if draw(st.booleans()) else {},
        assumed_since=draw(st.none() | NEAR),
        offline_since=draw(st.none() | NEAR),
    )


@dataclass(frozen=True)
class Naive:
    """The limit of EVSE 1 at one second, reckoned without any short cut."""

    installed: InstalledProfiles
    where: Circumstances
    at: datetime

    def limit(self, unit: RateUnit) -> float | None:
        transaction = self.where.transactions.get(1)
        bounds = [
            self.leading(ProfilePurpose.STATION_MAX, (0,)),
            self.leading(ProfilePurpose.EXTERNAL_CONSTRAINTS, (0,)),
            self.leading(ProfilePurpose.EXTERNAL_CONSTRAINTS, (1,)),
        ]
        guides = []
        if transaction is not None and transaction.is_priority:
            guides.append(self.leading(ProfilePurpose.PRIORITY, (0, 1)))
        if transaction is not None:
            guides.append(self.leading(ProfilePurpose.TX, (1,)))
        if transaction is not None or self.where.assumed_since is not None:
            guides.append(self.leading(ProfilePurpose.TX_DEFAULT, (0, 1)))
        bounds += [guide for guide in guides if guide is not None][:1]
        told = [bound for bound in bounds if bound is not None]
        generated = self.leading(ProfilePurpose.LOCAL_GENERATION, (0, 1))
        if not told:
            return None
        extra = [generated] if generated is not None else []
        phases = min(period.phases or 3 for period, _ in told + extra)

        def worth(period: SchedulePeriod, its_unit: RateUnit) -> float:
            assert period.limit is not None
            watts = period.limit * VOLTAGE * phases if its_unit is RateUnit.AMPERE else period.limit
            return watts if unit is RateUnit.WATT else watts / VOLTAGE / phases

        return min(worth(*each) for each in told) + sum(worth(*each) for each in extra)

    def leading(self, purpose: ProfilePurpose, evses: tuple[int, ...]) -> tuple[SchedulePeriod, RateUnit] | None:
        found = None
        for held in self.installed.held:
            profile = held.profile
            if profile.purpose is not purpose or held.evse not in evses or self.is_replaced(held):
                continue
            period = self.period(profile, held.installed_at)
            if period is not None and (found is None or profile.stack_level >= found[0]):
                found = (profile.stack_level, period, profile.schedules[0].unit)
        return None if found is None else found[1:]

    def is_replaced(self, held: HeldProfile) -> bool:
        """1.6: by a default of this connector on the same level."""
        return (
            self.installed.protocol == "ocpp1.6"
            and held.evse == 0
            and held.profile.purpose is ProfilePurpose.TX_DEFAULT
            and any(
                other.evse == 1
                and other.profile.purpose is ProfilePurpose.TX_DEFAULT
                and other.profile.stack_level == held.profile.stack_level
                for other in self.installed.held
            )
        )

    def period(self, profile: ChargingProfile, installed_at: datetime | None) -> SchedulePeriod | None:
        at, where = self.at, self.where
        if profile.purpose is ProfilePurpose.TX and profile.reference not in (None, REFERENCE):
            return None
        if not (profile.valid_from or at) <= at or not at < (profile.valid_to or at + timedelta(days=1)):
            return None
        longest = timedelta.max if profile.max_offline_s is None else timedelta(seconds=profile.max_offline_s)
        if where.offline_since is not None and at - where.offline_since >= longest:
            return None
        schedule = profile.schedules[0]
        start = schedule.start_at
        if start is None:
            transaction = where.transactions.get(1)
            start = where.assumed_since if transaction is None else transaction.charging_since
            is_of_charger = profile.purpose in (ProfilePurpose.EXTERNAL_CONSTRAINTS, ProfilePurpose.LOCAL_GENERATION)
            if start is None and is_of_charger:
                start = installed_at
        if start is None:
            return None
        runs = [start]
        if profile.kind is ProfileKind.RECURRING:
            every = timedelta(days=7 if profile.recurrency is Recurrency.WEEKLY else 1)
            runs = [start + number * every for number in range(-2, 16)]
        for run in reversed(runs):
            second = (at - run).total_seconds()
            if second < 0:
                continue
            if schedule.duration_s is not None and second >= schedule.duration_s:
                return None
            return [period for period in schedule.periods if period.start_s <= second][-1]
        return None
