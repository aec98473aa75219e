"""What a charger promises of itself before a vehicle there may give back: that it stops when it is cut off from us.

Only one that says so keeps to `maxOfflineDuration` (2.1, SmartChargingCtrlr); any other would go on giving back for
hours to a building that takes nothing any more.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from chargers.commands import ReadSettings, command_from_row
from chargers.events import Setting
from chargers.models import Charger, IssuedCommand, SettingValue
from chargers.profiles.installed import OCPP_21
from chargers.queries import online_charger_ids
from chargers.services import issue_command
from depot.energy.delivery.asking import CANNOT
from depot.energy.models import Control, Wiring

STOPS_OFFLINE = Setting("SupportsFeature", component="SmartChargingCtrlr", variable_instance="MaxOfflineDuration")
ASKED_AGAIN_AFTER = timedelta(days=1)


def stops_offline(charger_ids: Collection[int]) -> set[int]:
    """Those of them that promise it."""
    told = SettingValue.objects.filter(
        charger__in=charger_ids,
        component__iexact=STOPS_OFFLINE.component,
        variable__iexact=STOPS_OFFLINE.variable,
        variable_instance__iexact=STOPS_OFFLINE.variable_instance,
        attribute="Actual",
    )
    return set(told.filter(value__iexact="true").values_list("charger", flat=True))


def ask_for_promises(now: datetime) -> int:
    """Of chargers where something is to be given back: those that do not promise it are asked, once a day."""
    giving = Wiring.objects.filter(evse__charger=OuterRef("pk"), max_discharge_w__gt=0, control=Control.MANAGED)
    meant = Charger.objects.filter(Exists(giving), protocol=OCPP_21, energy_management_on=True).in_bulk()
    silent = meant.keys() - stops_offline(meant.keys()) if meant else set()
    if not silent:
        return 0
    return sum(_ask(meant[key], now) for key in sorted(silent & online_charger_ids()) if not _was_asked(key, now))


def is_of_promises(setting: Setting) -> bool:
    names = (setting.component, setting.variable, setting.variable_instance)
    wanted = (STOPS_OFFLINE.component, STOPS_OFFLINE.variable, STOPS_OFFLINE.variable_instance)
    return [name.casefold() for name in names] == [name.casefold() for name in wanted]


def _was_asked(charger_id: int, now: datetime) -> bool:
    questions = IssuedCommand.objects.filter(
        charger=charger_id, kind=ReadSettings.kind, issued_at__gt=now - ASKED_AGAIN_AFTER
    )
    asked = (command_from_row(kind, wording) for kind, wording in questions.values_list("kind", "wording"))
    return any(isinstance(one, ReadSettings) and STOPS_OFFLINE in one.settings for one in asked)


def _ask(charger: Charger, now: datetime) -> int:
    try:
        with transaction.atomic():
            issue_command(charger, ReadSettings(settings=(STOPS_OFFLINE,)), issued_by=None, now=now)
    except CANNOT:
        return 0
    return 1
