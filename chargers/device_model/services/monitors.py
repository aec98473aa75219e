"""Monitors that a charger has, and what they saw."""

from collections.abc import Iterable
from datetime import datetime

from chargers.commands.base import from_row, to_row
from chargers.device_model.models import MonitorAlert, Report, VariableMonitor
from chargers.device_model.models.monitors import MonitorState
from chargers.device_model.services.assembling import Assembled, take_part
from chargers.events import (
    Alert,
    MonitorReport,
    MonitorsAnswered,
    MonitorsGone,
    MonitorsReported,
    ReportKind,
    Setting,
    VariableAlerted,
)
from chargers.models import Charger
from chargers.ocpp.redact import HIDDEN, SECRET_NAMES

# As severe as this, or more, is not normal at all (2.x N04: 0 danger to 3 critical).
GRAVE = 3


def take_monitors(charger: Charger, event: MonitorsReported, *, now: datetime) -> Assembled | None:
    assembled = take_part(
        charger,
        ReportKind.MONITORS,
        event.request_id,
        [to_row(monitor) for monitor in event.monitors],
        sequence=event.sequence,
        more=event.more,
        items=len(event.monitors),
        now=now,
    )
    if assembled is not None:
        monitors = [from_row(MonitorReport, row) for content in assembled.contents for row in content]
        rows = _keep(charger, monitors, MonitorState.REPORTED, now)
        assembled.report.rows = [row.pk for row in rows]
        assembled.report.save(update_fields=["rows"])
        forget_unreported_monitors(assembled.report)
    return assembled


def forget_unreported_monitors(report: Report) -> None:
    """Where all were asked for, what was not told of is gone."""
    if report.is_everything:
        VariableMonitor.objects.filter(charger=report.charger_id).exclude(pk__in=report.rows).delete()


def keep_verdicts(charger: Charger, event: MonitorsAnswered, *, now: datetime) -> None:
    """What the charger took of the monitors that we set."""
    taken = [verdict.monitor for verdict in event.verdicts if verdict.monitor is not None]
    _keep(charger, taken, MonitorState.SET, now)


def forget_monitors(charger: Charger, event: MonitorsGone) -> None:
    monitors = VariableMonitor.objects.filter(charger=charger)
    if event.all_of_ours:
        monitors.filter(origin="CustomMonitor").delete()
    monitors.filter(number__in=event.monitor_ids).delete()


def _keep(
    charger: Charger, monitors: Iterable[MonitorReport], state: MonitorState, now: datetime
) -> list[VariableMonitor]:
    rows = []
    for monitor in monitors:
        told = {
            **_place(monitor.setting),
            "kind": monitor.kind[:24],
            "value": monitor.value,
            "severity": monitor.severity,
            "in_transactions_only": monitor.in_transactions_only,
            "state": state,
            "told_at": now,
        }
        # 2.0.1 does not report where a monitor comes from: what we know of that is kept.
        if monitor.origin:
            told["origin"] = monitor.origin[:24]
        row, _ = VariableMonitor.objects.update_or_create(charger=charger, number=monitor.monitor_id, defaults=told)
        rows.append(row)
    return rows


def keep_alerts(charger: Charger, event: VariableAlerted, *, now: datetime) -> list[MonitorAlert]:
    """All that were told; of these the ones that are new and grave are given back."""
    grave = []
    severities = dict(VariableMonitor.objects.filter(charger=charger).values_list("number", "severity"))
    for alert in event.alerts:
        severity = alert.severity if alert.severity is not None else severities.get(alert.monitor_id or -1)
        row, is_new = MonitorAlert.objects.get_or_create(
            charger=charger,
            event_id=alert.event_id,
            at=alert.at,
            component=alert.setting.component[:50],
            variable=alert.setting.variable[:50],
            evse_number=alert.setting.evse or 0,
            defaults=_alert(alert, severity, now),
        )
        if is_new and alert.trigger == "Alerting" and not alert.is_cleared and (severity or 0) <= GRAVE:
            grave.append(row)
    return grave


def _alert(alert: Alert, severity: int | None, now: datetime) -> dict[str, object]:
    is_secret = alert.setting.variable.casefold() in SECRET_NAMES
    return {
        **_place(alert.setting),
        "heard_at": now,
        "trigger": alert.trigger[:10],
        "value": HIDDEN if is_secret and alert.value else alert.value[:2500],
        "origin": alert.origin[:24],
        "monitor_number": alert.monitor_id,
        "severity": severity,
        "is_cleared": alert.is_cleared,
        "cause": alert.cause,
        "tech_code": alert.tech_code[:50],
        "tech_info": alert.tech_info[:500],
        "reference": alert.reference[:36],
    }


def _place(setting: Setting) -> dict[str, object]:
    return {
        "component": setting.component[:50],
        "component_instance": setting.component_instance[:50],
        "evse_number": setting.evse or 0,
        "connector_number": setting.connector or 0,
        "variable": setting.variable[:50],
        "variable_instance": setting.variable_instance[:50],
    }
