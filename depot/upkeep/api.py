"""Rules, lists, templates and oddities for other programs."""

from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from chargers.events import Setting
from chargers.models import Charger
from chargers.upkeep import list_facts, settings
from chargers.upkeep.models import LocalList, SettingTemplate, WantedSetting
from depot import clock
from depot.access.audit import note
from depot.access.filters import number, text, yes_or_no
from depot.access.idempotency import Caused, caused_once
from depot.access.models import User
from depot.access.problem import Problem
from depot.access.reach import within_reach
from depot.api.base import Kept, Listed, Retrieved
from depot.api.commands import WAIT, CommandSerializer, command_issued
from depot.api.fields import DepotKey, Moment, Row, reachable_id
from depot.api.refusals import refusals
from depot.models import Depot
from depot.upkeep.drift import drift_of_placed
from depot.upkeep.models import OfflineRule
from depot.upkeep.oddities import oddities_seen

SETTINGS_MAX = 200


class OfflineRuleSerializer(Row[OfflineRule]):
    depot = reachable_id(Depot.objects.all(), help_text="Whose chargers.")
    tokens_of = reachable_id(Depot.objects.all(), required=False, allow_null=True, help_text="Null: all depots.")

    class Meta:
        model = OfflineRule
        fields = ["id", "depot", "tokens_of", "group", "created_at"]
        read_only_fields = ["id", "created_at"]
        validators: list[Any] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user = self.context["request"].user
        if attrs.get("tokens_of") is None and not user.all_depots:
            raise serializers.ValidationError({"tokens_of": "You see only some depots: name one of them."})
        same = OfflineRule.objects.filter(
            depot=attrs["depot"], tokens_of=attrs.get("tokens_of"), group=attrs.get("group", "")
        )
        if same.exists():
            raise serializers.ValidationError("There is such a rule already.")
        return attrs


class OfflineRuleViews(Kept[OfflineRule]):
    """Whose tokens the chargers of a depot accept while they are cut off from us."""

    permissions_needed = {
        "GET": "depot_upkeep.view_offlinerule",
        "POST": "depot_upkeep.add_offlinerule",
        "DELETE": "depot_upkeep.delete_offlinerule",
    }
    noun = "offline rule"
    detail_name = "api-offline-rule"
    queryset = OfflineRule.objects.select_related("depot", "tokens_of")
    serializer_class = OfflineRuleSerializer
    filters = {"depot": number("depot"), "group": text("group")}

    def make(self, serializer: BaseSerializer[OfflineRule]) -> OfflineRule:
        return serializer.save(created_at=clock.now())


class LocalListSerializer(Row[LocalList]):
    charger = serializers.CharField(source="charger.identity", read_only=True)
    tokens = serializers.IntegerField(source="held", read_only=True, help_text="That we know to stand on it.")

    class Meta:
        model = LocalList
        fields = [
            "id", "charger", "is_managed", "version", "reported_version", "reported_at", "is_known", "is_verified",
            "tokens", "missing", "surplus", "left_out", "tries", "retry_after", "trouble", "gave_up_at", "kept_off",
        ]  # fmt: skip
        read_only_fields = fields


class LocalListViews(Listed[LocalList], Retrieved[LocalList]):
    """What stands on each charger's own list of tokens, and how far it is from what should."""

    permissions_needed = {"GET": "upkeep.view_locallist", "POST": "chargers.engineer_charger"}
    serializer_class = LocalListSerializer
    queryset = LocalList.objects.select_related("charger").annotate(held=Count("tokens"))
    filters = {
        "charger": text("charger__identity__iexact", "Its identity."),
        "is_managed": yes_or_no(lambda is_managed: Q(is_managed=is_managed)),
    }

    @extend_schema(request=None, responses=LocalListSerializer)
    @transaction.atomic
    def try_again(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask the charger again, after we had given up."""
        local_list = self.get_object()
        list_facts.try_again(local_list)
        note(request, "tried local list again", local_list.charger)
        return Response(self.shown_anew(local_list))


class WantedSettingSerializer(serializers.ModelSerializer[WantedSetting]):
    class Meta:
        model = WantedSetting
        fields = ["component", "component_instance", "variable", "variable_instance", "value"]


class SettingTemplateSerializer(Row[SettingTemplate]):
    depot = DepotKey(help_text="Null: all depots.")
    settings = WantedSettingSerializer(source="wanted", many=True, max_length=SETTINGS_MAX)  # type: ignore[call-arg]

    class Meta:
        model = SettingTemplate
        fields = ["id", "name", "vendor", "model", "firmware", "depot", "is_active", "settings", "created_at"]
        read_only_fields = ["id", "created_at"]

    def validate_settings(self, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = [
            (
                one.get("component", ""),
                one.get("component_instance", ""),
                one["variable"],
                one.get("variable_instance", ""),
            )
            for one in told
        ]
        if len({tuple(part.casefold() for part in name) for name in names}) < len(names):
            raise serializers.ValidationError("One of them stands there twice.")
        return told

    def create(self, validated_data: dict[str, Any]) -> SettingTemplate:
        wanted = validated_data.pop("wanted")
        with transaction.atomic():
            template = SettingTemplate.objects.create(**validated_data)
            self._write(template, wanted)
        return template

    def update(self, instance: SettingTemplate, validated_data: dict[str, Any]) -> SettingTemplate:
        wanted = validated_data.pop("wanted", None)
        with transaction.atomic():
            for name, value in validated_data.items():
                setattr(instance, name, value)
            instance.save()
            if wanted is not None:
                self._write(instance, wanted)
        return instance

    @staticmethod
    def _write(template: SettingTemplate, wanted: list[dict[str, Any]]) -> None:
        template.wanted.all().delete()
        WantedSetting.objects.bulk_create(WantedSetting(template=template, **one) for one in wanted)


class SettingTemplateViews(Kept[SettingTemplate]):
    """What chargers of a kind should have set. Nothing is changed by a template itself."""

    permissions_needed = {
        "GET": "upkeep.view_settingtemplate",
        "POST": "upkeep.add_settingtemplate",
        "PATCH": "upkeep.change_settingtemplate",
        "DELETE": "upkeep.delete_settingtemplate",
    }
    noun = "setting template"
    detail_name = "api-setting-template"
    queryset = SettingTemplate.objects.prefetch_related("wanted")
    serializer_class = SettingTemplateSerializer
    filters = {"name": text("name"), "vendor": text("vendor__iexact"), "model": text("model__iexact")}

    def make(self, serializer: BaseSerializer[SettingTemplate]) -> SettingTemplate:
        return serializer.save(created_at=clock.now())


class DifferenceSerializer(serializers.Serializer[Any]):
    component = serializers.CharField(source="setting.component")
    component_instance = serializers.CharField(source="setting.component_instance")
    variable = serializers.CharField(source="setting.variable")
    variable_instance = serializers.CharField(source="setting.variable_instance")
    has = serializers.CharField(allow_null=True)
    wanted = serializers.CharField()
    template = serializers.CharField()
    why_not = serializers.CharField(help_text="Why it is not set by us; empty when it may be.")


class DriftSerializer(serializers.Serializer[Any]):
    wanted = serializers.IntegerField(help_text="Settings that templates speak of.")
    differences = DifferenceSerializer(many=True)
    unknown = DifferenceSerializer(many=True, help_text="Never told by the charger.")


class FixSerializer(serializers.Serializer[Any]):
    component = serializers.CharField(max_length=50, required=False, default="", allow_blank=True)
    component_instance = serializers.CharField(max_length=50, required=False, default="", allow_blank=True)
    variable = serializers.CharField(max_length=50)
    variable_instance = serializers.CharField(max_length=50, required=False, default="", allow_blank=True)


class ChargerDriftView(APIView):
    """How far a charger's settings are from its templates; POST puts one of them right."""

    permissions_needed = {"GET": "chargers.view_settingvalue", "POST": "chargers.engineer_charger"}

    def charger_called(self, request: Request, identity: str) -> Charger:
        return get_object_or_404(within_reach(request.user, Charger.objects.all()), identity__iexact=identity)

    @extend_schema(operation_id="chargers_drift", responses=DriftSerializer)
    def get(self, request: Request, identity: str) -> Response:
        """What differs from the templates."""
        return Response(DriftSerializer(drift_of_placed(self.charger_called(request, identity))).data)

    @extend_schema(
        operation_id="chargers_fix_setting",
        request=FixSerializer,
        responses={201: CommandSerializer},
        parameters=[WAIT],
    )
    @caused_once
    def post(self, request: Request, identity: str) -> Caused:
        """Set one difference as its template wants it, and read it back; the command of the change is answered."""
        charger = self.charger_called(request, identity)
        said = FixSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        found = settings.find(drift_of_placed(charger).differences, Setting(**said.validated_data))
        if found is None:
            raise Http404("There is no such difference.")
        assert isinstance(request.user, User)
        try:
            with refusals():
                issued = settings.fix(charger, found, issued_by=request.user, now=clock.now())
        except settings.NotToBeSet as why:
            raise Problem("left-alone", f"{found.name} is not set: {why}.") from why
        note(request, "fixed setting", charger, setting=found.name, command=issued[0].pk)
        return command_issued(self, request, issued[0])


class OddityKindSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    count = serializers.IntegerField()
    chargers = serializers.IntegerField()
    first_at = Moment()
    last_at = Moment()


class OddModelSerializer(serializers.Serializer[Any]):
    vendor = serializers.CharField()
    model = serializers.CharField()
    firmware = serializers.CharField()
    count = serializers.IntegerField()
    kinds = OddityKindSerializer(many=True)
    quarantined = serializers.ListField(
        child=serializers.CharField(), help_text="Actions that are not asked unbidden any more."
    )


class OddityListSerializer(serializers.Serializer[Any]):
    results = OddModelSerializer(many=True)


class OddityView(APIView):
    """What chargers say or do that OCPP does not, by model and firmware."""

    permissions_needed = {"GET": "chargers.view_oddity"}

    @extend_schema(operation_id="oddities_list", responses=OddityListSerializer)
    def get(self, request: Request) -> Response:
        """What was repaired or refused, counted; and what is not asked any more."""
        assert isinstance(request.user, User)
        return Response(OddityListSerializer({"results": oddities_seen(request.user)}).data)


__all__ = ["ChargerDriftView", "LocalListViews", "OddityView", "OfflineRuleViews", "SettingTemplateViews"]
