"""Circuits, wirings, meters and what the planner goes by."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from chargers.choices import Standing
from chargers.models import Evse
from depot.energy.models import Circuit, Control, EnergySettings, MeterKind, MeterSource, Wiring
from depot.models import Depot
from depot.yard.forms.fields import PowerField
from depot.yard.forms.tariffs import clock_time

LINES = [
    ("123", "L1 L2 L3"), ("231", "L2 L3 L1"), ("312", "L3 L1 L2"), ("132", "L1 L3 L2"), ("213", "L2 L1 L3"),
    ("321", "L3 L2 L1"), ("1", "L1 only"), ("2", "L2 only"), ("3", "L3 only"), ("12", "L1 and L2"),
    ("23", "L2 and L3"), ("31", "L3 and L1"),
]  # fmt: skip


class CircuitForm(forms.ModelForm):  # type: ignore[type-arg]
    limit_w = PowerField(label="Limit of all lines together, kW", required=False)
    reserved_w = PowerField(
        label="Kept for other loads, kW",
        required=False,
        help_text="The most that everything else on this circuit may draw; what it feeds counts apart",
    )

    wire_all = forms.BooleanField(
        label="All chargers hang on it",
        required=False,
        initial=True,
        help_text="Every EVSE of the depot's bays shares it from now on; panels between can be drawn later",
    )
    usual_rating_w = PowerField(
        label="Most that one can draw, kW", required=False, help_text="Where we do not know it: 22 for a usual AC point"
    )

    class Meta:
        model = Circuit
        fields = ["name", "feeds_from", "limit_a", "limit_w", "voltage_v", "reserved_w"]
        labels = {
            "name": "Name",
            "feeds_from": "Fed by",
            "limit_a": "Limit of each line, A",
            "voltage_v": "Voltage, V",
        }
        help_texts = {
            "name": "As on the panel's door: Panel B, Supply 12, ...",
            "limit_a": "What the breaker says: 40 for two points on one 40 A supply",
        }

    def __init__(self, *args: Any, depot: Depot, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.depot = depot
        under = below(self.instance)
        above: forms.ModelChoiceField[Circuit] = self.fields["feeds_from"]  # type: ignore[assignment]
        above.queryset = Circuit.objects.filter(depot=depot).exclude(pk__in=under)
        root = Circuit.objects.filter(depot=depot, feeds_from=None).first()
        self.is_root = root is None or root.pk == self.instance.pk
        above.empty_label = "The utility: it is the grid connection" if self.is_root else None
        above.required = not self.is_root
        self.unwired = list(unwired_of(depot)) if root is None else []
        self.is_rating_missing = any(not evse.max_w for evse in self.unwired)
        if not self.unwired:
            del self.fields["wire_all"]
        if not self.is_rating_missing:
            del self.fields["usual_rating_w"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("wire_all") and self.is_rating_missing and not cleaned.get("usual_rating_w"):
            self.add_error("usual_rating_w", "What we do not limit yet counts at the most that it can draw.")
        return cleaned

    def save(self, commit: bool = True) -> Circuit:
        circuit: Circuit = super().save(commit)
        if self.cleaned_data.get("wire_all"):
            Wiring.objects.bulk_create(
                Wiring(
                    evse=evse,
                    circuit=circuit,
                    lines="1" if evse.phases == 1 and not evse.is_dc else "123",
                    rating_w=evse.max_w or self.cleaned_data["usual_rating_w"],
                )
                for evse in self.unwired
            )
        return circuit

    def clean_reserved_w(self) -> int:
        return int(self.cleaned_data.get("reserved_w") or 0)

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Circuit.objects.filter(depot=self.instance.depot, name__iexact=name).exclude(pk=self.instance.pk).exists():
            raise ValidationError(f"There is a circuit {name} already.")
        return name

    def clean_feeds_from(self) -> Circuit | None:
        above: Circuit | None = self.cleaned_data.get("feeds_from")
        if above is not None and self.is_root and self.instance.pk:
            raise ValidationError("It is the grid connection: nothing of the depot feeds it.")
        return above


def unwired_of(depot: Depot) -> QuerySet[Evse]:
    """EVSEs of the depot's bays that hang on no circuit yet: nobody plans or counts them."""
    return Evse.objects.filter(bay__depot=depot, wiring=None, charger__standing=Standing.ADOPTED)


def below(circuit: Circuit) -> set[int]:
    """The circuit itself and all that it feeds."""
    under = {circuit.pk} if circuit.pk else set()
    while under:
        more = under | set(Circuit.objects.filter(feeds_from__in=under).values_list("pk", flat=True))
        if more == under:
            break
        under = more
    return under


class WiringForm(forms.ModelForm):  # type: ignore[type-arg]
    lines = forms.ChoiceField(
        choices=LINES, label="Lines", help_text="The site's lines, in the order of the charger's own phases"
    )
    rating_w = PowerField(label="Most that it can draw, kW", help_text="By its plate or its setting, at the cable")
    fallback_w = PowerField(
        label="Falls back to, kW", required=False, help_text="Without word from us; blank: the least, where it fits"
    )
    max_discharge_w = PowerField(label="Can give back, kW", required=False)

    class Meta:
        model = Wiring
        fields = [
            "circuit", "lines", "control", "rating_w", "min_current_a", "fallback_w", "fallback_rank", "efficiency",
            "max_discharge_w", "discharge_efficiency",
        ]  # fmt: skip
        labels = {
            "circuit": "Hangs on",
            "control": "What it does with a limit",
            "min_current_a": "Least current, A",
            "fallback_rank": "Rank",
            "efficiency": "Efficiency",
            "discharge_efficiency": "Efficiency of giving back",
        }
        help_texts = {
            "min_current_a": "Below it a vehicle takes nothing; 6 by the standard",
            "fallback_rank": "Where not all can have the least, 0 has it first",
            "efficiency": "Of what the grid gives, what ends in the battery: 0.9",
        }
        widgets = {"control": forms.RadioSelect}

    def __init__(self, *args: Any, depot: Depot, evse: Evse, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.evse = evse
        circuit: forms.ModelChoiceField[Circuit] = self.fields["circuit"]  # type: ignore[assignment]
        circuit.queryset = Circuit.objects.filter(depot=depot)
        circuit.empty_label = None
        self.fields["control"].choices = Control.choices  # type: ignore[attr-defined]
        if not self.instance.pk:
            self.initial.setdefault("rating_w", evse.max_w or None)
            if evse.phases == 1 and not evse.is_dc:
                self.initial.setdefault("lines", "1")

    def clean_rating_w(self) -> int:
        rating_w = int(self.cleaned_data["rating_w"])
        if rating_w <= 0:
            raise ValidationError("More than nothing.")
        return rating_w

    def clean_max_discharge_w(self) -> int:
        return int(self.cleaned_data.get("max_discharge_w") or 0)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        rating_w, fallback_w = cleaned.get("rating_w"), cleaned.get("fallback_w")
        if rating_w is not None and fallback_w is not None and fallback_w > rating_w:
            self.add_error("fallback_w", "Not above what it can draw.")
        return cleaned


class MeterForm(forms.ModelForm):  # type: ignore[type-arg]
    is_measured = forms.TypedChoiceField(
        label="Its value",
        choices=[("yes", "Is measured, and pushed to us"), ("no", "Is one figure, always")],
        coerce=lambda word: word == "yes",
        widget=forms.RadioSelect,
        initial="yes",
    )
    figure = forms.DecimalField(
        label="The figure", required=False, max_digits=12, decimal_places=5, help_text="kW; of a price, per kWh"
    )

    class Meta:
        model = MeterSource
        fields = ["name", "kind", "circuit", "stale_after_s", "counts_live"]
        labels = {
            "name": "Name",
            "kind": "Shows",
            "circuit": "Of circuit",
            "stale_after_s": "Too old after, s",
            "counts_live": "While it is fresh it stands for what is kept for other loads",
        }
        # What the model says of the other two stands in their labels already.
        help_texts = {
            "stale_after_s": "An older value is no value: the safe assumption holds",
            "circuit": "",
            "counts_live": "",
        }

    def __init__(self, *args: Any, depot: Depot, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.depot = depot
        circuit: forms.ModelChoiceField[Circuit] = self.fields["circuit"]  # type: ignore[assignment]
        circuit.queryset = Circuit.objects.filter(depot=depot)
        circuit.empty_label = "The grid connection"
        constant = self.instance.constant
        if self.instance.pk and constant is not None:
            self.initial.update(is_measured="no", figure=self._shown(Decimal(constant)))

    def _shown(self, constant: Decimal) -> str:
        figure = constant if self.instance.kind == MeterKind.PRICE else constant / 1000
        return f"{figure.normalize():f}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        name, kind, depot = cleaned.get("name"), cleaned.get("kind"), self.instance.depot
        others = MeterSource.objects.filter(depot=depot).exclude(pk=self.instance.pk)
        if name and others.filter(name__iexact=name).exists():
            self.add_error("name", f"There is a meter {name} already.")
        if kind in (MeterKind.GRID, MeterKind.PRICE) and others.filter(kind=kind).exists():
            self.add_error("kind", "The depot has one of this kind already.")
        if cleaned.get("is_measured") is False and cleaned.get("figure") is None:
            self.add_error("figure", "Which figure?")
        return cleaned

    def save(self, commit: bool = True) -> MeterSource:
        said, figure = self.cleaned_data, self.cleaned_data.get("figure")
        factor = 1 if said["kind"] == MeterKind.PRICE else 1000
        self.instance.constant = None if said["is_measured"] or figure is None else figure * factor
        saved: MeterSource = super().save(commit)
        return saved


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    # Text, for the browser's own field for times follows the browser's language.
    default_departure = forms.CharField(
        label="Leaves at, where nothing is known", max_length=5, help_text="By the depot's clock, such as 06:00"
    )

    class Meta:
        model = EnergySettings
        fields = ["default_departure", "billing_day", "margin_percent", "may_export"]
        labels = {
            "billing_day": "The utility reads the meter on day",
            "margin_percent": "Kept free of the site's limit, %",
            "may_export": "The site may send power out",
        }
        help_texts = {"billing_day": "Of each month", "margin_percent": "For what no forecast tells"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["default_departure"] = f"{self.instance.default_departure:%H:%M}"

    def clean_default_departure(self) -> str:
        return clock_time(str(self.cleaned_data["default_departure"]), "06:00", latest="23:59")
