"""What a dispatcher tells of tonight: a departure, a need, a limit for a while."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from depot.energy.needs import moment_of
from depot.energy.pages.fixes import FixKind
from depot.energy.pages.rule_forms import WallTimeField

DAYS_AHEAD = 7


def next_time(wall: Any, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the clock on the wall shows that next."""
    if wall is None:
        return None
    today = now.astimezone(zone).date()
    moments = (moment_of(today + timedelta(days=ahead), wall, zone) for ahead in range(DAYS_AHEAD))
    return next(moment for moment in moments if moment > now)


class NeedForm(forms.Form):
    leaves = WallTimeField("Leaves")
    day = forms.ChoiceField(
        label="Day",
        required=False,
        choices=[("", "next time it is that hour"), ("1", "a day later"), ("2", "two days later")],
    )
    energy_kwh = forms.DecimalField(
        label="Still to charge, kWh", required=False, min_value=0, max_value=2_000, decimal_places=1,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    target_percent = forms.IntegerField(
        label="Or up to, %", required=False, min_value=1, max_value=100,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}), help_text="Counts where the vehicle tells its charge",
    )  # fmt: skip
    priority = forms.ChoiceField(
        label="Priority",
        required=False,
        choices=[("", "as always"), ("0", "before all others"), ("1", "as the others"), ("2", "after the others")],
    )

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        told = [said.get("leaves"), said.get("energy_kwh"), said.get("target_percent"), said.get("priority") or None]
        if not self.errors and all(value is None for value in told):
            raise forms.ValidationError("Nothing is told yet: an hour, an energy, a level or a priority.")
        return said

    def needs(self, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
        said = self.cleaned_data
        departs_at = next_time(said["leaves"], zone, now)
        if departs_at is not None and said["day"]:
            wall = departs_at.astimezone(zone)
            departs_at = moment_of(wall.date() + timedelta(days=int(said["day"])), said["leaves"], zone)
        return {
            "departs_at": departs_at,
            "energy_wh": None if said["energy_kwh"] is None else round(said["energy_kwh"] * 1000),
            "target_soc_percent": said["target_percent"],
            "priority": int(said["priority"]) if said["priority"] else None,
        }


class LimitForm(forms.Form):
    kw = forms.DecimalField(
        label="At most, kW", min_value=0, max_value=10_000, decimal_places=3,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    until = WallTimeField("Until", required=True)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if "until" not in self.errors and said.get("until") is None:
            self.add_error("until", "A limit by hand has an end: tell its hour.")
        return said


# What a fix has to tell beside its kind.
WANTED: dict[str, tuple[str, ...]] = {
    FixKind.BAY: ("evse",),
    FixKind.WAITS: ("evse", "departs_at"),
    FixKind.LIFT: ("limit",),
    FixKind.LATER: ("departs_at",),
}


class FixForm(forms.Form):
    kind = forms.ChoiceField(choices=FixKind.choices)
    evse = forms.IntegerField(required=False, min_value=1)
    limit = forms.IntegerField(required=False, min_value=1)
    energy_wh = forms.IntegerField(required=False, min_value=0, max_value=2_000_000)
    target = forms.IntegerField(required=False, min_value=0, max_value=100)
    departs_at = forms.CharField(required=False, max_length=40)

    def clean_departs_at(self) -> datetime | None:
        written = self.cleaned_data["departs_at"]
        try:
            told = datetime.fromisoformat(written) if written else None
        except ValueError as error:
            raise forms.ValidationError("No moment.") from error
        if told is not None and told.tzinfo is None:
            raise forms.ValidationError("No moment.")
        return told

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        missing = [name for name in WANTED.get(said.get("kind", ""), ()) if said.get(name) is None]
        if said.get("kind") == FixKind.LESS and said.get("energy_wh") is None and said.get("target") is None:
            missing.append("energy_wh")
        if missing:
            raise forms.ValidationError(f"Not told: {', '.join(missing)}")
        return said
