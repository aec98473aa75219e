"""Cards, their groups and their credit."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from chargers.events import token_key
from depot.access.models import User
from depot.access.reach import within_reach
from depot.models import Bay, Depot
from depot.yard.forms.fields import MomentField, depot_field
from sessions.display_words import LANGUAGES
from sessions.models import CreditEntry, IdToken, TokenGroup, Vehicle

MOST_CREDIT = Decimal(1_000_000)


class BaysField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Bays by a tick each; who sees several depots reads them with their depot."""

    def __init__(self, user: User, **kwargs: Any) -> None:
        bays = within_reach(user, Bay.objects.all()).select_related("depot").order_by("depot__name", "zone", "name")
        super().__init__(queryset=bays, widget=forms.CheckboxSelectMultiple, required=False, **kwargs)
        self.shows_depots = within_reach(user, Depot.objects.all())[1:2].exists()

    def label_from_instance(self, obj: Bay) -> str:
        return f"{obj.depot.name}: {obj.name}" if self.shows_depots else obj.name


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]
    language = forms.ChoiceField(
        choices=[("", "The depot's"), *LANGUAGES.items()],
        required=False,
        label="Chargers speak",
        help_text="To its holder; chargers of OCPP 2.x",
    )

    class Meta:
        model = IdToken
        fields = [
            "value", "type", "vehicle", "driver", "group", "is_master_pass", "max_concurrent", "limit_cost",
            "limit_soc_percent", "charging_priority", "language", "note",
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
            "charging_priority": "Priority",
        }
        help_texts = {
            "value": "As the charger reads it; the charger's messages show how",
            "type": "Blank: any. Chargers of OCPP 2.x say ISO14443, ISO15693, eMAID, …",
            "group": "Who shares a group may stop for each other",
            "is_master_pass": "A charger of OCPP 2.x must be set to the same master group",
            "max_concurrent": "Blank: as many as there are",
            "limit_cost": "",
            "limit_soc_percent": "Where the charger tells it",
            "charging_priority": "From -9 to 9, told to chargers of OCPP 2.x; blank: as others",
        }

    def __init__(self, *args: Any, user: User, zone: ZoneInfo, here: Depot | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["depot"] = depot_field(user, self.instance, here, label="Valid at")
        self._add_span(zone)
        self._add_limits()
        bays = BaysField(user, label="Only at these bays", help_text="None ticked: at every bay of its depot")
        bays.initial = self.instance.bay_keys
        # Bays beyond what this person sees stay as they are.
        seen = within_reach(user, Bay.objects.all()).values_list("pk", flat=True)
        self.other_bay_keys = set(self.instance.bay_keys) - set(seen)
        self.fields["bays"] = bays
        vehicles = within_reach(user, Vehicle.objects.filter(is_active=True))
        if self.instance.vehicle_id:
            vehicles = vehicles | Vehicle.objects.filter(pk=self.instance.vehicle_id)
        self.fields["vehicle"].queryset = vehicles.distinct()  # type: ignore[attr-defined]
        self.fields["vehicle"].empty_label = "None"  # type: ignore[attr-defined]
        self.fields["group"].widget.attrs.update({"list": "group-names", "autocomplete": "off"})
        self.fields["charging_priority"].widget.attrs.update(min=-9, max=9)
        if self.instance.pk:
            # Another value would be another card.
            del self.fields["value"]
        self.order_fields(["value", "vehicle", "driver", "depot", "expires_at", "group", "type", "note"])

    def _add_span(self, zone: ZoneInfo) -> None:
        since = MomentField(zone, to_the_end=False, label="Valid from", help_text="Blank: from now on")
        until = MomentField(zone, to_the_end=True, label="Valid until", help_text="Blank: without end")
        since.initial, until.initial = self.instance.valid_from, self.instance.expires_at
        self.fields["valid_from"], self.fields["expires_at"] = since, until

    def _add_limits(self) -> None:
        kwh = forms.DecimalField(
            label="A charge takes at most, kWh", min_value=Decimal("0.1"), max_value=2_000_000, required=False
        )
        minutes = forms.IntegerField(
            label="A charge lasts at most, minutes", min_value=1, max_value=100_000, required=False
        )
        kwh.initial = None if self.instance.limit_wh is None else self.instance.limit_wh / 1000
        minutes.initial = None if self.instance.limit_s is None else self.instance.limit_s // 60
        self.fields["limit_kwh"], self.fields["limit_minutes"] = kwh, minutes

    @property
    def is_limited(self) -> bool:
        """Is there anything in the part of the form that most cards do not need?"""
        names = (
            "valid_from", "bays", "is_master_pass", "max_concurrent", "limit_kwh", "limit_minutes", "limit_cost",
            "limit_soc_percent", "charging_priority", "language",
        )  # fmt: skip
        return any(self[name].value() not in (None, "", [], False) or self[name].errors for name in names)

    def clean_limit_soc_percent(self) -> int | None:
        percent: int | None = self.cleaned_data["limit_soc_percent"]
        if percent is not None and not 1 <= percent <= 100:
            raise ValidationError("From 1 to 100.")
        return percent

    def clean_charging_priority(self) -> int | None:
        priority: int | None = self.cleaned_data["charging_priority"]
        if priority is not None and not -9 <= priority <= 9:
            raise ValidationError("From -9 to 9.")
        return priority

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
        since, until = cleaned.get("valid_from"), cleaned.get("expires_at")
        if since and until and until <= since:
            self.add_error("expires_at", "It would end before it begins.")
        self.instance.valid_from, self.instance.expires_at = since, until
        kwh, minutes = cleaned.get("limit_kwh"), cleaned.get("limit_minutes")
        self.instance.limit_wh = None if kwh is None else int(kwh * 1000)
        self.instance.limit_s = None if minutes is None else minutes * 60
        ticked = {bay.pk for bay in cleaned.get("bays") or ()}
        self.instance.bay_keys = sorted(ticked | self.other_bay_keys)
        return cleaned


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = TokenGroup
        fields = ["name", "max_concurrent", "note"]
        labels = {"name": "Group", "max_concurrent": "Charges at a time", "note": "Note"}
        help_texts = {
            "name": "As it stands on its cards",
            "max_concurrent": "Of all its cards together; blank: as many as there are",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["max_concurrent"].widget.attrs["min"] = 1
        if self.instance.pk:
            # Its cards name it.
            del self.fields["name"]

    def clean_max_concurrent(self) -> int | None:
        most: int | None = self.cleaned_data["max_concurrent"]
        if most == 0:
            raise ValidationError("A group that may charge nowhere: block its cards instead.")
        return most


class CreditForm(forms.Form):
    amount = forms.DecimalField(
        label="Add",
        min_value=-MOST_CREDIT,
        max_value=MOST_CREDIT,
        max_digits=10,
        decimal_places=2,
        help_text="Below zero takes off",
    )
    note = forms.CharField(max_length=200, required=False, label="For what")
    # What was the last entry when the page was made: a press told twice adds once.
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, token: IdToken, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newest = CreditEntry.objects.filter(token=token).values_list("pk", flat=True).first()
        self.newest = newest or 0
        self.fields["seen"].initial = self.newest

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if not amount:
            raise ValidationError("Nothing changes by it.")
        return amount

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("seen") != self.newest:
            raise ValidationError("The credit has changed since you saw it: look at what it is now, then say it again.")
        return cleaned
