"""What we ask a charger after it connects, in the order that harms nobody (quirks, section 2.0).

Nothing before its boot is answered, or some seconds without one; settings by small lists of names; never availability.
With automation off we ask nothing.
"""

import logging
import secrets
from datetime import UTC, datetime, timedelta

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from chargers.choices import Protocol, Standing
from chargers.commands import Command, ReadSettings, ReportMonitors, TriggerMessage
from chargers.events import Setting
from chargers.models import Charger, Connection, Connector
from chargers.ocpp.dialects import DIALECTS
from chargers.queries import open_connections, traits_of_charger
from chargers.quirks import Traits
from chargers.services import ChargerOffline, CommandInvalid, CommandNotSpoken, issue_command

logger = logging.getLogger(__name__)

# A charger that means to boot does so at once.
BOOT_WITHIN = timedelta(seconds=5)
GREETED_AT_ONCE = 50
# One that restarts again and again may do so over what we ask: it is asked when it has stayed (quirk 46).
GREETED_IN_A_ROW = 2
STAYS_FOR = timedelta(minutes=10)
# Small lists: asking for everything disconnects some chargers (quirk 49).
SETTINGS_16 = (
    ("NumberOfConnectors", "SupportedFeatureProfiles", "HeartbeatInterval", "ConnectionTimeOut"),
    # Whether it starts without asking us: what takes no limit counts as nothing only where it does not.
    ("MeterValueSampleInterval", "MeterValuesSampledData", "ClockAlignedDataInterval", "LocalPreAuthorize"),
    (
        "ChargeProfileMaxStackLevel", "ChargingScheduleAllowedChargingRateUnit", "ChargingScheduleMaxPeriods",
        "MaxChargingProfilesInstalled", "ConnectorSwitch3to1PhaseSupported",
    ),
)  # fmt: skip
SETTINGS_2X = (
    (("OCPPCommCtrlr", "HeartbeatInterval"), ("TxCtrlr", "EVConnectionTimeOut"), ("AuthCtrlr", "LocalPreAuthorize")),
    (("SampledDataCtrlr", "TxUpdatedInterval"), ("SampledDataCtrlr", "TxUpdatedMeasurands")),
    (("SmartChargingCtrlr", "ProfileStackLevel"), ("SmartChargingCtrlr", "RateUnit")),
)
# 2.1: up to which number charging profiles are its own (K01.FR.80).
OWN_PROFILES = (Setting("MaxExternalConstraintsId", component="SmartChargingCtrlr"),)
# Whether somebody reads on it what a charge has come to (I02).
COST_SHOWN = (
    Setting("Available", component="TariffCostCtrlr", variable_instance="Cost"),
    Setting("Enabled", component="TariffCostCtrlr", variable_instance="Cost"),
)
REQUEST_IDS = 2**31 - 1


def greet_the_newly_connected(now: datetime) -> int:
    """Ask those who connected a moment ago what we need to know of them."""
    real = datetime.now(UTC)
    in_a_row = Connection.objects.filter(charger=OuterRef("charger"), greeted_at__gt=real - STAYS_FOR).order_by()
    fresh = list(
        Connection.objects.filter(
            open_connections(),
            greeted_at=None,
            opened_at__lt=real - BOOT_WITHIN,
            charger__standing=Standing.ADOPTED,
        )
        .alias(greeted=Coalesce(Subquery(in_a_row.values("charger").annotate(n=Count("pk")).values("n")), 0))
        .filter(Q(greeted__lt=GREETED_IN_A_ROW) | Q(opened_at__lt=real - STAYS_FOR))
        .select_related("charger")[:GREETED_AT_ONCE]
    )
    for connection in fresh:
        # Noted first: a charger that these questions throw off the line is not asked them twice on this socket.
        if Connection.objects.filter(pk=connection.pk, greeted_at=None).update(greeted_at=real):
            _greet(connection, now)
    return len(fresh)


def _greet(connection: Connection, now: datetime) -> None:
    charger = connection.charger
    if not charger.automation_on:
        return
    traits = traits_of_charger(charger)
    for command in _questions(charger, connection):
        if _is_denied(command, connection.protocol, traits):
            continue
        try:
            issue_command(charger, command, issued_by=None, now=now, send_within_s=120)
        except (CommandNotSpoken, CommandInvalid):
            logger.exception("%s cannot be asked %s", charger.identity, command.kind)
        except ChargerOffline:
            return


def _is_denied(command: Command, protocol: str, traits: Traits) -> bool:
    try:
        return DIALECTS[protocol].say(command).action in traits.deny_on_connect
    except CommandNotSpoken:
        return False  # it is told of where it is asked


def _questions(charger: Charger, connection: Connection) -> list[Command]:
    questions: list[Command] = []
    if not connection.booted and can_be_triggered(charger, connection.protocol):
        # One that boots tells its statuses by itself (1.6 §4.9, 2.x B01.FR.05); one that does not is asked.
        if charger.booted_at is None:
            questions.append(TriggerMessage(message="BootNotification"))
        known = Connector.objects.filter(evse__charger=charger).values_list("evse__number", "number")
        questions += [
            TriggerMessage(message="StatusNotification", evse=evse, connector=connector) for evse, connector in known
        ]
    if connection.protocol != "ocpp1.6" and connection.booted and charger.monitors.exists():
        # After a restart they may go by other numbers (N04.FR.19).
        questions.append(ReportMonitors(request_id=secrets.randbelow(REQUEST_IDS) + 1))
    if charger.settings.exists():
        return questions
    if connection.protocol == "ocpp1.6":
        lists = [tuple(Setting(name) for name in names) for names in SETTINGS_16]
    else:
        lists = [tuple(Setting(name, component=component) for component, name in pairs) for pairs in SETTINGS_2X]
        lists.append(COST_SHOWN)
        if connection.protocol == Protocol.V21:
            lists.append(OWN_PROFILES)
    return [*questions, *(ReadSettings(settings=settings) for settings in lists)]


def can_be_triggered(charger: Charger, protocol: str) -> bool:
    """In 1.6 a profile of its own, which not every charger has; only one that has told so is asked."""
    if protocol != "ocpp1.6":
        return True
    told = charger.settings.filter(variable__iexact="SupportedFeatureProfiles").values_list("value", flat=True).first()
    return "remotetrigger" in (told or "").lower()
