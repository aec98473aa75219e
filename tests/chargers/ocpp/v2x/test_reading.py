import pytest

from chargers.commands import ClearProfiles, CustomerInformation, ProfilePurpose, ReadProfiles, ReportSomeSettings
from chargers.commands.parts import in_parts
from chargers.events import ProfilesReported, Setting
from chargers.ocpp.dialect import CommandNotSpoken, Dialect
from tests.chargers.ocpp.v2x.wire import ask
from tests.factories import THURSDAY


def test_profiles_are_read_by_id_alone_or_by_what_they_are(dialect: Dialect) -> None:
    by_id = ask(dialect, ReadProfiles(request_id=1, profile_ids=(7, 8), purpose=ProfilePurpose.TX, evse=2))
    by_purpose = ask(dialect, ReadProfiles(request_id=1, purpose=ProfilePurpose.TX_DEFAULT, stack_level=0))

    assert by_id.payload == {"requestId": 1, "evseId": 2, "chargingProfile": {"chargingProfileId": [7, 8]}}
    assert by_purpose.payload["chargingProfile"] == {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}


def test_profiles_are_not_read_by_nothing(dialect: Dialect) -> None:
    with pytest.raises(CommandNotSpoken):
        dialect.say(ReadProfiles(request_id=1, evse=1))


def test_a_component_without_a_variable_is_reported_as_a_whole(dialect: Dialect) -> None:
    call = ask(dialect, ReportSomeSettings(request_id=1, settings=(Setting("", component="TxCtrlr"),)))

    assert call.payload["componentVariable"] == [{"component": {"name": "TxCtrlr"}}]


@pytest.mark.parametrize(
    "command",
    [
        CustomerInformation(request_id=1, report=True, clear=False),
        CustomerInformation(request_id=1, report=True, clear=False, token="VAN12", identifier="Okafor"),
        CustomerInformation(request_id=1, report=False, clear=False, token="VAN12"),
    ],
    ids=["nobody", "named twice", "nothing to do"],
)
def test_what_is_asked_of_a_customer_says_whom_and_what(dialect: Dialect, command: CustomerInformation) -> None:
    with pytest.raises(CommandNotSpoken):
        dialect.say(command)


def test_a_long_list_to_report_is_cut_and_each_part_is_a_report_of_its_own() -> None:
    """B08.FR.06."""
    names = tuple(Setting(name, component="TxCtrlr") for name in ("A", "B", "C"))

    parts = in_parts(ReportSomeSettings(request_id=5, settings=names), 2)

    assert [(part.request_id, len(part.settings)) for part in parts if isinstance(part, ReportSomeSettings)] == [
        (5, 2),
        (6, 1),
    ]


def test_profiles_of_an_evse_that_cannot_be_are_counted_and_not_kept(dialect: Dialect) -> None:
    period = {"startPeriod": 0, "limit": 16.0}
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
    profile = {
        "id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
    }  # fmt: skip
    said = {"requestId": 1, "chargingLimitSource": "CSO", "evseId": -1, "chargingProfile": [profile]}

    told = dialect.read("ReportChargingProfiles", said, THURSDAY)

    assert isinstance(told, ProfilesReported)
    assert (told.profiles, told.unreadable) == ((), 1)


def test_what_is_generated_on_site_is_not_ours_to_clear(dialect: Dialect) -> None:
    """K10.FR.06."""
    with pytest.raises(CommandNotSpoken):
        dialect.say(ClearProfiles(purpose=ProfilePurpose.LOCAL_GENERATION))
