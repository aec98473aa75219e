"""The utility's tariff as plain rows; what rows cannot say stays as it is written."""

import json
import re
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from depot.energy.models import SiteTariff
from depot.energy.tariff import HOLIDAY
from depot.energy.terms import TermsUnreadable, read_priced
from depot.energy.wiring_pages.tariff_rows import BY_KVA, DEMAND_WORDS, ENERGY_WORDS, EXPORT_WORDS, PRICE
from depot.models import Depot
from depot.yard.forms.tariffs import money_field

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
    "seasons": (
        "Summer and winter",
        {
            "seasons": {"Summer": [["06-01", "09-30"]]},
            "energy": [
                {
                    "label": "On-peak",
                    "season": "Summer",
                    "weekdays": WORKDAYS,
                    "from": "16:00",
                    "to": "21:00",
                    "price_per_kwh": "0.40",
                },
                {"label": "Summer", "season": "Summer", "price_per_kwh": "0.16"},
                {"label": "Winter", "price_per_kwh": "0.19"},
            ],
            "demand": [{"name": "any time", "price_per_kw": "15", "ratchet": {"months": 11, "share": 0.8}}],
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


class SiteTariffForm(forms.ModelForm):  # type: ignore[type-arg]
    block_kw = forms.DecimalField(label="A block is, kW", min_value=Decimal(0), required=False)
    price_per_block = money_field(label="Price per block and month", min_value=Decimal(0), **PRICE)
    overage_per_kw = money_field(label="Per kW above the blocks", min_value=Decimal(0), **PRICE)
    blocks = forms.IntegerField(
        label="Blocks ordered", min_value=1, required=False, help_text="Blank: as the peak takes"
    )
    fixed_per_month = money_field(label="Fixed, per month", min_value=Decimal(0), **PRICE)
    fixed_per_day = money_field(label="Fixed, per day", min_value=Decimal(0), **PRICE)
    tax_percent = money_field(label="Tax, %", min_value=Decimal(0), max_value=Decimal(100), **PRICE)
    spot_times = money_field(label="Market's price, times", min_value=Decimal(0), **PRICE)
    spot_stands_in = money_field(label="Where it is not known, per kWh", min_value=Decimal(-100), **PRICE)
    holidays = forms.CharField(
        label="Holidays",
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "placeholder": "2027-01-01"}),
        help_text="One day a line, as 2027-12-25. Rows marked Hol hold on them, whatever weekday they fall on.",
    )
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

    def clean_holidays(self) -> list[str]:
        days = set()
        for word in re.split(r"[\s,;]+", self.cleaned_data["holidays"].strip()):
            try:
                days |= {date.fromisoformat(word).isoformat()} if word else set()
            except ValueError as error:
                raise ValidationError(f"{word} is no day: write it as 2027-12-25.") from error
        return sorted(days)

    def clean_valid_from(self) -> Any:
        day = self.cleaned_data["valid_from"]
        if SiteTariff.objects.filter(depot=self.instance.depot, valid_from=day).exclude(pk=self.instance.pk).exists():
            raise ValidationError("Another tariff begins on this day.")
        return day

    def terms(self, rows: dict[str, Any]) -> dict[str, Any]:
        """`rows`: seasons, energy, demand and export, those that are not empty. Raises TermsUnreadable."""
        said = self.cleaned_data
        terms: dict[str, Any] = {"currency": self.instance.depot.currency, "energy": [], **rows}
        entries = [*terms["energy"], *rows.get("demand", ()), *rows.get("export", ())]
        if said["holidays"]:
            terms["holidays"] = said["holidays"]
        elif any(row.get("weekdays") == [HOLIDAY] for row in entries):
            raise TermsUnreadable("A row holds on holidays only, and no holiday is listed.")
        if said["block_kw"]:
            terms["subscription"] = {
                "block_kw": float(said["block_kw"]),
                "price_per_block": str(said["price_per_block"] or 0),
                "overage_per_kw": str(said["overage_per_kw"] or 0),
                **({"blocks": said["blocks"]} if said["blocks"] else {}),
            }
        if said["spot_times"]:
            terms["spot"] = {"times": str(said["spot_times"]), "stands_in_per_kwh": str(said["spot_stands_in"] or 0)}
        for name in AMOUNTS:
            if said[name]:
                terms[name] = str(said[name])
        read_priced(terms, ZoneInfo(self.instance.depot.time_zone))
        return terms

    def written_terms(self) -> dict[str, Any]:
        """Raises TermsUnreadable."""
        try:
            terms = json.loads(self.cleaned_data["written"])
        except ValueError as error:
            raise TermsUnreadable(f"This is no JSON: {error}") from error
        if not isinstance(terms, dict):
            raise TermsUnreadable("An object is expected.")
        read_priced(terms, ZoneInfo(self.instance.depot.time_zone))
        return terms


def fits_rows(terms: dict[str, Any]) -> bool:
    """Whether the rows can say all of it: an entry with both a season and months they cannot, nor a minimum in kW of a
    charge that is counted in kVA."""
    known = {"currency", "seasons", "energy", "demand", "subscription", "export", "spot", "holidays", *AMOUNTS}
    said_by = {"energy": ENERGY_WORDS, "demand": DEMAND_WORDS, "export": EXPORT_WORDS}
    entries = {word: terms.get(word) or [] for word in said_by}
    return (
        set(terms) <= known
        and all(set(entry) <= words for word, words in said_by.items() for entry in entries[word])
        and not any(entry.get("season") and entry.get("months") for word in said_by for entry in entries[word])
        and not any(
            "minimum_kw" in charge if BY_KVA in charge else "minimum_kva" in charge for charge in entries["demand"]
        )
        and set(terms.get("subscription") or {}) <= set(SUBSCRIBED)
    )


def simple_fields(terms: dict[str, Any]) -> dict[str, Any]:
    subscription, spot = terms.get("subscription") or {}, terms.get("spot") or {}
    return {
        **{name: subscription.get(name) for name in SUBSCRIBED},
        **{name: terms.get(name) for name in AMOUNTS},
        "spot_times": spot.get("times"),
        "spot_stands_in": spot.get("stands_in_per_kwh"),
        "holidays": "\n".join(terms.get("holidays") or []),
    }
