"""What is asked of a charger by form: each form is one operation in plain words, and makes the command of it."""

import secrets
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from chargers.commands import (
    ClearMessage,
    ClearMonitors,
    Command,
    CustomerInformation,
    MessagePriority,
    MessageState,
    Monitor,
    MonitoringBase,
    MonitorKind,
    NetworkInterface,
    ProfilePurpose,
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
from chargers.models import Charger, Evse
from depot.yard.forms.fields import MomentField
from depot.yard.templatetags.yard import SEVERITIES, severity_words

LARGE = 2**31 - 1
GRAVEST_TO_LEAST = [(severity, severity_words(severity)) for severity in range(len(SEVERITIES))]
MONITOR_KINDS = [
    (MonitorKind.UPPER_THRESHOLD, "it rises above the value"),
    (MonitorKind.LOWER_THRESHOLD, "it falls below the value"),
    (MonitorKind.DELTA, "it changes by more than the value"),
    (MonitorKind.PERIODIC, "each so many seconds"),
    (MonitorKind.PERIODIC_CLOCK_ALIGNED, "each so many seconds, by the clock"),
]
PURPOSES = [
    (ProfilePurpose.STATION_MAX, "for the whole charger"),
    (ProfilePurpose.TX_DEFAULT, "for any charge"),
    (ProfilePurpose.TX, "for one charge"),
    (ProfilePurpose.EXTERNAL_CONSTRAINTS, "given from outside"),
]
CRITERIA = [("", "Whatever its state"), ("Active", "What is active"), ("Available", "What is there"),
            ("Enabled", "What is enabled"), ("Problem", "What has a problem")]  # fmt: skip


def request_id() -> int:
    return secrets.randbelow(LARGE) + 1


class AskForm(forms.Form):
    """Made for one charger; moments are typed in the depot's zone."""

    def __init__(self, *args: Any, charger: Charger, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.charger, self.zone = charger, zone
        self.prepare()
        for field in self.fields.values():
            if isinstance(field.widget, forms.TextInput):
                field.widget.attrs.update(autocomplete="off", spellcheck="false")

    def prepare(self) -> None:
        """Fields that depend on the charger."""

    def command(self) -> Command:
        raise NotImplementedError

    def outlets(self, whole: str) -> list[tuple[int, str]]:
        numbers = Evse.objects.filter(charger=self.charger).order_by("number").values_list("number", flat=True)
        return [(0, whole), *((number, f"Outlet {number}") for number in numbers)]


class NothingToSayForm(AskForm):
    """A button."""


class MonitorForm(AskForm):
    component = forms.CharField(max_length=50, help_text="As the configuration names it, such as EVSE")
    variable = forms.CharField(max_length=50, help_text="Such as Temperature")
    evse = forms.IntegerField(min_value=1, max_value=32767, required=False, label="Outlet")
    kind = forms.ChoiceField(choices=MONITOR_KINDS, label="Tell us when")
    value = forms.FloatField(help_text="In the variable's own unit; 1 for a variable that is no number")
    severity = forms.TypedChoiceField(choices=GRAVEST_TO_LEAST, coerce=int, initial=6, label="How grave that is")
    in_transactions_only = forms.BooleanField(required=False, label="Only while it charges")
    monitor_id = forms.IntegerField(required=False, min_value=0, max_value=LARGE, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        value = cleaned.get("value")
        if cleaned.get("kind") == MonitorKind.DELTA and value is not None and value < 0:
            self.add_error("value", "A change has no sign: any change by more than this is told.")
        return cleaned

    def command(self) -> Command:
        told = self.cleaned_data
        setting = Setting(variable=told["variable"], component=told["component"], evse=told["evse"])
        monitor = Monitor(
            setting=setting,
            kind=MonitorKind(told["kind"]),
            value=told["value"],
            severity=told["severity"],
            monitor_id=told["monitor_id"],
            in_transactions_only=told["in_transactions_only"],
        )
        return SetMonitors(monitors=(monitor,))


class NumberForm(AskForm):
    number = forms.IntegerField(min_value=0, max_value=LARGE)


class ClearMonitorForm(NumberForm):
    def command(self) -> Command:
        return ClearMonitors(monitor_ids=(self.cleaned_data["number"],))


class ReportMonitorsForm(NothingToSayForm):
    def command(self) -> Command:
        return ReportMonitors(request_id=request_id())


class MonitoringBaseForm(AskForm):
    base = forms.ChoiceField(
        label="On are",
        choices=[
            (MonitoringBase.ALL, "The maker's and ours"),
            (MonitoringBase.FACTORY_DEFAULT, "The maker's; ours are deleted"),
            (MonitoringBase.HARD_WIRED_ONLY, "Only what is built in; ours are deleted"),
        ],
    )

    def command(self) -> Command:
        return SetMonitoringBase(base=MonitoringBase(self.cleaned_data["base"]))


class MonitoringLevelForm(AskForm):
    severity = forms.TypedChoiceField(
        choices=GRAVEST_TO_LEAST, coerce=int, label="Tell what is as grave as this, or graver"
    )

    def command(self) -> Command:
        return SetMonitoringLevel(severity=self.cleaned_data["severity"])


class MessageForm(AskForm):
    text = forms.CharField(max_length=512, widget=forms.Textarea(attrs={"rows": 3}))
    number = forms.IntegerField(min_value=1, max_value=LARGE, help_text="A message that has it already is replaced")
    priority = forms.ChoiceField(
        choices=[
            (MessagePriority.NORMAL, "In turn with others"),
            (MessagePriority.IN_FRONT, "In front of others"),
            (MessagePriority.ALWAYS_IN_FRONT, "Always in front, alone"),
        ]
    )
    state = forms.ChoiceField(
        required=False,
        label="Shown while",
        choices=[
            ("", "Always"),
            (MessageState.IDLE, "Nothing charges"),
            (MessageState.CHARGING, "It charges"),
            (MessageState.FAULTED, "It has a fault"),
            (MessageState.UNAVAILABLE, "It is out of service"),
        ],
    )
    language = forms.CharField(max_length=8, required=False, help_text="As en, or de-CH")

    def prepare(self) -> None:
        self.fields["since"] = MomentField(self.zone, to_the_end=False, label="From")
        self.fields["until"] = MomentField(self.zone, to_the_end=True, label="Until")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until <= since:
            self.add_error("until", "It would end before it begins.")
        return cleaned

    def command(self) -> Command:
        told = self.cleaned_data
        return ShowMessage(
            message_id=told["number"],
            text=told["text"],
            priority=MessagePriority(told["priority"]),
            state=MessageState(told["state"]) if told["state"] else None,
            language=told["language"],
            since=told["since"],
            until=told["until"],
        )


class ClearMessageForm(NumberForm):
    def command(self) -> Command:
        return ClearMessage(message_id=self.cleaned_data["number"])


class ReportMessagesForm(NothingToSayForm):
    def command(self) -> Command:
        return ReportMessages(request_id=request_id())


class CustomerForm(AskForm):
    token = forms.CharField(max_length=36, required=False, label="Card or token")
    identifier = forms.CharField(max_length=64, required=False, label="Or a name", help_text="As the charger knows it")
    what = forms.ChoiceField(
        label="Ask it to",
        choices=[("report", "Tell what it knows"), ("both", "Tell, and then forget"), ("clear", "Forget")],
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if bool(cleaned.get("token")) == bool(cleaned.get("identifier")):
            raise ValidationError("Say who it is by one of the two: a card, or a name.")
        return cleaned

    def command(self) -> Command:
        told = self.cleaned_data
        return CustomerInformation(
            request_id=request_id(),
            report=told["what"] in ("report", "both"),
            clear=told["what"] in ("clear", "both"),
            token=told["token"],
            identifier=told["identifier"],
        )


class ProfilesForm(AskForm):
    purpose = forms.ChoiceField(choices=PURPOSES, label="Profiles")

    def prepare(self) -> None:
        choices = [("", "Anywhere"), *((str(number), words) for number, words in self.outlets("The charger itself"))]
        self.fields["evse"] = forms.ChoiceField(choices=choices, required=False, label="Where")

    def command(self) -> Command:
        told = self.cleaned_data
        return ReadProfiles(
            request_id=request_id(),
            purpose=ProfilePurpose(told["purpose"]),
            evse=int(told["evse"]) if told["evse"] else None,
        )


class CompositeScheduleForm(AskForm):
    hours = forms.IntegerField(min_value=1, max_value=168, initial=24, label="For the next hours")

    def prepare(self) -> None:
        self.fields["evse"] = forms.TypedChoiceField(choices=self.outlets("The whole charger"), coerce=int, label="Of")

    def command(self) -> Command:
        return ReadCompositeSchedule(evse=self.cleaned_data["evse"], duration_s=self.cleaned_data["hours"] * 3600)


class TransactionForm(AskForm):
    reference = forms.CharField(
        max_length=36, required=False, help_text="The charger's name of it; empty asks whether anything waits at all"
    )

    def command(self) -> Command:
        return ReadTransaction(reference=self.cleaned_data["reference"] or None)


class DataForm(AskForm):
    vendor_id = forms.CharField(max_length=255, label="Vendor", help_text="As the maker's manual has it")
    message_id = forms.CharField(max_length=50, required=False, label="Message")
    content = forms.CharField(
        required=False, label="Data", strip=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def command(self) -> Command:
        told = self.cleaned_data
        return SendData(vendor_id=told["vendor_id"], message_id=told["message_id"], data=told["content"] or None)


class NetworkProfileForm(AskForm):
    slot = forms.IntegerField(
        min_value=0, max_value=100, help_text="Used once NetworkConfigurationPriority names it and the charger restarts"
    )
    url = forms.RegexField(
        r"^wss?://\S+$",
        max_length=512,
        label="Address",
        help_text="Without the charger's name at its end",
        error_messages={"invalid": "An address that begins with ws:// or wss:// is expected."},
    )
    security_profile = forms.TypedChoiceField(
        coerce=int,
        choices=[(2, "2: password and TLS"), (3, "3: certificates of both sides"), (1, "1: password, not encrypted")],
    )
    interface = forms.ChoiceField(choices=[(word.value, word.value) for word in NetworkInterface])
    timeout_s = forms.IntegerField(min_value=5, max_value=600, initial=30, label="Seconds to wait for an answer")

    def command(self) -> Command:
        return SetNetworkProfile(**{**self.cleaned_data, "interface": NetworkInterface(self.cleaned_data["interface"])})


class VariablesForm(AskForm):
    component = forms.CharField(max_length=50, required=False, help_text="Such as EVSE; empty: all of them")
    criteria = forms.ChoiceField(choices=CRITERIA, required=False, label="Of which")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("component") and not cleaned.get("criteria"):
            raise ValidationError("Say a component or a state; “Read everything again” asks for all.")
        return cleaned

    def command(self) -> Command:
        told = self.cleaned_data
        settings = (Setting(variable="", component=told["component"]),) if told["component"] else ()
        criteria = (told["criteria"],) if told["criteria"] else ()
        return ReportSomeSettings(request_id=request_id(), settings=settings, criteria=criteria)


class CostForm(AskForm):
    reference = forms.CharField(max_length=36, help_text="The charger's name of the transaction")
    total = forms.DecimalField(min_value=Decimal(0), max_digits=10, decimal_places=2, label="Cost so far")

    def command(self) -> Command:
        return ShowCost(reference=self.cleaned_data["reference"], total=self.cleaned_data["total"])
