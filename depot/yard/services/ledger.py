"""What an import made and changed, field by field, so that it can be taken back where nobody touched it since."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model, ProtectedError

from chargers.models import Charger
from sessions.models import IdToken, Session, Vehicle

Entry = dict[str, Any]


@dataclass(slots=True)
class Ledger:
    """Entries in the order in which things were done; values as JSON, read back by the field they belong to."""

    entries: list[Entry] = field(default_factory=list)

    def made(self, row: Model, name: str) -> None:
        values = {
            one.attname: getattr(row, one.attname)
            for one in row._meta.concrete_fields
            if not one.primary_key and not one.attname.endswith("_hmac")
        }
        self._enter(row, name, True, {}, values)

    def change(self, row: Model, told_as: str, /, **attributes: Any) -> None:
        """Set `attributes` (by column name, so depot_id rather than depot) and keep what they were."""
        old = {attribute: getattr(row, attribute) for attribute in attributes}
        for attribute, value in attributes.items():
            setattr(row, attribute, value)
        row.save(update_fields=list(attributes))
        self._enter(row, told_as, False, old, attributes)

    def _enter(self, row: Model, name: str, made: bool, old: dict[str, Any], new: dict[str, Any]) -> None:
        self.entries.append(
            {
                "model": row._meta.label_lower,
                "pk": row.pk,
                "name": name,
                "made": made,
                "old": {key: _storable(value) for key, value in old.items()},
                "new": {key: _storable(value) for key, value in new.items()},
            }
        )


def _storable(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    # Django's encoder cuts a moment to milliseconds, and would find it changed afterwards.
    return value.isoformat() if hasattr(value, "isoformat") else DjangoJSONEncoder().default(value)


def take_back(entries: Sequence[Entry]) -> list[str]:
    """Undo, the newest first. What was changed or used since is left as it is; each is named with the reason."""
    left: list[str] = []
    for entry in reversed(entries):
        model = apps.get_model(entry["model"])
        row = model._default_manager.select_for_update().filter(pk=entry["pk"]).first()
        if row is None:
            continue  # somebody deleted it meanwhile: there is nothing to take back
        why = _remove(row, entry) if entry["made"] else _restore(row, entry)
        if why:
            left.append(f"{entry['name']}: {why}")
    return left


def _remove(row: Model, entry: Entry) -> str:
    if changed := _changed_since(row, entry["new"]):
        return f"changed since it was imported ({', '.join(changed)})"
    if used := _used(row):
        return used
    try:
        with transaction.atomic():
            row.delete()
    except ProtectedError:
        return "in use"
    return ""


def _restore(row: Model, entry: Entry) -> str:
    if changed := _changed_since(row, entry["new"]):
        return f"changed again since ({', '.join(changed)})"
    for attribute, value in entry["old"].items():
        setattr(row, attribute, _read(row, attribute, value))
    row.save(update_fields=list(entry["old"]))
    return ""


def _changed_since(row: Model, values: dict[str, Any]) -> list[str]:
    return [
        attribute.removesuffix("_id").replace("_", " ")
        for attribute, value in values.items()
        if getattr(row, attribute) != _read(row, attribute, value)
    ]


def _read(row: Model, attribute: str, value: Any) -> Any:
    field_of_row = next(one for one in row._meta.concrete_fields if one.attname == attribute)
    return field_of_row.to_python(value)


def _used(row: Model) -> str:
    """Why something that was made must stay: it is part of a session, or of a charger's life."""
    match row:
        case Vehicle():
            used = Session.objects.filter(vehicle=row).exists()
        case IdToken():
            used = Session.objects.filter(token=row).exists()
        case Charger():
            used = row.connections.exists()
            return "it has connected since" if used else ""
        case _:
            used = False
    return "it has charged since" if used else ""
