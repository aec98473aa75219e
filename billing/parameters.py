"""The query parameters of the feed: how each is read, what it selects, and how the API describes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter

from billing.models import TransactionKind

LARGEST = 2**63 - 1
PAGE_OF, PAGE_AT_MOST = 500, 1000


@dataclass(frozen=True, slots=True)
class Parameter:
    """What the filters that the settings give to every view look for in `view.filters`.

    `read` raises ValueError with what is expected. Without `select` it is the view that makes use of it.
    """

    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    meaning: str
    select: str = ""
    is_required: bool = False

    def applied_to(self, rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return rows.filter(**{self.select: value}) if self.select else rows

    def described(self, name: str) -> OpenApiParameter:
        return OpenApiParameter(name, dict(self.schema), description=self.meaning, required=self.is_required)


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    def read(said: str) -> int:
        if not (said.isascii() and said.isdigit() and len(said) <= 19 and lowest <= int(said) <= highest):
            raise ValueError(f"a whole number from {lowest} to {highest} is expected")
        return int(said)

    return read


def read_kind(said: str) -> str:
    if said not in TransactionKind.values:
        raise ValueError(f"one of {', '.join(TransactionKind.values)} is expected")
    return said


def read_moment(said: str) -> datetime:
    try:
        # A "+" that nobody percent-encoded arrives as a blank.
        moment = datetime.fromisoformat(said.replace(" ", "+") if "T" in said else said)
        if moment.tzinfo is None:
            raise ValueError("it has no zone")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("a moment with its zone is expected, as 2026-01-31T16:30:00Z") from error


def read_day(said: str) -> date:
    try:
        day = datetime.strptime(said, "%Y-%m-%d").date()  # noqa: DTZ007
    except ValueError:
        day = date.min
    if not 2000 <= day.year < 9000:
        raise ValueError("a day is expected, as 2026-01-31")
    return day


read_after = whole_number(0, LARGEST)
read_limit = whole_number(1, PAGE_AT_MOST)
read_id = whole_number(0, LARGEST)

OF_THE_FEED = {
    "after": Parameter(
        read_after,
        {"type": "integer", "format": "int64", "minimum": 0, "maximum": LARGEST, "default": 0},
        "Only rows with a higher `seq`: the `next_after` of the page before.",
    ),
    "limit": Parameter(
        read_limit,
        {"type": "integer", "minimum": 1, "maximum": PAGE_AT_MOST, "default": PAGE_OF},
        "Rows on a page.",
    ),
    "depot": Parameter(read_id, {"type": "integer", "minimum": 0}, "Of the depot with this id.", "depot_key"),
    "vehicle": Parameter(read_id, {"type": "integer", "minimum": 0}, "Of the vehicle with this id.", "vehicle_key"),
    "kind": Parameter(read_kind, {"type": "string", "enum": TransactionKind.values}, "Of this kind.", "kind"),
    "recorded_since": Parameter(
        read_moment,
        {"type": "string", "format": "date-time"},
        "Recorded at this moment or later.",
        "recorded_at__gte",
    ),
}
OF_THE_TOTALS = {
    "date": Parameter(read_day, {"type": "string", "format": "date"}, "The day of booking.", is_required=True)
}
