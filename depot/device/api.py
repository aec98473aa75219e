"""REST: what a charger reported, under the charger's own address."""

from typing import Any, ClassVar, TypeVar

from django.db.models import Model
from rest_framework import serializers
from rest_framework.generics import get_object_or_404

from chargers.device_model.models import (
    ChargingNeeds,
    CustomerFile,
    DisplayMessage,
    ExternalLimit,
    MonitorAlert,
    NetworkSlot,
    Report,
    ReportedProfile,
    VariableMonitor,
    VehicleSchedule,
)
from chargers.models import Charger, SettingValue
from depot.access.reach import within_reach
from depot.api.base import Listed
from depot.api.fields import Row
from depot.yard.queries.configuration import findable_settings, is_secret

M = TypeVar("M", bound=Model)


class OfCharger(Listed[M]):
    """The rows that belong to the charger in the address."""

    charger_path: ClassVar[str] = "charger"

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        return rows.filter(**{self.charger_path: self.charger()})

    def charger(self) -> Charger:
        chargers = within_reach(self.request.user, Charger.objects.all())
        return get_object_or_404(chargers, identity__iexact=self.kwargs["identity"])


PLACE = ["component", "component_instance", "evse_number", "connector_number", "variable", "variable_instance"]


class MonitorSerializer(Row[VariableMonitor]):
    """What the charger watches by itself. `state` tells whether it reported it, or only took it from us."""

    class Meta:
        model = VariableMonitor
        fields = [
            "number", *PLACE, "kind", "value", "severity", "in_transactions_only", "origin", "state", "told_at",
        ]  # fmt: skip
        read_only_fields = fields


class MonitorViews(OfCharger[VariableMonitor]):
    """The monitors that the charger has, as far as it told."""

    permissions_needed = {"GET": "device_model.view_variablemonitor"}
    queryset = VariableMonitor.objects.all()
    serializer_class = MonitorSerializer
    ordering = ("number", "pk")


class AlertSerializer(Row[MonitorAlert]):
    class Meta:
        model = MonitorAlert
        fields = [
            "id", *PLACE, "event_id", "at", "heard_at", "trigger", "value", "origin", "monitor_number", "severity",
            "is_cleared", "cause", "tech_code", "tech_info", "reference",
        ]  # fmt: skip
        read_only_fields = fields


class AlertViews(OfCharger[MonitorAlert]):
    """What its monitors saw, the newest first."""

    permissions_needed = {"GET": "device_model.view_monitoralert"}
    queryset = MonitorAlert.objects.all()
    serializer_class = AlertSerializer
    ordering = ("-pk",)


class ReportSerializer(Row[Report]):
    missing = serializers.ListField(
        child=serializers.IntegerField(), read_only=True, help_text="Numbers of parts that have not come."
    )
    parts = serializers.SerializerMethodField(help_text="How many parts have come.")

    class Meta:
        model = Report
        fields = ["id", "kind", "request_id", "state", "begun_at", "changed_at", "parts", "missing", "items"]
        read_only_fields = fields

    def get_parts(self, report: Report) -> int:
        return len(report.parts)


class ReportViews(OfCharger[Report]):
    """Reports that come in parts: how far each is, and what is missing of it. The newest first."""

    permissions_needed = {"GET": "device_model.view_report"}
    queryset = Report.objects.all()
    serializer_class = ReportSerializer
    ordering = ("-pk",)


class CustomerFileSerializer(Row[CustomerFile]):
    class Meta:
        model = CustomerFile
        fields = ["id", "request_id", "about", "text", "told_at"]
        read_only_fields = fields


class CustomerFileViews(OfCharger[CustomerFile]):
    """What the charger said that it knows of a customer; kept 30 days."""

    permissions_needed = {"GET": "device_model.view_customerfile"}
    queryset = CustomerFile.objects.all()
    serializer_class = CustomerFileSerializer
    ordering = ("-pk",)


class DisplayMessageSerializer(Row[DisplayMessage]):
    class Meta:
        model = DisplayMessage
        fields = [
            "number", "priority", "text", "format", "language", "state", "since", "until", "reference", "place",
            "standing", "told_at",
        ]  # fmt: skip
        read_only_fields = fields


class DisplayMessageViews(OfCharger[DisplayMessage]):
    """Messages on its display, as far as it told."""

    permissions_needed = {"GET": "device_model.view_displaymessage"}
    queryset = DisplayMessage.objects.all()
    serializer_class = DisplayMessageSerializer
    ordering = ("number", "pk")


class ExternalLimitSerializer(Row[ExternalLimit]):
    """`lifted_at` is null while it holds; `evse` is null where it limits the whole charger."""

    evse = serializers.IntegerField(source="evse.number", read_only=True, allow_null=True, default=None)

    class Meta:
        model = ExternalLimit
        fields = [
            "id", "evse", "source", "schedule", "unreadable", "is_grid_critical", "is_local_generation", "told_at",
            "lifted_at",
        ]  # fmt: skip
        read_only_fields = fields


class ExternalLimitViews(OfCharger[ExternalLimit]):
    """Limits that somebody else gave the charger, the newest first."""

    permissions_needed = {"GET": "device_model.view_externallimit"}
    queryset = ExternalLimit.objects.select_related("evse")
    serializer_class = ExternalLimitSerializer
    ordering = ("-pk",)


class ReportedProfileSerializer(Row[ReportedProfile]):
    class Meta:
        model = ReportedProfile
        fields = ["evse_number", "source", "number", "stack_level", "purpose", "reference", "profile", "told_at"]
        read_only_fields = fields


class ReportedProfileViews(OfCharger[ReportedProfile]):
    """The charging profiles that the charger says it holds."""

    permissions_needed = {"GET": "device_model.view_reportedprofile"}
    queryset = ReportedProfile.objects.all()
    serializer_class = ReportedProfileSerializer
    ordering = ("evse_number", "number", "pk")


class ChargingNeedsSerializer(Row[ChargingNeeds]):
    """What the vehicle did not say is null."""

    evse = serializers.IntegerField(source="evse.number", read_only=True)

    class Meta:
        model = ChargingNeeds
        fields = [
            "id", "evse", "at", "heard_at", "transfer", "departs_at", "energy_wh", "min_energy_wh", "max_energy_wh",
            "capacity_wh", "soc_percent", "target_soc_percent", "full_soc_percent", "bulk_soc_percent",
            "min_current_a", "max_current_a", "max_voltage_v", "max_power_w", "max_discharge_w", "max_periods",
            "control_mode", "answered",
        ]  # fmt: skip
        read_only_fields = fields


class ChargingNeedsViews(OfCharger[ChargingNeeds]):
    """What vehicles said they want, the newest first."""

    charger_path = "evse__charger"
    permissions_needed = {"GET": "device_model.view_chargingneeds"}
    queryset = ChargingNeeds.objects.select_related("evse")
    serializer_class = ChargingNeedsSerializer
    ordering = ("-pk",)


class VehicleScheduleSerializer(Row[VehicleSchedule]):
    evse = serializers.IntegerField(source="evse.number", read_only=True)

    class Meta:
        model = VehicleSchedule
        fields = ["id", "evse", "base_at", "schedule", "selected_schedule_id", "is_within_limits", "heard_at"]
        read_only_fields = fields


class VehicleScheduleViews(OfCharger[VehicleSchedule]):
    """What vehicles mean to draw, the newest first, and whether that keeps within what they were given."""

    charger_path = "evse__charger"
    permissions_needed = {"GET": "device_model.view_vehicleschedule"}
    queryset = VehicleSchedule.objects.select_related("evse")
    serializer_class = VehicleScheduleSerializer
    ordering = ("-pk",)


class NetworkSlotSerializer(Row[NetworkSlot]):
    class Meta:
        model = NetworkSlot
        fields = ["slot", "url", "security_profile", "interface", "version", "taken_at"]
        read_only_fields = fields


class NetworkSlotViews(OfCharger[NetworkSlot]):
    """Ways to its server that the charger keeps, as far as it took them from us."""

    permissions_needed = {"GET": "device_model.view_networkslot"}
    queryset = NetworkSlot.objects.all()
    serializer_class = NetworkSlotSerializer
    ordering = ("slot", "pk")


class SettingSerializer(Row[SettingValue]):
    """A configuration key (1.6) or an attribute of a variable (2.x), as last reported; secrets are null."""

    value = serializers.SerializerMethodField(method_name="readable_value")

    class Meta:
        model = SettingValue
        fields = [
            *PLACE, "attribute", "value", "mutability", "is_read_only", "unit", "data_type", "min_limit", "max_limit",
            "values_list", "reported_at",
        ]  # fmt: skip
        read_only_fields = fields

    def readable_value(self, row: SettingValue) -> str | None:
        return None if is_secret(row) else row.value


class SettingViews(OfCharger[SettingValue]):
    """Everything that the charger reported of its settings, with types, units and bounds.

    `q` finds in the names of components and variables, and in values that may be read.
    """

    permissions_needed = {"GET": "chargers.view_settingvalue"}
    queryset = SettingValue.objects.all()
    serializer_class = SettingSerializer
    ordering = ("component", "evse_number", "variable", "pk")

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        q = self.request.query_params.get("q", "").replace("\x00", "")[:100]
        return rows.filter(pk__in=findable_settings(rows, q)) if q and rows.query.where else rows


# The last part of the address, and what it lists.
REPORTED: dict[str, type[OfCharger[Any]]] = {
    "alerts": AlertViews,
    "charging-needs": ChargingNeedsViews,
    "customer-files": CustomerFileViews,
    "display-messages": DisplayMessageViews,
    "external-limits": ExternalLimitViews,
    "monitors": MonitorViews,
    "network-slots": NetworkSlotViews,
    "reported-profiles": ReportedProfileViews,
    "reports": ReportViews,
    "settings": SettingViews,
    "vehicle-schedules": VehicleScheduleViews,
}
