"""Virtual time and the agenda."""

from simulator.agenda import Agenda
from simulator.clock import Clock, StillClock, read_moment, write_moment


class Real:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def test_the_virtual_moment_runs_at_its_rate() -> None:
    real = Real()
    clock = Clock(1000.0, 30, real=real)

    real.at = 2.0

    assert clock.now() == 1060.0
    assert clock.real_seconds_until(1120.0) == 2.0


def test_a_paused_clock_stands_and_goes_on_from_there() -> None:
    real = Real()
    clock = Clock(1000.0, 30, real=real)
    real.at = 1.0
    clock.set(rate=0)
    real.at = 10.0
    paused = clock.now()
    waits = clock.real_seconds_until(2000.0)
    clock.set(rate=1)
    real.at = 11.0

    assert (paused, waits) == (1030.0, None)
    assert clock.now() == 1031.0


def test_moments_are_read_in_any_zone_and_written_in_utc() -> None:
    assert write_moment(read_moment("2026-11-19T16:30:00-08:00")) == "2026-11-20T00:30:00.000Z"
    assert read_moment("2026-11-19T16:30:00") == read_moment("2026-11-19T16:30:00Z")


def test_appointments_are_kept_in_order_and_may_be_cancelled() -> None:
    clock, done = StillClock(0), list[str]()
    agenda = Agenda(now=clock.now)
    agenda.at(2, lambda: done.append("second"))
    agenda.at(1, lambda: done.append("first"))
    agenda.at(1, lambda: done.append("first again"))
    agenda.at(1, lambda: done.append("never")).cancel()

    clock.move_to(2)
    agenda.do_due()

    assert done == ["first", "first again", "second"]
    assert agenda.next_at() is None


def test_only_an_earlier_appointment_wakes_the_driver() -> None:
    clock, woken = StillClock(0), list[int]()
    agenda = Agenda(now=clock.now)
    agenda.on_earlier = lambda: woken.append(1)

    for when in (5, 7, 3):
        agenda.at(when, lambda: None)

    assert len(woken) == 2


def test_a_clock_set_late_has_run_since_the_moment_it_was_set_for() -> None:
    real = [100.0]
    clock = Clock(0.0, rate=1.0, real=lambda: real[0])

    clock.set(1_000.0, rate=60.0, ago_s=2.0)
    real[0] += 1.0

    assert clock.now() == 1_180.0
