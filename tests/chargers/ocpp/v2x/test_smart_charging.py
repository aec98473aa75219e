from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    ClearProfiles,
    InstallProfile,
    ProfileKind,
    ProfilePurpose,
    Rates,
    RateUnit,
    Recurrency,
    SchedulePeriod,
)
from chargers.events import DynamicLimitTaken
from chargers.ocpp.dialect import CommandNotSpoken, Dialect
from chargers.ocpp.v21 import dialect as v21
from chargers.ocpp.v201 import dialect as v201
from tests.chargers.ocpp.v2x.wire import NOON, NOON_TEXT, ask, hear

SCHEDULE = ChargingSchedule(
    unit=RateUnit.AMPERE,
    periods=(SchedulePeriod(start_s=0, limit=16), SchedulePeriod(start_s=3600, limit=6, phases=1)),
    duration_s=7200,
    start_at=NOON,
    min_rate=6,
)
PROFILE = ChargingProfile(
    profile_id=12,
    stack_level=3,
    purpose=ProfilePurpose.TX,
    kind=ProfileKind.ABSOLUTE,
    schedules=(SCHEDULE,),
    valid_from=NOON,
    valid_to=datetime(2026, 11, 20, tzinfo=UTC),
    reference="T1",
)


def test_a_profile_is_written_in_the_order_of_the_tables(dialect: Dialect) -> None:
    call = ask(dialect, InstallProfile(evse=2, profile=PROFILE))

    assert call.action == "SetChargingProfile"
    assert list(call.payload) == ["evseId", "chargingProfile"]
    assert list(call.payload["chargingProfile"].items()) == [
        ("id", 12),
        ("stackLevel", 3),
        ("chargingProfilePurpose", "TxProfile"),
        ("chargingProfileKind", "Absolute"),
        ("validFrom", NOON_TEXT),
        ("validTo", "2026-11-20T00:00:00.000Z"),
        ("transactionId", "T1"),
        ("chargingSchedule", call.payload["chargingProfile"]["chargingSchedule"]),
    ]
    (schedule,) = call.payload["chargingProfile"]["chargingSchedule"]
    assert list(schedule.items()) == [
        ("id", 1),
        ("startSchedule", NOON_TEXT),
        ("duration", 7200),
        ("chargingRateUnit", "A"),
        ("minChargingRate", 6.0),
        (
            "chargingSchedulePeriod",
            [{"startPeriod": 0, "limit": 16.0}, {"startPeriod": 3600, "limit": 6.0, "numberPhases": 1}],
        ),
    ]


@pytest.mark.parametrize(
    ("limit", "written"), [(16.04, 16.0), (16.09, 16.0), (16.3, 16.3), (0.1 + 0.2, 0.3), (0, 0.0), (11040.57, 11040.5)]
)
def test_a_limit_has_one_decimal_and_is_never_rounded_up(dialect: Dialect, limit: float, written: float) -> None:
    schedule = replace(SCHEDULE, periods=(SchedulePeriod(start_s=0, limit=limit),))

    call = ask(dialect, InstallProfile(evse=1, profile=replace(PROFILE, schedules=(schedule,))))

    (told,) = call.payload["chargingProfile"]["chargingSchedule"]
    assert told["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": written}]


@pytest.mark.parametrize(
    ("purpose", "word"),
    [
        (ProfilePurpose.STATION_MAX, "ChargingStationMaxProfile"),
        (ProfilePurpose.TX_DEFAULT, "TxDefaultProfile"),
        (ProfilePurpose.TX, "TxProfile"),
    ],
)
def test_every_purpose_of_ours_has_its_word(dialect: Dialect, purpose: ProfilePurpose, word: str) -> None:
    call = ask(dialect, InstallProfile(evse=1, profile=replace(PROFILE, purpose=purpose)))

    assert call.payload["chargingProfile"]["chargingProfilePurpose"] == word


def test_only_a_tx_profile_names_a_transaction(dialect: Dialect) -> None:
    profile = replace(PROFILE, purpose=ProfilePurpose.TX_DEFAULT, reference="T1")

    call = ask(dialect, InstallProfile(evse=1, profile=profile))

    assert "transactionId" not in call.payload["chargingProfile"]


def test_a_profile_may_come_again_each_day(dialect: Dialect) -> None:
    profile = replace(
        PROFILE, purpose=ProfilePurpose.TX_DEFAULT, kind=ProfileKind.RECURRING, recurrency=Recurrency.DAILY
    )

    call = ask(dialect, InstallProfile(evse=1, profile=profile))

    assert call.payload["chargingProfile"]["recurrencyKind"] == "Daily"


@pytest.mark.parametrize(
    "profile",
    [
        replace(PROFILE, reference=None),
        replace(PROFILE, schedules=()),
        replace(PROFILE, schedules=(SCHEDULE,) * 4),
        replace(PROFILE, purpose=ProfilePurpose.EXTERNAL_CONSTRAINTS),
    ],
    ids=["no transaction", "no schedule", "four schedules", "not ours to set"],
)
def test_a_profile_that_no_charger_may_take_is_not_said(dialect: Dialect, profile: ChargingProfile) -> None:
    with pytest.raises(CommandNotSpoken):
        dialect.say(InstallProfile(evse=1, profile=profile))


@pytest.mark.parametrize(
    "profile",
    [
        replace(PROFILE, purpose=ProfilePurpose.PRIORITY),
        replace(PROFILE, purpose=ProfilePurpose.LOCAL_GENERATION),
        replace(PROFILE, kind=ProfileKind.DYNAMIC),
    ],
    ids=["priority", "local generation", "dynamic"],
)
def test_what_2_1_added_is_not_said_in_2_0_1(profile: ChargingProfile) -> None:
    command = InstallProfile(evse=1, profile=profile)

    ask(v21, command)

    with pytest.raises(CommandNotSpoken, match=r"2\.0\.1"):
        v201.say(command)


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        (ClearProfiles(profile_id=12), {"chargingProfileId": 12}),
        (ClearProfiles(profile_id=12, evse=1), {"chargingProfileId": 12}),
        (ClearProfiles(evse=1), {"chargingProfileCriteria": {"evseId": 1}}),
        (
            ClearProfiles(evse=0, purpose=ProfilePurpose.STATION_MAX, stack_level=0),
            {
                "chargingProfileCriteria": {
                    "evseId": 0,
                    "chargingProfilePurpose": "ChargingStationMaxProfile",
                    "stackLevel": 0,
                }
            },
        ),
    ],
)
def test_profiles_are_cleared_by_id_or_by_what_they_are(
    dialect: Dialect, command: ClearProfiles, payload: dict[str, object]
) -> None:
    assert ask(dialect, command).payload == payload


def test_profiles_are_not_cleared_by_nothing(dialect: Dialect) -> None:
    with pytest.raises(CommandNotSpoken, match="K10"):
        dialect.say(ClearProfiles())


@pytest.mark.parametrize("status", ["Accepted", "Unknown"])
def test_what_was_not_there_is_cleared(dialect: Dialect, status: str) -> None:
    call = ask(dialect, ClearProfiles(profile_id=12))

    hearing = hear(dialect, call, {"status": status})

    assert (hearing.accepted, hearing.status) == (True, status)


@pytest.mark.parametrize(("status", "accepted"), [("Accepted", True), ("Rejected", False)])
def test_a_profile_is_accepted_or_not(dialect: Dialect, status: str, accepted: bool) -> None:
    call = ask(dialect, InstallProfile(evse=1, profile=PROFILE))

    assert hear(dialect, call, {"status": status}).accepted is accepted


def test_a_dynamic_profile_that_was_taken_tells_the_values_it_began_with() -> None:
    period = {"startPeriod": 0, "operationMode": "CentralSetpoint", "setpoint": -4000.0}
    schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
    profile = {
        "id": 5, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Dynamic",
        "chargingSchedule": [schedule],
    }  # fmt: skip
    request = {"evseId": 1, "chargingProfile": profile}

    taken = v21.hear("SetChargingProfile", request, {"status": "Accepted"}, NOON)
    refused = v21.hear("SetChargingProfile", request, {"status": "Rejected"}, NOON)

    assert taken.events == (DynamicLimitTaken(profile_id=5, rates=Rates(setpoint=-4000.0)),)
    assert (refused.accepted, refused.events) == (False, ())
