"""Rows of the form of a utility's tariff: seasons, prices of energy and charges on peaks, from terms and to them."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from depot.energy.tariff import A_LEAP_YEAR, HOLIDAY
from depot.energy.terms import DAYS_MOST, INTERVALS_MIN, MONTHS_MOST, TermsUnreadable, steps_of
from depot.yard.forms.tariffs import MONTHS, PERIODS_MAX, WEEKDAYS, PeriodForm, money_field, when_of

PRICE: dict[str, Any] = {"max_digits": 10, "decimal_places": 5, "required": False}
DAYS = [*WEEKDAYS, (HOLIDAY, "Hol")]
BY_KW, BY_KVA = "price_per_kw", "price_per_kva"
# What rows can say of an entry.
EXPORT_WORDS = frozenset({"label", "price_per_kwh", "weekdays", "months", "season", "from", "to"})
ENERGY_WORDS = EXPORT_WORDS | {"first_kwh", "each"}
DEMAND_WORDS = (EXPORT_WORDS - {"label", "price_per_kwh"}) | {
    "name", BY_KW, BY_KVA, "power_factor", "interval_min", "minimum_kw", "minimum_kva", "ratchet", "mean_of_months",
    "mean_of_days", "steps",
}  # fmt: skip


def days_field() -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        choices=DAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple, label="Days"
    )


def count_field(label: str, most: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=most, required=False)


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
        """As an entry of terms; None for an empty row."""
        written = self.written(DAYS)
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


class ExportRow(DayRow):
    price_per_kwh = money_field(label="Price per kWh", min_value=Decimal(-100), **PRICE)


class StepsField(forms.CharField):
    """`10: 32; 20: 45; above: 70` as steps of terms: up to so many kW, such a price a month."""

    def __init__(self) -> None:
        widget = forms.TextInput(attrs={"placeholder": "10: 32; 20: 45; above: 70", "autocomplete": "off"})
        super().__init__(
            label="Or steps: up to so many kW, a price a month",
            max_length=400,
            required=False,
            widget=widget,
        )

    def clean(self, value: Any) -> list[dict[str, str]]:
        said = str(super().clean(value))
        steps = [self._step(part.strip()) for part in said.split(";") if part.strip()]
        if steps and (len(steps) < 2 or "up_to_kw" in steps[-1]):
            raise ValidationError("Two steps at least, the last written as above: 70.")
        try:
            steps_of({"steps": steps}, "Steps")
        except TermsUnreadable as error:
            raise ValidationError(str(error)) from error
        return steps

    @staticmethod
    def _step(said: str) -> dict[str, str]:
        found = re.fullmatch(r"([0-9.]+|above) *(?:kW)? *: *([0-9.]+)", said)
        if found is None:
            raise ValidationError(f"{said} is no step: write it as 10: 32, and the last as above: 70.")
        up_to, price = found.groups()
        return {"price": price} if up_to == "above" else {"up_to_kw": up_to, "price": price}


class DemandRow(DayRow):
    """Hours in which the highest average of the month is charged. A row without a price or steps is no row."""

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
    ratchet_months = count_field("Ratchet: months", MONTHS_MOST)
    mean_of_months = count_field("Mean of months", MONTHS_MOST)
    mean_of_days = count_field("Mean of highest days", DAYS_MOST)
    steps = StepsField()
    more = ("season", "minimum", "ratchet_share", "ratchet_months", "mean_of_months", "mean_of_days")

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("steps") or "steps" in self.errors:
            self._clean_steps()
        cleaned = super().clean()
        if cleaned.get("ratchet_share") and not cleaned.get("ratchet_months") and "ratchet_months" not in self.errors:
            self.add_error("ratchet_months", "For how many months is a peak the floor? Often 11.")
        if cleaned.get("ratchet_months") and not cleaned.get("ratchet_share") and "ratchet_share" not in self.errors:
            self.add_error("ratchet_share", "How much of the peak is the floor? 100 for all of it.")
        if cleaned.get("ratchet_months") and cleaned.get("mean_of_months"):
            self.add_error("mean_of_months", "Either a ratchet or the mean of months, not both.")
        if cleaned.get("mean_of_days") and (cleaned.get("ratchet_months") or cleaned.get("mean_of_months")):
            self.add_error("mean_of_days", "The mean of days goes with neither a ratchet nor the mean of months.")
        return cleaned

    def _clean_steps(self) -> None:
        """They stand in the price's place."""
        said = self.cleaned_data
        if said.get("price_per_kwh"):
            self.add_error("steps", "Either a price per kW or steps, not both.")
        if said.get("counted_in") == "kva":
            self.add_error("counted_in", "Steps are of kW.")
        if said.get("ratchet_months") or said.get("mean_of_months"):
            self.add_error("steps", "Steps go with neither a ratchet nor the mean of months.")
        said["price_per_kwh"] = said.get("price_per_kwh") or Decimal(0)

    def charge(self) -> dict[str, Any] | None:
        period = self.period()
        if period is None:
            return None
        said = self.cleaned_data
        named = period.pop("label") or "any time"
        by_kva = said["counted_in"] == "kva"
        price = period.pop("price_per_kwh")
        of_a_kw = {"steps": said["steps"]} if said["steps"] else {BY_KVA if by_kva else BY_KW: price}
        charge = {"name": named, **of_a_kw, **period}
        if by_kva and said["power_factor"]:
            charge["power_factor"] = float(said["power_factor"])
        charge["interval_min"] = said["interval_min"] or 15
        if said["minimum"]:
            charge["minimum_kva" if by_kva else "minimum_kw"] = float(said["minimum"])
        if said["ratchet_months"]:
            charge["ratchet"] = {"months": said["ratchet_months"], "share": float(said["ratchet_share"] / 100)}
        if said["mean_of_months"]:
            charge["mean_of_months"] = said["mean_of_months"]
        if said["mean_of_days"]:
            charge["mean_of_days"] = said["mean_of_days"]
        return charge


EnergyRows = forms.formset_factory(EnergyRow, extra=2, max_num=PERIODS_MAX, absolute_max=PERIODS_MAX)
DemandRows = forms.formset_factory(DemandRow, extra=1, max_num=PERIODS_MAX, absolute_max=PERIODS_MAX)
ExportRows = forms.formset_factory(ExportRow, extra=1, max_num=PERIODS_MAX, absolute_max=PERIODS_MAX)
SeasonRows = forms.formset_factory(SeasonRow, extra=2, max_num=PERIODS_MAX, absolute_max=PERIODS_MAX)


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


def rows_of(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries of terms as rows of a formset."""
    rows = []
    for entry in entries:
        ratchet = entry.get("ratchet") or {}
        rows.append(
            {
                **when_of(entry, DAYS),
                "label": entry.get("label") or entry.get("name") or "",
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
                "mean_of_days": entry.get("mean_of_days"),
                "steps": "; ".join(
                    f"{step.get('up_to_kw', 'above')}: {step['price']}" for step in entry.get("steps", ())
                ),
            }
        )
    return rows
