"""Monitors: set, cleared and reported (2.x N02-N06)."""

from datetime import datetime
from typing import Any

from chargers.commands import (
    ClearMonitors,
    Monitor,
    MonitorKind,
    ReportMonitors,
    SetMonitoringBase,
    SetMonitoringLevel,
    SetMonitors,
)
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v2x.reading import write_choice
from chargers.ocpp.v2x.versions import both, v21, v201
from chargers.ocpp.v2x.words import STATUS_LENGTH, hear_status, write_setting

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
    return _all_of(response["setMonitoringResult"], "Accepted")


@both.asks(ClearMonitors)
def clear_monitors(command: ClearMonitors) -> Call:
    if not command.monitor_ids:
        raise CommandNotSpoken("No monitor to clear")
    return Call("ClearVariableMonitoring", {"id": list(command.monitor_ids)})


@both.hears("ClearVariableMonitoring")
def monitors_cleared(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # NotFound: it is not there any more, which is what was wanted.
    return _all_of(response["clearMonitoringResult"], "Accepted", "NotFound")


def _all_of(results: list[dict[str, Any]], *good: str) -> Hearing:
    """Accepted when each was; else the first that was not says why."""
    words = [str(result.get("status") or "") for result in results]
    refused = next((word for word in words if word not in good), "")
    return Hearing(not refused and bool(words), (refused or (words[0] if words else ""))[:STATUS_LENGTH])


@both.asks(SetMonitoringBase)
def set_base(command: SetMonitoringBase) -> Call:
    return Call("SetMonitoringBase", {"monitoringBase": command.base.value})


@both.asks(SetMonitoringLevel)
def set_level(command: SetMonitoringLevel) -> Call:
    return Call("SetMonitoringLevel", {"severity": command.severity})


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
    return hear_status(response, "Accepted", "EmptyResultSet")
