"""Depots and bays."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from billing.models import Tariff
from chargers.choices import Standing
from chargers.models import Evse
from depot.access.models import User
from depot.access.reach import within_reach
from depot.models import Access, Bay, Depot
from depot.yard.forms.fields import PowerField, zone_choices
from sessions.display_words import LANGUAGES
from sessions.models import Vehicle


class EvseChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Evse) -> str:
        charger = f"{obj.charger.name} ({obj.charger.identity})" if obj.charger.name else obj.charger.identity
        return f"{charger}, EVSE {obj.number}"


class DepotForm(forms.ModelForm):  # type: ignore[type-arg]
    time_zone = forms.ChoiceField(choices=zone_choices, label="Time zone")
    language = forms.ChoiceField(
        choices=LANGUAGES.items(),
        label="Chargers speak",
        required=False,
        help_text="To who shows a card, such as “No credit left”. A card may have a language of its own",
    )
    site_limit_w = PowerField(
        label="Site limit, kW", required=False, help_text="As on your grid contract; blank: not known"
    )

    class Meta:
        model = Depot
        fields = ["name", "time_zone", "currency", "language", "site_limit_w", "tariff"]
        labels = {"currency": "Currency", "tariff": "Tariff"}
        help_texts = {"tariff": "Bays may have another one of their own"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tariff"].queryset = Tariff.objects.filter(  # type: ignore[attr-defined]
            Q(replaced_by=None) | Q(pk=self.instance.tariff_id)
        )
        self.fields["tariff"].empty_label = "None: sessions are kept without a cost"  # type: ignore[attr-defined]

    def clean_time_zone(self) -> str:
        zone = str(self.cleaned_data["time_zone"])
        ZoneInfo(zone)
        return zone

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).upper()
        if len(currency) != 3 or not currency.isalpha() or not currency.isascii():
            raise ValidationError("Three letters, such as EUR, USD, GBP.")
        return currency

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        tariff, currency = cleaned.get("tariff"), cleaned.get("currency")
        if tariff and currency and tariff.currency != currency:
            self.add_error("tariff", f"{tariff.name} is in {tariff.currency}, the depot in {currency}.")
        return cleaned


class BayForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Bay
        fields = ["depot", "name", "zone", "evse", "access", "own_vehicle", "tariff"]
        field_classes = {"evse": EvseChoice}
        labels = {
            "name": "Bay",
            "zone": "Zone",
            "evse": "Served by",
            "access": "Who may charge here",
            "own_vehicle": "Its own vehicle",
            "tariff": "Tariff",
        }
        help_texts = {
            "name": "As it is painted on the ground",
            "zone": "Bays of one zone stand together on the board",
            "own_vehicle": "Only where the bay belongs to one vehicle; it starts by plugging in",
        }
        widgets = {"access": forms.RadioSelect}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = within_reach(user, Evse.objects.filter(bay=None, charger__standing=Standing.ADOPTED))
        evses = (free | Evse.objects.filter(pk=self.instance.evse_id)).select_related("charger").distinct()
        depots = within_reach(user, Depot.objects.all())
        vehicles = within_reach(user, Vehicle.objects.filter(is_active=True))
        for name, queryset, none in (
            ("depot", depots, None),
            ("evse", evses.order_by("charger__identity", "number"), "No charger"),
            ("own_vehicle", (vehicles | Vehicle.objects.filter(pk=self.instance.own_vehicle_id)).distinct(), "None"),
            ("tariff", Tariff.objects.filter(Q(replaced_by=None) | Q(pk=self.instance.tariff_id)), "The depot's"),
        ):
            choice = self.fields[name]
            choice.queryset = queryset  # type: ignore[attr-defined]
            choice.empty_label = none  # type: ignore[attr-defined]
        self.fields["access"].choices = Access.choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("access") == Access.OWN_VEHICLE and not cleaned.get("own_vehicle"):
            self.add_error("own_vehicle", "Say which vehicle the bay belongs to.")
        depot, name, tariff = cleaned.get("depot"), cleaned.get("name"), cleaned.get("tariff")
        if depot and name:
            same = Bay.objects.filter(depot=depot, name__iexact=name).exclude(pk=self.instance.pk)
            if same.exists():
                self.add_error("name", f"{depot.name} has a bay {name} already.")
        if depot and tariff and tariff.currency != depot.currency:
            self.add_error("tariff", f"{tariff.name} is in {tariff.currency}, the depot in {depot.currency}.")
        return cleaned
