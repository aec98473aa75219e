"""The utility's tariff as plain rows; what rows cannot say stays as it is written."""

import json
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from depot.energy.models import SiteTariff
from depot.energy.terms import INTERVALS_MIN, TermsUnreadable, read_terms
from depot.models import Depot
from depot.yard.forms.tariffs import PERIODS_MAX, WEEKDAYS, PeriodForm, money_field, season_of

PRICE: dict[str, Any] = {"max_digits": 10, "decimal_places": 5, "required": False}
AMOUNTS = ("fixed_per_month", "fixed_per_day", "tax_percent")
WORKDAYS = [1, 2, 3, 4, 5]
SUBSCRIBED = ("block_kw", "price_per_block", "overage_per_kw", "blocks")
# What a tariff may begin with, to be filled in by hand from the utility's sheet.
STARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "flat": ("One price at all hours", {"energy": [{"price_per_kwh": "0.25"}]}),
    "night": (
        "Day and night",
        {
            "energy": [
                {"label": "Night", "from": "22:00", "to": "06:00", "price_per_kwh": "0.18"},
                {"price_per_kwh": "0.28"},
            ]
        },
    ),
    "demand": (
        "Time of use with a demand charge",
        {
            "energy": [
                {"label": "On-peak", "from": "16:00", "to": "21:00", "weekdays": WORKDAYS, "price_per_kwh": "0.40"},
                {"label": "Off-peak", "from": "21:00", "to": "08:00", "price_per_kwh": "0.12"},
                {"price_per_kwh": "0.18"},
            ],
            "demand": [{"name": "any time", "price_per_kw": "15"}],
        },
    ),
    "blocks": (
        "Power by subscription",
        {
            "energy": [
                {"label": "Peak", "from": "16:00", "to": "21:00", "price_per_kwh": "0.34"},
                {"price_per_kwh": "0.14"},
            ],
            "subscription": {"block_kw": 50, "price_per_block": "95.56", "overage_per_kw": "3.82", "blocks": 4},
        },
    ),
}


class EnergyRow(PeriodForm):
    price_per_kwh = money_field(label="Price per kWh", min_value=Decimal(-100), **PRICE)


class DemandRow(PeriodForm):
    """Hours in which the highest average of the month is charged. A row without a price is no row."""

    price_per_kwh = money_field(label="Price per kW", min_value=Decimal(0), **PRICE)
    interval_min = forms.TypedChoiceField(
        label="Average over", choices=[(n, f"{n} min") for n in INTERVALS_MIN], coerce=int, initial=15, required=False,
    )  # fmt: skip
    minimum_kw = forms.DecimalField(label="At least, kW", min_value=Decimal(0), required=False)

    def charge(self) -> dict[str, Any] | None:
        period = self.period()
        if period is None:
            return None
        named = period.pop("label") or "any time"
        charge = {"name": named, "price_per_kw": period.pop("price_per_kwh"), **period}
        charge["interval_min"] = self.cleaned_data["interval_min"] or 15
        if self.cleaned_data["minimum_kw"]:
            charge["minimum_kw"] = float(self.cleaned_data["minimum_kw"])
        return charge


EnergyRows = forms.formset_factory(EnergyRow, extra=2, max_num=PERIODS_MAX, absolute_max=PERIODS_MAX)
DemandRows = forms.formset_factory(DemandRow, extra=1, max_num=PERIODS_MAX, absolute_max=PERIODS_MAX)


class SiteTariffForm(forms.ModelForm):  # type: ignore[type-arg]
    block_kw = forms.DecimalField(label="A block is, kW", min_value=Decimal(0), required=False)
    price_per_block = money_field(label="Price per block and month", min_value=Decimal(0), **PRICE)
    overage_per_kw = money_field(label="Per kW above the blocks", min_value=Decimal(0), **PRICE)
    blocks = forms.IntegerField(
        label="Blocks ordered", min_value=1, required=False, help_text="Blank: as the peak takes"
    )
    export_price = money_field(label="For a kWh sent out", min_value=Decimal(-100), **PRICE)
    fixed_per_month = money_field(label="Fixed, per month", min_value=Decimal(0), **PRICE)
    fixed_per_day = money_field(label="Fixed, per day", min_value=Decimal(0), **PRICE)
    tax_percent = money_field(label="Tax, %", min_value=Decimal(0), max_value=Decimal(100), **PRICE)
    spot_times = money_field(label="Market's price, times", min_value=Decimal(0), **PRICE)
    spot_stands_in = money_field(label="Where it is not known, per kWh", min_value=Decimal(-100), **PRICE)
    written = forms.CharField(
        label="As written",
        required=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "mono"}),
    )

    class Meta:
        model = SiteTariff
        fields = ["name", "valid_from"]
        labels = {"valid_from": "Holds from the day"}
        widgets = {"valid_from": forms.TextInput(attrs={"placeholder": "2027-01-01", "autocomplete": "off"})}

    def __init__(self, *args: Any, depot: Depot, terms: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.depot = depot
        shown = terms if terms is not None else self.instance.terms
        if shown:
            self.initial.update(simple_fields(shown), written=json.dumps(shown, indent=2))

    def clean_valid_from(self) -> Any:
        day = self.cleaned_data["valid_from"]
        if SiteTariff.objects.filter(depot=self.instance.depot, valid_from=day).exclude(pk=self.instance.pk).exists():
            raise ValidationError("Another tariff begins on this day.")
        return day

    def terms(self, energy: list[dict[str, Any]], demand: list[dict[str, Any]]) -> dict[str, Any]:
        """Raises TermsUnreadable."""
        said = self.cleaned_data
        terms: dict[str, Any] = {"currency": self.instance.depot.currency, "energy": energy}
        if demand:
            terms["demand"] = demand
        if said["block_kw"]:
            terms["subscription"] = {
                "block_kw": float(said["block_kw"]),
                "price_per_block": str(said["price_per_block"] or 0),
                "overage_per_kw": str(said["overage_per_kw"] or 0),
                **({"blocks": said["blocks"]} if said["blocks"] else {}),
            }
        if said["export_price"] is not None:
            terms["export"] = [{"price_per_kwh": str(said["export_price"])}]
        if said["spot_times"]:
            terms["spot"] = {"times": str(said["spot_times"]), "stands_in_per_kwh": str(said["spot_stands_in"] or 0)}
        for name in AMOUNTS:
            if said[name]:
                terms[name] = str(said[name])
        read_terms(terms, ZoneInfo(self.instance.depot.time_zone))
        return terms

    def written_terms(self) -> dict[str, Any]:
        """Raises TermsUnreadable."""
        try:
            terms = json.loads(self.cleaned_data["written"])
        except ValueError as error:
            raise TermsUnreadable(f"This is no JSON: {error}") from error
        if not isinstance(terms, dict):
            raise TermsUnreadable("An object is expected.")
        read_terms(terms, ZoneInfo(self.instance.depot.time_zone))
        return terms


def fits_rows(terms: dict[str, Any]) -> bool:
    """Whether the rows can say all of it: seasons, holidays, ratchets and blocks of energy they cannot."""
    known = {"currency", "energy", "demand", "subscription", "export", "spot", *AMOUNTS}
    energy = {"label", "weekdays", "months", "from", "to", "price_per_kwh"}
    demand = {"name", "weekdays", "months", "from", "to", "price_per_kw", "interval_min", "minimum_kw"}
    export = terms.get("export") or []
    rows = [*(terms.get("energy") or []), *(terms.get("demand") or [])]
    return (
        set(terms) <= known
        and all(set(row) <= energy for row in terms.get("energy") or [])
        and all(set(row) <= demand for row in terms.get("demand") or [])
        and all(8 not in (row.get("weekdays") or []) for row in rows)
        and (not export or (len(export) == 1 and set(export[0]) == {"price_per_kwh"}))
        and set(terms.get("subscription") or {}) <= set(SUBSCRIBED)
    )


def simple_fields(terms: dict[str, Any]) -> dict[str, Any]:
    subscription, spot, export = terms.get("subscription") or {}, terms.get("spot") or {}, terms.get("export") or [{}]
    return {
        **{name: subscription.get(name) for name in SUBSCRIBED},
        **{name: terms.get(name) for name in AMOUNTS},
        "export_price": export[0].get("price_per_kwh"),
        "spot_times": spot.get("times"),
        "spot_stands_in": spot.get("stands_in_per_kwh"),
    }


def rows_of(entries: list[dict[str, Any]], price: str) -> list[dict[str, Any]]:
    """Entries of terms as rows of a formset."""
    rows = []
    for entry in entries:
        months = sorted(entry.get("months") or [])
        first, last = season_of(months)
        rows.append(
            {
                "label": entry.get("label") or entry.get("name") or "",
                "weekdays": entry.get("weekdays") or [number for number, _ in WEEKDAYS],
                "begins": entry.get("from", "00:00"),
                "ends": entry.get("to", "24:00"),
                "first_month": first,
                "last_month": last,
                "kept_months": "" if first or len(months) == 12 else ",".join(map(str, months)),
                "price_per_kwh": entry.get(price),
                "interval_min": entry.get("interval_min", 15),
                "minimum_kw": entry.get("minimum_kw"),
            }
        )
    return rows
