"""Circuits, wirings, settings and the utility's tariff."""

from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from chargers.models import Evse
from depot import clock
from depot.access.filters import number
from depot.access.problem import Problem
from depot.api.fields import Row, reachable_id
from depot.energy.api.base import LARGE, PlannedWith, WallRow
from depot.energy.models import Circuit, EnergySettings, SiteTariff, Wiring
from depot.energy.services import count_peaks
from depot.energy.terms import TermsUnreadable, read_priced
from depot.models import Depot


class CircuitSerializer(Row[Circuit]):
    depot = reachable_id(Depot.objects.all())
    feeds_from = reachable_id(
        Circuit.objects.all(), required=False, allow_null=True, help_text="Null: it is the grid connection."
    )
    limit_w = serializers.IntegerField(min_value=0, max_value=LARGE, required=False, allow_null=True)
    reserved_w = serializers.IntegerField(min_value=0, max_value=LARGE, required=False)
    voltage_v = serializers.IntegerField(min_value=1, max_value=1000, required=False)

    class Meta:
        model = Circuit
        fields = ["id", "depot", "name", "feeds_from", "limit_a", "limit_w", "voltage_v", "reserved_w"]
        # The database has the last word on names; what DRF makes of the constraints would ask for every field.
        validators: list[Any] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        depot = attrs.get("depot") or getattr(self.instance, "depot", None)
        assert isinstance(depot, Depot), "a new circuit names its depot"
        above = attrs.get("feeds_from", getattr(self.instance, "feeds_from", None))
        if self.instance is not None and depot != self.instance.depot:
            raise serializers.ValidationError({"depot": "A circuit stays where it is."})
        if above is not None and above.depot_id != depot.pk:
            raise serializers.ValidationError({"feeds_from": "It is in another depot."})
        passed = above
        while passed is not None and self.instance is not None:
            if passed.pk == self.instance.pk:
                raise serializers.ValidationError({"feeds_from": "It would feed itself."})
            passed = passed.feeds_from
        others = Circuit.objects.filter(depot=depot, feeds_from=None)
        if self.instance is not None:
            others = others.exclude(pk=self.instance.pk)
        if above is None and others.exists():
            raise serializers.ValidationError({"feeds_from": "The depot has its grid connection already."})
        return attrs


class CircuitViews(PlannedWith[Circuit]):
    """The tree of circuits, from the grid connection to the panels."""

    permissions_needed = {
        "GET": "energy.view_circuit",
        "POST": "energy.add_circuit",
        "PATCH": "energy.change_circuit",
        "DELETE": "energy.delete_circuit",
    }
    noun = "circuit"
    detail_name = "api-circuit"
    queryset = Circuit.objects.select_related("depot", "feeds_from")
    serializer_class = CircuitSerializer
    filters = {"depot": number("depot")}

    def remove(self, row: Circuit) -> None:
        if row.feeds.exists() or row.wirings.exists():
            raise Problem("in-use", "Circuits or EVSEs hang on it.")
        super().remove(row)


class WiringSerializer(Row[Wiring]):
    evse = reachable_id(Evse.objects.all())
    circuit = reachable_id(Circuit.objects.all())
    rating_w = serializers.IntegerField(min_value=1, max_value=LARGE)
    fallback_w = serializers.IntegerField(min_value=0, max_value=LARGE, required=False, allow_null=True)
    max_discharge_w = serializers.IntegerField(min_value=0, max_value=LARGE, required=False)
    fallback_rank = serializers.IntegerField(min_value=0, max_value=32767, required=False)

    class Meta:
        model = Wiring
        fields = [
            "id", "evse", "circuit", "lines", "control", "rating_w", "min_current_a", "fallback_w", "fallback_rank",
            "efficiency", "max_discharge_w", "discharge_efficiency",
        ]  # fmt: skip


class WiringViews(PlannedWith[Wiring]):
    """On which circuit and lines each EVSE hangs, and what it does with a limit."""

    permissions_needed = {
        "GET": "energy.view_wiring",
        "POST": "energy.add_wiring",
        "PATCH": "energy.change_wiring",
        "DELETE": "energy.delete_wiring",
    }
    noun = "wiring"
    detail_name = "api-wiring"
    depot_path = "circuit.depot"
    queryset = Wiring.objects.select_related("evse__charger", "circuit__depot")
    serializer_class = WiringSerializer
    filters = {"depot": number("circuit__depot"), "circuit": number("circuit"), "evse": number("evse")}


class EnergySettingsSerializer(WallRow[EnergySettings]):
    depot = reachable_id(Depot.objects.all())

    class Meta:
        model = EnergySettings
        fields = ["id", "depot", "default_departure", "billing_day", "margin_percent", "may_export"]
        validators: list[Any] = []


class EnergySettingsViews(PlannedWith[EnergySettings]):
    """What the planner goes by at a depot."""

    permissions_needed = {
        "GET": "energy.view_energysettings",
        "POST": "energy.add_energysettings",
        "PATCH": "energy.change_energysettings",
        "DELETE": "energy.delete_energysettings",
    }
    noun = "energy settings"
    detail_name = "api-energy-setting"
    queryset = EnergySettings.objects.select_related("depot")
    serializer_class = EnergySettingsSerializer
    filters = {"depot": number("depot")}


class SiteTariffSerializer(Row[SiteTariff]):
    depot = reachable_id(Depot.objects.all())
    terms = serializers.JSONField(
        help_text="Energy by season, weekday and hour; demand charges, blocks, export, spot, fixed amounts."
    )

    class Meta:
        model = SiteTariff
        fields = ["id", "depot", "name", "valid_from", "terms", "created_at"]
        read_only_fields = ["id", "created_at"]
        validators: list[Any] = []

    def validate_terms(self, terms: Any) -> Any:
        if not isinstance(terms, dict):
            raise serializers.ValidationError("An object is expected.")
        try:
            read_priced(terms, ZoneInfo("UTC"))
        except TermsUnreadable as error:
            raise serializers.ValidationError(str(error)) from error
        return terms


class SiteTariffViews(PlannedWith[SiteTariff]):
    """What the utility charges the site, from which day on."""

    permissions_needed = {
        "GET": "energy.view_sitetariff",
        "POST": "energy.add_sitetariff",
        "PATCH": "energy.change_sitetariff",
        "DELETE": "energy.delete_sitetariff",
    }
    noun = "site tariff"
    detail_name = "api-site-tariff"
    queryset = SiteTariff.objects.select_related("depot")
    serializer_class = SiteTariffSerializer
    filters = {"depot": number("depot")}

    def make(self, serializer: Any) -> SiteTariff:
        row: SiteTariff = serializer.save(created_at=clock.now())
        self.want_plan(row, "added")
        return row

    def want_plan(self, row: SiteTariff, what: str) -> None:
        if what != "deleted":
            count_peaks(row, now=clock.now())
        super().want_plan(row, what)
