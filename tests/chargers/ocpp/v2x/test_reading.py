import pytest

from chargers.commands import CustomerInformation, ProfilePurpose, ReadProfiles, ReportSomeSettings
from chargers.events import Setting
from chargers.ocpp.dialect import CommandNotSpoken, Dialect
from tests.chargers.ocpp.v2x.wire import ask


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
