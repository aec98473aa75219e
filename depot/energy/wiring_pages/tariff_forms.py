"""The utility's tariff as plain rows; what rows cannot say stays as it is written."""

import json
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from depot.energy.models import SiteTariff
from depot.energy.tariff import A_LEAP_YEAR, HOLIDAY
from depot.energy.terms import INTERVALS_MIN, MONTHS_MOST, TermsUnreadable, read_priced
from depot.models import Depot
from depot.yard.forms.tariffs import MONTHS, PERIODS_MAX, WEEKDAYS, PeriodForm, money_field, season_of

PRICE: dict[str, Any] = {"max_digits": 10, "decimal_places": 5, "required": False}
AMOUNTS = ("fixed_per_month", "fixed_per_day", "tax_percent")
WORKDAYS = [1, 2, 3, 4, 5]
DAYS = [*WEEKDAYS, (HOLIDAY, "Hol")]
BY_KW, BY_KVA = "price_per_kw", "price_per_kva"
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


def days_field() -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        choices=DAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple, label="Days"
    )


def months_field(label: str) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=MONTHS_MOST, required=False)


def plain(number: Decimal) -> str:
    """Without noughts behind, and without an exponent."""
    return f"{number.normalize():f}"


def day_of_year(said: str) -> str:
    """15 June, June 15, 15.6. and 06-15 as 06-15. Raises ValidationError."""
    if found := re.fullmatch(r"([0-9]{1,2})-([0-9]{1,2})", said):
        month, day = int(found[1]), int(found[2])
    elif found := re.fullmatch(r"([0-9]{1,2})\. ?([0-9]{1,2})\.?", said):
        month, day = int(found[2]), int(found[1])
    else:
        word = re.search(r"[A-Za-z]{3,}", said)
        number = re.fullmatch(r"[^0-9]*([0-9]{1,2})[^0-9]*", said)
        named = [n for n, name in MONTHS if word and name.lower().startswith(word[0].lower())]
        month, day = (named[0], int(number[1])) if named and number else (0, 0)
    try:
        return f"{date(A_LEAP_YEAR, month, day):%m-%d}"
    except ValueError as error:
        raise ValidationError(f"{said} is no day of the year: write it as 15 June.") from error


def in_words(day: str) -> str:
    """06-15 as 15 June."""
    return f"{date.fromisoformat(f'{A_LEAP_YEAR}-{day}'):%-d %B}"


class DayOfYearField(forms.CharField):
    """A day without a year, as people write it; in terms 06-15."""

    def __init__(self, label: str, example: str) -> None:
        widget = forms.TextInput(attrs={"placeholder": example, "autocomplete": "off"})
        super().__init__(label=label, max_length=20, required=False, widget=widget)

    def clean(self, value: Any) -> str:
        said = str(super().clean(value))
        return day_of_year(said) if said else ""


class SeasonRow(forms.Form):
    """A stretch of the year. Two rows of one name are one season of two stretches."""

    name = forms.CharField(label="Called", max_length=40, required=False)
    first = DayOfYearField("First day", "15 June")
    last = DayOfYearField("Last day", "14 September")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        told = {key: cleaned.get(key) for key in ("name", "first", "last") if key not in self.errors}
        if any(told.values()):
            for key, text in (("name", "What is it called?"), ("first", "From which day on?"), ("last", "Until when?")):
                if key in told and not told[key]:
                    self.add_error(key, text)
        return cleaned


class DayRow(PeriodForm):
    """A holiday is a day of its own: a row without it does not hold on holidays, one without any day on all."""

    weekdays = days_field()
    season = forms.CharField(
        label="Season", max_length=40, required=False,
        widget=forms.TextInput(attrs={"list": "season-names", "autocomplete": "off", "placeholder": "all year"}),
    )  # fmt: skip
    more: tuple[str, ...] = ("season",)  # fields that make no sense without a price

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        is_begun = any(cleaned.get(name) for name in self.more)
        if is_begun and cleaned.get("price_per_kwh") is None and "price_per_kwh" not in self.errors:
            self.add_error("price_per_kwh", "What does it cost then? Empty the whole row to take it away.")
        if cleaned.get("season") and (cleaned.get("first_month") or cleaned.get("kept_months")):
            self.add_error("season", "Say either a season or its months.")
        return cleaned

    def period(self) -> dict[str, Any] | None:
        days = self.cleaned_data.get("weekdays") or []
        self.cleaned_data["weekdays"] = []
        written = super().period()
        self.cleaned_data["weekdays"] = days
        if written is not None and 0 < len(days) < len(DAYS):
            written["weekdays"] = sorted(days)
        if written is not None and self.cleaned_data["season"]:
            written["season"] = self.cleaned_data["season"]
        return written

    def look_for_season(self, names: Iterable[str]) -> None:
        """A season that is none of these is said beside its field."""
        season, known = self.cleaned_data.get("season"), list(names)
        if season and season not in known:
            there = f"There is {', '.join(known)}." if known else "None is written under Seasons."
            self.add_error("season", f"No season is called {season}. {there}")


class EnergyRow(DayRow):
    price_per_kwh = money_field(label="Price per kWh", min_value=Decimal(-100), **PRICE)
    first_kwh = forms.DecimalField(
        label="Only the first, kWh", min_value=Decimal("0.001"), max_digits=12, decimal_places=3, required=False
    )
    each = forms.ChoiceField(label="Of each", choices=[("month", "month"), ("day", "day")], required=False)
    more = ("season", "first_kwh")

    def period(self) -> dict[str, Any] | None:
        written = super().period()
        if written is not None and self.cleaned_data["first_kwh"]:
            written["first_kwh"] = plain(self.cleaned_data["first_kwh"])
            written["each"] = self.cleaned_data["each"] or "month"
        return written


class DemandRow(DayRow):
    """Hours in which the highest average of the month is charged. A row without a price is no row."""

    price_per_kwh = money_field(label="Price per kW", min_value=Decimal(0), **PRICE)
    counted_in = forms.ChoiceField(label="Counted in", choices=[("kw", "kW"), ("kva", "kVA")], required=False)
    power_factor = forms.DecimalField(
        label="Power factor", min_value=Decimal("0.01"), max_value=Decimal(1), max_digits=4, decimal_places=3,
        required=False,
    )  # fmt: skip
    interval_min = forms.TypedChoiceField(
        label="Average over", choices=[(n, f"{n} min") for n in INTERVALS_MIN], coerce=int, initial=15, required=False,
    )  # fmt: skip
    minimum = forms.DecimalField(
        label="At least, kW or kVA", min_value=Decimal(0), max_digits=10, decimal_places=3, required=False
    )
    ratchet_share = forms.DecimalField(
        label="Ratchet: % of a peak", min_value=Decimal("0.1"), max_value=Decimal(100), max_digits=5, decimal_places=2,
        required=False,
    )  # fmt: skip
    ratchet_months = months_field("Ratchet: months")
    mean_of_months = months_field("Mean of months")
    more = ("season", "minimum", "ratchet_share", "ratchet_months", "mean_of_months")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("ratchet_share") and not cleaned.get("ratchet_months") and "ratchet_months" not in self.errors:
            self.add_error("ratchet_months", "For how many months is a peak the floor? Often 11.")
        if cleaned.get("ratchet_months") and not cleaned.get("ratchet_share") and "ratchet_share" not in self.errors:
            self.add_error("ratchet_share", "How much of the peak is the floor? 100 for all of it.")
        if cleaned.get("ratchet_months") and cleaned.get("mean_of_months"):
            self.add_error("mean_of_months", "Either a ratchet or the mean of months, not both.")
        return cleaned

    def charge(self) -> dict[str, Any] | None:
        period = self.period()
        if period is None:
            return None
        said = self.cleaned_data
        named = period.pop("label") or "any time"
        by_kva = said["counted_in"] == "kva"
        charge = {"name": named, BY_KVA if by_kva else BY_KW: period.pop("price_per_kwh"), **period}
        if by_kva and said["power_factor"]:
            charge["power_factor"] = float(said["power_factor"])
        charge["interval_min"] = said["interval_min"] or 15
        if said["minimum"]:
            charge["minimum_kva" if by_kva else "minimum_kw"] = float(said["minimum"])
        if said["ratchet_months"]:
            charge["ratchet"] = {"months": said["ratchet_months"], "share": float(said["ratchet_share"] / 100)}
        if said["mean_of_months"]:
            charge["mean_of_months"] = said["mean_of_months"]
        return charge


EnergyRows = forms.formset_factory(EnergyRow, extra=2, max_num=PERIODS_MAX, absolute_max=PERIODS_MAX)
DemandRows = forms.formset_factory(DemandRow, extra=1, max_num=PERIODS_MAX, absolute_max=PERIODS_MAX)
SeasonRows = forms.formset_factory(SeasonRow, extra=2, max_num=PERIODS_MAX, absolute_max=PERIODS_MAX)


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

    def terms(
        self, energy: list[dict[str, Any]], demand: list[dict[str, Any]], seasons: dict[str, list[list[str]]]
    ) -> dict[str, Any]:
        """Raises TermsUnreadable."""
        said = self.cleaned_data
        terms: dict[str, Any] = {"currency": self.instance.depot.currency, "energy": energy}
        if seasons:
            terms["seasons"] = seasons
        if demand:
            terms["demand"] = demand
        if said["holidays"]:
            terms["holidays"] = said["holidays"]
        elif any(row.get("weekdays") == [HOLIDAY] for row in (*energy, *demand)):
            raise TermsUnreadable("A row holds on holidays only, and no holiday is listed.")
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
    """Whether the rows can say all of it: several prices of export, and a charge in steps, they cannot."""
    known = {"currency", "seasons", "energy", "demand", "subscription", "export", "spot", "holidays", *AMOUNTS}
    when = {"weekdays", "months", "season", "from", "to"}
    energy = {"label", "price_per_kwh", "first_kwh", "each", *when}
    demand = {
        "name", BY_KW, BY_KVA, "power_factor", "interval_min", "minimum_kw", "minimum_kva", "ratchet",
        "mean_of_months", *when,
    }  # fmt: skip
    export = terms.get("export") or []
    entries = [*(terms.get("energy") or []), *(terms.get("demand") or [])]
    return (
        set(terms) <= known
        and all(set(row) <= energy for row in terms.get("energy") or [])
        and all(set(row) <= demand for row in terms.get("demand") or [])
        and not any(row.get("season") and row.get("months") for row in entries)
        and not any("minimum_kw" in row if BY_KVA in row else "minimum_kva" in row for row in entries)
        and (not export or (len(export) == 1 and set(export[0]) == {"price_per_kwh"}))
        and set(terms.get("subscription") or {}) <= set(SUBSCRIBED)
    )


def seasons_told(rows: Iterable[SeasonRow]) -> dict[str, list[list[str]]]:
    seasons: dict[str, list[list[str]]] = {}
    for row in rows:
        if name := row.cleaned_data.get("name"):
            seasons.setdefault(name, []).append([row.cleaned_data["first"], row.cleaned_data["last"]])
    return seasons


def season_rows(terms: dict[str, Any]) -> list[dict[str, str]]:
    """Seasons of terms as rows of a formset."""
    return [
        {"name": name, "first": in_words(first), "last": in_words(last)}
        for name, stretches in (terms.get("seasons") or {}).items()
        for first, last in stretches
    ]


def simple_fields(terms: dict[str, Any]) -> dict[str, Any]:
    subscription, spot, export = terms.get("subscription") or {}, terms.get("spot") or {}, terms.get("export") or [{}]
    return {
        **{name: subscription.get(name) for name in SUBSCRIBED},
        **{name: terms.get(name) for name in AMOUNTS},
        "export_price": export[0].get("price_per_kwh"),
        "spot_times": spot.get("times"),
        "spot_stands_in": spot.get("stands_in_per_kwh"),
        "holidays": "\n".join(terms.get("holidays") or []),
    }


def rows_of(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries of terms as rows of a formset."""
    rows = []
    for entry in entries:
        months = sorted(entry.get("months") or [])
        first, last = season_of(months)
        ratchet = entry.get("ratchet") or {}
        rows.append(
            {
                "label": entry.get("label") or entry.get("name") or "",
                "weekdays": entry.get("weekdays") or [number for number, _ in DAYS],
                "begins": entry.get("from", "00:00"),
                "ends": entry.get("to", "24:00"),
                "first_month": first,
                "last_month": last,
                "kept_months": "" if first or len(months) == 12 else ",".join(map(str, months)),
                "price_per_kwh": next((entry[key] for key in ("price_per_kwh", BY_KW, BY_KVA) if key in entry), None),
                "counted_in": "kva" if BY_KVA in entry else "kw",
                "power_factor": entry.get("power_factor"),
                "interval_min": entry.get("interval_min", 15),
                "minimum": entry.get("minimum_kva" if BY_KVA in entry else "minimum_kw"),
                "season": entry.get("season", ""),
                "first_kwh": entry.get("first_kwh"),
                "each": entry.get("each", "month"),
                "ratchet_months": ratchet.get("months"),
                "ratchet_share": plain(Decimal(str(ratchet.get("share", 1))) * 100) if ratchet else None,
                "mean_of_months": entry.get("mean_of_months"),
            }
        )
    return rows
