"""Configuration keys (1.6 §5.3, §5.8)."""

from datetime import datetime
from typing import Any

from chargers.commands import ChangeSettings, ReadSettings, ReportSettings
from chargers.events import Setting, SettingReport, SettingsReported
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v16.words import dialect


@dialect.asks(ReadSettings)
def read(command: ReadSettings) -> Call:
    names = [setting.variable for setting in command.settings]
    return Call("GetConfiguration", {"key": names} if names else {})


@dialect.asks(ReportSettings)
def report(command: ReportSettings) -> Call:
    return Call("GetConfiguration", {})


@dialect.hears("GetConfiguration")
def configuration(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    reports = tuple(_report(told) for told in response.get("configurationKey") or ())
    told = SettingsReported(request_id=0, sequence=0, more=False, at=heard_at, reports=reports)
    unknown = response.get("unknownKey") or []
    return Hearing(True, f"{len(unknown)} unknown" if unknown else "", (told,))


def _report(told: dict[str, Any]) -> SettingReport:
    return SettingReport(
        setting=Setting(told["key"]),
        value=told.get("value"),
        # Some write "readonly" as 0 and 1 (quirk 15).
        mutability="ReadOnly" if told.get("readonly") in (True, 1, "1", "true") else "ReadWrite",
    )


@dialect.asks(ChangeSettings)
def change(command: ChangeSettings) -> Call:
    if len(command.values) != 1:
        raise CommandNotSpoken("1.6 changes one configuration key at a time")
    ((setting, value),) = command.values
    return Call("ChangeConfiguration", {"key": setting.variable, "value": value})


@dialect.hears("ChangeConfiguration")
def changed(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    status = response["status"]
    accepted = status in ("Accepted", "RebootRequired")
    events: tuple[SettingsReported, ...] = ()
    if accepted:
        told = SettingReport(setting=Setting(request["key"]), value=request["value"], mutability="ReadWrite")
        events = (SettingsReported(request_id=0, sequence=0, more=False, at=heard_at, reports=(told,)),)
    return Hearing(accepted, status, events)
