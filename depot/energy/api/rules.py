"""The manager's rules, and what holds for a while: limits by hand, charging at once, caps of the grid."""

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from chargers.models import Charger, Evse
from depot import clock
from depot.access.audit import note
from depot.access.filters import number, yes_or_no
from depot.access.idempotency import Caused, caused_once
from depot.access.problem import Problem
from depot.access.reach import within_reach
from depot.api.base import Kept, Resource
from depot.api.fields import Moment, Reachable, Row, asker, reachable_id
from depot.energy.api.base import LARGE, WallRow
from depot.energy.models import ChargeNow, Circuit, GridCap, ManualLimit, Rule, RuleKind, RuleScope
from depot.energy.response.models import CapEffect
from depot.energy.services import hands, ruling
from depot.energy.services.hands import SessionOver, WindowOver
from depot.models import Bay, Depot
from sessions.models import Session, Vehicle

HELD_NOW = Q(taken_back_at=None)


class RuleSerializer(WallRow[Rule]):
    depot = reachable_id(Depot.objects.all())
    circuit = reachable_id(Circuit.objects.all(), required=False, allow_null=True)
    charger = Reachable(slug_field="identity", queryset=Charger.objects.all(), required=False, allow_null=True)
    evse = reachable_id(Evse.objects.all(), required=False, allow_null=True)
    bay = reachable_id(Bay.objects.all(), required=False, allow_null=True)
    vehicle = Reachable(slug_field="unit_number", queryset=Vehicle.objects.all(), required=False, allow_null=True)
    weekdays = serializers.RegexField(r"^(?!.*(.).*\1)[1-7]{1,7}$", required=False, help_text="1 is Monday: 12345.")
    limit_w = serializers.IntegerField(min_value=0, max_value=LARGE, required=False, allow_null=True)
    position = serializers.IntegerField(min_value=0, max_value=LARGE, required=False)
    words = serializers.SerializerMethodField(help_text="The rule as a sentence.")

    class Meta:
        model = Rule
        fields = [
            "id", "depot", "kind", "position", "scope", "circuit", "group", "charger", "evse", "bay", "vehicle",
            "weekdays", "from_time", "to_time", "limit_w", "price_per_kwh", "leaves_before", "except_leaves_before",
            "active_from", "taken_back_at", "made_at", "words",
        ]  # fmt: skip
        read_only_fields = ["id", "active_from", "taken_back_at", "made_at"]

    def get_words(self, rule: Rule) -> str:
        return ruling.rule_in_words(rule)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        told = {name: attrs.get(name, getattr(self.instance, name, None)) for name in (*Rule.blanks(), "scope", "kind")}
        scope = told["scope"] or RuleScope.DEPOT
        if scope != RuleScope.DEPOT and not told[str(scope)]:
            raise serializers.ValidationError({str(scope): "Its scope says that it is about one: name it."})
        if told["kind"] in (RuleKind.AT_MOST, RuleKind.TOGETHER) and told["limit_w"] is None:
            raise serializers.ValidationError({"limit_w": "How much?"})
        if told["kind"] == RuleKind.BELOW_PRICE and told["price_per_kwh"] is None:
            raise serializers.ValidationError({"price_per_kwh": "Below which price?"})
        if (told["from_time"] is None) != (told["to_time"] is None):
            raise serializers.ValidationError({"to_time": "From when to when, or all day."})
        return attrs


class RuleViews(Kept[Rule]):
    """Sentences of the fleet manager. A new one is a draft until it is activated; one taken back is kept."""

    permissions_needed = {
        "GET": "energy.view_rule",
        "POST": "energy.add_rule",
        "PATCH": "energy.change_rule",
        "DELETE": "energy.delete_rule",
        "activate": "energy.change_rule",
        "take_back": "energy.change_rule",
    }
    noun = "rule"
    detail_name = "api-rule"
    queryset = Rule.objects.select_related("depot", "circuit", "charger", "evse__charger", "bay", "vehicle")
    serializer_class = RuleSerializer
    filters = {
        "depot": number("depot"),
        "active": yes_or_no(lambda yes: ruling.ACTIVE if yes else ~ruling.ACTIVE),
    }
    ordering = ("position", "pk")

    def make(self, serializer: BaseSerializer[Rule]) -> Rule:
        return serializer.save(made_at=clock.now(), made_by=asker(serializer))

    def change(self, row: Rule, serializer: BaseSerializer[Rule]) -> Rule:
        if row.active_from is not None:
            raise Problem("too-late", "It was active: take it back and write another.")
        return serializer.save()

    def remove(self, row: Rule) -> None:
        if row.active_from is not None:
            raise Problem("in-use", "It was active: take it back; what held is kept.")
        row.delete()

    @extend_schema(request=None, responses={200: RuleSerializer})
    @caused_once
    def activate(self, request: Request, *args: Any, **kwargs: Any) -> Caused:
        """From now on it holds."""
        rule = self.get_object()
        ruling.activate(rule, now=clock.now())
        note(request, "activated rule", rule, depot=rule.depot, words=ruling.rule_in_words(rule))
        return Caused(self.shown_anew(rule), status=200)

    @extend_schema(request=None, responses={200: RuleSerializer})
    @caused_once
    def take_back(self, request: Request, *args: Any, **kwargs: Any) -> Caused:
        """It holds no longer."""
        rule = self.get_object()
        ruling.take_back(rule, now=clock.now())
        note(request, "took back rule", rule, depot=rule.depot, words=ruling.rule_in_words(rule))
        return Caused(self.shown_anew(rule), status=200)


class ManualLimitSerializer(Row[ManualLimit]):
    evse = reachable_id(Evse.objects.select_related("charger"))
    limit_w = serializers.IntegerField(min_value=0, max_value=LARGE)
    starts_at = Moment(required=False, help_text="Missing: now.")

    class Meta:
        model = ManualLimit
        fields = ["id", "evse", "limit_w", "starts_at", "ends_at", "taken_back_at"]
        read_only_fields = ["id", "taken_back_at"]

    def create(self, validated_data: dict[str, Any]) -> ManualLimit:
        said = validated_data
        try:
            return hands.limit_by_hand(
                said["evse"], said["limit_w"], until=said["ends_at"], since=said.get("starts_at"),
                set_by=asker(self), now=clock.now(),
            )  # fmt: skip
        except WindowOver as error:
            raise serializers.ValidationError({"ends_at": "It ends before it starts, or before now."}) from error


class ManualLimitViews(Kept[ManualLimit]):
    """At most so much at one EVSE until an hour. Deleted, it is lifted."""

    permissions_needed = {
        "GET": "energy.view_manuallimit",
        "POST": "energy.add_manuallimit",
        "DELETE": "energy.delete_manuallimit",
    }
    noun = "manual limit"
    detail_name = "api-manual-limit"
    queryset = ManualLimit.objects.select_related("evse__charger")
    serializer_class = ManualLimitSerializer
    filters = {"evse": number("evse"), "held": yes_or_no(lambda yes: HELD_NOW if yes else ~HELD_NOW)}
    ordering = ("-pk",)

    def remove(self, row: ManualLimit) -> None:
        hands.lift_limit(row, now=clock.now())


class CapEffectSerializer(Row[CapEffect]):
    """What the plan makes of it, and what was measured once its window was over."""

    over_kw = serializers.FloatField(read_only=True, allow_null=True, help_text="By how much it was not kept.")

    class Meta:
        model = CapEffect
        fields = [
            "foreseen_at", "without_kw", "with_kw", "gave_way", "will_miss", "measured_at", "highest_kw",
            "highest_moment_kw", "is_metered", "over_kw",
        ]  # fmt: skip
        read_only_fields = fields


class GridCapSerializer(Row[GridCap]):
    depot = reachable_id(Depot.objects.all())
    effect = CapEffectSerializer(read_only=True, allow_null=True, default=None)
    limit_w = serializers.IntegerField(min_value=0, max_value=LARGE)

    class Meta:
        model = GridCap
        fields = ["id", "depot", "starts_at", "ends_at", "limit_w", "note", "entered_at", "taken_back_at", "effect"]
        read_only_fields = ["id", "entered_at", "taken_back_at"]

    def create(self, validated_data: dict[str, Any]) -> GridCap:
        said = dict(validated_data)
        try:
            return hands.cap_grid(
                said.pop("depot"), said.pop("limit_w"), now=clock.now(), entered_by=asker(self), **said
            )
        except WindowOver as error:
            raise serializers.ValidationError({"ends_at": "It ends before it starts, or before now."}) from error


class GridCapViews(Kept[GridCap]):
    """Demand response: what the site may take from the grid in a window. Deleted, it is lifted."""

    permissions_needed = {
        "GET": "energy.view_gridcap",
        "POST": "energy.add_gridcap",
        "DELETE": "energy.delete_gridcap",
    }
    noun = "grid cap"
    detail_name = "api-grid-cap"
    queryset = GridCap.objects.select_related("depot", "effect")
    serializer_class = GridCapSerializer
    filters = {"depot": number("depot"), "held": yes_or_no(lambda yes: HELD_NOW if yes else ~HELD_NOW)}
    ordering = ("-starts_at", "-pk")

    def remove(self, row: GridCap) -> None:
        hands.lift_cap(row, now=clock.now())


class ChargeNowSerializer(Row[ChargeNow]):
    class Meta:
        model = ChargeNow
        fields = ["session", "asked_at", "taken_back_at"]
        read_only_fields = fields


class ChargeNowViews(Resource[ChargeNow]):
    """A session that takes what it can at once, within the limits of its circuits."""

    permissions_needed = {"POST": "energy.add_chargenow", "DELETE": "energy.delete_chargenow"}
    queryset = ChargeNow.objects.all()
    serializer_class = ChargeNowSerializer

    def _session(self) -> Session:
        return get_object_or_404(within_reach(self.request.user, Session.objects.all()), pk=self.kwargs["pk"])

    @extend_schema(request=None, responses={201: ChargeNowSerializer})
    @caused_once
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Caused:
        session = self._session()
        try:
            asked = hands.charge_now(session, asked_by=self.asker(), now=clock.now())
        except SessionOver as error:
            raise Problem("session-ended", "Nobody charges in it any more.") from error
        note(request, "asked to charge now", session)
        return Caused(self.shown(asked))

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Charge as planned again."""
        session = self._session()
        now = clock.now()
        for asked in hands.asked_now(session, now):
            hands.charge_as_planned(asked, now=now)
            note(request, "asked to charge as planned", session)
        return Response(status=204)
