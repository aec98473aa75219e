"""Signs that somebody else steers a charger too: its maker's app, an energy manager beside it (quirk 66)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from chargers.events import SettingsReported
from chargers.models import Charger, IssuedCommand, SettingValue
from chargers.trace import recorder
from chargers.upkeep.settings import same_value

# A change that we asked for shows within this time, also after a restart that somebody waited for.
OURS_WITHIN = timedelta(days=7)
# What moves by itself, such as a counter or a state, is no sign of anybody.
STEERING = ("current", "power", "limit", "charge", "profile", "phase", "enabled", "freevend", "plugandcharge")


def note_changes_of_others(charger: Charger, event: SettingsReported, *, now: datetime) -> list[str]:
    """Settings that steer charging and have another value than before, without our asking. Before they are kept."""
    told = {
        (report.setting.component.casefold(), report.setting.variable.casefold()): report.value
        for report in event.reports
        if report.attribute == "Actual" and report.value is not None and _steers(report.setting.variable)
    }
    if not told:
        return []
    changed = []
    rows = SettingValue.objects.filter(charger=charger, attribute="Actual").exclude(value=None)
    for row in rows:
        value = told.get((row.component.casefold(), row.variable.casefold()))
        writable = not row.is_read_only and row.mutability != "ReadOnly"
        if value is not None and writable and not same_value(row.value or "", value):
            changed.append(f"{row.component}.{row.variable}".lstrip("."))
    if changed:
        ours = _asked_by_us(charger, now)
        changed = [name for name in changed if name.casefold() not in ours]
    for name in changed:
        recorder.count(charger.pk, f"{name} was changed by another"[:120], "not by us: its maker's app, or an EMS", now)
    return changed


def _steers(variable: str) -> bool:
    folded = variable.casefold()
    return any(word in folded for word in STEERING)


def _asked_by_us(charger: Charger, now: datetime) -> Sequence[str]:
    asked = IssuedCommand.objects.filter(
        charger=charger, action__in=("ChangeConfiguration", "SetVariables"), issued_at__gte=now - OURS_WITHIN
    ).values_list("request", flat=True)
    names = []
    for request in asked:
        if not isinstance(request, dict):
            continue
        if "key" in request:
            names.append(str(request["key"]).casefold())
        for one in request.get("setVariableData") or ():
            names.append(f"{one['component']['name']}.{one['variable']['name']}".casefold())
    return names
