"""The rules of composition: how much one EVSE may draw or give, on how many phases."""

from dataclasses import replace

import pytest

from chargers.commands import (
    LimitAtSoc,
    OperationMode,
    RateUnit,
)
from chargers.profiles import (
    Level,
    RunningTransaction,
    Supply,
)
from tests.chargers.profiles.composing import (
    CHARGING,
    EXTERNAL,
    GENERATION,
    MAX,
    NOON,
    SET,
    TWO,
    TX,
    held,
    level,
    limit,
    period,
)


def test_a_limit_outside_bounds_the_charger_and_one_for_its_evse_that_one() -> None:
    for_all, for_one = held(EXTERNAL, period(20), level=5), held(EXTERNAL, period(16), evse=1)

    assert limit(for_all, for_one) == (16,)
    assert limit(for_all, for_one, where=TWO, evse=2) == (20,)


def test_the_fewest_phases_hold_and_watts_are_spread_over_them() -> None:
    single = held(MAX, period(16, phases=1))
    watts = held(TX, period(2070), unit=RateUnit.WATT)

    assert level(single, watts) == Level(limit=(9,), phases=1)


def test_a_vehicle_on_fewer_phases_keeps_the_limit_of_each() -> None:
    supply = Supply(phases=1)

    assert level(held(TX, period(16, phases=3)), where=replace(CHARGING, supply=supply)) == Level(limit=(16,), phases=1)


def test_no_number_of_phases_is_the_usual_one() -> None:
    assert level(held(TX, period(16, phases=0)), unit=RateUnit.WATT) == Level(limit=(11_040,), phases=3)


def test_a_dc_charger_has_no_phases() -> None:
    where = replace(CHARGING, supply=Supply(voltage_v=400, phases=None))

    assert level(held(TX, period(100)), where=where, unit=RateUnit.WATT) == Level(limit=(40_000,))


def test_limits_of_single_phases_are_compared_phase_by_phase() -> None:
    own = held(TX, period(20, limit_l2=10, limit_l3=16))

    assert limit(own, held(MAX, period(15))) == (15, 10, 15)


def test_one_value_of_watts_is_shared_by_the_phases() -> None:
    own = held(TX, period(3000, limit_l2=2500, limit_l3=2000), unit=RateUnit.WATT)
    station = held(MAX, period(6600), unit=RateUnit.WATT)

    assert limit(own, station, unit=RateUnit.WATT) == (2200, 2200, 2000)


@pytest.mark.parametrize(("unit", "expected"), [(RateUnit.AMPERE, 10), (RateUnit.WATT, 20)])
def test_on_fewer_phases_than_told_apart_the_strictest_bounds_each(unit: RateUnit, expected: float) -> None:
    own = held(TX, period(20, limit_l2=10, limit_l3=16), unit=unit)

    assert limit(own, held(MAX, period(999, phases=2), unit=unit), unit=unit) == (expected,)


def test_an_untold_phase_is_bound_no_lower_than_the_others() -> None:
    assert limit(held(TX, period(20, limit_l2=10)), held(MAX, period(25, limit_l2=25, limit_l3=25))) == (20, 10, 20)


def test_the_phase_to_use_is_told_where_one_is_used() -> None:
    chosen = held(TX, period(16, phases=1, phase_to_use=2))

    assert level(chosen, held(MAX, period(25))).phase_to_use == 2


def test_from_a_state_of_charge_on_limit_and_setpoint_are_capped() -> None:
    full = RunningTransaction(reference="T1", charging_since=NOON, soc_percent=80)
    cap = {"limit_at_soc": LimitAtSoc(soc_percent=80, limit=6)}
    own = held(TX, period(16, setpoint=12, operation_mode=SET), schedule=cap)

    assert level(own, where=replace(CHARGING, transactions={1: full})) == Level(limit=(6,), setpoint=(6,), phases=3)
    nearly = replace(CHARGING, transactions={1: replace(full, soc_percent=79)})
    assert level(own, where=nearly) == Level(limit=(16,), setpoint=(12,), phases=3)


def test_charging_only_uses_neither_setpoint_nor_discharge() -> None:
    assert level(held(TX, period(16, setpoint=-5, discharge_limit=-8))) == Level(limit=(16,), phases=3)


def test_a_setpoint_stays_within_its_limits_each_way() -> None:
    station = held(MAX, period(10))

    assert level(held(TX, period(setpoint=25, operation_mode=SET)), station).setpoint == (10,)
    away = held(TX, period(setpoint=-25, discharge_limit=-16, operation_mode=SET))
    assert level(away, station) == Level(limit=(10,), setpoint=(-16,), discharge_limit=(-16,), phases=3)


def test_an_energy_managers_setpoint_comes_before_ours_unless_set_otherwise() -> None:
    theirs = held(EXTERNAL, period(setpoint=20, operation_mode=OperationMode.EXTERNAL_SETPOINT))
    ours = held(TX, period(setpoint=-5, operation_mode=SET))

    assert level(theirs, ours).setpoint == (20,)
    assert level(theirs, ours, where=replace(CHARGING, csms_setpoint_first=True)).setpoint == (-5,)


def test_of_two_setpoints_that_discharge_the_smaller_flow_holds() -> None:
    theirs = held(EXTERNAL, period(setpoint=-5, operation_mode=OperationMode.EXTERNAL_LIMITS))
    ours = held(TX, period(setpoint=-20, operation_mode=SET))

    assert level(theirs, ours).setpoint == (-5,)


def test_of_two_discharge_limits_the_smaller_flow_holds() -> None:
    theirs = held(EXTERNAL, period(discharge_limit=-5, operation_mode=OperationMode.EXTERNAL_LIMITS))
    ours = held(TX, period(setpoint=-20, discharge_limit=-16, operation_mode=SET))

    assert level(theirs, ours) == Level(setpoint=(-5,), discharge_limit=(-5,), phases=3)


def test_generation_comes_on_top_and_a_setpoint_may_use_it() -> None:
    own = held(TX, period(10, setpoint=20, operation_mode=SET))

    assert level(own, held(GENERATION, period(5))) == Level(limit=(15,), setpoint=(15,), phases=3)


def test_generation_limits_nothing_by_itself() -> None:
    assert level(held(GENERATION, period(5))) == Level()


def test_generation_on_one_phase_is_used_on_one_phase() -> None:
    assert level(held(TX, period(10)), held(GENERATION, period(5, phases=1))) == Level(limit=(15,), phases=1)
