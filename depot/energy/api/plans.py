"""The plans as they were made."""

from rest_framework import serializers

from depot.access.filters import moment, number
from depot.api.base import Listed, Retrieved
from depot.api.fields import Row
from depot.energy.models import PlannedStay, StoredPlan
from depot.energy.slots import start_of


class PlanSummarySerializer(Row[StoredPlan]):
    starts_at = serializers.SerializerMethodField(help_text="When the first slot begins.")

    class Meta:
        model = StoredPlan
        fields = [
            "id", "depot", "made_at", "why", "starts_at", "slots", "slot_s", "peak", "costs", "was_short", "unmet_kwh",
            "took_s",
        ]  # fmt: skip

    def get_starts_at(self, plan: StoredPlan) -> str:
        return start_of(plan.first_slot).isoformat().replace("+00:00", "Z")


class StaySerializer(Row[PlannedStay]):
    vehicle = serializers.CharField(source="vehicle.unit_number", read_only=True, allow_null=True, default=None)

    class Meta:
        model = PlannedStay
        fields = [
            "evse", "session", "vehicle", "arrives_at", "departs_at", "departure_source", "needs_kwh", "needs_source",
            "unmet_kwh", "priority", "is_expected", "is_now", "ready_at", "kw", "reasons",
        ]  # fmt: skip


class PlanSerializer(PlanSummarySerializer):
    stays = StaySerializer(many=True, read_only=True)

    class Meta(PlanSummarySerializer.Meta):
        fields = [
            *PlanSummarySerializer.Meta.fields, "grid_kw", "limit_kw", "building_kw", "solar_kw", "import_price",
            "export_price", "stays",
        ]  # fmt: skip


class PlanViews(Listed[StoredPlan]):
    """What the site will draw, for whom, and why. The newest holds."""

    permissions_needed = {"GET": "energy.view_storedplan"}
    queryset = StoredPlan.objects.all()
    serializer_class = PlanSummarySerializer
    filters = {"depot": number("depot"), "from": moment("made_at__gte"), "before": moment("made_at__lt")}
    ordering = ("-pk",)


class PlanView(Retrieved[StoredPlan]):
    """One plan with its series and every stay, with a reason for each slot."""

    permissions_needed = {"GET": "energy.view_storedplan"}
    queryset = StoredPlan.objects.prefetch_related("stays__vehicle")
    serializer_class = PlanSerializer
