"""What is wanted reaches the chargers: as commands that wait for no answer, inside what the ledger allows."""

from datetime import timedelta
from typing import Any

import pytest

from chargers.choices import CommandState, ConnectorStatus
from chargers.commands import InstallProfile, command_from_row
from chargers.device_model.models import ChargingNeeds
from chargers.events import CommandAnswered
from chargers.held import services as held
from chargers.models import Capability, Charger, IssuedCommand
from chargers.services import issue_command, settle_command
from depot.effects import command_settled
from depot.energy.delivery.models import Fallback, State, Target, Writer
from depot.energy.delivery.services import Delivery, balance, carry_on, deliver, set_windows
from depot.energy.delivery.wanted import Step, Wanted, Window
from depot.energy.models import Circuit, MeterSample
from depot.models import Bay, Depot
from sessions.models import Session, Vehicle
from tests.energy.rows import make_circuit, make_source, wired_bay
from tests.factories import THURSDAY, make_depot, make_session, make_vehicle, set_status

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
LATER = THURSDAY + 8 * HOUR
SIX_A = 6 * 690


@pytest.fixture
def depot() -> Depot:
    depot = make_depot()
    make_circuit(depot, limit_w=20_000)
    return depot


def bays(depot: Depot, count: int = 1, **more: Any) -> list[Bay]:
    return [wired_bay(depot, **more) for _ in range(count)]


def charging(bay: Bay, vehicle: Vehicle | None = None, **fields: Any) -> Session:
    return make_session(bay, vehicle, reference=f"{bay.pk}", **fields)


def want(bay: Bay, *limits_w: int, until: Any = LATER) -> Wanted:
    """One limit after the other, each for an hour."""
    steps = tuple(Step(THURSDAY + n * HOUR, limit) for n, limit in enumerate(limits_w))
    return Wanted(bay.evse_id or 0, steps, until)


def answer_all(*, accepted: bool = True, error: str = "", now: Any = THURSDAY) -> list[IssuedCommand]:
    """Every command that is open is answered."""
    commands = list(IssuedCommand.objects.filter(state=CommandState.REQUESTED).order_by("pk"))
    for command in commands:
        told = CommandAnswered(
            command_id=command.pk,
            accepted=accepted,
            status="Accepted" if accepted else "Rejected",
            payload={"status": "Accepted" if accepted else "Rejected"},
            error_code=error,
            error_description="",
        )
        settled = settle_command(told, now=now)
        assert settled is not None
        command_settled(settled, now=now)
    return commands


def settle(depot: Depot, *, now: Any = THURSDAY, rounds: int = 12) -> Delivery:
    """Answers and looks until nothing is left to be said."""
    for _ in range(rounds):
        done = carry_on(depot, now=now)
        if not answer_all(now=now) and not done.sent:
            break
    return done


def asked(command: IssuedCommand) -> InstallProfile:
    read = command_from_row(command.kind, command.wording)
    assert isinstance(read, InstallProfile)
    return read


def limits(command: IssuedCommand) -> list[float | None]:
    return [period.limit for period in asked(command).profile.schedules[0].periods]


def test_a_charger_first_gets_what_it_falls_back_to(depot: Depot) -> None:
    (bay,) = bays(depot)

    carry_on(depot, now=THURSDAY)

    (command,) = IssuedCommand.objects.all()
    assert (asked(command).profile.purpose, limits(command)) == ("tx_default", [6.0])
    target = Target.objects.get(evse=bay.evse)
    assert (target.fallback_w, target.fallback_state) == (SIX_A, Fallback.ASKED)


def test_a_fallback_that_nobody_has_answered_is_not_called_installed(depot: Depot) -> None:
    (bay,) = bays(depot)

    for _ in range(2):
        carry_on(depot, now=THURSDAY)

    assert Target.objects.get(evse=bay.evse).fallback_state == Fallback.ASKED


def test_a_fallback_that_is_accepted_is_shown_as_installed(depot: Depot) -> None:
    (bay,) = bays(depot)
    settle(depot)

    assert Target.objects.get(evse=bay.evse).fallback_state == Fallback.HELD
    assert Writer.objects.get(depot=depot).overloads == []


def test_before_it_is_accepted_the_circuit_is_not_guaranteed(depot: Depot) -> None:
    bays(depot, 2)

    delivery = carry_on(depot, now=THURSDAY)

    (overload,) = delivery.overloads
    assert overload.over_w == 2 * 11_000 - 20_000
    assert len(overload.by) == 2


def test_a_plan_is_the_transactions_own(depot: Depot) -> None:
    (bay,) = bays(depot)
    charging(bay)
    settle(depot)

    deliver(depot, [want(bay, 11_000, 0, 6_900)], now=THURSDAY)

    (command,) = IssuedCommand.objects.filter(state=CommandState.REQUESTED)
    profile = asked(command).profile
    assert (profile.purpose, profile.reference, limits(command)) == ("tx", f"{bay.pk}", [15.9, 0.0, 10.0])
    assert command.issued_by is not None
    answer_all()
    assert carry_on(depot, now=THURSDAY).states[bay.evse_id or 0] == State.HELD


def test_the_same_told_twice_is_no_message(depot: Depot) -> None:
    (bay,) = bays(depot)
    charging(bay)
    deliver(depot, [want(bay, 6_900, 0)], now=THURSDAY)
    settle(depot)
    before = IssuedCommand.objects.count()

    for minutes in (0, 5, 50):
        now = THURSDAY + timedelta(minutes=minutes)
        assert deliver(depot, [want(bay, 6_900, 0)], now=now).sent == ()

    assert IssuedCommand.objects.count() == before


def test_a_plan_waits_for_its_charge_to_begin(depot: Depot) -> None:
    (bay,) = bays(depot)
    settle(depot)

    assert deliver(depot, [want(bay, 6_900)], now=THURSDAY).states[bay.evse_id or 0] == State.NO_CHARGE
    charging(bay)

    assert carry_on(depot, now=THURSDAY).sent


def test_a_raise_waits_until_another_has_acknowledged_giving_way(depot: Depot) -> None:
    high, low = bays(depot, 2)
    for bay in (high, low):
        charging(bay)
    deliver(depot, [want(high, 11_000), want(low, SIX_A)], now=THURSDAY)
    settle(depot)
    later = THURSDAY + timedelta(minutes=5)

    first = deliver(depot, [want(high, SIX_A), want(low, 11_000)], now=later)
    (reduction,) = IssuedCommand.objects.filter(pk__in=first.sent)
    assert (reduction.charger, first.states[low.evse_id or 0]) == (high.evse.charger, State.NO_ROOM)  # type: ignore[union-attr]
    assert carry_on(depot, now=later).sent == ()

    answer_all(now=later)
    second = carry_on(depot, now=later)

    (raised,) = IssuedCommand.objects.filter(pk__in=second.sent)
    assert raised.charger == low.evse.charger  # type: ignore[union-attr]
    assert not second.overloads


def test_plans_that_change_places_do_not_wait_for_each_other_for_ever(depot: Depot) -> None:
    one, other = bays(depot, 2)
    for bay in (one, other):
        charging(bay)
    deliver(depot, [want(one, 11_000, SIX_A), want(other, SIX_A, 11_000)], now=THURSDAY)
    settle(depot)
    later = THURSDAY + timedelta(minutes=5)

    deliver(depot, [want(one, SIX_A, 11_000), want(other, 11_000, SIX_A)], now=later)
    settle(depot, now=later)
    done = settle(depot, now=later + timedelta(minutes=2))

    assert {done.states[bay.evse_id or 0] for bay in (one, other)} <= {State.HELD, State.NO_ROOM}
    assert not done.overloads
    now_w = [held_w(bay, later + timedelta(minutes=3)) for bay in (one, other)]
    assert now_w == [pytest.approx(SIX_A), pytest.approx(15.9 * 690)]


@pytest.mark.parametrize(("limit_w", "told"), [(15_200, 0), (17_000, 1)], ids=["a little", "much"])
def test_a_part_of_a_plan_is_told_anew_only_where_its_room_grew_by_much(depot: Depot, limit_w: int, told: int) -> None:
    Circuit.objects.filter(depot=depot).update(limit_w=15_000)
    first, second = bays(depot, 2)
    charging(first)
    charging(second)
    deliver(depot, [want(first, 0, 7_780, 4_140, 5_168, 7_780, 4_140, 7_780, 6_100)], now=THURSDAY)
    settle(depot)
    deliver(depot, [want(second, 0, 9_800, 7_300, 9_900, 8_700, 6_600, 9_200, 7_900)], now=THURSDAY)
    settle(depot)
    assert Target.objects.get(evse=second.evse).state == State.NO_ROOM
    before = IssuedCommand.objects.count()

    Circuit.objects.filter(depot=depot).update(limit_w=limit_w)
    settle(depot, now=THURSDAY + timedelta(minutes=3))

    assert IssuedCommand.objects.count() - before == told


def held_w(bay: Bay, at: Any) -> float:
    from chargers.commands import RateUnit
    from chargers.profiles import Circumstances, RunningTransaction, level_at

    assert bay.evse
    (installed,) = held.held_by([bay.evse.charger_id])[bay.evse.charger_id].candidates
    running = RunningTransaction(reference=f"{bay.pk}", charging_since=THURSDAY)
    where = Circumstances(evses=(1,), transactions={1: running})
    level = level_at(installed, where, evse=1, at=at, unit=RateUnit.WATT)
    assert level.limit
    return sum(level.limit)


def test_a_charger_is_raised_at_most_once_a_minute_and_lowered_at_once(depot: Depot) -> None:
    (bay,) = bays(depot)
    charging(bay)
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)
    settle(depot)
    soon = THURSDAY + timedelta(seconds=20)

    raised = deliver(depot, [want(bay, 11_000)], now=soon)
    lowered = deliver(depot, [want(bay, 4_500)], now=soon)

    assert (raised.sent, raised.states[bay.evse_id or 0]) == ((), State.TOO_SOON)
    assert len(lowered.sent) == 1


def test_who_does_not_answer_is_asked_nothing_more_but_to_give_way(depot: Depot) -> None:
    (bay,) = bays(depot)
    charging(bay)
    settle(depot)
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)
    later = THURSDAY + timedelta(minutes=5)

    assert deliver(depot, [want(bay, 11_000)], now=later).sent == ()
    assert len(deliver(depot, [want(bay, 0)], now=later).sent) == 1


def test_a_refusal_teaches_and_the_next_way_is_tried(depot: Depot) -> None:
    (bay,) = bays(depot)
    charging(bay)
    settle(depot)
    deliver(depot, [want(bay, 6_900)], now=THURSDAY)

    for _ in range(2):
        answer_all(accepted=False)
        carry_on(depot, now=THURSDAY)
    (command,) = IssuedCommand.objects.filter(state=CommandState.REQUESTED)

    assert (asked(command).profile.purpose, limits(command)) == ("tx_default", [10.0, 6.0])
    refused = Capability.objects.filter(name__startswith="refuses").order_by("name")
    assert [each.name for each in refused] == ["refuses tx 0", "refuses tx 1"]
    assert "Rejected" in refused[0].evidence
    answer_all()
    assert Capability.objects.get(name="purpose").value == "tx_default"


def test_who_refuses_a_limit_of_nothing_is_told_the_least(depot: Depot) -> None:
    (bay,) = bays(depot)
    charging(bay)
    settle(depot)
    deliver(depot, [want(bay, 6_900, 0)], now=THURSDAY)

    answer_all(accepted=False)
    carry_on(depot, now=THURSDAY)

    install = IssuedCommand.objects.filter(state=CommandState.REQUESTED, kind="install_profile").get()
    assert limits(install) == [10.0, 6.0]
    assert Capability.objects.get(name="pause").value == "remote_stop"


def test_who_supports_no_profile_is_started_and_stopped(depot: Depot) -> None:
    (bay,) = bays(depot)
    session = charging(bay, make_vehicle(), started_at=THURSDAY - HOUR)
    for _ in range(4):
        carry_on(depot, now=THURSDAY)
        answer_all(accepted=False, error="NotSupported")

    deliver(depot, [want(bay, 11_000)], now=THURSDAY)
    for _ in range(4):
        carry_on(depot, now=THURSDAY)
        answer_all(accepted=False, error="NotSupported")
    done = deliver(depot, [want(bay, 0)], now=THURSDAY)

    assert done.states[bay.evse_id or 0] == State.BY_START_AND_STOP
    stop = IssuedCommand.objects.get(kind="stop")
    assert stop.reference == session.reference


def test_a_start_stop_charger_runs_for_a_quarter_of_an_hour_at_least(depot: Depot) -> None:
    (bay,) = bays(depot, wiring={"control": "start_stop"})
    charging(bay, make_vehicle(), started_at=THURSDAY - timedelta(minutes=5))

    deliver(depot, [want(bay, 0)], now=THURSDAY)
    assert not IssuedCommand.objects.filter(kind="stop").exists()
    carry_on(depot, now=THURSDAY + timedelta(minutes=11))

    assert IssuedCommand.objects.filter(kind="stop").exists()


def stopped_for_later(depot: Depot, **fields: Any) -> tuple[Bay, Session]:
    """A charge that the plan has stopped, and that its charger has ended; the vehicle stands there."""
    (bay,) = bays(depot, wiring={"control": "start_stop"})
    set_status(bay, ConnectorStatus.CHARGING)
    session = charging(bay, make_vehicle(), **fields)
    deliver(depot, [want(bay, 0, 11_000)], now=THURSDAY)
    answer_all()
    set_status(bay, ConnectorStatus.FINISHING)
    end(session)
    return bay, session


def end(session: Session, at: Any = THURSDAY) -> None:
    Session.objects.filter(pk=session.pk).update(ended_at=at, closed_by="charger")


def starts() -> int:
    return IssuedCommand.objects.filter(kind="start").count()


@pytest.mark.parametrize(("heard_at", "periods"), [(THURSDAY, 2), (THURSDAY - 9 * HOUR, 5)])
def test_a_vehicle_is_given_no_more_periods_than_it_takes(depot: Depot, heard_at: Any, periods: int) -> None:
    (bay,) = bays(depot, charger={"protocol": "ocpp2.0.1"})
    charging(bay)
    ChargingNeeds.objects.create(
        evse=bay.evse, at=heard_at, heard_at=heard_at, transfer="AC_three_phase", max_periods=2, told={},
        answered="Accepted",
    )  # fmt: skip
    settle(depot)

    deliver(depot, [want(bay, 11_000, 6_900, 0, 6_900, 11_000)], now=THURSDAY)

    (command,) = IssuedCommand.objects.filter(state=CommandState.REQUESTED)
    assert len(limits(command)) == periods


def test_a_charge_that_was_stopped_is_started_when_its_hour_comes(depot: Depot) -> None:
    stopped_for_later(depot)
    carry_on(depot, now=THURSDAY + HOUR / 2)
    assert starts() == 0

    carry_on(depot, now=THURSDAY + HOUR)

    assert starts() == 1


def test_a_vehicle_that_left_is_not_started(depot: Depot) -> None:
    bay, _ = stopped_for_later(depot)
    set_status(bay, ConnectorStatus.AVAILABLE)

    carry_on(depot, now=THURSDAY + HOUR)

    assert starts() == 0
    assert Target.objects.get(evse=bay.evse).resume_token is None


def test_what_somebody_else_stopped_stays_stopped(depot: Depot) -> None:
    bay, before = stopped_for_later(depot)
    end(make_session(bay, before.vehicle, token=Target.objects.get(evse=bay.evse).resume_token, reference="own end"))

    carry_on(depot, now=THURSDAY + HOUR)

    assert starts() == 0


def test_a_charge_that_nobody_could_start_again_is_not_stopped(depot: Depot) -> None:
    (bay,) = bays(depot, wiring={"control": "start_stop"})
    charging(bay)

    deliver(depot, [want(bay, 0)], now=THURSDAY)

    assert not IssuedCommand.objects.filter(kind="stop").exists()


def test_a_charge_that_would_not_start_again_before_its_cable_was_pulled_is_not_stopped(depot: Depot) -> None:
    (bay,) = bays(depot, wiring={"control": "start_stop"})
    charging(bay, vehicle=make_vehicle())
    assert bay.evse
    Capability.objects.create(
        charger=bay.evse.charger, name="restarts_without_replug", value="no", evidence="seen", seen_at=THURSDAY
    )

    deliver(depot, [want(bay, 0)], now=THURSDAY)

    assert not IssuedCommand.objects.filter(kind="stop").exists()
    assert "until its cable was pulled" in Target.objects.get(evse=bay.evse).why


def test_an_offline_charger_keeps_its_reservation(depot: Depot) -> None:
    high, low = bays(depot, 2)
    for bay in (high, low):
        charging(bay)
    deliver(depot, [want(high, 11_000), want(low, SIX_A)], now=THURSDAY)
    settle(depot)
    high.evse.charger.connections.update(closed_at=THURSDAY)  # type: ignore[union-attr]
    later = THURSDAY + timedelta(minutes=5)

    done = deliver(depot, [want(high, SIX_A), want(low, 11_000)], now=later)

    assert done.states == {high.evse_id: State.OFFLINE, low.evse_id: State.NO_ROOM}
    settle(depot, now=later)
    assert held_w(low, later) < 20_000 - 15.9 * 690


def test_a_raw_profile_of_an_engineer_counts(depot: Depot) -> None:
    first, second = bays(depot, 2)
    charging(second)
    settle(depot)
    charger: Charger = first.evse.charger  # type: ignore[union-attr]
    high = asked(IssuedCommand.objects.filter(charger=charger).latest("pk"))
    from dataclasses import replace

    (schedule,) = high.profile.schedules
    period = replace(schedule.periods[0], limit=15.9)
    profile = replace(high.profile, schedules=(replace(schedule, periods=(period,)),))
    Charger.objects.filter(pk=charger.pk).update(energy_management_on=False)
    issue_command(charger, InstallProfile(evse=1, profile=profile), issued_by=None, now=THURSDAY)

    done = deliver(depot, [want(second, 11_000)], now=THURSDAY)

    assert done.states[second.evse_id or 0] in (State.NO_ROOM, State.SENT)
    settle(depot, now=THURSDAY)
    assert held_w(second, THURSDAY) <= 20_000 - 15.9 * 690


def test_where_energy_management_is_off_nothing_is_sent(depot: Depot) -> None:
    (bay,) = bays(depot, charger={"energy_management_on": False})

    done = deliver(depot, [want(bay, 6_900)], now=THURSDAY)

    assert (done.sent, done.states[bay.evse_id or 0]) == ((), State.SWITCHED_OFF)


def test_a_managers_windows_are_held_by_the_charger(depot: Depot) -> None:
    (bay,) = bays(depot)
    settle(depot)

    set_windows(depot, {bay.evse_id or 0: [Window(16 * 3600, 19 * 3600, 0)]}, now=THURSDAY)

    (command,) = IssuedCommand.objects.filter(state=CommandState.REQUESTED)
    profile = asked(command).profile
    assert (profile.kind, profile.stack_level, limits(command)) == ("Recurring", 1, [6.0, 0.0, 6.0])
    answer_all()
    assert carry_on(depot, now=THURSDAY).sent == ()


def test_when_the_building_draws_more_who_obeys_gives_way_at_once(depot: Depot) -> None:
    make_circuit(depot).delete()
    site = make_circuit(depot, limit_w=20_000, reserved_w=12_000)
    meter = make_source(depot, counts_live=True, circuit=site)
    (bay,) = bays(depot)
    charging(bay)
    measure(meter, 4_000, THURSDAY)
    deliver(depot, [want(bay, 11_000)], now=THURSDAY)
    settle(depot)
    assert held_w(bay, THURSDAY) > 10_000

    soon = THURSDAY + timedelta(seconds=30)
    measure(meter, 11_000, soon)
    done = balance(depot, 11_000, soon, now=soon)
    settle(depot, now=soon)

    assert len(done.sent) == 1
    assert held_w(bay, soon) <= 20_000 - 11_000


def test_a_raise_on_what_a_meter_shows_ends_before_the_meter_is_stale_too_long(depot: Depot) -> None:
    make_circuit(depot).delete()
    site = make_circuit(depot, limit_w=20_000, reserved_w=15_000)
    meter = make_source(depot, counts_live=True, circuit=site)
    (bay,) = bays(depot)
    charging(bay)
    measure(meter, 4_000, THURSDAY)

    deliver(depot, [want(bay, 11_000)], now=THURSDAY)
    settle(depot)

    assert held_w(bay, THURSDAY) > 10_000
    assert held_w(bay, THURSDAY + HOUR) <= 5_000


def test_a_stale_meter_means_the_buildings_most(depot: Depot) -> None:
    make_circuit(depot).delete()
    site = make_circuit(depot, limit_w=20_000, reserved_w=15_000)
    measure(make_source(depot, counts_live=True, circuit=site), 1_000, THURSDAY - HOUR)
    (bay,) = bays(depot)
    charging(bay)

    deliver(depot, [want(bay, 11_000)], now=THURSDAY)
    settle(depot)

    assert held_w(bay, THURSDAY) <= 5_000


def measure(meter: Any, w: int, at: Any) -> None:
    MeterSample.objects.create(source=meter, at=at, value=w, heard_at=at)
