"""Uploads of logs, and monitors that fire (2.x N01, N07)."""

from datetime import datetime
from typing import Any

from chargers.events import Alert, Event, JobKind, JobProgressed, SeveralTold, StatusChanged, VariableAlerted
from chargers.ocpp.dialect import Payload
from chargers.ocpp.v2x.versions import both
from chargers.ocpp.v2x.words import read_place, read_setting, read_status
from chargers.ocpp.values import graded, moment, whole


@both.tells("LogStatusNotification")
def log_status(said: Payload, heard_at: datetime) -> JobProgressed:
    return JobProgressed(kind=JobKind.LOG, status=said["status"], request_id=whole(said.get("requestId")))


@both.tells("NotifyEvent")
def notify_event(said: Payload, heard_at: datetime) -> StatusChanged | VariableAlerted | SeveralTold:
    """A connector's AvailabilityState is its status, in 2.1 the preferred way to tell it (G01.FR.03)."""
    statuses: list[StatusChanged] = []
    alerts: list[Alert] = []
    for event in said.get("eventData") or ():
        status = _status(event, heard_at)
        if status is None:
            alerts.append(_alert(event, heard_at))
        else:
            statuses.append(status)
    if len(statuses) == 1 and not alerts:
        return statuses[0]
    alerted = VariableAlerted(at=moment(said.get("generatedAt")) or heard_at, alerts=tuple(alerts))
    if not statuses:
        return alerted
    told: tuple[Event[Any], ...] = (*statuses, alerted) if alerts else tuple(statuses)
    return SeveralTold(events=told)


def _alert(event: Payload, heard_at: datetime) -> Alert:
    severity = whole(event.get("severity"))
    return Alert(
        setting=read_setting(event),
        event_id=whole(event.get("eventId")) or 0,
        at=moment(event.get("timestamp")) or heard_at,
        trigger=str(event.get("trigger") or ""),
        value=str(event.get("actualValue") or ""),
        origin=str(event.get("eventNotificationType") or ""),
        monitor_id=whole(event.get("variableMonitoringId")),
        severity=None if severity is None else graded(severity),
        is_cleared=bool(event.get("cleared")),
        cause=whole(event.get("cause")),
        tech_code=event.get("techCode") or "",
        tech_info=event.get("techInfo") or "",
        reference=event.get("transactionId") or "",
    )


def _status(event: Payload, heard_at: datetime) -> StatusChanged | None:
    component, variable = event.get("component") or {}, event.get("variable") or {}
    # Names of the device model are identifierStrings, which are the same in any case.
    if (_folded(component.get("name")), _folded(variable.get("name"))) != ("connector", "availabilitystate"):
        return None
    evse, connector = read_place(component.get("evse"))
    if evse is None:
        return None
    word = str(event.get("actualValue") or "")
    return StatusChanged(
        evse=evse,
        connector=connector or 1,
        status=read_status(word),
        raw=word,
        at=moment(event.get("timestamp")) or heard_at,
        info=event.get("techInfo") or "",
        vendor_error_code=event.get("techCode") or "",
    )


def _folded(name: object) -> str:
    return str(name or "").casefold()
