"""Vehicles."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from depot.access.models import User
from depot.models import Depot
from depot.yard.cells import Unreadable, read_vin
from depot.yard.forms.fields import depot_field
from sessions.models import Vehicle


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
            return str(read_vin(vin, ""))
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
