"""Meters of the site and the market's prices: pushed to us; what came of them."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from depot import clock
from depot.access.filters import moment, number, one_of
from depot.access.reach import within_reach
from depot.api.base import Listed
from depot.api.fields import Moment, Row, reachable_id
from depot.energy.api.base import PlannedWith
from depot.energy.models import Circuit, MeterKind, MeterSample, MeterSource, MonthPeak, SiteInterval
from depot.energy.services import store_samples
from depot.models import Depot

AT_ONCE = 5_000
# Prices are told ahead; a measured value from the future is a wrong clock.
CLOCKS_DIFFER = timedelta(minutes=5)


class MeterSerializer(Row[MeterSource]):
    depot = reachable_id(Depot.objects.all())
    circuit = reachable_id(Circuit.objects.all(), required=False, allow_null=True)
    newest_at = serializers.SerializerMethodField()
    age_s = serializers.SerializerMethodField(help_text="Of its newest value; null where there is none.")
    is_stale = serializers.SerializerMethodField(help_text="Too old to count.")

    class Meta:
        model = MeterSource
        fields = [
            "id", "depot", "name", "kind", "circuit", "constant", "stale_after_s", "counts_live", "holds_s",
            "newest_at", "age_s", "is_stale",
        ]  # fmt: skip
        validators: list[Any] = []

    def _newest(self, meter: MeterSource) -> Any:
        return meter.samples.order_by("-at").values_list("at", flat=True).first()

    def get_newest_at(self, meter: MeterSource) -> str | None:
        at = self._newest(meter)
        return None if at is None else str(Moment().to_representation(at))

    def get_age_s(self, meter: MeterSource) -> float | None:
        at = self._newest(meter)
        return None if at is None else (clock.now() - at).total_seconds()

    def get_is_stale(self, meter: MeterSource) -> bool:
        age_s = self.get_age_s(meter)
        return meter.constant is None if age_s is None else age_s > meter.stale_after_s


class SampleSerializer(Row[MeterSample]):
    class Meta:
        model = MeterSample
        fields = ["at", "value", "heard_at"]
        read_only_fields = ["heard_at"]


class SampleInSerializer(serializers.Serializer[Any]):
    at = Moment(required=False, help_text="Missing: now.")
    value = serializers.DecimalField(
        max_digits=14, decimal_places=5, help_text="W of power; of a price, the depot's currency per kWh."
    )


class PushSerializer(serializers.Serializer[Any]):
    samples = serializers.ListField(child=SampleInSerializer(), allow_empty=False, max_length=AT_ONCE)


class StoredSerializer(serializers.Serializer[Any]):
    stored = serializers.IntegerField()


class MeterViews(PlannedWith[MeterSource]):
    """What is measured besides chargers: the building, the roof, the connection; and spot prices."""

    permissions_needed = {
        "GET": "energy.view_metersource",
        "POST": "energy.add_metersource",
        "PATCH": "energy.change_metersource",
        "DELETE": "energy.delete_metersource",
    }
    noun = "meter"
    detail_name = "api-meter"
    queryset = MeterSource.objects.select_related("depot", "circuit")
    serializer_class = MeterSerializer
    filters = {"depot": number("depot"), "kind": one_of("kind", [str(kind) for kind in MeterKind.values])}


class SampleViews(Listed[MeterSample]):
    """The values of one meter."""

    permissions_needed = {"GET": "energy.view_metersample", "POST": "energy.add_metersample"}
    queryset = MeterSample.objects.all()
    serializer_class = SampleSerializer
    filters = {"from": moment("at__gte"), "before": moment("at__lt")}
    orderings = {"at": "at"}
    ordering = ("-at", "-pk")

    def _meter(self) -> MeterSource:
        return get_object_or_404(within_reach(self.request.user, MeterSource.objects.all()), pk=self.kwargs["pk"])

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return super().get_queryset().filter(source=self._meter())

    @extend_schema(request=PushSerializer, responses={200: StoredSerializer})
    def push(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Store values. One told again for the same moment replaces the first, so a push may be repeated."""
        meter, now = self._meter(), clock.now()
        said = PushSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        samples = [(sample.get("at", now), sample["value"]) for sample in said.validated_data["samples"]]
        if meter.kind != MeterKind.PRICE and any(at > now + CLOCKS_DIFFER for at, _ in samples):
            raise serializers.ValidationError({"samples": "A measured value cannot be from the future."})
        return Response({"stored": store_samples(meter, samples, now=now)})


class IntervalSerializer(Row[SiteInterval]):
    class Meta:
        model = SiteInterval
        fields = ["depot", "starts_at", "grid_wh", "building_wh", "solar_wh", "chargers_wh", "is_metered"]


class IntervalViews(Listed[SiteInterval]):
    """What the site took in each quarter of an hour."""

    permissions_needed = {"GET": "energy.view_siteinterval"}
    queryset = SiteInterval.objects.all()
    serializer_class = IntervalSerializer
    filters = {
        "depot": number("depot"),
        "from": moment("starts_at__gte"),
        "before": moment("starts_at__lt"),
    }
    orderings = {"starts_at": "starts_at"}
    ordering = ("-starts_at", "-pk")


class PeakSerializer(Row[MonthPeak]):
    class Meta:
        model = MonthPeak
        fields = ["depot", "window", "starts_on", "kw", "at"]


class PeakViews(Listed[MonthPeak]):
    """The highest average of each billing month, by demand charge."""

    permissions_needed = {"GET": "energy.view_monthpeak"}
    queryset = MonthPeak.objects.all()
    serializer_class = PeakSerializer
    filters = {"depot": number("depot")}
    orderings = {"starts_on": "starts_on"}
    ordering = ("-starts_on", "-pk")
