"""Long lists, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from depot.access.pages import UserRequest
from depot.access.reach import within_reach
from depot.models import Depot

R = TypeVar("R")
M = TypeVar("M", bound=Model)
PAGE_SIZE = 100
PAGES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Some rows of a list; `older` and `newer` are the query strings of its neighbours, "" where there is none."""

    rows: Sequence[R]
    newer: str
    older: str


def asked_page(request: HttpRequest) -> int:
    said = request.GET.get("page", "1")
    return int(said) if said.isascii() and said.isdigit() and 1 <= int(said) <= PAGES_MAX else 1


def page_of(request: HttpRequest, rows: "QuerySet[M] | Sequence[M]", size: int = PAGE_SIZE) -> Page[M]:
    """The page that the request asks for; one row more is read, so that no count is needed."""
    number = asked_page(request)
    taken = list(rows[(number - 1) * size : number * size + 1])
    newer = query_with(request, page=number - 1 if number > 2 else None) if number > 1 else ""
    return Page(taken[:size], newer, query_with(request, page=number + 1) if len(taken) > size else "")


def query_with(request: HttpRequest, **changes: Any) -> str:
    """The request's query with some parts changed, None taking one away; always begins with a question mark."""
    query = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


def depot_names(request: UserRequest) -> dict[int, str]:
    """Named on the page only where there is more than one."""
    depots = within_reach(request.user, Depot.objects.all())
    return dict(depots.values_list("pk", "name")) if len(depots) > 1 else {}
