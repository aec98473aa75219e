"""Fields that several forms of the yard share."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.exceptions import ValidationError

from depot.access.models import User
from depot.access.reach import within_reach
from depot.models import Depot
from depot.yard.cells import Unreadable, read_moment
from sessions.models import IdToken, Vehicle


class DepotChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the user's depots; none at all means all of them, and is for those who see all."""

    def __init__(self, user: User, *, none: str, **kwargs: Any) -> None:
        super().__init__(
            queryset=within_reach(user, Depot.objects.all()),
            required=not user.all_depots,
            empty_label=none if user.all_depots else None,
            **kwargs,
        )


def depot_field(user: User, row: Vehicle | IdToken, here: Depot | None, *, label: str) -> DepotChoice:
    """Where it belongs; a new one to the depot `here`, unless another is chosen."""
    field = DepotChoice(user, none="All depots", label=label)
    field.initial = row.depot_key if row.pk else here
    return field


class MomentField(forms.CharField):
    """A moment of depot time, typed as a day or a day with a time; a day alone means its end, or its beginning.

    Text, for the browser's own field follows the browser's language and not the depot's.
    """

    def __init__(self, zone: ZoneInfo, *, to_the_end: bool, **kwargs: Any) -> None:
        self.zone = zone
        self.to_the_end = to_the_end
        kwargs.setdefault("widget", forms.TextInput(attrs={"placeholder": "2027-12-31", "autocomplete": "off"}))
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return value.astimezone(self.zone).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else value

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            wall_time = read_moment(text, to_the_end=self.to_the_end)
        except Unreadable as why:
            raise ValidationError(str(why)) from why
        return datetime.fromisoformat(wall_time).replace(tzinfo=self.zone)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((self.prepare_value(initial) or "") != (data or ""))


class PowerField(forms.DecimalField):
    """Typed in kW, kept in W."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=Decimal(0), max_value=Decimal(100_000), decimal_places=3, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return (Decimal(value) / 1000).normalize().to_eng_string() if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        kilowatts = super().clean(value)
        return None if kilowatts is None else int(kilowatts * 1000)


def zone_choices() -> Iterable[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name or name == "UTC"]
