"""What a charger's settings should be by our templates, what they are, and one way to bring one of them there."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q

from chargers.commands import ChangeSettings, ReadSettings
from chargers.events import Setting
from chargers.models import Charger, IssuedCommand, SettingValue
from chargers.ocpp.redact import SECRET_NAMES
from chargers.queries import traits_of_charger
from chargers.quirks import Traits
from chargers.services import issue_command
from chargers.upkeep.models import SettingTemplate, WantedSetting
from chargers.upkeep.naming import write_name

# Settings by which a charger reaches us: a wrong value locks it out, so that they go by their own forms only.
CONNECTION = {"securityprofile", "networkconfigurationpriority", "networkprofileconnectionattempts", "identity"}
MEASURANDS = {"metervaluessampleddata", "txupdatedmeasurands", "metervaluesaligneddata", "measurands"}
PROBING = "measurand probing"

Key = tuple[str, str, str, str]


class NotToBeSet(Exception):
    """This setting is not ours to change; the text says why."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that is not as a template wants it; `why_not`: why we do not set it, "" when we may."""

    setting: Setting
    has: str | None
    wanted: str
    template: str
    why_not: str = ""

    @property
    def name(self) -> str:
        return write_name(self.setting)


@dataclass(frozen=True, slots=True)
class Drift:
    """How far a charger is from its templates."""

    wanted: int  # settings that templates speak of
    differences: tuple[Difference, ...]
    unknown: tuple[Difference, ...]  # never told by the charger, so nobody knows


def templates_for(charger: Charger, depot_keys: Collection[int]) -> list[SettingTemplate]:
    """Those that speak of this charger, the most particular last: a depot's before a firmware's before a model's."""
    rows = SettingTemplate.objects.filter(
        Q(vendor="") | Q(vendor__iexact=charger.vendor),
        Q(model="") | Q(model__iexact=charger.model),
        Q(depot_key=None) | Q(depot_key__in=depot_keys),
        is_active=True,
    )
    fitting = [row for row in rows.prefetch_related("wanted") if charger.firmware.startswith(row.firmware)]
    return sorted(fitting, key=lambda row: (row.depot_key is not None, bool(row.firmware), bool(row.model), row.pk))


def drift_of(charger: Charger, depot_keys: Collection[int]) -> Drift:
    templates = templates_for(charger, depot_keys)
    if not templates:
        return Drift(0, (), ())
    traits = traits_of_charger(charger)
    told = {_key_of(row): row for row in SettingValue.objects.filter(charger=charger, attribute="Actual")}
    is_16 = (charger.protocol or "ocpp1.6") == "ocpp1.6"
    wanted: dict[Key, tuple[WantedSetting, SettingTemplate]] = {}
    for template in templates:
        for row in template.wanted.all():
            # Keys of 1.6 stand in no component, variables of 2.x in one: a template may speak of both.
            if bool(row.component) is not is_16:
                wanted[_key_of(row)] = (row, template)
    differences: list[Difference] = []
    unknown: list[Difference] = []
    for key, (row, template) in sorted(wanted.items()):
        present = told.get(key)
        if present is not None and same_value(present.value or "", row.value):
            continue
        why_not = why_not_set(row.variable, row.value, present, traits)
        has = present.value if present is not None else None
        difference = Difference(_setting_of(present or row), has, row.value, template.name, why_not)
        (differences if present is not None else unknown).append(difference)
    return Drift(len(wanted), tuple(differences), tuple(unknown))


def _key_of(row: SettingValue | WantedSetting) -> Key:
    """Chargers differ in case (quirk 49)."""
    parts = (row.component, row.component_instance, row.variable, row.variable_instance)
    evse = f"@{row.evse_number}.{row.connector_number}" if isinstance(row, SettingValue) and row.evse_number else ""
    component, instance, variable, variable_instance = (part.casefold() for part in parts)
    return (component, instance + evse, variable, variable_instance)


def _setting_of(row: SettingValue | WantedSetting) -> Setting:
    """In the charger's own spelling, where it has told one."""
    return Setting(
        variable=row.variable,
        component=row.component,
        component_instance=row.component_instance,
        variable_instance=row.variable_instance,
    )


def same_value(has: str, wanted: str) -> bool:
    """Do they mean the same, however they are written? Lists in any order, numbers and switches in any spelling."""
    return bool(_meaning(has) == _meaning(wanted))


def _meaning(text: str) -> Any:
    folded = text.strip().casefold()
    if "," in folded:
        return tuple(sorted(part.strip() for part in folded.split(",") if part.strip()))
    try:
        return float(folded)
    except ValueError:
        return folded


def why_not_set(variable: str, value: str, present: SettingValue | None, traits: Traits) -> str:
    name = variable.casefold()
    if name in SECRET_NAMES:
        return "a secret, which is set with “New password”"
    if name in CONNECTION:
        return "by it the charger finds us: it is changed by hand"
    if present is not None and (present.is_read_only or present.mutability == "ReadOnly"):
        return "the charger lets nobody change it"
    if name in {each.casefold() for each in traits.settings_read_only}:
        return "this model is known to refuse it"
    if name in MEASURANDS and PROBING in traits.deny_on_connect:
        safe = {each.casefold() for each in traits.safe_measurands}
        if not {part.strip().casefold() for part in value.split(",")} <= safe:
            return "only measured values that are known to be safe with this model"
    return ""


def find(differences: Iterable[Difference], wanted: Setting) -> Difference | None:
    name = write_name(wanted).casefold()
    return next((one for one in differences if one.name.casefold() == name), None)


def fix(
    charger: Charger, difference: Difference, *, issued_by: AbstractBaseUser | None, now: datetime
) -> Sequence[IssuedCommand]:
    """Set this one setting and read it back: only what the charger then says counts. It is never restarted for it.

    Raises NotToBeSet, and what `issue_command` raises.
    """
    if not charger.automation_on:
        raise NotToBeSet("automation is off for this charger: change it by hand, or switch automation on")
    if difference.why_not:
        raise NotToBeSet(difference.why_not)
    return (
        issue_command(
            charger, ChangeSettings(values=((difference.setting, difference.wanted),)), issued_by=issued_by, now=now
        ),
        issue_command(charger, ReadSettings(settings=(difference.setting,)), issued_by=issued_by, now=now),
    )
