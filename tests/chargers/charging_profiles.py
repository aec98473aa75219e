"""Charging profiles for property tests."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    LimitAtSoc,
    OperationMode,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)

MIDNIGHT = datetime(2026, 11, 19, tzinfo=UTC)
TENTHS = st.integers(0, 400).map(lambda tenths: tenths / 10)
SIGNED_TENTHS = st.integers(-400, 400).map(lambda tenths: tenths / 10)
BELOW_ZERO = st.integers(-400, 0).map(lambda tenths: tenths / 10)
MOMENTS = st.integers(-48 * 60, 48 * 60).map(lambda minutes: MIDNIGHT + timedelta(minutes=minutes))
PURPOSES = {
    "1.6": (ProfilePurpose.STATION_MAX, ProfilePurpose.TX_DEFAULT, ProfilePurpose.TX),
    "2.0.1": (ProfilePurpose.STATION_MAX, ProfilePurpose.TX_DEFAULT, ProfilePurpose.TX),
    "2.1": (
        ProfilePurpose.STATION_MAX,
        ProfilePurpose.TX_DEFAULT,
        ProfilePurpose.TX,
        ProfilePurpose.PRIORITY,
        ProfilePurpose.LOCAL_GENERATION,
    ),
}
PLAIN_KINDS = (ProfileKind.ABSOLUTE, ProfileKind.RECURRING, ProfileKind.RELATIVE)


def _maybe(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | values


def _periods(version: str, start_s: int) -> st.SearchStrategy[SchedulePeriod]:
    phases = _maybe(st.integers(1, 3))
    if version == "1.6":
        return st.builds(SchedulePeriod, start_s=st.just(start_s), limit=TENTHS, phases=phases)
    if version == "2.0.1":
        return st.builds(
            SchedulePeriod,
            start_s=st.just(start_s),
            limit=TENTHS,
            phases=phases,
            phase_to_use=_maybe(st.integers(1, 3)),
        )
    points = st.tuples(SIGNED_TENTHS, SIGNED_TENTHS)
    return st.builds(
        SchedulePeriod,
        start_s=st.just(start_s),
        limit=_maybe(TENTHS),
        limit_l2=_maybe(TENTHS),
        limit_l3=_maybe(TENTHS),
        phases=phases,
        discharge_limit=_maybe(BELOW_ZERO),
        setpoint=_maybe(SIGNED_TENTHS),
        setpoint_l3=_maybe(SIGNED_TENTHS),
        reactive_setpoint_l2=_maybe(SIGNED_TENTHS),
        operation_mode=st.sampled_from(OperationMode),
        keep_preconditioned=_maybe(st.booleans()),
        evse_sleeps=_maybe(st.booleans()),
        baseline_w=_maybe(TENTHS),
        frequency_curve=st.lists(points, max_size=2).map(tuple),
        signal_curve=st.lists(st.tuples(st.integers(-1, 1).map(float), TENTHS), max_size=2).map(tuple),
    )


@st.composite
def schedules(draw: st.DrawFn, version: str) -> ChargingSchedule:
    starts = [0, *sorted(draw(st.sets(st.integers(1, 86_400), max_size=3)))]
    is_21 = version == "2.1"
    return ChargingSchedule(
        unit=draw(st.sampled_from(RateUnit)),
        periods=tuple(draw(_periods(version, start)) for start in starts),
        duration_s=draw(st.none() | st.integers(1, 90_000)),
        start_at=draw(st.none() | MOMENTS),
        min_rate=draw(st.none() | TENTHS),
        use_local_time=is_21 and draw(st.booleans()),
        randomized_delay_s=draw(st.integers(0, 900)) if is_21 else 0,
        limit_at_soc=draw(st.none() | st.builds(LimitAtSoc, soc_percent=st.integers(0, 100), limit=TENTHS))
        if is_21
        else None,
    )


@st.composite
def profiles(draw: st.DrawFn, version: str) -> ChargingProfile:
    """Whatever the version can say of a profile."""
    is_21 = version == "2.1"
    purpose = draw(st.sampled_from(PURPOSES[version]))
    most = 1 if version == "1.6" else 3
    return ChargingProfile(
        profile_id=draw(st.integers(1, 99)),
        stack_level=draw(st.integers(0, 9)),
        purpose=purpose,
        kind=draw(st.sampled_from((*PLAIN_KINDS, ProfileKind.DYNAMIC) if is_21 else PLAIN_KINDS)),
        schedules=tuple(draw(st.lists(schedules(version), min_size=1, max_size=most))),
        recurrency=draw(st.none() | st.sampled_from(Recurrency)),
        valid_from=draw(st.none() | MOMENTS),
        valid_to=draw(st.none() | MOMENTS),
        reference=str(draw(st.integers(1, 99))) if purpose is ProfilePurpose.TX else None,
        max_offline_s=draw(st.none() | st.integers(0, 3600)) if is_21 else None,
        dies_offline=is_21 and draw(st.booleans()),
        update_interval_s=draw(st.none() | st.integers(0, 900)) if is_21 else None,
        updated_at=draw(st.none() | MOMENTS) if is_21 else None,
    )
