"""Settings, metering and profiles as the field has them; the numbers are those of the list of field quirks.

48 and 49 are tested with the greeting, 55 and 67 with the table of models.
"""

import pytest

from chargers.choices import Protocol
from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    InstallProfile,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    SchedulePeriod,
)
from chargers.models import Charger, SettingValue
from chargers.ocpp.dialects import DIALECTS
from chargers.queries import traits_of_charger
from chargers.quirks import Source, read_rate_units, shown_by_settings, traits_of
from chargers.quirks import all_models as known_models
from tests.factories import THURSDAY, make_charger

A, W = RateUnit.AMPERE, RateUnit.WATT


def told(charger: Charger, **settings: str) -> None:
    SettingValue.objects.bulk_create(
        SettingValue(charger=charger, variable=name, value=value, reported_at=THURSDAY)
        for name, value in settings.items()
    )


@pytest.mark.django_db
def test_quirk_49_a_setting_is_known_in_any_case() -> None:
    charger = make_charger(online=False)
    told(charger, chargingscheduleMAXperiods="24")

    assert traits_of_charger(charger).max_periods == 24


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("Current", (A,)),
        ("Current,Power", (A, W)),
        ("Power;Current", (W, A)),
        ("W", (W,)),
        (" a , w ", (A, W)),
        ("Power|Current", (W, A)),
        ("Current,Current", (A,)),
        ("", ()),
        ("Horses", ()),
    ],
)
def test_quirk_53_rate_units_are_read_however_they_are_written(text: str, units: tuple[RateUnit, ...]) -> None:
    assert read_rate_units(text) == units


@pytest.mark.django_db
def test_quirk_53_a_charger_that_lists_one_unit_is_spoken_to_in_that_one() -> None:
    terra = make_charger(online=False, vendor="ABB", model="CDT_TACW22::NET_WIFI")
    assert traits_of_charger(terra).rate_unit is A

    told(terra, ChargingScheduleAllowedChargingRateUnit="Power")

    assert traits_of_charger(terra).rate_unit is W
    assert traits_of_charger(terra).source_of("rate_unit") is Source.SHOWN


def test_quirk_53_one_that_lists_both_keeps_what_is_better_for_its_model() -> None:
    shown = shown_by_settings({"chargingscheduleallowedchargingrateunit": "Power,Current"})

    assert shown == []


@pytest.mark.django_db
def test_quirk_55_a_listed_stack_level_is_no_reason_to_use_it() -> None:
    charger = make_charger(online=False)
    told(charger, ChargeProfileMaxStackLevel="10", MaxChargingProfilesInstalled="10")

    traits = traits_of_charger(charger)
    assert (traits.stack_level, traits.max_profiles) == (0, 10)


@pytest.mark.parametrize(("features", "known"), [("Core,RemoteTrigger", False), ("Core,SmartCharging", None)])
def test_quirk_57_that_smart_charging_is_not_listed_shows_that_it_is_not_there(
    features: str, known: bool | None
) -> None:
    shown = shown_by_settings({"supportedfeatureprofiles": features})

    assert traits_of(None, shown).smart_charging is known


def test_quirk_57_a_2_x_station_says_by_a_variable_that_it_is_not_there() -> None:
    shown = shown_by_settings({"smartchargingctrlr.available": "False"})

    assert traits_of(None, shown).smart_charging is False


@pytest.mark.parametrize("protocol", Protocol)
def test_quirk_60_a_limit_is_never_made_larger_by_rounding(protocol: Protocol) -> None:
    schedule = ChargingSchedule(unit=A, periods=(SchedulePeriod(start_s=0, limit=15.99),), start_at=THURSDAY)
    profile = ChargingProfile(
        profile_id=1,
        stack_level=0,
        purpose=ProfilePurpose.TX_DEFAULT,
        kind=ProfileKind.ABSOLUTE,
        schedules=(schedule,),
    )

    said = str(DIALECTS[protocol].say(InstallProfile(evse=0, profile=profile)).payload)

    assert "'limit': 15.9" in said
    assert "15.99" not in said


@pytest.mark.parametrize(("told_as", "known"), [("true", True), ("0", False), ("maybe", None)])
def test_quirk_61_a_charger_says_whether_it_switches_phases(told_as: str, known: bool | None) -> None:
    shown = shown_by_settings({"connectorswitch3to1phasesupported": told_as})

    assert traits_of(None, shown).number_phases is known


@pytest.mark.django_db
def test_what_a_charger_did_outranks_what_it_lists() -> None:
    charger = make_charger(online=False)
    told(charger, SupportedFeatureProfiles="Core")
    charger.capabilities.create(name="smart_charging", value="yes", evidence="obeyed 6 A", seen_at=THURSDAY)

    assert traits_of_charger(charger).smart_charging is True


def test_quirk_67_each_model_says_when_it_was_seen_and_whether_it_is_open() -> None:
    assert all(model.seen and model.access for model in known_models())
