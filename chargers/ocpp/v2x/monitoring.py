"""Monitors: set, cleared and reported (2.x N02-N06)."""

from datetime import datetime
from typing import Any

from chargers.commands import (
    ClearMonitors,
    Monitor,
    MonitoringBase,
    MonitorKind,
    ReportMonitors,
    SetMonitoringBase,
    SetMonitoringLevel,
    SetMonitors,
)
from chargers.events import (
    MonitorReport,
    MonitorsAnswered,
    MonitorsGone,
    MonitorsReported,
    MonitorVerdict,
    ReportKind,
    ReportPromised,
    Setting,
    SettingReport,
    SettingsReported,
)
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v2x.reading import write_choice
from chargers.ocpp.v2x.versions import both, v21, v201
from chargers.ocpp.v2x.words import STATUS_LENGTH, hear_status, read_setting, write_setting
from chargers.ocpp.values import graded, whole

DELETING_OURS = (MonitoringBase.FACTORY_DEFAULT.value, MonitoringBase.HARD_WIRED_ONLY.value)
ONLY_IN_21 = {MonitorKind.TARGET_DELTA, MonitorKind.TARGET_DELTA_RELATIVE}


@v21.asks(SetMonitors)
def set_monitors(command: SetMonitors) -> Call:
    if not command.monitors:
        raise CommandNotSpoken("No monitor to set")
    return Call("SetVariableMonitoring", {"setMonitoringData": [_monitor(each) for each in command.monitors]})


@v201.asks(SetMonitors)
def set_monitors_201(command: SetMonitors) -> Call:
    unknown = ONLY_IN_21 & {monitor.kind for monitor in command.monitors}
    if unknown:
        raise CommandNotSpoken(f"OCPP 2.0.1 has no monitor {min(unknown)}")
    return set_monitors(command)


def _monitor(monitor: Monitor) -> Payload:
    if not monitor.setting.component:
        raise CommandNotSpoken("OCPP 2.x has no variable outside of a component")
    payload: Payload = {
        "value": monitor.value,
        "type": monitor.kind.value,
        "severity": monitor.severity,
        **write_setting(monitor.setting),
    }
    if monitor.monitor_id is not None:
        payload["id"] = monitor.monitor_id
    if monitor.in_transactions_only:
        payload["transaction"] = True
    return payload


@both.hears("SetVariableMonitoring")
def monitors_set(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    results = response["setMonitoringResult"]
    asked = {_named(data): data for data in request.get("setMonitoringData") or ()}
    verdicts = tuple(_verdict(asked.get(_named(result)), result) for result in results)
    hearing = _all_of(results, "Accepted")
    return Hearing(hearing.accepted, hearing.status, (MonitorsAnswered(verdicts=verdicts),) if verdicts else ())


def _named(said: Payload) -> tuple[Setting, str, int]:
    """What tells one monitor from another before it has a number (N04.FR.10)."""
    return read_setting(said), str(said["type"]), said["severity"]


def _verdict(asked: Payload | None, result: Payload) -> MonitorVerdict:
    setting, status, monitor_id = read_setting(result), str(result["status"]), whole(result.get("id"))
    if status != "Accepted" or asked is None or monitor_id is None:
        return MonitorVerdict(None, setting, status)
    monitor = MonitorReport(
        setting=setting,
        monitor_id=monitor_id,
        kind=str(asked["type"]),
        value=float(asked["value"]),
        severity=asked["severity"],
        in_transactions_only=bool(asked.get("transaction")),
        origin="CustomMonitor",  # whatever we set is one (N04.FR.15)
    )
    return MonitorVerdict(monitor, setting, status)


@both.asks(ClearMonitors)
def clear_monitors(command: ClearMonitors) -> Call:
    if not command.monitor_ids:
        raise CommandNotSpoken("No monitor to clear")
    return Call("ClearVariableMonitoring", {"id": list(command.monitor_ids)})


@both.hears("ClearVariableMonitoring")
def monitors_cleared(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # NotFound: it is not there any more, which is what was wanted.
    good = ("Accepted", "NotFound")
    results = response["clearMonitoringResult"]
    hearing = _all_of(results, *good)
    gone = tuple(result["id"] for result in results if result.get("status") in good)
    return Hearing(hearing.accepted, hearing.status, (MonitorsGone(monitor_ids=gone),) if gone else ())


def _all_of(results: list[dict[str, Any]], *good: str) -> Hearing:
    """Accepted when each was; else the first that was not says why."""
    words = [str(result.get("status") or "") for result in results]
    refused = next((word for word in words if word not in good), "")
    return Hearing(not refused and bool(words), (refused or (words[0] if words else ""))[:STATUS_LENGTH])


@both.asks(SetMonitoringBase)
def set_base(command: SetMonitoringBase) -> Call:
    return Call("SetMonitoringBase", {"monitoringBase": command.base.value})


@both.hears("SetMonitoringBase")
def base_set(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    hearing = hear_status(response, "Accepted")
    deletes_ours = hearing.accepted and request.get("monitoringBase") in DELETING_OURS
    return Hearing(hearing.accepted, hearing.status, (MonitorsGone(all_of_ours=True),) if deletes_ours else ())


@both.asks(SetMonitoringLevel)
def set_level(command: SetMonitoringLevel) -> Call:
    return Call("SetMonitoringLevel", {"severity": command.severity})


@both.hears("SetMonitoringLevel")
def level_set(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    """It is a variable of the device model, and stands there like one that was set (N05)."""
    hearing = hear_status(response, "Accepted")
    if not hearing.accepted or "severity" not in request:
        return hearing
    level = Setting("ActiveMonitoringLevel", component="MonitoringCtrlr")
    report = SettingReport(setting=level, value=str(request["severity"]))
    told = SettingsReported(request_id=0, sequence=0, more=False, at=heard_at, reports=(report,))
    return Hearing(True, hearing.status, (told,))


@both.asks(ReportMonitors)
def report(command: ReportMonitors) -> Call:
    payload: Payload = {"requestId": command.request_id}
    if command.settings:
        payload["componentVariable"] = write_choice(command.settings)
    if command.filters:
        payload["monitoringCriteria"] = [each.value for each in command.filters]
    return Call("GetMonitoringReport", payload)


@both.hears("GetMonitoringReport")
def report_promised(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    hearing = hear_status(response, "Accepted", "EmptyResultSet")
    if not hearing.accepted or "requestId" not in request:
        return hearing
    promised = ReportPromised(
        kind=ReportKind.MONITORS,
        request_id=request["requestId"],
        is_empty=hearing.status == "EmptyResultSet",
        is_everything=not (request.get("componentVariable") or request.get("monitoringCriteria")),
    )
    return Hearing(True, hearing.status, (promised,))


@both.tells("NotifyMonitoringReport")
def reported(said: Payload, heard_at: datetime) -> MonitorsReported:
    return MonitorsReported(
        request_id=whole(said.get("requestId")) or 0,
        sequence=whole(said.get("seqNo")) or 0,
        more=bool(said.get("tbc")),
        monitors=tuple(
            _read(read_setting(told), monitor)
            for told in said.get("monitor") or ()
            for monitor in told.get("variableMonitoring") or ()
        ),
    )


def _read(setting: Setting, monitor: Payload) -> MonitorReport:
    return MonitorReport(
        setting=setting,
        monitor_id=monitor["id"],
        kind=str(monitor["type"]),
        value=float(monitor["value"]),
        severity=graded(monitor["severity"]),
        in_transactions_only=bool(monitor.get("transaction")),
        origin=monitor.get("eventNotificationType") or "",
    )
