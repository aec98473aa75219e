from typing import Any

import pytest

from chargers.commands import ChangeSettings, ReadSettings, ReportSettings
from chargers.events import Setting, SettingReport, SettingsReported
from chargers.ocpp.dialect import Call, CommandNotSpoken, Dialect
from tests.chargers.ocpp.v2x.wire import NOON, NOON_TEXT, Payload, answer, ask, hear, tell

HEARTBEAT = Setting(component="OCPPCommCtrlr", variable="HeartbeatInterval")
PASSWORD = Setting(component="SecurityCtrlr", variable="BasicAuthPassword")
POWER = Setting(
    component="EVSE", component_instance="left", variable="Power", variable_instance="Max", evse=2, connector=1
)
HEARTBEAT_NAMED = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
PASSWORD_NAMED = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
POWER_NAMED = {
    "component": {"name": "EVSE", "instance": "left", "evse": {"id": 2, "connectorId": 1}},
    "variable": {"name": "Power", "instance": "Max"},
}


def reported(*reports: SettingReport) -> SettingsReported:
    return SettingsReported(request_id=0, sequence=0, more=False, at=NOON, reports=reports)


def test_variables_are_read_by_name(dialect: Dialect) -> None:
    call = ask(dialect, ReadSettings(settings=(HEARTBEAT, POWER)))

    assert call == Call("GetVariables", {"getVariableData": [HEARTBEAT_NAMED, POWER_NAMED]})


@pytest.mark.parametrize("settings", [(), (Setting("HeartbeatInterval"),)], ids=["none", "a key of 1.6"])
def test_what_is_no_variable_of_a_component_is_not_read(dialect: Dialect, settings: tuple[Setting, ...]) -> None:
    with pytest.raises(CommandNotSpoken):
        dialect.say(ReadSettings(settings=settings))


def test_variables_that_were_read_are_reported(dialect: Dialect) -> None:
    call = ask(dialect, ReadSettings(settings=(HEARTBEAT, POWER)))
    results = [
        {"attributeStatus": "Accepted", "attributeValue": "300", **HEARTBEAT_NAMED},
        {"attributeStatus": "Accepted", "attributeType": "MaxSet", "attributeValue": "22000", **POWER_NAMED},
    ]

    hearing = hear(dialect, call, {"getVariableResult": results})

    assert (hearing.accepted, hearing.status) == (True, "Accepted")
    assert hearing.events == (
        reported(SettingReport(HEARTBEAT, "300"), SettingReport(POWER, "22000", attribute="MaxSet")),
    )


def test_variables_read_in_part_name_the_first_that_was_not(dialect: Dialect) -> None:
    call = ask(dialect, ReadSettings(settings=(HEARTBEAT, POWER)))
    results = [
        {"attributeStatus": "UnknownVariable", **POWER_NAMED},
        {"attributeStatus": "Accepted", "attributeValue": "300", **HEARTBEAT_NAMED},
    ]

    hearing = hear(dialect, call, {"getVariableResult": results})

    assert (hearing.accepted, hearing.status) == (True, "UnknownVariable: EVSE.Power")
    assert hearing.events == (reported(SettingReport(HEARTBEAT, "300")),)


def test_variables_of_which_none_was_read_were_refused(dialect: Dialect) -> None:
    call = ask(dialect, ReadSettings(settings=(PASSWORD,)))

    hearing = hear(dialect, call, {"getVariableResult": [{"attributeStatus": "Rejected", **PASSWORD_NAMED}]})

    assert (hearing.accepted, hearing.events) == (False, ())


def test_variables_are_set(dialect: Dialect) -> None:
    call = ask(dialect, ChangeSettings(values=((HEARTBEAT, "600"), (POWER, "11000"))))

    assert call.action == "SetVariables"
    assert [list(data.items()) for data in call.payload["setVariableData"]] == [
        [("attributeValue", "600"), *HEARTBEAT_NAMED.items()],
        [("attributeValue", "11000"), *POWER_NAMED.items()],
    ]


def test_one_variable_is_not_set_to_two_values_at_once(dialect: Dialect) -> None:
    """B05.FR.13."""
    with pytest.raises(CommandNotSpoken, match="one value"):
        dialect.say(ChangeSettings(values=((HEARTBEAT, "300"), (HEARTBEAT, "600"))))


def test_nothing_is_not_set(dialect: Dialect) -> None:
    with pytest.raises(CommandNotSpoken):
        dialect.say(ChangeSettings(values=()))


@pytest.mark.parametrize(
    ("words", "accepted", "status"),
    [
        (("Accepted", "Accepted"), True, "Accepted"),
        (("Accepted", "RebootRequired"), True, "RebootRequired"),
        (("RebootRequired", "Rejected"), False, "Rejected: EVSE.Power"),
        (("UnknownComponent", "Accepted"), False, "UnknownComponent: OCPPCommCtrlr.HeartbeatInterval"),
        (("Accepted",), False, "Incomplete"),
        (("NotSupportedAttributeType",), False, "NotSupportedAttributeType: OCPPCommCtrlr.HeartbeatInterval"),
    ],
)
def test_variables_are_set_when_every_one_was_taken(
    dialect: Dialect, words: tuple[str, ...], accepted: bool, status: str
) -> None:
    call = ask(dialect, ChangeSettings(values=((HEARTBEAT, "600"), (POWER, "11000"))))
    named = (HEARTBEAT_NAMED, POWER_NAMED)
    results = [{"attributeStatus": word, **name} for word, name in zip(words, named, strict=False)]

    hearing = hear(dialect, call, {"setVariableResult": results})

    assert (hearing.accepted, hearing.status) == (accepted, status)


def test_what_was_set_is_reported_and_what_was_refused_is_not(dialect: Dialect) -> None:
    call = ask(dialect, ChangeSettings(values=((HEARTBEAT, "600"), (POWER, "11000"))))
    results = [
        {"attributeStatus": "Rejected", **POWER_NAMED},
        {"attributeStatus": "RebootRequired", "attributeType": "Actual", **HEARTBEAT_NAMED},
    ]

    hearing = hear(dialect, call, {"setVariableResult": results})

    assert hearing.events == (reported(SettingReport(HEARTBEAT, "600")),)


def test_a_long_name_leaves_the_status_readable(dialect: Dialect) -> None:
    setting = Setting(component="C" * 50, variable="V" * 50)
    call = ask(dialect, ChangeSettings(values=((setting, "1"),)))
    named = {"component": {"name": "C" * 50}, "variable": {"name": "V" * 50}}

    hearing = hear(dialect, call, {"setVariableResult": [{"attributeStatus": "Rejected", **named}]})

    assert hearing.status.startswith("Rejected: CCC")
    assert len(hearing.status) == 60


def test_a_report_of_everything_is_asked_for(dialect: Dialect) -> None:
    call = ask(dialect, ReportSettings(request_id=9))

    assert call.action == "GetBaseReport"
    assert list(call.payload.items()) == [("requestId", 9), ("reportBase", "FullInventory")]


@pytest.mark.parametrize(
    ("status", "accepted"),
    [("Accepted", True), ("Rejected", False), ("NotSupported", False), ("EmptyResultSet", False)],
)
def test_a_report_that_will_not_come_is_refused(dialect: Dialect, status: str, accepted: bool) -> None:
    call = ask(dialect, ReportSettings(request_id=9))

    assert hear(dialect, call, {"status": status}).accepted is accepted


def report_data(named: Payload, *attributes: Payload, **character: Any) -> Payload:
    data: Payload = {**named, "variableAttribute": list(attributes)}
    if character:
        data["variableCharacteristics"] = character
    return data


def test_a_report_tells_each_attribute_of_each_variable(dialect: Dialect) -> None:
    payload = {
        "requestId": 9,
        "generatedAt": NOON_TEXT,
        "tbc": True,
        "seqNo": 2,
        "reportData": [
            report_data(
                POWER_NAMED,
                {"type": "Actual", "value": "7400", "mutability": "ReadOnly", "persistent": False, "constant": False},
                {"type": "MaxSet", "value": "22000", "mutability": "ReadOnly", "constant": True},
                unit="W",
                dataType="decimal",
                minLimit=0,
                maxLimit=22000.5,
                supportsMonitoring=True,
            ),
            report_data(PASSWORD_NAMED, {"mutability": "WriteOnly"}),
        ],
    }

    told = tell(dialect, "NotifyReport", payload)

    power = {"unit": "W", "data_type": "decimal", "min_limit": "0", "max_limit": "22000.5"}
    assert told == SettingsReported(
        request_id=9,
        sequence=2,
        more=True,
        at=NOON,
        reports=(
            SettingReport(POWER, "7400", mutability="ReadOnly", persistent=False, constant=False, **power),
            SettingReport(POWER, "22000", attribute="MaxSet", mutability="ReadOnly", constant=True, **power),
            SettingReport(PASSWORD, None, mutability="WriteOnly"),
        ),
    )
    assert answer(dialect, "NotifyReport", None) == {}


def test_the_last_part_of_a_report_may_be_empty(dialect: Dialect) -> None:
    told = tell(dialect, "NotifyReport", {"requestId": 9, "generatedAt": NOON_TEXT, "seqNo": 7})

    assert told == SettingsReported(request_id=9, sequence=7, more=False, at=NOON, reports=())


def test_a_request_id_of_64_bits_keeps_its_last_digit(dialect: Dialect) -> None:
    told = tell(dialect, "NotifyReport", {"requestId": 9_007_199_254_740_993, "generatedAt": NOON_TEXT, "seqNo": 0})

    assert isinstance(told, SettingsReported)
    assert told.request_id == 9_007_199_254_740_993
