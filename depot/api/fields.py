"""Fields that mean the same in every resource: moments, depots, and rows within reach."""

from datetime import UTC
from typing import Any, TypeVar

from django.db import models
from django.db.models import Model, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from depot.access.models import User
from depot.access.reach import within_reach
from depot.models import Depot

M = TypeVar("M", bound=Model)


class Moment(serializers.DateTimeField):
    """RFC 3339, always in UTC, whatever zone a page has activated in this thread."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)


def asker(field: serializers.BaseSerializer[Any] | serializers.Field[Any, Any, Any, Any]) -> User:
    user = field.context["request"].user
    if not isinstance(user, User):
        raise TypeError("a serializer serves only those who are known")
    return user


class Reachable(serializers.SlugRelatedField[M]):
    """Another row, named by a field of it; one beyond the user's depots does not exist for him."""

    def get_queryset(self) -> QuerySet[M]:
        rows = super().get_queryset()
        if rows is None:
            raise TypeError("what can be named is chosen from a queryset")
        return within_reach(asker(self), rows)

    def to_internal_value(self, data: Any) -> M:
        if not isinstance(data, str | int) or isinstance(data, bool):
            self.fail("invalid")
        if isinstance(data, int) and not -(2**63) <= data < 2**63:
            self.fail("does_not_exist", slug_name=self.slug_field, value=str(data))
        return super().to_internal_value(data)


def reachable_id(rows: QuerySet[M], **kwargs: Any) -> "Reachable[M]":
    return _ById(queryset=rows, slug_field="id", **kwargs)


@extend_schema_field(OpenApiTypes.INT64)
class _ById(Reachable[M]):
    def to_internal_value(self, data: Any) -> M:
        if isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "integer", "format": "int64"})
class DepotKey(serializers.Field[int | None, Any, int | None, Any]):
    """The depot that a row of a lower floor belongs to; null is all of them."""

    default_error_messages = {
        "unknown": "There is no such depot.",
        "needed": "You see only some depots: name one of them.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="depot_key", allow_null=True, required=False, **kwargs)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        if data is None and not asker(self).all_depots:
            self.fail("needed")
        if data is serializers.empty and not getattr(self.root, "partial", False):
            return True, self._only_depot()
        return super().validate_empty_values(data)

    def _only_depot(self) -> int | None:
        user = asker(self)
        if user.all_depots:
            return None
        keys = list(user.depots.values_list("pk", flat=True)[:2])
        if len(keys) != 1:
            self.fail("needed")
        return keys[0]

    def to_internal_value(self, data: Any) -> int | None:
        if not isinstance(data, int) or isinstance(data, bool) or abs(data) >= 2**63:
            self.fail("unknown")
        if not within_reach(asker(self), Depot.objects.filter(pk=data)).exists():
            self.fail("unknown")
        return data

    def to_representation(self, value: int | None) -> int | None:
        return value


class Row(serializers.ModelSerializer[M]):
    # A docstring here would describe every resource that has none of its own.

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {models.DateTimeField: Moment}
