"""What people say to the certificate authority."""

from django import forms

from chargers.certificates.models import Profile

PEM_HELP = "Text that begins with -----BEGIN CERTIFICATE-----"


class MakeAuthorityForm(forms.Form):
    organization = forms.CharField(
        max_length=64,
        help_text="Stands in each certificate as its owner (O). Chargers put the same into what they ask to have "
        "signed: CpoName in OCPP 1.6, OrganizationName in 2.x.",
    )


class AcceptAuthorityForm(forms.Form):
    certificate = forms.CharField(widget=forms.Textarea(attrs={"rows": 6}), max_length=20_000, help_text=PEM_HELP)
    organization = forms.CharField(
        required=False,
        max_length=64,
        help_text="Only certificates that name this owner (O) are accepted; empty: whatever they name.",
    )


class ProfileForm(forms.Form):
    profile = forms.TypedChoiceField(choices=Profile.choices, coerce=lambda value: Profile(int(value)))
