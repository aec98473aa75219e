"""What the yard makes of what a charger reports."""

from datetime import timedelta
from typing import Any

import pytest

from chargers.choices import Standing
from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    InstallProfile,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    SchedulePeriod,
    command_to_row,
)
from chargers.device_model.models import ChargingNeeds, ExternalLimit, VariableMonitor, VehicleSchedule
from chargers.events import (
    Alert,
    LimitImposed,
    LimitLifted,
    NeedsStatus,
    NeedsTold,
    Setting,
    VariableAlerted,
    VehicleScheduleTold,
)
from chargers.grid.models import ChargeTerms
from chargers.inbox import Caller, Heard
from chargers.models import Charger
from depot import reports
from depot.energy.models import Circuit, PlanMark, VehicleNeed, Wiring
from depot.models import Bay
from depot.notices.models import Notice
from tests.factories import (
    THURSDAY,
    make_bay,
    make_charger,
    make_command,
    make_depot,
    make_evse,
    make_session,
    make_vehicle,
)

pytestmark = pytest.mark.django_db
HEARD = Heard(THURSDAY)
LEAVES = THURSDAY + timedelta(hours=12)


@pytest.fixture
def bay() -> Bay:
    return make_bay(make_depot(), evse=make_evse(make_charger(protocol="ocpp2.0.1")))


@pytest.fixture
def charger(bay: Bay) -> Charger:
    assert bay.evse
    return bay.evse.charger


@pytest.fixture
def caller(charger: Charger) -> Caller:
    return Caller(charger.pk, charger.identity, 0, "ocpp2.0.1", Standing.ADOPTED)


def wire(bay: Bay) -> None:
    """The bay's outlet hangs on a circuit of the depot's, and keeps limits."""
    circuit = Circuit.objects.create(depot=bay.depot, name="Grid", limit_w=100_000)
    Wiring.objects.create(evse=bay.evse, circuit=circuit, lines="123", rating_w=22_000)


def needs(**told: Any) -> NeedsTold:
    return NeedsTold(evse=1, at=THURSDAY, transfer="DC", told={}, **told)


def test_where_a_plan_is_made_the_vehicle_is_told_that_a_schedule_follows(bay: Bay, caller: Caller) -> None:
    wire(bay)
    session = make_session(bay, make_vehicle())

    answer = reports.needs(caller, needs(departs_at=LEAVES, energy_wh=20_000), HEARD)

    need = VehicleNeed.objects.get()
    assert answer.status is NeedsStatus.PROCESSING
    assert (need.session, need.departs_at, need.energy_wh) == (session, LEAVES, 20_000)
    assert PlanMark.objects.filter(depot=bay.depot).exists()
    assert ChargingNeeds.objects.get().answered == "Processing"


def test_what_a_battery_lacks_is_what_its_vehicle_wants(bay: Bay, caller: Caller) -> None:
    wire(bay)
    make_session(bay, make_vehicle())

    reports.needs(caller, needs(soc_percent=40, capacity_wh=77_000, full_soc_percent=80), HEARD)

    assert VehicleNeed.objects.get().energy_wh == 30_800


@pytest.mark.parametrize("why", ["not wired", "no session", "switched off"])
def test_where_no_plan_is_made_the_vehicle_is_told_so(bay: Bay, charger: Charger, caller: Caller, why: str) -> None:
    if why != "not wired":
        wire(bay)
    if why != "no session":
        make_session(bay, make_vehicle())
    if why == "switched off":
        Charger.objects.filter(pk=charger.pk).update(energy_management_on=False)

    assert reports.needs(caller, needs(departs_at=LEAVES), HEARD).status is NeedsStatus.REJECTED


@pytest.mark.parametrize(
    ("modes", "expected"), [(["DC"], NeedsStatus.NO_PROFILE), (["AC_three_phase"], NeedsStatus.REJECTED)]
)
def test_a_way_of_flow_that_was_not_allowed_is_refused_apart_from_having_no_plan(
    bay: Bay, charger: Charger, caller: Caller, modes: list[str], expected: NeedsStatus
) -> None:
    """2.1 Q01.FR.04 and K18.FR.22, beside K18.FR.04: by ISO 15118-20 a refusal ends the charge."""
    session = make_session(bay, make_vehicle(), reference="tx-1")
    ChargeTerms.objects.create(charger=charger, reference=session.reference, transfer_modes=modes, changed_at=THURSDAY)

    assert reports.needs(caller, needs(control_mode="ScheduledControl"), HEARD).status is expected


def test_needs_at_no_outlet_are_refused_and_not_kept(bay: Bay, caller: Caller) -> None:
    told = NeedsTold(evse=0, at=THURSDAY, transfer="DC", told={})

    assert reports.needs(caller, told, HEARD).reason == "UnknownEvse"
    assert not ChargingNeeds.objects.exists()


def schedule(limit_a: float) -> ChargingSchedule:
    return ChargingSchedule(
        unit=RateUnit.AMPERE, periods=(SchedulePeriod(start_s=0, limit=limit_a, phases=3),), duration_s=3600
    )


@pytest.mark.parametrize(("limit_a", "is_within"), [(16, True), (20, False)])
def test_a_vehicle_that_means_to_draw_more_than_it_was_given_is_refused(
    charger: Charger, caller: Caller, limit_a: float, is_within: bool
) -> None:
    profile = ChargingProfile(
        profile_id=1, stack_level=0, purpose=ProfilePurpose.TX, kind=ProfileKind.RELATIVE, schedules=(schedule(16),),
        reference="tx-1",
    )  # fmt: skip
    given = InstallProfile(evse=1, profile=profile)
    make_command(charger, "install_profile", state="accepted", wording=command_to_row(given))
    told = VehicleScheduleTold(evse=1, base_at=THURSDAY, schedule=schedule(limit_a))

    assert reports.vehicle_schedule(caller, told, HEARD) is is_within
    assert VehicleSchedule.objects.get().is_within_limits is is_within
    assert Notice.objects.filter(kind="vehicle.beyond_limit").exists() is not is_within


def limit(evse: int | None = None, **told: Any) -> LimitImposed:
    return LimitImposed(evse=evse, source="EMS", at=THURSDAY, **told)


def test_a_limit_from_outside_asks_for_another_plan_once(bay: Bay, caller: Caller) -> None:
    wire(bay)

    reports.limited(caller, limit(evse=1), HEARD)
    PlanMark.objects.all().delete()
    reports.limited(caller, limit(evse=1), HEARD)

    assert ExternalLimit.objects.count() == 1
    assert not PlanMark.objects.exists()


def test_another_limit_of_the_same_source_takes_the_place_of_the_first(caller: Caller) -> None:
    reports.limited(caller, limit(), HEARD)
    reports.limited(caller, limit(is_grid_critical=True), HEARD)

    (in_force,) = ExternalLimit.objects.filter(lifted_at=None)
    assert in_force.is_grid_critical
    assert ExternalLimit.objects.exclude(lifted_at=None).count() == 1
    assert Notice.objects.filter(kind="charger.limited_from_outside").count() == 1


def test_a_source_that_lifts_without_an_outlet_lifts_what_it_has(caller: Caller) -> None:
    reports.limited(caller, limit(evse=1), HEARD)

    reports.released(caller, LimitLifted(evse=None, source="EMS", at=THURSDAY), HEARD)

    assert not ExternalLimit.objects.filter(lifted_at=None).exists()


def alert(**more: Any) -> VariableAlerted:
    values = {
        "setting": Setting("Temperature", component="EVSE", evse=1), "event_id": 1, "at": THURSDAY,
        "trigger": "Alerting", "value": "71", "origin": "CustomMonitor", "monitor_id": 7,
    } | more  # fmt: skip
    return VariableAlerted(at=THURSDAY, alerts=(Alert(**values),))


@pytest.mark.parametrize(
    ("severity", "more", "told"),
    [(2, {}, True), (3, {}, True), (4, {}, False), (2, {"is_cleared": True}, False), (2, {"trigger": "Delta"}, False)],
)
def test_people_hear_of_what_is_grave(
    charger: Charger, caller: Caller, severity: int, more: dict[str, Any], told: bool
) -> None:
    VariableMonitor.objects.create(
        charger=charger, number=7, component="EVSE", variable="Temperature", kind="UpperThreshold", value=60,
        severity=severity, state="set", told_at=THURSDAY,
    )  # fmt: skip

    reports.alerts(caller, alert(**more), HEARD)
    reports.alerts(caller, alert(**more), HEARD)

    assert Notice.objects.filter(kind="charger.alert").count() == int(told)
