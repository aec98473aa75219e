"""Depots, bays, vehicles and tokens, with the usual verbs."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from rest_framework import serializers
from rest_framework.serializers import BaseSerializer
from rest_framework.validators import UniqueTogetherValidator

from billing.models import Tariff
from chargers.events import token_key
from chargers.models import Evse
from depot import clock
from depot.access.filters import number, one_of, text, yes_or_no
from depot.access.problem import Problem
from depot.access.reach import within_reach
from depot.api.base import Kept
from depot.api.fields import DepotKey, Reachable, Row, asker, reachable_id
from depot.models import Access, Bay, Depot
from depot.yard.services import (
    BayNotFree,
    add_bay,
    add_token,
    add_vehicle,
    change_bay,
    change_token,
    change_vehicle,
    delete_bay,
)
from sessions.display_words import LANGUAGES
from sessions.models import IdToken, Session, TokenStanding, Vehicle

LARGE = 2**31 - 1


def time_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise serializers.ValidationError("A name of the IANA list is expected, as Europe/Berlin.") from error


class DepotSerializer(Row[Depot]):
    time_zone = serializers.CharField(max_length=40, validators=[time_zone], required=False)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False, help_text="ISO 4217, as EUR.")
    language = serializers.ChoiceField(
        list(LANGUAGES.items()), required=False, allow_blank=True, help_text="In which chargers speak to drivers."
    )
    site_limit_w = serializers.IntegerField(min_value=0, max_value=LARGE, required=False, allow_null=True)
    tariff = reachable_id(Tariff.objects.all(), required=False, allow_null=True)

    class Meta:
        model = Depot
        fields = ["id", "name", "time_zone", "currency", "language", "site_limit_w", "tariff", "created_at"]
        read_only_fields = ["id", "created_at"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        tariff = attrs.get("tariff", getattr(self.instance, "tariff", None))
        currency = attrs.get("currency", getattr(self.instance, "currency", "EUR"))
        if tariff is not None and tariff.currency != currency:
            raise serializers.ValidationError({"tariff": f"It is in {tariff.currency}, the depot in {currency}."})
        return attrs


class DepotViews(Kept[Depot]):
    """The sites."""

    permissions_needed = {
        "GET": "depot.view_depot",
        "POST": "depot.add_depot",
        "PATCH": "depot.change_depot",
        "DELETE": "depot.delete_depot",
    }
    noun = "depot"
    detail_name = "api-depot"
    queryset = Depot.objects.all()
    serializer_class = DepotSerializer
    filters = {"name": text("name")}

    def make(self, serializer: BaseSerializer[Depot]) -> Depot:
        depot = serializer.save(created_at=clock.now())
        if not self.asker().all_depots:
            self.asker().depots.add(depot)  # who makes a depot sees it
        return depot

    def remove(self, row: Depot) -> None:
        for what, rows in (
            ("bays", Bay.objects.filter(depot=row)),
            ("vehicles", Vehicle.objects.filter(depot_key=row.pk)),
            ("sessions", Session.objects.filter(depot_key=row.pk)),
        ):
            if rows.exists():
                raise Problem("in-use", f"There are {what} of it.")
        row.delete()


class BaySerializer(Row[Bay]):
    depot = reachable_id(Depot.objects.all())
    evse = reachable_id(Evse.objects.all(), required=False, allow_null=True, help_text="The EVSE that serves it.")
    own_vehicle = Reachable(
        slug_field="unit_number",
        queryset=Vehicle.objects.all(),
        required=False,
        allow_null=True,
        help_text="Unit number of the one vehicle that may charge there, where `access` says so.",
    )
    tariff = reachable_id(Tariff.objects.all(), required=False, allow_null=True, help_text="Null: the depot's.")

    class Meta:
        model = Bay
        fields = ["id", "depot", "name", "zone", "evse", "access", "own_vehicle", "tariff"]
        read_only_fields = ["id"]
        validators = [
            UniqueTogetherValidator(
                Bay.objects.all(), ["depot", "name"], message="The depot has a bay of this name already."
            )
        ]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        def wanted(name: str) -> Any:
            return attrs[name] if name in attrs else getattr(self.instance, name, None)

        if wanted("access") == Access.OWN_VEHICLE and wanted("own_vehicle") is None:
            raise serializers.ValidationError({"own_vehicle": "Say which vehicle: the bay is for it alone."})
        served = Bay.objects.filter(evse=wanted("evse"), evse__isnull=False)
        if self.instance is not None:
            served = served.exclude(pk=self.instance.pk)
        if served.exists():
            raise serializers.ValidationError({"evse": "It serves another bay."})
        return attrs


class BayViews(Kept[Bay]):
    """Places to park, and the EVSE that serves each."""

    permissions_needed = {
        "GET": "depot.view_bay",
        "POST": "depot.add_bay",
        "PATCH": "depot.change_bay",
        "DELETE": "depot.delete_bay",
    }
    noun = "bay"
    detail_name = "api-bay"
    queryset = Bay.objects.select_related("own_vehicle")
    serializer_class = BaySerializer
    filters = {
        "depot": number("depot"),
        "name": text("name"),
        "zone": text("zone"),
        "charger": text("evse__charger__identity__iexact", "Identity of the charger that serves it."),
    }
    orderings = {"name": "name", "zone": "zone", "id": "pk"}

    def make(self, serializer: BaseSerializer[Bay]) -> Bay:
        bay = Bay(**serializer.validated_data)
        return self._kept(bay, add_bay)

    def change(self, row: Bay, serializer: BaseSerializer[Bay]) -> Bay:
        for name, value in serializer.validated_data.items():
            setattr(row, name, value)
        return self._kept(row, change_bay)

    @staticmethod
    def _kept(bay: Bay, keep: Any) -> Bay:
        try:
            keep(bay)
        except BayNotFree as error:
            raise Problem("taken", "Another bay has this name, or this EVSE.") from error
        return bay

    def remove(self, row: Bay) -> None:
        delete_bay(row)


class VehicleSerializer(Row[Vehicle]):
    depot = DepotKey()
    battery_kwh = serializers.DecimalField(7, 2, min_value=Decimal(0), required=False, allow_null=True)
    max_ac_kw = serializers.DecimalField(6, 2, min_value=Decimal(0), required=False, allow_null=True)
    max_dc_kw = serializers.DecimalField(6, 2, min_value=Decimal(0), required=False, allow_null=True)
    target_soc_percent = serializers.IntegerField(min_value=0, max_value=100, required=False)

    class Meta:
        model = Vehicle
        fields = [
            "id", "unit_number", "depot", "vin", "cost_centre", "battery_kwh", "max_ac_kw", "max_dc_kw",
            "target_soc_percent", "is_active", "created_at",
        ]  # fmt: skip
        read_only_fields = ["id", "created_at"]


class VehicleViews(Kept[Vehicle]):
    """Vehicles; each gets a token of ours, so that it can be started by its name."""

    permissions_needed = {
        "GET": "charging_sessions.view_vehicle",
        "POST": "charging_sessions.add_vehicle",
        "PATCH": "charging_sessions.change_vehicle",
        "DELETE": "charging_sessions.delete_vehicle",
    }
    noun = "vehicle"
    detail_name = "api-vehicle"
    queryset = Vehicle.objects.all()
    serializer_class = VehicleSerializer
    filters = {
        "unit_number": text("unit_number"),
        "vin": text("vin"),
        "depot": number("depot_key"),
        "is_active": yes_or_no(lambda is_active: Q(is_active=is_active)),
    }
    orderings = {"unit_number": "unit_number", "created_at": "created_at"}
    ordering = ("unit_number",)

    def make(self, serializer: BaseSerializer[Vehicle]) -> Vehicle:
        vehicle = Vehicle(**serializer.validated_data)
        add_vehicle(vehicle, now=clock.now())
        return vehicle

    def change(self, row: Vehicle, serializer: BaseSerializer[Vehicle]) -> Vehicle:
        for name, value in serializer.validated_data.items():
            setattr(row, name, value)
        change_vehicle(row)
        return row

    def remove(self, row: Vehicle) -> None:
        if Session.objects.filter(vehicle=row).exists():
            raise Problem("in-use", "There are sessions of it: switch `is_active` off instead.")
        if Bay.objects.filter(own_vehicle=row).exists():
            raise Problem("in-use", "A bay is for it alone.")
        row.delete()


class IdTokenSerializer(Row[IdToken]):
    depot = DepotKey(help_text="Null: valid in all depots.")
    vehicle = Reachable(
        slug_field="unit_number",
        queryset=Vehicle.objects.all(),
        required=False,
        allow_null=True,
        help_text="Unit number of the vehicle that it stands for.",
    )

    bays = serializers.ListField(
        source="bay_keys", child=serializers.IntegerField(), required=False, max_length=200,
        help_text="Ids of the only bays where it may charge; empty: every bay of its depot.",
    )  # fmt: skip
    max_concurrent = serializers.IntegerField(min_value=1, max_value=32_767, required=False, allow_null=True)
    charging_priority = serializers.IntegerField(min_value=-9, max_value=9, required=False, allow_null=True)
    limit_cost = serializers.DecimalField(10, 2, min_value=Decimal(0), required=False, allow_null=True)
    limit_wh = serializers.IntegerField(min_value=1, max_value=LARGE, required=False, allow_null=True)
    limit_s = serializers.IntegerField(min_value=1, max_value=LARGE, required=False, allow_null=True)
    limit_soc_percent = serializers.IntegerField(min_value=1, max_value=100, required=False, allow_null=True)

    class Meta:
        model = IdToken
        fields = [
            "id", "value", "type", "standing", "valid_from", "expires_at", "group", "vehicle", "driver", "depot",
            "bays", "is_master_pass", "max_concurrent", "prepaid_balance", "limit_cost", "limit_wh", "limit_s",
            "limit_soc_percent", "charging_priority", "language", "is_ours", "note", "created_at",
        ]  # fmt: skip
        read_only_fields = ["id", "is_ours", "prepaid_balance", "created_at"]
        # The constraint on tokens of ours would make DRF ask for a vehicle with every card; nobody adds ours here.
        validators: list[Any] = []

    def validate_value(self, value: str) -> str:
        key = token_key(value)
        if not key:
            raise serializers.ValidationError("It is empty.")
        if self.instance is not None:
            if value != self.instance.value:
                raise serializers.ValidationError("Another value is another token: add that one.")
        elif IdToken.objects.filter(key=key).exists():
            raise serializers.ValidationError("It is known already; chargers differ in case, so we ignore it.")
        return value

    def validate_bays(self, keys: list[int]) -> list[int]:
        known = set(within_reach(asker(self), Bay.objects.filter(pk__in=keys)).values_list("pk", flat=True))
        if missing := sorted(set(keys) - known):
            raise serializers.ValidationError(f"There is no bay {missing[0]}.")
        return sorted(known)

    def validate_vehicle(self, vehicle: Vehicle | None) -> Vehicle | None:
        if self.instance is not None and self.instance.is_ours and vehicle != self.instance.vehicle:
            raise serializers.ValidationError("It was made for its vehicle, which could not be started without it.")
        return vehicle

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        starts = attrs.get("valid_from", getattr(self.instance, "valid_from", None))
        ends = attrs.get("expires_at", getattr(self.instance, "expires_at", None))
        if starts and ends and ends <= starts:
            raise serializers.ValidationError({"expires_at": "It would expire before it is valid."})
        return attrs


class IdTokenViews(Kept[IdToken]):
    """Cards and other tokens: who may charge."""

    permissions_needed = {
        "GET": "charging_sessions.view_idtoken",
        "POST": "charging_sessions.add_idtoken",
        "PATCH": "charging_sessions.change_idtoken",
        "DELETE": "charging_sessions.delete_idtoken",
    }
    noun = "token"
    detail_name = "api-id-token"
    queryset = IdToken.objects.select_related("vehicle")
    serializer_class = IdTokenSerializer
    filters = {
        "value": text(lambda value: Q(key=token_key(value)), "As it was issued; its case does not matter."),
        "vehicle": text("vehicle__unit_number", "Unit number of the vehicle."),
        "standing": one_of("standing", [standing.value for standing in TokenStanding]),
        "depot": number("depot_key"),
        "group": text("group"),
    }
    orderings = {"value": "value", "created_at": "created_at", "expires_at": "expires_at"}

    def make(self, serializer: BaseSerializer[IdToken]) -> IdToken:
        token = IdToken(**serializer.validated_data)
        add_token(token, now=clock.now())
        return token

    def change(self, row: IdToken, serializer: BaseSerializer[IdToken]) -> IdToken:
        for name, value in serializer.validated_data.items():
            setattr(row, name, value)
        change_token(row)
        return row
