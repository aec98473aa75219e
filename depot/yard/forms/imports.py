"""A paste, and which column is what."""

from typing import Any

from django import forms

from depot.access.models import User
from depot.models import Depot
from depot.yard.columns import COLUMNS, Kind
from depot.yard.forms.fields import DepotChoice
from depot.yard.models import ImportBatch
from depot.yard.paste import PasteUnreadable, read_table


class PasteForm(forms.Form):
    text = forms.CharField(
        label="Paste here",
        max_length=2_000_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "mono", "wrap": "off"}),
    )

    def __init__(self, *args: Any, user: User, kind: Kind, here: Depot | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["depot"] = DepotChoice(user, none="None", label="Depot of rows that name none")
        self.fields["depot"].initial = here
        self.order_fields(["depot", "text"])

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"])
        try:
            read_table(text, self.kind)
        except PasteUnreadable as why:
            raise forms.ValidationError(str(why)) from why
        return text


class ColumnsForm(forms.Form):
    """For each pasted column the one of ours that it is."""

    def __init__(self, *args: Any, batch: ImportBatch, titles: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "left out"), *((column.name, column.title) for column in COLUMNS[Kind(batch.kind)])]
        for place, title in enumerate(titles):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                choices=choices,
                required=False,
                label=title or f"Column {place + 1}",
                initial=batch.columns[place] if place < len(batch.columns) else "",
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        chosen = [value for value in cleaned.values() if value]
        for name, value in list(cleaned.items()):
            if value and chosen.count(value) > 1:
                self.add_error(name, "Two columns cannot be the same.")
        return cleaned

    def columns(self) -> list[str]:
        return [str(self.cleaned_data[name]) for name in self.fields]
