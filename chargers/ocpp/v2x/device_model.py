"""The device model: read, set and report variables (2.x B05-B08)."""

from datetime import datetime
from typing import Any

from chargers.commands import ChangeSettings, ReadSettings, ReportSettings
from chargers.events import Setting, SettingReport, SettingsReported
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v2x.reading import hear_report_of_settings
from chargers.ocpp.v2x.versions import both
from chargers.ocpp.v2x.words import STATUS_LENGTH, hear_status, read_setting, write_setting
from chargers.ocpp.values import moment, number, whole

# A variable that was set but waits for a restart was taken all the same.
SET = ("Accepted", "RebootRequired")
# Beyond this a float's digits are no longer those that were written.
EXACT = 1e15


@both.asks(ReadSettings)
def read(command: ReadSettings) -> Call:
    if not command.settings:
        raise CommandNotSpoken("OCPP 2.x reads variables by name; everything comes with a report")
    return Call("GetVariables", {"getVariableData": [write_setting(_named(each)) for each in command.settings]})


@both.hears("GetVariables")
def variables_read(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    results = response.get("getVariableResult") or []
    reports = tuple(
        SettingReport(
            setting=read_setting(result),
            value=_text(result.get("attributeValue")),
            attribute=result.get("attributeType") or "Actual",
        )
        for result in results
        if result.get("attributeStatus") == "Accepted"
    )
    # Some variables read are something read; the status names the first that was not.
    return Hearing(bool(reports), _verdict(results, ("Accepted",)), _told(reports, heard_at))


@both.asks(ChangeSettings)
def change(command: ChangeSettings) -> Call:
    if not command.values:
        raise CommandNotSpoken("Nothing to set")
    if len({setting for setting, _ in command.values}) < len(command.values):
        raise CommandNotSpoken("One variable is set to one value at a time (B05.FR.13)")
    data = [{"attributeValue": value, **write_setting(_named(setting))} for setting, value in command.values]
    return Call("SetVariables", {"setVariableData": data})


@both.hears("SetVariables")
def variables_set(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    """Accepted when every one was taken; each that was is what the charger has set from now on."""
    asked = {
        (read_setting(data), data.get("attributeType") or "Actual"): data["attributeValue"]
        for data in request.get("setVariableData") or ()
    }
    results = response.get("setVariableResult") or []
    taken = {
        (read_setting(result), result.get("attributeType") or "Actual")
        for result in results
        if result.get("attributeStatus") in SET
    }
    reports = tuple(
        SettingReport(setting=setting, value=value, attribute=attribute)
        for (setting, attribute), value in asked.items()
        if (setting, attribute) in taken
    )
    status = _verdict(results, SET)
    all_taken = all(result.get("attributeStatus") in SET for result in results)
    if all_taken and len(results) < len(asked):
        return Hearing(False, "Incomplete", _told(reports, heard_at))
    return Hearing(all_taken, status, _told(reports, heard_at))


@both.asks(ReportSettings)
def report(command: ReportSettings) -> Call:
    return Call("GetBaseReport", {"requestId": command.request_id, "reportBase": command.report})


@both.hears("GetBaseReport")
def report_promised(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # Not EmptyResultSet: a charger that has no variable at all is one that cannot report.
    return hear_report_of_settings(request, hear_status(response, "Accepted"))


@both.tells("NotifyReport")
def reported(said: Payload, heard_at: datetime) -> SettingsReported:
    return SettingsReported(
        request_id=whole(said.get("requestId")) or 0,
        sequence=whole(said.get("seqNo")) or 0,
        more=bool(said.get("tbc")),
        at=moment(said.get("generatedAt")) or heard_at,
        reports=tuple(
            _report(read_setting(told), attribute, told.get("variableCharacteristics") or {})
            for told in said.get("reportData") or ()
            for attribute in told.get("variableAttribute") or ()
        ),
    )


def _report(setting: Setting, attribute: Payload, character: Payload) -> SettingReport:
    return SettingReport(
        setting=setting,
        value=_text(attribute.get("value")),
        attribute=attribute.get("type") or "Actual",
        mutability=attribute.get("mutability") or "ReadWrite",  # VariableAttributeType: the default
        unit=character.get("unit") or "",
        data_type=character.get("dataType") or "",
        min_limit=_limit(character.get("minLimit")),
        max_limit=_limit(character.get("maxLimit")),
        values_list=character.get("valuesList") or "",
        persistent=attribute.get("persistent"),
        constant=attribute.get("constant"),
    )


def _told(reports: tuple[SettingReport, ...], heard_at: datetime) -> tuple[SettingsReported, ...]:
    """What an answer tells of settings: a report that nobody asked for by a number."""
    if not reports:
        return ()
    return (SettingsReported(request_id=0, sequence=0, more=False, at=heard_at, reports=reports),)


def _named(setting: Setting) -> Setting:
    if not setting.component:
        raise CommandNotSpoken(f"OCPP 2.x has no variable {setting.variable} outside of a component")
    return setting


def _verdict(results: list[Payload], good: tuple[str, ...]) -> str:
    """The one word for all, or the first refusal with the name of what was refused."""
    for result in results:
        word = str(result.get("attributeStatus") or "")
        if word not in good:
            return f"{word}: {_name(read_setting(result))}"[:STATUS_LENGTH]
    words = [str(result.get("attributeStatus")) for result in results]
    return next((word for word in words if word != good[0]), good[0]) if words else ""


def _name(setting: Setting) -> str:
    return f"{setting.component}.{setting.variable}"


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _limit(value: object) -> str:
    amount = number(value)
    if amount is None:
        return ""
    return str(int(amount)) if amount.is_integer() and abs(amount) < EXACT else repr(amount)
