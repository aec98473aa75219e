"""What can be asked of a charger: the typed operations, one address each, and any call of its OCPP version."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.views import APIView

from chargers.commands import (
    ChangeAvailability,
    ChangeSettings,
    ChargingProfile,
    ChargingSchedule,
    ClearCache,
    ClearProfiles,
    Command,
    InstallProfile,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    RawCall,
    ReadSettings,
    Recurrency,
    ReportSettings,
    ResetCharger,
    SchedulePeriod,
    TriggerMessage,
    UnlockConnector,
)
from chargers.events.provisioning import Setting
from chargers.models import Charger
from chargers.services import issue_in_parts
from depot import clock
from depot.access.audit import note
from depot.access.idempotency import Caused, caused_once
from depot.access.models import User
from depot.access.reach import within_reach
from depot.api.commands import WAIT, CommandSerializer, command_issued, wanted_wait
from depot.api.fields import Moment
from depot.api.refusals import refusals

SMALL = 32767
LARGE = 2**31 - 1
Said = Mapping[str, Any]


def evse_number(**kwargs: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=kwargs.pop("min_value", 1), max_value=SMALL, **kwargs)


def any_of(words: type[Any], **kwargs: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=[(word.value, word.value) for word in words], **kwargs)


class ResetSerializer(serializers.Serializer[Any]):
    immediately = serializers.BooleanField(default=False, help_text="Else when nobody charges.")
    evse = evse_number(required=False, allow_null=True, default=None, help_text="One EVSE only: OCPP 2.x.")


class UnlockSerializer(serializers.Serializer[Any]):
    evse = evse_number()
    connector = evse_number(default=1)


class TriggerSerializer(serializers.Serializer[Any]):
    message = serializers.CharField(max_length=60, help_text="In the words of OCPP 2.x, as `StatusNotification`.")
    evse = evse_number(required=False, allow_null=True, default=None)
    connector = evse_number(required=False, allow_null=True, default=None)


class AvailabilitySerializer(serializers.Serializer[Any]):
    operative = serializers.BooleanField()
    evse = evse_number(default=0, min_value=0, help_text="0 is the whole charger.")
    connector = evse_number(required=False, allow_null=True, default=None, help_text="OCPP 2.x.")


class NothingSerializer(serializers.Serializer[Any]):
    """An empty body."""


class SettingSerializer(serializers.Serializer[Any]):
    variable = serializers.CharField(max_length=50, help_text="The configuration key of 1.6, the variable of 2.x.")
    component = serializers.CharField(max_length=50, required=False, allow_blank=True, default="")
    component_instance = serializers.CharField(max_length=50, required=False, allow_blank=True, default="")
    variable_instance = serializers.CharField(max_length=50, required=False, allow_blank=True, default="")
    evse = evse_number(required=False, allow_null=True, default=None)
    connector = evse_number(required=False, allow_null=True, default=None)


class SettingToChangeSerializer(SettingSerializer):
    value = serializers.CharField(max_length=2500, allow_blank=True, trim_whitespace=False)


class ReadSettingsSerializer(serializers.Serializer[Any]):
    settings = serializers.ListField(child=SettingSerializer(), min_length=1, max_length=100)


class ChangeSettingsSerializer(serializers.Serializer[Any]):
    settings = serializers.ListField(
        child=SettingToChangeSerializer(), min_length=1, max_length=100, help_text="OCPP 1.6 changes one at a time."
    )


class ReportSettingsSerializer(serializers.Serializer[Any]):
    report = serializers.ChoiceField(
        choices=["FullInventory", "ConfigurationInventory", "SummaryInventory"], default="FullInventory"
    )


class SchedulePeriodSerializer(serializers.Serializer[Any]):
    start_s = serializers.IntegerField(min_value=0, max_value=LARGE)
    limit = serializers.FloatField(min_value=0, max_value=10_000_000)
    phases = serializers.IntegerField(min_value=1, max_value=3, required=False, allow_null=True, default=None)


class ScheduleSerializer(serializers.Serializer[Any]):
    unit = any_of(RateUnit, help_text="A per phase, or W in sum.")
    periods = serializers.ListField(child=SchedulePeriodSerializer(), min_length=1, max_length=1024)
    duration_s = serializers.IntegerField(min_value=0, max_value=LARGE, required=False, allow_null=True, default=None)
    start_at = Moment(required=False, allow_null=True, default=None)
    min_rate = serializers.FloatField(min_value=0, max_value=10_000_000, required=False, allow_null=True, default=None)
    schedule_id = serializers.IntegerField(min_value=0, max_value=LARGE, default=1)


class ProfileSerializer(serializers.Serializer[Any]):
    profile_id = serializers.IntegerField(min_value=0, max_value=LARGE)
    stack_level = serializers.IntegerField(min_value=0, max_value=SMALL)
    purpose = any_of(ProfilePurpose)
    kind = any_of(ProfileKind)
    schedules = serializers.ListField(child=ScheduleSerializer(), min_length=1, max_length=3)
    recurrency = any_of(Recurrency, required=False, allow_null=True, default=None)
    valid_from = Moment(required=False, allow_null=True, default=None)
    valid_to = Moment(required=False, allow_null=True, default=None)
    reference = serializers.CharField(
        max_length=36, required=False, allow_null=True, default=None, help_text="Of the transaction."
    )


class InstallProfileSerializer(serializers.Serializer[Any]):
    evse = evse_number(min_value=0, help_text="0 is the whole charger.")
    profile = ProfileSerializer()


class ClearProfilesSerializer(serializers.Serializer[Any]):
    """All profiles that match; an empty body clears every one."""

    profile_id = serializers.IntegerField(min_value=0, max_value=LARGE, required=False, allow_null=True, default=None)
    evse = evse_number(min_value=0, required=False, allow_null=True, default=None)
    purpose = any_of(ProfilePurpose, required=False, allow_null=True, default=None)
    stack_level = serializers.IntegerField(min_value=0, max_value=SMALL, required=False, allow_null=True, default=None)


def _setting(said: Said) -> Setting:
    return Setting(**{name: value for name, value in said.items() if name != "value"})


def _profile(said: Said) -> ChargingProfile:
    return ChargingProfile(
        profile_id=said["profile_id"],
        stack_level=said["stack_level"],
        purpose=ProfilePurpose(said["purpose"]),
        kind=ProfileKind(said["kind"]),
        schedules=tuple(_schedule(schedule) for schedule in said["schedules"]),
        recurrency=Recurrency(said["recurrency"]) if said["recurrency"] else None,
        valid_from=said["valid_from"],
        valid_to=said["valid_to"],
        reference=said["reference"],
    )


def _schedule(said: Said) -> ChargingSchedule:
    return ChargingSchedule(
        unit=RateUnit(said["unit"]),
        periods=tuple(SchedulePeriod(**period) for period in said["periods"]),
        duration_s=said["duration_s"],
        start_at=said["start_at"],
        min_rate=said["min_rate"],
        schedule_id=said["schedule_id"],
    )


@dataclass(frozen=True, slots=True)
class Operation:
    permission: str
    body: type[serializers.Serializer[Any]]
    command: Callable[[Said], Command]
    meaning: str


ENGINEER = "chargers.engineer_charger"
OPERATE = "chargers.operate_charger"

# The last part of the address, and what it does.
OPERATIONS: dict[str, Operation] = {
    "reset": Operation(ENGINEER, ResetSerializer, lambda said: ResetCharger(**said), "Start it anew."),
    "unlock": Operation(OPERATE, UnlockSerializer, lambda said: UnlockConnector(**said), "Let go of a cable."),
    "trigger": Operation(
        ENGINEER, TriggerSerializer, lambda said: TriggerMessage(**said), "Have it say something now."
    ),
    "availability": Operation(
        ENGINEER, AvailabilitySerializer, lambda said: ChangeAvailability(**said), "Take it out of service, or back."
    ),
    "clear-cache": Operation(
        ENGINEER, NothingSerializer, lambda said: ClearCache(), "Have it forget the tokens that it remembers."
    ),
    "read-settings": Operation(
        ENGINEER,
        ReadSettingsSerializer,
        lambda said: ReadSettings(settings=tuple(_setting(setting) for setting in said["settings"])),
        "Ask for some of its settings.",
    ),
    "change-settings": Operation(
        ENGINEER,
        ChangeSettingsSerializer,
        lambda said: ChangeSettings(values=tuple((_setting(one), one["value"]) for one in said["settings"])),
        "Change some of its settings.",
    ),
    "report-settings": Operation(
        ENGINEER,
        ReportSettingsSerializer,
        lambda said: ReportSettings(request_id=secrets.randbelow(LARGE), report=said["report"]),
        "Ask for all of its settings.",
    ),
    "install-profile": Operation(
        ENGINEER,
        InstallProfileSerializer,
        lambda said: InstallProfile(evse=said["evse"], profile=_profile(said["profile"])),
        "Give it a charging profile.",
    ),
    "clear-profiles": Operation(
        ENGINEER,
        ClearProfilesSerializer,
        lambda said: ClearProfiles(**{**said, "purpose": ProfilePurpose(said["purpose"]) if said["purpose"] else None}),
        "Take charging profiles away.",
    ),
}


class AsksCharger(APIView):
    """Answers 201 with the command; what came of it is told by the command's own address.

    Where the charger takes less in one message, it is several commands, and the last of them is told.
    """

    def charger_called(self, request: Request, identity: str) -> Charger:
        return get_object_or_404(within_reach(request.user, Charger.objects.all()), identity__iexact=identity)

    def ask(self, request: Request, charger: Charger, command: Command) -> Caused:
        wanted_wait(request)
        assert isinstance(request.user, User)
        with refusals():
            *_, issued = issue_in_parts(charger, command, issued_by=request.user, now=clock.now())
        note(request, f"asked for {issued.kind}", charger, command=issued.pk, action=issued.action)
        return command_issued(self, request, issued)


def operation_view(name: str, operation: Operation) -> Any:
    """The view of one operation, with a schema of its own."""

    class OperationView(AsksCharger):
        permissions_needed = {"POST": operation.permission}

        @extend_schema(
            operation_id=f"chargers_{name.replace('-', '_')}",
            description=operation.meaning,
            request=operation.body,
            responses={201: CommandSerializer},
            parameters=[WAIT],
        )
        @caused_once
        def post(self, request: Request, identity: str) -> Caused:
            charger = self.charger_called(request, identity)
            said = operation.body(data=request.data, context={"request": request})
            said.is_valid(raise_exception=True)
            return self.ask(request, charger, operation.command(said.validated_data))

    OperationView.__doc__ = operation.meaning
    return OperationView.as_view()


class RawCallView(AsksCharger):
    permissions_needed = {"POST": "chargers.call_raw"}

    @extend_schema(
        operation_id="chargers_call",
        request={"application/json": {"type": "object", "additionalProperties": True}},
        responses={201: CommandSerializer},
        parameters=[WAIT],
    )
    @caused_once
    def post(self, request: Request, identity: str, action: str) -> Caused:
        """Any call that the charger's OCPP version has, checked against its schema only. For engineers: nothing else
        is checked, and what it does to limits and lists is noticed but not prevented."""
        charger = self.charger_called(request, identity)
        if not isinstance(request.data, dict):
            raise ParseError("The body is the payload of the call: a JSON object.")
        return self.ask(request, charger, RawCall(action=action, payload=request.data))
