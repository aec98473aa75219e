"""Pages of a list by cursor: stable while rows are added, and as quick at the end as at the beginning."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, Field, Model, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from depot.access.problem import BadParameter

if TYPE_CHECKING:
    # DRF's views load their default classes, among them those of this module.
    from rest_framework.views import APIView

Rows = QuerySet[Any]
Order = list[tuple["Field[Any, Any]", bool]]  # by which field, and does it fall?
# What reading a cursor that somebody made up can raise (binascii.Error is a ValueError).
UNREADABLE = (ValueError, KeyError, TypeError, OverflowError, RecursionError, ValidationError)


class CursorPaging(BasePagination):
    """Sorts by `view.ordering` or by what `?ordering=` names of `view.orderings`, then by key; nulls come last.

    The cursor holds the sorting values of the last row given, so that a row that is added or removed in
    between shifts nothing.
    """

    page_size = 100
    max_page_size = 500

    def paginate_queryset(
        self, queryset: QuerySet[Any, Any] | Sequence[Any], request: Request, view: "APIView | None" = None
    ) -> list[Any]:
        if not isinstance(queryset, QuerySet):
            raise TypeError("only rows of the database can be sorted and gone on with")
        self.request = request
        self.order = self._order(queryset.model, request, view)
        limit = self._limit(request)
        rows = queryset.order_by(*(self._sorting(field, falls) for field, falls in self.order))
        if cursor := request.query_params.get("cursor"):
            rows = rows.filter(self._after(self._values(cursor)))
        page = list(rows[: limit + 1])
        self.last = page[limit - 1] if len(page) > limit else None
        return page[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self._next_link()})

    def _order(self, model: type[Model], request: Request, view: "APIView | None") -> Order:
        allowed: Mapping[str, str] = getattr(view, "orderings", {})
        names: list[str] = list(getattr(view, "ordering", ("pk",)))
        if allowed and (said := request.query_params.get("ordering")):
            unknown = [word for word in said.split(",") if word.removeprefix("-") not in allowed]
            if unknown:
                raise BadParameter("ordering", f"{unknown[0]!r}: one of {', '.join(allowed)} is expected, or -…")
            names = [("-" if word[0] == "-" else "") + allowed[word.removeprefix("-")] for word in said.split(",")]
        order = [(_field(model, name.removeprefix("-")), name.startswith("-")) for name in names]
        if not any(field.primary_key for field, _ in order):
            order.append((model._meta.pk, order[0][1]))
        return order

    def _limit(self, request: Request) -> int:
        said = request.query_params.get("limit")
        if said is None:
            return self.page_size
        if not (said.isascii() and said.isdigit() and len(said) < 9 and 1 <= int(said) <= self.max_page_size):
            raise BadParameter("limit", f"a number from 1 to {self.max_page_size} is expected")
        return int(said)

    @staticmethod
    def _sorting(field: "Field[Any, Any]", falls: bool) -> Any:
        if not field.null:
            return F(field.attname).desc() if falls else F(field.attname).asc()
        return F(field.attname).desc(nulls_last=True) if falls else F(field.attname).asc(nulls_last=True)

    def _after(self, values: list[Any]) -> Q:
        """What comes behind the row with these sorting values: greater in one field, equal in all before it."""
        behind = Q(pk__in=())
        same = Q()
        for (field, falls), value in zip(self.order, values, strict=True):
            name = field.attname
            if value is None:
                same &= Q(**{f"{name}__isnull": True})
                continue  # nulls come last: nothing is behind them but their equals
            beyond = Q(**{f"{name}__{'lt' if falls else 'gt'}": value})
            if field.null:
                beyond |= Q(**{f"{name}__isnull": True})
            behind |= same & beyond
            same &= Q(**{name: value})
        return behind

    def _values(self, cursor: str) -> list[Any]:
        try:
            said = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=="))
            order, values = said["o"], said["v"]
            if order != self._order_words() or len(values) != len(self.order):
                raise BadParameter("cursor", "It belongs to a list that was sorted differently.")
            return [
                None if value is None and field.null else _read(field, value)
                for (field, _), value in zip(self.order, values, strict=True)
            ]
        except UNREADABLE as error:
            raise BadParameter("cursor", "It is not one that was given out here.") from error

    def _order_words(self) -> str:
        return ",".join(("-" if falls else "") + field.attname for field, falls in self.order)

    def _next_link(self) -> str | None:
        if self.last is None:
            return None
        said = {"o": self._order_words(), "v": [getattr(self.last, field.attname) for field, _ in self.order]}
        packed = json.dumps(said, cls=ExactMoments, separators=(",", ":")).encode()
        cursor = base64.urlsafe_b64encode(packed).decode().rstrip("=")
        parts = urlsplit(self.request.build_absolute_uri())
        query = [(name, value) for name, value in parse_qsl(parts.query) if name != "cursor"]
        return urlunsplit(parts._replace(query=urlencode([*query, ("cursor", cursor)])))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": schema,
                "next": {
                    "type": "string",
                    "format": "uri",
                    "nullable": True,
                    "description": "The address of the next page; null on the last one.",
                },
            },
        }

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = [
            {
                "name": "limit",
                "in": "query",
                "description": "Rows on a page.",
                "schema": {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size},
            },
            {
                "name": "cursor",
                "in": "query",
                "description": "Where to go on; taken from `next`.",
                "schema": {"type": "string"},
            },
        ]
        if orderings := getattr(view, "orderings", {}):
            words = ", ".join(f"`{word}`" for word in orderings)
            parameters.append(
                {
                    "name": "ordering",
                    "in": "query",
                    "description": f"Sorted by any of {words}, with commas between; `-` before a word turns it around.",
                    "schema": {"type": "string"},
                }
            )
        return parameters


class ExactMoments(DjangoJSONEncoder):
    """Django's own encoder cuts a moment to milliseconds; a cursor must hit its row."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    if name == "pk":
        return model._meta.pk
    field = model._meta.get_field(name)
    if not isinstance(field, Field):
        raise FieldDoesNotExist(f"{model.__name__} cannot be sorted by {name}")
    return field


def _read(field: "Field[Any, Any]", value: Any) -> Any:
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("no text holds it")
        value.encode()
    read = field.to_python(value)
    if read is None or (isinstance(read, int) and abs(read) >= 2**63):
        raise ValueError(f"{field.name} cannot be {value!r}")
    return read
