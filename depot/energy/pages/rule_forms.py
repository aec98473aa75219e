"""Rules as sentences with blanks, on paper: one form a sentence, in the order in which they speak."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from chargers.models import Charger
from depot.board.figures import natural
from depot.energy.models import Circuit, Rule, RuleKind, RuleScope
from depot.energy.queries.instance import wirings_of
from depot.models import Bay, Depot
from sessions.models import Vehicle

WALL = re.compile(r"(\d{1,2})[:.](\d{2})")
DAYS = [(str(n), name) for n, name in enumerate(("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"), 1)]
EVERY_DAY = "1234567"
MOST_KW = Decimal(100_000)
ROWS_AT_MOST = 60
LIMITING = (RuleKind.AT_MOST, RuleKind.TOGETHER, RuleKind.NOTHING, RuleKind.BELOW_PRICE, RuleKind.SOLAR_ONLY)

Choice = tuple[str, str]
Choices = list[tuple[str, list[Choice]]]


class WallTimeField(forms.CharField):
    """`hh:mm` by the clock on the depot's wall: a browser's own field would follow the browser's language."""

    def __init__(self, label: str, *, required: bool = False, **options: Any) -> None:
        attrs = {"size": 5, "inputmode": "numeric", "placeholder": "hh:mm", "aria-label": f"{label}, hh:mm"}
        widget = forms.TextInput(attrs=attrs)
        super().__init__(label=label, widget=widget, required=required, max_length=5, **options)

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%H:%M}" if isinstance(value, time) else value

    def clean(self, value: Any) -> time | None:
        written = str(value or "").strip()
        if not written:
            return None
        found = WALL.fullmatch(written)
        hour, minute = (int(found[1]), int(found[2])) if found else (99, 0)
        if hour == 24 and minute == 0:
            hour = 0
        if hour > 23 or minute > 59:
            raise ValidationError(f"{self.label}: write the hour as hh:mm, such as 22:00.")
        return time(hour, minute)


class SentenceForm(forms.Form):
    kind = forms.ChoiceField(choices=RuleKind.choices, widget=forms.HiddenInput)
    rule = forms.IntegerField(required=False, widget=forms.HiddenInput)
    from_time = WallTimeField("From")
    to_time = WallTimeField("To")
    weekdays = forms.MultipleChoiceField(label="Days", choices=DAYS, widget=forms.CheckboxSelectMultiple)
    where = forms.ChoiceField(label="Where", widget=forms.Select(attrs={"aria-label": "Where it holds"}))
    kw = forms.DecimalField(
        label="Power",
        required=False,
        min_value=0,
        max_value=MOST_KW,
        max_digits=9,
        decimal_places=3,
        widget=forms.TextInput(attrs={"size": 5, "inputmode": "decimal", "aria-label": "kilowatts"}),
    )
    price = forms.DecimalField(
        label="Price",
        required=False,
        max_digits=10,
        decimal_places=5,
        widget=forms.TextInput(attrs={"size": 6, "inputmode": "decimal", "aria-label": "price per kWh"}),
    )
    leaves_before = WallTimeField("Leaving before")
    except_leaves_before = WallTimeField("Except those leaving before")

    def __init__(self, *args: Any, key: str, places: Choices, **options: Any) -> None:
        options["prefix"] = key
        super().__init__(*args, **options)
        self.key = key
        where = self.fields["where"]
        assert isinstance(where, forms.ChoiceField)
        where.choices = places
        self.clash_words: list[str] = []

    @property
    def kind_now(self) -> str:
        said = self.data.get(f"{self.key}-kind") if self.is_bound else self.initial.get("kind")
        return str(said or RuleKind.AT_MOST)

    @property
    def is_about_hours(self) -> bool:
        return self.kind_now in LIMITING

    @property
    def title(self) -> str:
        return str(RuleKind(self.kind_now).label) if self.kind_now in RuleKind.values else ""

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        kind = said.get("kind")
        if kind in (RuleKind.AT_MOST, RuleKind.TOGETHER) and said.get("kw") is None and "kw" not in self.errors:
            self.add_error("kw", "How many kilowatts?")
        if kind == RuleKind.BELOW_PRICE and said.get("price") is None and "price" not in self.errors:
            self.add_error("price", "Below which price?")
        both = {"from_time", "to_time"} & set(self.errors)
        if kind != RuleKind.FIRST and not both and (said.get("from_time") is None) != (said.get("to_time") is None):
            self.add_error("to_time", "Tell both hours, or leave both blank for all day.")
        return said

    def to_rule(self, depot: Depot, now: datetime) -> Rule:
        """Not stored yet; what its kind has no blank for stays blank."""
        said, kind = self.cleaned_data, self.cleaned_data["kind"]
        limits_hours = kind != RuleKind.FIRST
        rule = Rule(
            depot=depot,
            kind=kind,
            weekdays="".join(sorted(said["weekdays"])),
            from_time=said["from_time"] if limits_hours else None,
            to_time=said["to_time"] if limits_hours else None,
            limit_w=round(said["kw"] * 1000) if kind in (RuleKind.AT_MOST, RuleKind.TOGETHER) else None,
            price_per_kwh=said["price"] if kind == RuleKind.BELOW_PRICE else None,
            leaves_before=said["leaves_before"] if kind == RuleKind.FIRST else None,
            except_leaves_before=said["except_leaves_before"] if limits_hours else None,
            made_at=now,
        )
        scope, _, number = said["where"].partition(":")
        rule.scope = RuleScope(scope)
        if scope == RuleScope.GROUP:
            rule.group = number
        elif scope != RuleScope.DEPOT:
            setattr(rule, f"{scope}_id", int(number))
        return rule


def place_of_rule(rule: Rule) -> str:
    if rule.scope == RuleScope.DEPOT:
        return rule.scope
    which = rule.group if rule.scope == RuleScope.GROUP else getattr(rule, f"{rule.scope}_id")
    return f"{rule.scope}:{which}"


def initial_of(rule: Rule) -> dict[str, Any]:
    price = rule.price_per_kwh
    return {
        "kind": rule.kind,
        "rule": rule.pk,
        "from_time": rule.from_time,
        "to_time": rule.to_time,
        "weekdays": list(rule.weekdays),
        "where": place_of_rule(rule),
        "kw": None if rule.limit_w is None else f"{rule.limit_w / 1000:g}",
        "price": None if price is None else f"{price.normalize():f}",
        "leaves_before": rule.leaves_before,
        "except_leaves_before": rule.except_leaves_before,
    }


def places_of(depot: Depot) -> Choices:
    """Where a rule may hold. A charger with one EVSE is told by its bay, or by itself."""
    bays = sorted(Bay.objects.filter(depot=depot), key=lambda bay: natural(bay.name))
    wirings = wirings_of(depot)
    chargers: dict[int, Charger] = {wiring.evse.charger_id: wiring.evse.charger for wiring in wirings}
    zones = sorted({bay.zone for bay in bays if bay.zone}, key=natural)
    vehicles = Vehicle.objects.filter(depot_key=depot.pk, is_active=True)
    groups = [
        ("Where", [("depot", "all bays"), ("group:ac", "all AC bays"), ("group:dc", "all DC bays")]),
        ("Zones", [(f"group:{zone}", zone) for zone in zones]),
        ("Circuits", [(f"circuit:{row.pk}", row.name) for row in Circuit.objects.filter(depot=depot)]),
        ("Bays", [(f"bay:{bay.pk}", bay.name) for bay in bays]),
        ("Chargers", [(f"charger:{pk}", str(one)) for pk, one in chargers.items()]),
        ("EVSEs", [(f"evse:{w.evse_id}", str(w.evse)) for w in wirings]),
        ("Vehicles", [(f"vehicle:{v.pk}", v.unit_number) for v in sorted(vehicles, key=lambda v: natural(str(v)))]),
    ]
    return [(name, rows) for name, rows in groups if rows]


def forms_of(rules: Sequence[Rule], places: Choices) -> list[SentenceForm]:
    return [SentenceForm(key=f"r{rule.pk}", places=places, initial=initial_of(rule)) for rule in rules]


def forms_told(data: QueryDict, places: Choices) -> list[SentenceForm]:
    """In the order in which they stand on the page."""
    keys = [key for key in dict.fromkeys(data.getlist("row")) if re.fullmatch(r"[rn]\d{1,9}", key)][:ROWS_AT_MOST]
    return [SentenceForm(data, key=key, places=places) for key in keys]


def blank_of(kind: str, told: Sequence[SentenceForm], places: Choices) -> SentenceForm:
    numbers = [int(form.key[1:]) for form in told if form.key.startswith("n")]
    initial = {"kind": kind, "weekdays": list(EVERY_DAY), "where": "depot"}
    return SentenceForm(key=f"n{max(numbers, default=0) + 1}", places=places, initial=initial)


def moved(told: Sequence[SentenceForm], what: str, key: str) -> list[SentenceForm]:
    """One up, one down, or gone."""
    rows = list(told)
    at = next((n for n, form in enumerate(rows) if form.key == key), None)
    if at is None:
        return rows
    row = rows.pop(at)
    if what != "remove":
        rows.insert(max(0, at + (-1 if what == "up" else 1)), row)
    return rows


def hidden_fields(data: QueryDict) -> Iterator[tuple[str, str]]:
    """All that was told, to be told again by the next page's form."""
    for name, values in data.lists():
        if name not in ("csrfmiddlewaretoken", "do"):
            for value in values:
                yield name, str(value)


SAID = (
    "kind", "scope", "group", "circuit_id", "charger_id", "evse_id", "bay_id", "vehicle_id", "weekdays", "from_time",
    "to_time", "limit_w", "price_per_kwh", "leaves_before", "except_leaves_before",
)  # fmt: skip


def same_words(one: Rule, other: Rule) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in SAID)
