"""The usual verbs on rows, each with its reach, its audit and its idempotency."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from depot.access.audit import note
from depot.access.filters import Filter
from depot.access.idempotency import Caused, caused_once
from depot.access.models import User
from depot.access.problem import Problem

M = TypeVar("M", bound=Model)


class Resource(GenericViewSet[M]):
    """What every resource declares."""

    permissions_needed: ClassVar[Mapping[str, str]]
    filters: ClassVar[Mapping[str, Filter]] = {}
    orderings: ClassVar[Mapping[str, str]] = {}
    ordering: ClassVar[Sequence[str]] = ("pk",)

    def asker(self) -> User:
        if not isinstance(self.request.user, User):
            raise TypeError("who is not known was refused before")
        return self.request.user

    def beside(self, rows: Sequence[M]) -> dict[str, Any]:
        """What the serializer needs to know of all these rows, asked once."""
        return {}

    def shown(self, row: M) -> dict[str, Any]:
        context = {**self.get_serializer_context(), **self.beside([row])}
        shown: dict[str, Any] = self.get_serializer_class()(row, context=context).data
        return shown

    def shown_anew(self, row: M) -> dict[str, Any]:
        """As a GET would show it: with everything that the view's queryset fetches beside it."""
        return self.shown(self.get_queryset().get(pk=row.pk))


class Listed(Resource[M]):
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        rows = page if page is not None else []
        context = {**self.get_serializer_context(), **self.beside(rows)}
        serializer: BaseSerializer[Any] = self.get_serializer_class()(rows, many=True, context=context)  # type: ignore[arg-type]
        return self.get_paginated_response(serializer.data)


class Retrieved(Resource[M]):
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.shown(self.get_object()))


class Kept(Listed[M], Retrieved[M]):
    """Listed, made, changed and deleted; a room says by `make`, `change` and `remove` what that takes."""

    noun: ClassVar[str]
    detail_name: ClassVar[str]

    def make(self, serializer: BaseSerializer[M]) -> M:
        return serializer.save()

    def change(self, row: M, serializer: BaseSerializer[M]) -> M:
        return serializer.save()

    def remove(self, row: M) -> None:
        row.delete()

    def address_of(self, row: M) -> str:
        return reverse(self.detail_name, kwargs={self.lookup_url_kwarg or self.lookup_field: row.pk})

    @caused_once
    def create(self, request: Request) -> Caused:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        with one_of_each(self.noun):
            row = self.make(serializer)
        note(request, f"added {self.noun}", row)
        return Caused(self.shown_anew(row), location=self.address_of(row))

    @transaction.atomic
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        serializer = self.get_serializer(row, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        with one_of_each(self.noun):
            changed = self.change(row, serializer)
        note(request, f"changed {self.noun}", changed, fields=dict(request.data))
        return Response(self.shown_anew(changed))

    @transaction.atomic
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        note(request, f"deleted {self.noun}", row)
        self.remove(row)
        return Response(status=204)


@contextmanager
def one_of_each(noun: str) -> Iterator[None]:
    """Two who chose the same name at the same moment: the database lets only the first have it."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise Problem("taken", f"There is such a {noun} already.") from error
