"""What holds of a session's energy whatever a charger tells."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sessions.energy import Evidence, Point, Tally, count_energy, follow
from sessions.quality import OF_ENERGY

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
RATED_W = 22_000

registers = st.none() | st.integers(-1, 30_000) | st.integers(7_900_000, 7_930_000)
moments = st.integers(-30, 150).map(lambda minutes: NOON + timedelta(minutes=minutes))
points = st.builds(Point, moments, registers, st.none() | st.integers(0, 25_000))
anything = st.builds(
    Evidence,
    started_at=st.just(NOON),
    start_wh=registers,
    ended_at=st.none() | st.integers(0, 120).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    stop_wh=registers,
    points=st.lists(points, max_size=25),
    max_w=st.none() | st.just(RATED_W),
    times_hold=st.booleans(),
)


@st.composite
def honest_histories(draw: st.DrawFn) -> Evidence:
    """A charger whose one register rises by what flows, read now and then, told with some readings missing."""
    first = draw(st.integers(0, 50_000_000))
    steps = draw(st.lists(st.integers(0, RATED_W // 12), min_size=1, max_size=20))  # Wh in five minutes
    told, register = [], first
    for n, step in enumerate(steps, start=1):
        register += step
        missing = draw(st.booleans())
        told.append(Point(NOON + timedelta(minutes=5 * n), None if missing else register))
    ended_at = NOON + timedelta(minutes=5 * len(steps))
    return Evidence(started_at=NOON, start_wh=first, ended_at=ended_at, stop_wh=register, points=told, max_w=RATED_W)


@given(anything)
def test_energy_is_never_negative(evidence: Evidence) -> None:
    wh = count_energy(evidence).wh

    assert wh is None or wh >= 0


@given(anything)
def test_the_course_never_falls_and_ends_at_the_whole(evidence: Evidence) -> None:
    count = count_energy(evidence)

    moments = [at for at, _ in count.course]
    energies = [wh for _, wh in count.course]
    assert moments == sorted(moments)
    assert energies == sorted(energies)
    assert energies[-1:] == ([] if count.wh is None else [count.wh])


@given(anything, st.randoms(use_true_random=False))
def test_the_order_in_which_readings_are_told_changes_nothing(evidence: Evidence, random: Random) -> None:
    shuffled = list(evidence.points)
    random.shuffle(shuffled)

    assert count_energy(replace(evidence, points=shuffled)) == count_energy(evidence)


@given(anything, st.integers(1, 3))
def test_readings_told_again_change_nothing(evidence: Evidence, times: int) -> None:
    again = [*evidence.points] * times

    assert count_energy(replace(evidence, points=[*evidence.points, *again])) == count_energy(evidence)


@given(anything)
def test_readings_without_any_value_change_nothing(evidence: Evidence) -> None:
    empty = [Point(point.at) for point in evidence.points]

    assert count_energy(replace(evidence, points=[*evidence.points, *empty])) == count_energy(evidence)


@given(anything)
def test_what_cannot_be_told_is_said_to_be_unknown_and_why(evidence: Evidence) -> None:
    count = count_energy(evidence)

    assert all(note.code in OF_ENERGY and note.text for note in count.notes)
    if count.wh is None:
        assert count.notes


@given(honest_histories())
def test_an_honest_charger_is_billed_stop_minus_start_without_a_note(evidence: Evidence) -> None:
    count = count_energy(evidence)

    assert evidence.stop_wh is not None
    assert evidence.start_wh is not None
    assert (count.wh, count.notes) == (evidence.stop_wh - evidence.start_wh, ())


@given(honest_histories())
def test_a_running_total_never_falls_while_more_is_told(evidence: Evidence) -> None:
    so_far = [
        count_energy(replace(evidence, ended_at=None, stop_wh=None, points=evidence.points[:n])).wh or 0
        for n in range(len(evidence.points) + 1)
    ]

    assert so_far == sorted(so_far)


@given(honest_histories())
def test_counting_reading_by_reading_comes_to_what_the_whole_curve_says(evidence: Evidence) -> None:
    assert evidence.start_wh is not None
    tally: Tally | None = Tally(evidence.start_wh, evidence.start_wh, NOON)

    for point in evidence.points:
        tally = follow(tally, point, max_w=RATED_W)
        assert tally is not None

    assert tally is not None
    told = any(point.wh is not None for point in evidence.points)
    whole = count_energy(replace(evidence, ended_at=None, stop_wh=None)).wh
    assert tally.energy_wh == (whole if told else 0)


@given(honest_histories(), st.permutations(range(20)))
def test_a_count_by_late_readings_never_falls(evidence: Evidence, order: Sequence[int]) -> None:
    assert evidence.start_wh is not None
    tally, energies = Tally(evidence.start_wh, evidence.start_wh, NOON), [0]

    for n in order:
        if n < len(evidence.points):
            tally = follow(tally, evidence.points[n], max_w=RATED_W) or tally
            energies.append(tally.energy_wh)

    assert energies == sorted(energies)
