"""Chargers: added, adopted, named; and what is asked of them by form."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from chargers.choices import Protocol, Standing
from chargers.models import Charger, Evse
from chargers.queries import charger_called
from depot.access.models import User
from depot.access.reach import within_reach
from depot.models import Bay, Depot
from depot.yard.calls import calls_to
from depot.yard.cells import Unreadable, read_identity
from depot.yard.services.intake import Proof

ANY_VERSION = [("", "Whichever it offers first"), *Protocol.choices]


class BayChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A bay that no charger serves yet."""

    def __init__(self, user: User, **kwargs: Any) -> None:
        free = within_reach(user, Bay.objects.filter(evse=None)).select_related("depot").order_by("depot__name", "name")
        super().__init__(queryset=free, empty_label="No bay yet", **kwargs)
        self.shows_depots = within_reach(user, Depot.objects.all())[1:2].exists()

    def label_from_instance(self, obj: Bay) -> str:
        return f"{obj.depot.name}: {obj.name}" if self.shows_depots else obj.name


class AddChargerForm(forms.Form):
    identity = forms.CharField(
        max_length=48,
        help_text="The last part of the address it will connect to, as set in the charger: often the serial number",
    )
    name = forms.CharField(max_length=60, required=False, help_text="What people here call it")
    pinned_protocol = forms.ChoiceField(choices=ANY_VERSION, required=False, label="OCPP version")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bay"] = BayChoice(
            user,
            required=not user.all_depots,
            label="Serves bay",
            help_text="Of a charger with several outlets the first; the others are set at the bays",
        )
        for name in ("identity", "name"):
            self.fields[name].widget.attrs.update(autocomplete="off", spellcheck="false")

    def clean_identity(self) -> str:
        try:
            identity = read_identity(str(self.cleaned_data["identity"]))
        except Unreadable as why:
            raise ValidationError(str(why)) from why
        known = charger_called(identity)
        if known is not None and known.standing == Standing.WAITING:
            raise ValidationError(f"{known.identity} is in the waiting room already: adopt it there.")
        if known is not None:
            raise ValidationError(f"There is a charger {known.identity} already; names differ by more than case.")
        return identity


class AdoptForm(forms.Form):
    name = forms.CharField(max_length=60, required=False, help_text="What people here call it")
    proof = forms.ChoiceField(
        choices=[
            (Proof.NEW_PASSWORD, "By a new password, made here and written into the charger"),
            (Proof.PRESENTED, "By the password that it presented just now"),
            (Proof.NOTHING, "By nothing: whoever uses its name is it"),
        ],
        initial=Proof.NEW_PASSWORD,
        widget=forms.RadioSelect,
        label="From now on it proves who it is",
    )
    understood = forms.BooleanField(
        required=False, label="I know that the last two choices let anyone in who listened or who knows the name"
    )

    clear_profiles = forms.BooleanField(
        required=False,
        label="Clear the limits that its former system left in it",
        help_text="It obeys the lowest of all that it was ever told, whoever told it",
    )

    def __init__(self, *args: Any, user: User, charger: Charger, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.charger = charger
        if not user.has_perm("chargers.engineer_charger"):
            del self.fields["clear_profiles"]
        # A charger that has not said how many outlets it has gets its first bay; the others follow at the bays.
        numbers = list(Evse.objects.filter(charger=charger).order_by("number").values_list("number", flat=True)) or [1]
        self.bay_fields: dict[str, int] = {}
        for number in numbers:
            name = f"bay_{number}"
            label = "Adopt as bay" if len(numbers) == 1 else f"Outlet {number} is bay"
            self.fields[name] = BayChoice(user, required=not user.all_depots and number == numbers[0], label=label)
            self.bay_fields[name] = number
        if not charger.password_offered:
            self.fields["proof"].choices = [  # type: ignore[attr-defined]
                choice
                for choice in self.fields["proof"].choices  # type: ignore[attr-defined]
                if choice[0] != Proof.PRESENTED
            ]
        self.order_fields([*self.bay_fields, "name", "clear_profiles", "proof", "understood"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("proof") in (Proof.PRESENTED, Proof.NOTHING) and not cleaned.get("understood"):
            self.add_error("understood", "Tick this if you mean it; otherwise let it have a new password.")
        chosen = [cleaned[name] for name in self.bay_fields if cleaned.get(name)]
        for name in self.bay_fields:
            if cleaned.get(name) and chosen.count(cleaned[name]) > 1:
                self.add_error(name, "Each outlet needs a bay of its own.")
        return cleaned

    def bays(self) -> dict[int, Bay]:
        return {
            number: self.cleaned_data[name] for name, number in self.bay_fields.items() if self.cleaned_data.get(name)
        }


class ChargerForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Charger
        fields = ["name", "pinned_protocol"]
        labels = {"pinned_protocol": "OCPP version"}
        help_texts = {"pinned_protocol": "Holds from its next connection on"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pinned_protocol"].choices = ANY_VERSION  # type: ignore[attr-defined]


TRIGGERS = (
    ("StatusNotification", "Its state"),
    ("MeterValues", "Its meter"),
    ("Heartbeat", "A sign of life"),
    ("BootNotification", "Who it is"),
)


class TriggerForm(forms.Form):
    message = forms.ChoiceField(choices=TRIGGERS)


class RawCallForm(forms.Form):
    action = forms.ChoiceField(label="Call")
    payload = forms.CharField(
        label="JSON",
        max_length=60_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "mono", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, protocol: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["action"].choices = [(action, action) for action in calls_to(protocol)]  # type: ignore[attr-defined]

    def clean_payload(self) -> dict[str, Any]:
        try:
            payload = json.loads(str(self.cleaned_data["payload"]))
        except (json.JSONDecodeError, RecursionError) as error:
            where = f" in line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
            raise ValidationError(f"This is not JSON{where}: {getattr(error, 'msg', 'too deep')}.") from error
        if not isinstance(payload, dict):
            raise ValidationError("A call's JSON is an object: { … }.")
        return payload


class SetValueForm(forms.Form):
    """One value of one setting, named by the row that holds what was last reported."""

    setting = forms.IntegerField(widget=forms.HiddenInput)
    value = forms.CharField(max_length=2500, required=False, strip=False)
