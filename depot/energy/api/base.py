"""Rows whose change asks for a new plan."""

from typing import ClassVar, TypeVar

from django.db.models import Model
from rest_framework.serializers import BaseSerializer

from depot import clock
from depot.api.base import Kept
from depot.energy.services import want_plan

M = TypeVar("M", bound=Model)

LARGE = 2**31 - 1


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
