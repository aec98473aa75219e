"""Which log, and how far back."""

from datetime import datetime, timedelta

from django import forms

from depot.uploads.models import LogSort

SPANS = (("1", "The last day"), ("7", "The last week"), ("", "All that it has"))


class LogForm(forms.Form):
    sort = forms.ChoiceField(choices=LogSort.choices, label="What")
    days = forms.ChoiceField(choices=SPANS, required=False, label="How far back")

    def since(self, now: datetime) -> datetime | None:
        days = self.cleaned_data["days"]
        return now - timedelta(days=int(days)) if days else None
