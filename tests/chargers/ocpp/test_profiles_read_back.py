"""What we say of charging profiles can be read back, typed or raw, on the wire or from a row."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargers.commands import (
    ChargingProfile,
    ClearCache,
    ClearProfiles,
    Command,
    InstallProfile,
    LimitAtSoc,
    OperationMode,
    ProfilePurpose,
    Rates,
    RawCall,
    StartCharging,
    UpdateDynamicSchedule,
    command_from_row,
    command_to_row,
)
from chargers.ocpp import schemas
from chargers.ocpp.dialect import CommandNotSpoken, NotRecognised
from chargers.ocpp.dialects import DIALECTS
from tests.chargers.charging_profiles import MIDNIGHT, profiles

VERSIONS = ("1.6", "2.0.1", "2.1")
QUICK = settings(max_examples=60, deadline=None)


def said_raw(version: str, command: Command) -> RawCall:
    call = DIALECTS[f"ocpp{version}"].say(command)
    assert schemas.check(f"ocpp{version}", call.action, call.payload) is None
    return RawCall(action=call.action, payload=call.payload)


@pytest.mark.parametrize("version", VERSIONS)
@given(data=st.data())
@QUICK
def test_a_profile_is_read_back_as_it_was_said(version: str, data: st.DataObject) -> None:
    command = InstallProfile(evse=2, profile=data.draw(profiles(version)))

    assert DIALECTS[f"ocpp{version}"].recognise(said_raw(version, command)) == command


@pytest.mark.parametrize("version", VERSIONS)
@given(data=st.data())
@QUICK
def test_a_profile_survives_its_row(version: str, data: st.DataObject) -> None:
    command = InstallProfile(evse=2, profile=data.draw(profiles(version)))

    assert command_from_row("install_profile", command_to_row(command)) == command


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "command",
    [
        ClearProfiles(profile_id=7),
        ClearProfiles(evse=0, purpose=ProfilePurpose.TX_DEFAULT),
        ClearProfiles(stack_level=3),
    ],
    ids=["by id", "by place and purpose", "by level"],
)
def test_a_clearing_is_read_back_as_it_was_said(version: str, command: ClearProfiles) -> None:
    assert DIALECTS[f"ocpp{version}"].recognise(said_raw(version, command)) == command


@pytest.mark.parametrize("version", VERSIONS)
@given(data=st.data())
@QUICK
def test_a_start_is_read_back_with_its_profile(version: str, data: st.DataObject) -> None:
    profile = replace(data.draw(profiles(version)), purpose=ProfilePurpose.TX, reference=None)
    command = StartCharging(evse=1, token="VAN12", remote_start_id=0 if version == "1.6" else 42, profile=profile)

    assert DIALECTS[f"ocpp{version}"].recognise(said_raw(version, command)) == command


def test_an_update_of_a_dynamic_profile_is_read_back_as_it_was_said() -> None:
    command = UpdateDynamicSchedule(profile_id=7, rates=Rates(limit=11_000, setpoint=-2000, setpoint_l2=-1000))

    raw = said_raw("2.1", command)

    assert raw.payload == {
        "chargingProfileId": 7,
        "scheduleUpdate": {"limit": 11_000, "setpoint": -2000, "setpoint_L2": -1000},
    }
    assert DIALECTS["ocpp2.1"].recognise(raw) == command


def test_a_command_that_is_not_raw_stays_what_it_is() -> None:
    assert DIALECTS["ocpp1.6"].recognise(ClearCache()) == ClearCache()


def test_a_raw_call_without_a_typed_sister_stays_raw() -> None:
    raw = RawCall(action="GetCompositeSchedule", payload={"connectorId": 0, "duration": 60})

    assert DIALECTS["ocpp1.6"].recognise(raw) == raw


@pytest.mark.parametrize(
    "change", [{"validFrom": "soon"}, {"chargingSchedule": {}}, {"chargingProfilePurpose": "MyProfile"}]
)
def test_a_raw_profile_that_cannot_be_read_is_not_passed_over(change: dict[str, Any]) -> None:
    payload = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]},
    }
    raw = RawCall(action="SetChargingProfile", payload={"connectorId": 0, "csChargingProfiles": payload | change})

    with pytest.raises(NotRecognised, match="SetChargingProfile"):
        DIALECTS["ocpp1.6"].recognise(raw)


def test_a_local_time_is_read_as_the_clock_on_the_wall_shows_it() -> None:
    profile: dict[str, Any] = {
        "id": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [
            {
                "id": 1,
                "startSchedule": "2026-11-19T22:00:00-08:00",
                "useLocalTime": True,
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}],
            }
        ],
    }
    raw = RawCall(action="SetChargingProfile", payload={"evseId": 0, "chargingProfile": profile})

    command = DIALECTS["ocpp2.1"].recognise(raw)

    assert isinstance(command, InstallProfile)
    assert command.profile.schedules[0].start_at == MIDNIGHT.replace(hour=22)


NEWER: dict[str, Any] = {
    "a setpoint": {"setpoint": 5.0},
    "a limit per phase": {"limit_l2": 5.0},
    "a discharge limit": {"discharge_limit": -5.0},
    "an operation mode": {"operation_mode": OperationMode.CENTRAL_SETPOINT},
    "no limit": {"limit": None},
}


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@pytest.mark.parametrize("change", NEWER.values(), ids=NEWER.keys())
@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_a_period_that_needs_2_1_is_not_said_without_what_it_needs(
    version: str, change: dict[str, Any], data: st.DataObject
) -> None:
    profile = data.draw(profiles(version))
    schedule = profile.schedules[0]
    changed = replace(schedule, periods=(replace(schedule.periods[0], **change), *schedule.periods[1:]))

    with pytest.raises(CommandNotSpoken):
        DIALECTS[f"ocpp{version}"].say(InstallProfile(evse=1, profile=replace(profile, schedules=(changed,))))


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_a_profile_that_needs_2_1_is_not_said_without_what_it_needs(version: str, data: st.DataObject) -> None:
    profile: ChargingProfile = data.draw(profiles(version))
    schedule = profile.schedules[0]

    for changed in (
        replace(profile, max_offline_s=600),
        replace(profile, dies_offline=True),
        replace(profile, schedules=(replace(schedule, use_local_time=True),)),
        replace(profile, schedules=(replace(schedule, randomized_delay_s=60),)),
        replace(profile, schedules=(replace(schedule, limit_at_soc=LimitAtSoc(soc_percent=80, limit=6)),)),
    ):
        with pytest.raises(CommandNotSpoken):
            DIALECTS[f"ocpp{version}"].say(InstallProfile(evse=1, profile=changed))


def test_what_flows_out_is_made_smaller_by_rounding_too() -> None:
    command = UpdateDynamicSchedule(profile_id=7, rates=Rates(limit=16.09, discharge_limit=-5.09, setpoint=-5.09))

    assert said_raw("2.1", command).payload["scheduleUpdate"] == {
        "limit": 16.0,
        "dischargeLimit": -5.0,
        "setpoint": -5.0,
    }
