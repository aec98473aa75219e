"""Rows whose change asks for a new plan."""

from typing import Any, ClassVar, TypeVar

from django.db import models
from django.db.models import Model
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.serializers import BaseSerializer

from depot import clock
from depot.api.base import Kept
from depot.api.fields import Row
from depot.energy.services import want_plan

M = TypeVar("M", bound=Model)

LARGE = 2**31 - 1


@extend_schema_field({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"})
class WallTime(serializers.TimeField):
    """By the clock on the depot's wall: it has no zone, which "time" of a schema would ask for."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M"], **kwargs)


class WallRow(Row[M]):
    # A docstring here would describe every resource that has none of its own.

    serializer_field_mapping = Row.serializer_field_mapping | {models.TimeField: WallTime}


class PlannedWith(Kept[M]):
    """Listed, made, changed and deleted; after each change the depot is planned anew."""

    depot_path: ClassVar[str] = "depot"

    def make(self, serializer: BaseSerializer[M]) -> M:
        row = super().make(serializer)
        self.want_plan(row, "added")
        return row

    def change(self, row: M, serializer: BaseSerializer[M]) -> M:
        changed = super().change(row, serializer)
        self.want_plan(changed, "changed")
        return changed

    def remove(self, row: M) -> None:
        self.want_plan(row, "deleted")
        row.delete()

    def want_plan(self, row: M, what: str) -> None:
        at: Model = row
        for name in self.depot_path.split("."):
            at = getattr(at, name)
        want_plan(at.pk, f"{self.noun} {row} {what}", now=clock.now())
