"""The timetable on paper: a vehicle's lines as rows of a form, or many vehicles' as rows of a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from depot.energy.models import Habit, Timetable
from depot.energy.pages.rule_forms import DAYS, WallTimeField
from depot.models import Bay, Depot
from sessions.models import Vehicle

CLASSES = [("", "as the vehicle"), ("0", "before all others"), ("1", "as the others"), ("2", "after the others")]
DAY_NAMES = ("mo", "tu", "we", "th", "fr", "sa", "su")
COLUMNS = ("vehicle", "days", "leaves", "comes", "bay", "kwh", "percent", "class")
ROWS_AT_MOST = 2_000
MOST_KWH = 2_000


class LineForm(forms.Form):
    line = forms.IntegerField(required=False, widget=forms.HiddenInput)
    weekdays = forms.MultipleChoiceField(
        label="Leaves on", choices=DAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    leaves_at = WallTimeField("Leaves")
    comes_at = WallTimeField("Back before it")
    bay = forms.ModelChoiceField(Bay.objects.none(), label="Bay", required=False, empty_label="where it stood last")
    energy_kwh = forms.DecimalField(
        label="To charge, kWh", required=False, min_value=0, max_value=MOST_KWH, decimal_places=3,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    target_percent = forms.IntegerField(
        label="Or up to, %", required=False, min_value=1, max_value=100,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    priority = forms.ChoiceField(label="Priority", required=False, choices=CLASSES)
    from_day = forms.DateField(
        label="From day", required=False, widget=forms.DateInput(attrs={"placeholder": "2027-01-31"})
    )
    until_day = forms.DateField(
        label="Until day", required=False, widget=forms.DateInput(attrs={"placeholder": "2027-01-31"})
    )

    def __init__(self, *args: Any, depot: Depot, **options: Any) -> None:
        super().__init__(*args, **options)
        bay = self.fields["bay"]
        assert isinstance(bay, forms.ModelChoiceField)
        bay.queryset = Bay.objects.filter(depot=depot).order_by("name")

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if self.errors:
            return said
        leaves_at, says_more = (
            said["leaves_at"],
            any(said[name] for name in ("comes_at", "energy_kwh", "target_percent")),
        )
        if leaves_at is None and says_more:
            self.add_error("leaves_at", "When does it leave?")
        if leaves_at is not None and not said["weekdays"]:
            self.add_error("weekdays", "On which days?")
        if said["from_day"] and said["until_day"] and said["until_day"] < said["from_day"]:
            self.add_error("until_day", "It ends before it begins.")
        return said

    @property
    def is_told(self) -> bool:
        return bool(self.is_valid() and self.cleaned_data["leaves_at"] is not None)

    def row(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "weekdays": "".join(sorted(said["weekdays"])),
            "leaves_at": said["leaves_at"],
            "comes_at": said["comes_at"],
            "bay": said["bay"],
            "energy_wh": None if said["energy_kwh"] is None else round(said["energy_kwh"] * 1000),
            "target_soc_percent": said["target_percent"],
            "priority": int(said["priority"]) if said["priority"] else None,
            "from_day": said["from_day"],
            "until_day": said["until_day"],
        }


def initial_of(line: Timetable) -> dict[str, Any]:
    return {
        "line": line.pk,
        "weekdays": list(line.weekdays),
        "leaves_at": line.leaves_at,
        "comes_at": line.comes_at,
        "bay": line.bay_id,
        "energy_kwh": None if line.energy_wh is None else f"{line.energy_wh / 1000:.10g}",
        "target_percent": line.target_soc_percent,
        "priority": "" if line.priority is None else str(line.priority),
        "from_day": line.from_day,
        "until_day": line.until_day,
    }


class HabitForm(forms.ModelForm):  # type: ignore[type-arg]
    priority = forms.TypedChoiceField(label="Priority every night", choices=CLASSES[1:], coerce=int)

    class Meta:
        model = Habit
        fields = ["priority", "gives_back", "lowest_soc_percent", "wear_per_kwh"]
        labels = {
            "gives_back": "May give energy back to the site",
            "lowest_soc_percent": "Never below, %",
            "wear_per_kwh": "Its wear, per kWh given back",
        }
        help_texts = {"gives_back": "Where vehicle and charger can", "wear_per_kwh": "In the depot's currency"}


@dataclass(frozen=True, slots=True)
class Pasted:
    """One row of a spreadsheet that could be understood."""

    vehicle: Vehicle
    row: dict[str, Any]


class PasteForm(forms.Form):
    """Columns: vehicle, days, leaves, comes back, bay, kWh, percent, class; with a line of names or without."""

    rows = forms.CharField(
        label="Rows", max_length=400_000,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "mono"}),
    )  # fmt: skip

    def __init__(self, *args: Any, depot: Depot, **options: Any) -> None:
        super().__init__(*args, **options)
        self.depot = depot

    def clean_rows(self) -> list[Pasted]:
        cells = list(_cells(self.cleaned_data["rows"]))
        if len(cells) > ROWS_AT_MOST:
            raise ValidationError(f"At most {ROWS_AT_MOST} rows at once.")
        vehicles = {v.unit_number.lower(): v for v in Vehicle.objects.filter(depot_key=self.depot.pk, is_active=True)}
        bays = {bay.name.lower(): bay for bay in Bay.objects.filter(depot=self.depot)}
        pasted, wrong = [], []
        for number, row in cells:
            try:
                pasted.append(self._read(row, vehicles, bays))
            except ValidationError as error:
                wrong.append(f"Row {number}: {' '.join(error.messages)}")
        if wrong:
            more = [f"And {len(wrong) - 8} more rows."] if len(wrong) > 8 else []
            raise ValidationError([*wrong[:8], *more, "Nothing was changed."])
        if not pasted:
            raise ValidationError("There is no row in it.")
        return pasted

    def _read(self, cells: Sequence[str], vehicles: dict[str, Vehicle], bays: dict[str, Bay]) -> Pasted:
        told = dict(zip(COLUMNS, [*cells, *[""] * len(COLUMNS)], strict=False))
        vehicle, bay = vehicles.get(told["vehicle"].lower()), bays.get(told["bay"].lower())
        if vehicle is None:
            raise ValidationError(f"no vehicle here is called “{told['vehicle']}”.")
        if told["bay"] and bay is None:
            raise ValidationError(f"no bay is called “{told['bay']}”.")
        form = LineForm(
            {
                "weekdays": list(days_told(told["days"])),
                "leaves_at": told["leaves"],
                "comes_at": told["comes"],
                "bay": bay.pk if bay is not None else "",
                "energy_kwh": told["kwh"].replace(",", "."),
                "target_percent": told["percent"].removesuffix("%").strip(),
                "priority": told["class"],
            },
            depot=self.depot,
        )
        if not form.is_valid():
            raise ValidationError([message for messages in form.errors.values() for message in messages])
        if not form.is_told:
            raise ValidationError("it does not say when it leaves.")
        return Pasted(vehicle, form.row())


def _cells(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with something in them and the numbers they have on the screen; a line of names is passed over."""
    first = text.lstrip("\ufeff\n\r ").split("\n", 1)[0]
    separator = next((mark for mark in ("\t", ";") if mark in first), ",")
    for number, row in enumerate(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=separator), 1):
        cells = [cell.strip() for cell in row]
        if any(cells) and not (number == 1 and cells[0].lower() == COLUMNS[0]):
            yield number, cells


def days_told(written: str) -> list[str]:
    """`12345`, `Mo-Fr`, `Sat Sun`: days of the week by number, Monday is 1. Raises ValidationError."""
    words = written.strip().lower()
    if re.fullmatch(r"[1-7]+", words):
        return sorted(set(words))
    days: set[int] = set()
    for word in re.split(r"[\s,/+]+", words):
        first, _, last = word.partition("-")
        begins, ends = (_day(name) for name in (first, last or first))
        days |= {(begins + n) % 7 for n in range((ends - begins) % 7 + 1)}
    return [str(day + 1) for day in sorted(days)]


def _day(name: str) -> int:
    if len(name) < 2 or name[:2] not in DAY_NAMES:
        raise ValidationError(f"“{name}” is no day: write 12345, or Mo-Fr, or Sa Su.")
    return DAY_NAMES.index(name[:2])
