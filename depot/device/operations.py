"""REST: what can be asked about monitors, the display, customers, profiles and the network."""

import secrets
from typing import Any

from rest_framework import serializers

from chargers.commands import (
    ClearMessage,
    ClearMonitors,
    CustomerInformation,
    MessagePriority,
    MessageState,
    Monitor,
    MonitorFilter,
    MonitoringBase,
    MonitorKind,
    NetworkInterface,
    ProfilePurpose,
    RateUnit,
    ReadCompositeSchedule,
    ReadProfiles,
    ReadTransaction,
    ReportMessages,
    ReportMonitors,
    ReportSomeSettings,
    SendData,
    SetMonitoringBase,
    SetMonitoringLevel,
    SetMonitors,
    SetNetworkProfile,
    ShowCost,
    ShowMessage,
)
from chargers.events import Setting
from depot.api.fields import Moment
from depot.api.operations import ENGINEER, LARGE, OPERATE, Operation, Said, SettingSerializer, any_of, evse_number

# Named for the API's description: other resources have a state too.
DISPLAYED_WHILE = [(word.value, word.value) for word in MessageState]


def request_id() -> int:
    return secrets.randbelow(LARGE) + 1


def whole(**kwargs: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=kwargs.pop("min_value", 0), max_value=LARGE, **kwargs)


OPTIONAL: dict[str, Any] = {"required": False, "allow_null": True, "default": None}
BLANK: dict[str, Any] = {"required": False, "allow_blank": True, "default": ""}


class MonitorSerializer(SettingSerializer):
    kind = any_of(MonitorKind)
    value = serializers.FloatField()
    severity = serializers.IntegerField(min_value=0, max_value=9, help_text="0 is danger, 9 is debugging.")
    monitor_id = whole(**OPTIONAL, help_text="Told: this one is replaced.")
    in_transactions_only = serializers.BooleanField(default=False)


class SetMonitorsSerializer(serializers.Serializer[Any]):
    monitors = serializers.ListField(child=MonitorSerializer(), min_length=1, max_length=50)


class ClearMonitorsSerializer(serializers.Serializer[Any]):
    numbers = serializers.ListField(child=whole(), min_length=1, max_length=50)


class ReportMonitorsSerializer(serializers.Serializer[Any]):
    """An empty body asks for all of them."""

    settings = serializers.ListField(child=SettingSerializer(), max_length=50, default=list)
    filters = serializers.ListField(child=any_of(MonitorFilter), max_length=3, default=list)


class MonitoringBaseSerializer(serializers.Serializer[Any]):
    base = any_of(MonitoringBase)


class MonitoringLevelSerializer(serializers.Serializer[Any]):
    severity = serializers.IntegerField(min_value=0, max_value=9, help_text="Only what is as severe, or more, is told.")


class ShowMessageSerializer(serializers.Serializer[Any]):
    number = whole(help_text="One that is there already is replaced.")
    text = serializers.CharField(max_length=512)
    priority = any_of(MessagePriority, default=MessagePriority.NORMAL.value)
    language = serializers.CharField(max_length=8, **BLANK, help_text="As `en` or `de-CH`.")
    state = any_of(MessageState, **OPTIONAL, help_text="Shown only while the charger is so.")
    since = Moment(**OPTIONAL)
    until = Moment(**OPTIONAL)
    reference = serializers.CharField(max_length=36, **BLANK, help_text="Of the transaction with whose end it goes.")


class MessageNumberSerializer(serializers.Serializer[Any]):
    number = whole()


class ReportMessagesSerializer(serializers.Serializer[Any]):
    """An empty body asks for all of them."""

    numbers = serializers.ListField(child=whole(), max_length=50, default=list)
    priority = any_of(MessagePriority, **OPTIONAL)
    state = any_of(MessageState, **OPTIONAL)


class AskCustomerSerializer(serializers.Serializer[Any]):
    """The customer is named by one of the two."""

    token = serializers.CharField(max_length=36, **BLANK)
    identifier = serializers.CharField(max_length=64, **BLANK)
    report = serializers.BooleanField(default=True)
    clear = serializers.BooleanField(default=False, help_text="Have it forget the customer.")


class ReadProfilesSerializer(serializers.Serializer[Any]):
    """By numbers, or by purpose or stack level."""

    evse = evse_number(min_value=0, **OPTIONAL)
    profile_ids = serializers.ListField(child=whole(), max_length=50, default=list)
    purpose = any_of(ProfilePurpose, **OPTIONAL)
    stack_level = whole(**OPTIONAL)


class CompositeScheduleSerializer(serializers.Serializer[Any]):
    evse = evse_number(min_value=0, help_text="0 is the whole charger.")
    duration_s = serializers.IntegerField(min_value=60, max_value=7 * 86_400, default=86_400)
    unit = any_of(RateUnit, **OPTIONAL)


class ReadTransactionSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField(max_length=36, **OPTIONAL, help_text="Null asks whether anything waits at all.")


class SendDataSerializer(serializers.Serializer[Any]):
    vendor_id = serializers.CharField(max_length=255)
    message_id = serializers.CharField(max_length=50, **BLANK)
    # The standard's own word; what the class calls its output is not touched by it.
    data = serializers.CharField(max_length=10_000, allow_blank=True, **OPTIONAL)  # type: ignore[assignment]


class NetworkProfileSerializer(serializers.Serializer[Any]):
    slot = serializers.IntegerField(min_value=0, max_value=100)
    url = serializers.RegexField(r"^wss?://\S+$", max_length=512, help_text="Without the charger's identity.")
    security_profile = serializers.IntegerField(min_value=0, max_value=3)
    interface = any_of(NetworkInterface, default=NetworkInterface.WIRED_0.value)
    timeout_s = serializers.IntegerField(min_value=5, max_value=600, default=30)
    identity = serializers.CharField(max_length=48, **BLANK, help_text="OCPP 2.1.")


class ReportSomeSettingsSerializer(serializers.Serializer[Any]):
    settings = serializers.ListField(child=SettingSerializer(), max_length=50, default=list)
    criteria = serializers.ListField(
        child=serializers.ChoiceField(choices=["Active", "Available", "Enabled", "Problem"]), max_length=4, default=list
    )


class ShowCostSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField(max_length=36, help_text="Of the transaction.")
    total = serializers.DecimalField(max_digits=10, decimal_places=2, min_value=0)


def _monitor(said: Said) -> Monitor:
    of_monitor = {"kind", "value", "severity", "monitor_id", "in_transactions_only"}
    return Monitor(
        setting=Setting(**{name: value for name, value in said.items() if name not in of_monitor}),
        kind=MonitorKind(said["kind"]),
        value=said["value"],
        severity=said["severity"],
        monitor_id=said["monitor_id"],
        in_transactions_only=said["in_transactions_only"],
    )


def _message(said: Said) -> ShowMessage:
    told = {name: value for name, value in said.items() if name not in ("number", "priority", "state")}
    state = MessageState(said["state"]) if said["state"] else None
    return ShowMessage(message_id=said["number"], priority=MessagePriority(said["priority"]), state=state, **told)


def _settings(said: Said) -> tuple[Setting, ...]:
    return tuple(Setting(**setting) for setting in said["settings"])


def _report_messages(said: Said) -> ReportMessages:
    return ReportMessages(
        request_id=request_id(),
        message_ids=tuple(said["numbers"]),
        priority=MessagePriority(said["priority"]) if said["priority"] else None,
        state=MessageState(said["state"]) if said["state"] else None,
    )


def _read_profiles(said: Said) -> ReadProfiles:
    return ReadProfiles(
        request_id=request_id(),
        evse=said["evse"],
        profile_ids=tuple(said["profile_ids"]),
        purpose=ProfilePurpose(said["purpose"]) if said["purpose"] else None,
        stack_level=said["stack_level"],
    )


DEVICE_OPERATIONS: dict[str, Operation] = {
    "set-monitors": Operation(
        ENGINEER,
        SetMonitorsSerializer,
        lambda said: SetMonitors(monitors=tuple(_monitor(monitor) for monitor in said["monitors"])),
        "Have it watch some of its variables by itself. OCPP 2.x.",
    ),
    "clear-monitors": Operation(
        ENGINEER,
        ClearMonitorsSerializer,
        lambda said: ClearMonitors(monitor_ids=tuple(said["numbers"])),
        "Have it watch no more.",
    ),
    "report-monitors": Operation(
        ENGINEER,
        ReportMonitorsSerializer,
        lambda said: ReportMonitors(
            request_id=request_id(),
            settings=_settings(said),
            filters=tuple(MonitorFilter(word) for word in said["filters"]),
        ),
        "Ask for its monitors; they come as a report.",
    ),
    "monitoring-base": Operation(
        ENGINEER,
        MonitoringBaseSerializer,
        lambda said: SetMonitoringBase(base=MonitoringBase(said["base"])),
        "Which of the maker's monitors are on; all but `All` delete ours.",
    ),
    "monitoring-level": Operation(
        ENGINEER,
        MonitoringLevelSerializer,
        lambda said: SetMonitoringLevel(severity=said["severity"]),
        "How severe something must be to be told.",
    ),
    "show-message": Operation(ENGINEER, ShowMessageSerializer, _message, "Show a message on its display. OCPP 2.x."),
    "clear-message": Operation(
        ENGINEER,
        MessageNumberSerializer,
        lambda said: ClearMessage(message_id=said["number"]),
        "Take a message from its display.",
    ),
    "report-messages": Operation(
        ENGINEER, ReportMessagesSerializer, _report_messages, "Ask for the messages that it has; they come as a report."
    ),
    "ask-customer": Operation(
        ENGINEER,
        AskCustomerSerializer,
        lambda said: CustomerInformation(request_id=request_id(), **said),
        "Have it tell or forget what it knows of a customer. OCPP 2.x.",
    ),
    "read-profiles": Operation(
        ENGINEER, ReadProfilesSerializer, _read_profiles, "Ask for the profiles that it holds; they come as a report."
    ),
    "composite-schedule": Operation(
        OPERATE,
        CompositeScheduleSerializer,
        lambda said: ReadCompositeSchedule(
            evse=said["evse"],
            duration_s=said["duration_s"],
            unit=RateUnit(said["unit"]) if said["unit"] else None,
        ),
        "Ask what it means to do from all its profiles together.",
    ),
    "read-transaction": Operation(
        OPERATE,
        ReadTransactionSerializer,
        lambda said: ReadTransaction(**said),
        "Ask whether a transaction goes on, and whether anything of it waits to be told. OCPP 2.x.",
    ),
    "send-data": Operation(
        ENGINEER, SendDataSerializer, lambda said: SendData(**said), "Say what the standard does not know."
    ),
    "set-network-profile": Operation(
        ENGINEER,
        NetworkProfileSerializer,
        lambda said: SetNetworkProfile(**{**said, "interface": NetworkInterface(said["interface"])}),
        "Write a way to its server into a slot; used once NetworkConfigurationPriority names it. OCPP 2.x.",
    ),
    "report-some-settings": Operation(
        ENGINEER,
        ReportSomeSettingsSerializer,
        lambda said: ReportSomeSettings(
            request_id=request_id(), settings=_settings(said), criteria=tuple(said["criteria"])
        ),
        "Ask for some of its variables; they come as a report. OCPP 2.x.",
    ),
    "show-cost": Operation(
        ENGINEER, ShowCostSerializer, lambda said: ShowCost(**said), "Show what a charge has cost so far. OCPP 2.x."
    ),
}
