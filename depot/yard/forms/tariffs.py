"""A tariff: one price, or prices by the clock and the day."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from billing.models import Tariff
from billing.pricing import Period, PeriodUnreadable
from billing.services import Terms
from depot.yard.forms.fields import MomentField, zone_choices

WEEKDAYS = [(1, "Mo"), (2, "Tu"), (3, "We"), (4, "Th"), (5, "Fr"), (6, "Sa"), (7, "Su")]
MONTHS = [
    (1, "January"), (2, "February"), (3, "March"), (4, "April"), (5, "May"), (6, "June"), (7, "July"), (8, "August"),
    (9, "September"), (10, "October"), (11, "November"), (12, "December"),
]  # fmt: skip
PRICE: dict[str, Any] = {"min_value": Decimal(0), "max_digits": 10, "decimal_places": 5}
PERIODS_MAX = 40


def money_field(**kwargs: Any) -> forms.DecimalField:
    return forms.DecimalField(widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}), **kwargs)


def clock_field(label: str, usual: str) -> forms.CharField:
    """Text, for the browser's own field for times follows the browser's language."""
    widget = forms.TextInput(attrs={"size": 5, "placeholder": usual, "autocomplete": "off"})
    return forms.CharField(max_length=5, required=False, label=label, widget=widget)


class TariffForm(forms.Form):
    name = forms.CharField(max_length=80)
    currency = forms.CharField(max_length=3, min_length=3, help_text="EUR, USD, GBP, …")
    price_per_kwh = money_field(label="Price per kWh", help_text="Before tax; where no row below fits", **PRICE)
    price_per_session = money_field(
        label="Price per session", required=False, min_value=Decimal(0), max_digits=10, decimal_places=3
    )
    tax_percent = money_field(
        label="Tax, %", required=False, min_value=Decimal(0), max_value=Decimal(100), max_digits=6, decimal_places=3
    )
    time_zone = forms.ChoiceField(label="Clock of the prices", required=False)

    def __init__(self, *args: Any, zone: ZoneInfo, tariff: Tariff | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tariff = tariff
        self.fields["time_zone"].choices = [("", "The depot's own"), *zone_choices()]  # type: ignore[attr-defined]
        if tariff is not None:
            # A change is another version under the same name, from a moment on.
            del self.fields["name"]
            help_text = "Blank: from now on. Sessions that run keep their price"
            self.fields["valid_from"] = MomentField(zone, to_the_end=False, label="Holds from", help_text=help_text)

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Tariff.objects.filter(name__iexact=name).exists():
            raise ValidationError("There is a tariff of this name; change that one, or choose another name.")
        return name

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).upper()
        if not re.fullmatch(r"[A-Z]{3}", currency):
            raise ValidationError("Three letters, such as EUR, USD, GBP.")
        return currency

    def terms(self, periods: list[dict[str, Any]]) -> Terms:
        said = self.cleaned_data
        return Terms(
            currency=said["currency"],
            time_zone=said["time_zone"],
            periods=periods,
            price_per_kwh=said["price_per_kwh"],
            price_per_session=said["price_per_session"] or Decimal(0),
            tax_percent=said["tax_percent"] or Decimal(0),
            valid_from=said.get("valid_from"),
        )


class PeriodForm(forms.Form):
    """One row: these days, these hours, this price. A row without a price is no row."""

    label = forms.CharField(max_length=40, required=False, label="Called")
    weekdays = forms.TypedMultipleChoiceField(
        choices=WEEKDAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple, label="Days"
    )
    begins = clock_field("From", "00:00")
    ends = clock_field("To", "24:00")
    first_month = forms.TypedChoiceField(
        choices=[("", "all year"), *MONTHS], coerce=int, required=False, empty_value=None, label="Months, first"
    )
    last_month = forms.TypedChoiceField(
        choices=[("", "–"), *MONTHS], coerce=int, required=False, empty_value=None, label="and last"
    )
    # Months with gaps, as another program may have written them: kept as they are until somebody chooses a season.
    kept_months = forms.CharField(required=False, widget=forms.HiddenInput, max_length=40)
    price_per_kwh = money_field(label="Price per kWh", required=False, **PRICE)

    def clean_begins(self) -> str:
        return clock_time(self.cleaned_data["begins"], "00:00", latest="23:59")

    def clean_ends(self) -> str:
        return clock_time(self.cleaned_data["ends"], "24:00", latest="24:00")

    def clean_kept_months(self) -> str:
        kept = str(self.cleaned_data["kept_months"])
        if kept and not all(month.isdigit() and 1 <= int(month) <= 12 for month in kept.split(",")):
            raise ValidationError("These are no months.")
        return kept

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "price_per_kwh" in self.errors:
            return cleaned
        if cleaned.get("price_per_kwh") is None:
            if cleaned.get("label") or cleaned.get("weekdays") or self.data.get(self.add_prefix("begins")):
                self.add_error("price_per_kwh", "What does it cost then? Empty the whole row to take it away.")
            return cleaned
        if cleaned.get("begins") and cleaned.get("begins") == cleaned.get("ends"):
            self.add_error("ends", "It ends when it begins.")
        if bool(cleaned.get("first_month")) != bool(cleaned.get("last_month")):
            self.add_error("last_month", "Say both the first and the last month.")
        return cleaned

    def period(self) -> dict[str, Any] | None:
        """As a tariff stores it; None for an empty row."""
        written = self.written(WEEKDAYS)
        if written is not None:
            Period.read(written)
        return written

    def written(self, days: Sequence[tuple[int, str]]) -> dict[str, Any] | None:
        """Of a week that has these days; none or all of them chosen is every day. None for an empty row."""
        said = self.cleaned_data
        if said.get("price_per_kwh") is None:
            return None
        written: dict[str, Any] = {
            "label": said["label"],
            "from": said["begins"],
            "to": said["ends"],
            "price_per_kwh": str(said["price_per_kwh"].normalize()) if said["price_per_kwh"] else "0",
        }
        if 0 < len(said["weekdays"]) < len(days):
            written["weekdays"] = sorted(said["weekdays"])
        if said["first_month"] and said["last_month"]:
            written["months"] = months_between(said["first_month"], said["last_month"])
        elif said["kept_months"]:
            written["months"] = [int(month) for month in said["kept_months"].split(",")]
        return written


PeriodFormSet = forms.formset_factory(PeriodForm, extra=3, max_num=PERIODS_MAX, absolute_max=PERIODS_MAX)


def clock_time(said: str, usual: str, *, latest: str) -> str:
    """`9`, `9:30` and `0930` as "09:30"."""
    said = said.strip()
    if not said:
        return usual
    found = re.fullmatch(r"([0-9]{1,2})(?:[:.h]?([0-9]{2}))?", said)
    hour, minute = (int(found.group(1)), int(found.group(2) or 0)) if found else (99, 0)
    written = f"{hour:02}:{minute:02}"
    if minute > 59 or written > latest:
        raise ValidationError(f"A time of day such as 16:00, {latest} at the latest.")
    return written


def months_between(first: int, last: int) -> list[int]:
    """From November to February is four months."""
    count = (last - first) % 12 + 1
    return sorted((first - 1 + step) % 12 + 1 for step in range(count))


def initial_of(tariff: Tariff) -> list[dict[str, Any]]:
    """The rows of a stored tariff as the form shows them."""
    rows = []
    for written in tariff.periods:
        try:
            Period.read(written)
        except PeriodUnreadable:
            continue  # it prices nothing either, and the page says so
        rows.append({**when_of(written), "price_per_kwh": written.get("price_per_kwh")})
    return rows


def when_of(written: dict[str, Any], days: Sequence[tuple[int, str]] = WEEKDAYS) -> dict[str, Any]:
    """Name, days, hours and months of a stored row as a form that knows these days shows them."""
    months = sorted(written.get("months") or [])
    first, last = season_of(months)
    return {
        "label": written.get("label") or "",
        "weekdays": written.get("weekdays") or [number for number, _ in days],
        "begins": written.get("from", "00:00"),
        "ends": written.get("to", "24:00"),
        "first_month": first,
        "last_month": last,
        "kept_months": "" if first or len(months) == 12 else ",".join(map(str, months)),
    }


def season_of(months: list[int]) -> tuple[int | None, int | None]:
    """The first and last month of a season, also over new year; none where it is the whole year or has gaps."""
    if not months or len(months) == 12:
        return None, None
    firsts = [month for month in months if (month - 2) % 12 + 1 not in months]
    lasts = [month for month in months if month % 12 + 1 not in months]
    return (firsts[0], lasts[0]) if len(firsts) == 1 else (None, None)
