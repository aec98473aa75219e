"""Which rows a request is about: those within reach, and of these the ones that its query parameters name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from depot.access.problem import BadParameter
from depot.access.reach import within_reach

if TYPE_CHECKING:
    # DRF's views load their default classes, among them those of this module.
    from rest_framework.views import APIView

Rows = QuerySet[Any]


class WithinReach(BaseFilterBackend):
    """Limits every queryset to the depots of the user; beyond them there is a 404, never a 403."""

    def filter_queryset(self, request: Request, queryset: Rows, view: "APIView") -> Rows:
        return within_reach(request.user, queryset)


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter: what it selects, and how its text is read. `read` raises ValueError with what is expected."""

    select: str | Callable[[Any], Q]
    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    meaning: str = ""

    def applied_to(self, rows: Rows, value: Any) -> Rows:
        return rows.filter(self.select(value) if callable(self.select) else Q(**{self.select: value}))


def text(select: str | Callable[[str], Q], meaning: str = "") -> Filter:
    return Filter(select, _readable, {"type": "string"}, meaning)


def number(select: str, meaning: str = "") -> Filter:
    return Filter(select, _whole_number, {"type": "integer"}, meaning)


def yes_or_no(select: Callable[[bool], Q], meaning: str = "") -> Filter:
    return Filter(select, _yes_or_no, {"type": "boolean"}, meaning)


def one_of(select: str, words: list[str], meaning: str = "") -> Filter:
    def read(said: str) -> str:
        if said not in words:
            raise ValueError(f"one of {', '.join(word or '(empty)' for word in words)} is expected")
        return said

    return Filter(select, read, {"type": "string", "enum": words}, meaning)


def moment(select: str, meaning: str = "") -> Filter:
    return Filter(select, read_moment, {"type": "string", "format": "date-time"}, meaning)


def _readable(said: str) -> str:
    if "\x00" in said or any("\ud800" <= character <= "\udfff" for character in said):
        raise ValueError("characters that no text holds")
    return said


def _whole_number(said: str) -> int:
    if not (said.isascii() and said.lstrip("-").isdigit() and len(said) <= 18):
        raise ValueError("a whole number is expected")
    return int(said)


def _yes_or_no(said: str) -> bool:
    if said not in ("true", "false"):
        raise ValueError("true or false is expected")
    return said == "true"


def read_moment(said: str) -> datetime:
    """An RFC 3339 moment; one without a zone would mean something else in each depot."""
    try:
        # A "+" that nobody percent-encoded arrives as a blank.
        at = parse_datetime(said.replace(" ", "+") if said.count(" ") == 1 and "T" in said else said)
        if at is not None and at.tzinfo is not None:
            # PostgreSQL knows no zone that is 16 hours away; in UTC it need not.
            return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"not a moment: {error}") from error
    raise ValueError("a moment with its zone is expected, as 2026-01-31T16:30:00Z")


class NamedFilters(BaseFilterBackend):
    """Applies `view.filters`; a parameter that nobody knows is refused, for a typo would select everything."""

    always_known = frozenset({"limit", "cursor", "format", "wait"})

    def filter_queryset(self, request: Request, queryset: Rows, view: "APIView") -> Rows:
        # One row is named by its address; of a list within a row, such as a session's readings, some are chosen.
        if getattr(view, "detail", False) or (view.kwargs and getattr(view, "action", "") != "list"):
            return queryset
        filters: Mapping[str, Filter] = getattr(view, "filters", {})
        orderings: Mapping[str, str] = getattr(view, "orderings", {})
        known = set(filters) | self.always_known | ({"ordering"} if orderings else set())
        for name in request.query_params:
            if name not in known:
                raise BadParameter(name, f"There is no parameter {name!r} here; known are {', '.join(sorted(known))}.")
        for name, filter_ in filters.items():
            if name in request.query_params:
                try:
                    value = filter_.read(request.query_params[name])
                except ValueError as error:
                    raise BadParameter(name, str(error)) from error
                queryset = filter_.applied_to(queryset, value)
        return queryset

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        filters: Mapping[str, Filter] = getattr(view, "filters", {})
        return [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": filter_.meaning,
                "schema": dict(filter_.schema),
            }
            for name, filter_ in filters.items()
        ]
