"""What people type in: to sign in, to let others in, to make a key."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from depot.access import signin
from depot.access.audit import address_of
from depot.access.models import Role, Scope, User
from depot.access.reach import within_reach
from depot.models import Depot

TOO_MANY = "Too many tries. Wait a quarter of an hour, or ask an administrator for a new password."


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "This user name and password do not fit together. Mind capital letters.",
        "inactive": "This account is deactivated.",
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = "User name"
        # Yard tablets capitalise the first letter of everything.
        self.fields["username"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}

    def clean(self) -> dict[str, Any]:
        name, address = self.cleaned_data.get("username"), address_of(self.request) if self.request else ""
        if name is None or self.cleaned_data.get("password") is None:
            return super().clean()
        try:
            signin.begin_try(name, address=address, now=datetime.now(UTC))
        except signin.TooManyTries:
            raise ValidationError(TOO_MANY, code="too_many_tries") from None
        cleaned = super().clean()
        signin.forget_tries(name, address=address)
        return cleaned


class ReachForm(forms.Form):
    """Which depots somebody sees; offered is what the person who asks may give."""

    all_depots = forms.BooleanField(label="Sees all depots, also those to come", required=False)
    depots = forms.ModelMultipleChoiceField(
        Depot.objects.none(), label="Sees these depots", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, giver: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        depots = self.fields["depots"]
        assert isinstance(depots, forms.ModelMultipleChoiceField)
        depots.queryset = within_reach(giver, Depot.objects.all())
        if not giver.all_depots:
            del self.fields["all_depots"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned.setdefault("all_depots", False)
        if not cleaned["all_depots"] and not cleaned.get("depots"):
            self.add_error("depots", "Without a depot there would be nothing to see: choose at least one.")
        return cleaned


class PersonForm(ReachForm):
    first_name = forms.CharField(label="First name", max_length=150, required=False)
    last_name = forms.CharField(label="Last name", max_length=150, required=False)
    role = forms.ChoiceField(choices=Role.choices, label="Role", initial=Role.VIEWER)

    field_order = ["username", "first_name", "last_name", "role", "all_depots", "depots"]


class NewPersonForm(PersonForm):
    username = forms.CharField(
        label="User name",
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        help_text="To sign in with: letters, digits and @ . + - _",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )


class NewKeyForm(ReachForm):
    name = forms.CharField(label="Name", max_length=60, help_text="Who will hold it, as “ERP, production”", strip=True)
    scopes = forms.MultipleChoiceField(choices=Scope.choices, label="May", widget=forms.CheckboxSelectMultiple)

    field_order = ["name", "scopes", "all_depots", "depots"]


class AuditFilterForm(forms.Form):
    who = forms.CharField(label="Who", required=False)
    what = forms.CharField(label="Did what", required=False)
    to = forms.CharField(label="To what", required=False)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))
