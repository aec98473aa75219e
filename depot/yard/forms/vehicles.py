"""Vehicles and tokens."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from chargers.events import token_key
from depot.access.models import User
from depot.access.reach import within_reach
from depot.models import Depot
from depot.yard.columns import COLUMNS, Kind, Unreadable
from depot.yard.forms.fields import DepotChoice, MomentField
from sessions.models import IdToken, Vehicle

READ_VIN = next(column.read for column in COLUMNS[Kind.VEHICLES] if column.name == "vin")


def depot_field(user: User, row: Vehicle | IdToken, here: Depot | None, *, label: str) -> DepotChoice:
    """Where it belongs; a new one to the depot `here`, unless another is chosen."""
    field = DepotChoice(user, none="All depots", label=label)
    field.initial = row.depot_key if row.pk else here
    return field


class VehicleForm(forms.ModelForm):  # type: ignore[type-arg]
    # Longer than a VIN, for people write it in groups.
    vin = forms.CharField(label="VIN", max_length=30, required=False)

    class Meta:
        model = Vehicle
        fields = [
            "unit_number", "vin", "cost_centre", "battery_kwh", "max_ac_kw", "max_dc_kw", "target_soc_percent",
            "is_active",
        ]  # fmt: skip
        labels = {
            "unit_number": "Unit number",
            "cost_centre": "Cost centre",
            "battery_kwh": "Battery, kWh",
            "max_ac_kw": "Most it takes at an AC bay, kW",
            "max_dc_kw": "Most it takes at a DC bay, kW",
            "target_soc_percent": "Charge to, %",
            "is_active": "In use",
        }
        help_texts = {
            "unit_number": "As it stands on the vehicle",
            "is_active": "One that is no longer in use is not offered for starting",
        }

    def __init__(self, *args: Any, user: User, here: Depot | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["depot"] = depot_field(user, self.instance, here, label="Depot")
        self.fields["target_soc_percent"].widget.attrs.update(min=1, max=100)
        self.order_fields(["unit_number", "depot"])

    def clean_unit_number(self) -> str:
        unit_number = str(self.cleaned_data["unit_number"])
        same = Vehicle.objects.filter(unit_number__iexact=unit_number).exclude(pk=self.instance.pk).first()
        if same is not None:
            raise ValidationError(f"There is a vehicle {same.unit_number} already.")
        return unit_number

    def clean_vin(self) -> str:
        vin = str(self.cleaned_data["vin"])
        if not vin:
            return ""
        try:
            return str(READ_VIN(vin, ""))
        except Unreadable as why:
            raise ValidationError(f"{str(why)[:1].upper()}{str(why)[1:]}") from why

    def clean_target_soc_percent(self) -> int:
        percent = int(self.cleaned_data["target_soc_percent"])
        if not 1 <= percent <= 100:
            raise ValidationError("From 1 to 100.")
        return percent

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        depot = cleaned.get("depot")
        self.instance.depot_key = depot.pk if depot else None
        return cleaned


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = IdToken
        fields = [
            "value", "type", "vehicle", "driver", "group", "is_master_pass", "max_concurrent", "limit_cost",
            "limit_soc_percent", "note",
        ]  # fmt: skip
        labels = {
            "value": "Card or token",
            "type": "Type",
            "vehicle": "Vehicle",
            "driver": "Driver",
            "group": "Group",
            "is_master_pass": "Master pass: stops any charge, starts none",
            "max_concurrent": "Charges at a time",
            "limit_cost": "A charge costs at most",
            "limit_soc_percent": "Charges up to, %",
        }
        help_texts = {
            "value": "As the charger reads it; the charger's messages show how",
            "type": "Blank: any. Chargers of OCPP 2.x say ISO14443, ISO15693, eMAID, …",
            "group": "Who shares a group may stop for each other",
            "is_master_pass": "A charger of OCPP 2.x must be set to the same master group",
            "max_concurrent": "Blank: as many as there are",
            "limit_soc_percent": "Where the charger tells it",
        }

    def __init__(self, *args: Any, user: User, zone: ZoneInfo, here: Depot | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["depot"] = depot_field(user, self.instance, here, label="Valid at")
        until = MomentField(zone, to_the_end=True, label="Valid until", help_text="Blank: without end")
        until.initial = self.instance.expires_at
        self.fields["expires_at"] = until
        self.fields["limit_kwh"] = forms.DecimalField(
            label="A charge takes at most, kWh", min_value=Decimal("0.1"), max_value=2_000_000, required=False
        )
        self.fields["limit_kwh"].initial = None if self.instance.limit_wh is None else self.instance.limit_wh / 1000
        self.fields["limit_minutes"] = forms.IntegerField(
            label="A charge lasts at most, minutes", min_value=1, max_value=100_000, required=False
        )
        self.fields["limit_minutes"].initial = None if self.instance.limit_s is None else self.instance.limit_s // 60
        vehicles = within_reach(user, Vehicle.objects.filter(is_active=True))
        if self.instance.vehicle_id:
            vehicles = vehicles | Vehicle.objects.filter(pk=self.instance.vehicle_id)
        self.fields["vehicle"].queryset = vehicles.distinct()  # type: ignore[attr-defined]
        self.fields["vehicle"].empty_label = "None"  # type: ignore[attr-defined]
        if self.instance.pk:
            # Another value would be another card.
            del self.fields["value"]
        self.order_fields(["value", "vehicle", "driver", "depot", "expires_at", "group", "type", "note"])

    def clean_limit_soc_percent(self) -> int | None:
        percent: int | None = self.cleaned_data["limit_soc_percent"]
        if percent is not None and not 1 <= percent <= 100:
            raise ValidationError("From 1 to 100.")
        return percent

    def clean_max_concurrent(self) -> int | None:
        most: int | None = self.cleaned_data["max_concurrent"]
        if most == 0:
            raise ValidationError("A card that may charge nowhere is a blocked one: block it in the list.")
        return most

    def clean_value(self) -> str:
        value = str(self.cleaned_data["value"])
        key = token_key(value)
        if not key:
            raise ValidationError("There is nothing in it that can be read.")
        if IdToken.objects.filter(key=key).exists():
            raise ValidationError("This card is known already; cards are told apart without upper and lower case.")
        return value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        depot = cleaned.get("depot")
        self.instance.depot_key = depot.pk if depot else None
        self.instance.expires_at = cleaned.get("expires_at")
        kwh, minutes = cleaned.get("limit_kwh"), cleaned.get("limit_minutes")
        self.instance.limit_wh = None if kwh is None else int(kwh * 1000)
        self.instance.limit_s = None if minutes is None else minutes * 60
        return cleaned
