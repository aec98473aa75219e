"""An image as the maker gave it, and a campaign as an engineer plans it."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from chargers.choices import Standing
from chargers.models import Charger
from depot.access.models import User
from depot.access.reach import within_reach
from depot.firmware.models import Campaign, FirmwareImage
from depot.yard.forms.fields import MomentField


class ImageForm(forms.ModelForm):  # type: ignore[type-arg]
    file = forms.FileField(required=False, help_text="We keep it, and chargers fetch it from us")

    class Meta:
        model = FirmwareImage
        fields = ["vendor", "model", "version", "location", "signing_certificate", "signature"]
        labels = {"location": "Or where the maker has it"}
        help_texts = {"signature": "Of the file, by the maker, in base64; goes with its certificate"}

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        file = said.get("file")
        if bool(file) == bool(said.get("location")):
            raise ValidationError("Give the file, or the address where the maker has it: one of the two.")
        if bool(said.get("signature")) != bool(said.get("signing_certificate")):
            raise ValidationError("A signature goes with the certificate that proves it.")
        if file and file.size > settings.FIRMWARE_MAX_MB * 1024 * 1024:
            raise ValidationError(f"At most {settings.FIRMWARE_MAX_MB} MB (FIRMWARE_MAX_MB).")
        return said


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]
    chargers = forms.ModelMultipleChoiceField(Charger.objects.none(), widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = Campaign
        fields = [
            "name", "image", "at_once", "stop_after_failures", "only_when_idle", "window_from", "window_until",
        ]  # fmt: skip
        labels = {
            "at_once": "How many at once",
            "stop_after_failures": "Stop after so many failures",
            "only_when_idle": "Only while nothing charges there",
            "window_from": "Each day from",
            "window_until": "until",
        }
        help_texts = {"at_once": "The first goes alone, whatever stands here"}
        widgets = {
            "window_from": forms.TextInput(attrs={"placeholder": "22:00"}),
            "window_until": forms.TextInput(attrs={"placeholder": "05:00"}),
        }

    def __init__(self, *args: Any, user: User, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        adopted = within_reach(user, Charger.objects.filter(standing=Standing.ADOPTED))
        chosen: Any = self.fields["chargers"]
        chosen.queryset = adopted.order_by("vendor", "model", "identity")
        chosen.label_from_instance = _label_of
        self.fields["begins_at"] = MomentField(
            zone, to_the_end=False, label="Not before", help_text="Empty: at once, when it is their turn"
        )

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if (said.get("window_from") is None) != (said.get("window_until") is None):
            raise ValidationError("A daily window has a beginning and an end.")
        for name in ("at_once", "stop_after_failures"):
            if said.get(name) == 0:
                self.add_error(name, "At least one.")
        image = said.get("image")
        others = [each for each in said.get("chargers", ()) if image and not suits(image, each)]
        if others:
            raise ValidationError(f"{image} is not made for {', '.join(str(each) for each in others[:5])}.")
        return said


def suits(image: FirmwareImage, charger: Charger) -> bool:
    """Firmware of another maker or model can make a charger useless for good."""
    is_its_maker = image.vendor.casefold() == charger.vendor.casefold()
    return is_its_maker and (not image.model or image.model.casefold() == charger.model.casefold())


def _label_of(charger: Charger) -> str:
    return f"{charger} · {charger.vendor} {charger.model} · {charger.firmware or 'firmware not known'}"
