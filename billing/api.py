"""The outside contract of billing: the feed that an ERP pulls, and control totals to check it against."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from billing import parameters, services
from billing.csv_rows import CsvRenderer, columns_of
from billing.models import Transaction
from billing.parameters import Parameter
from billing.queries import feed_page
from billing.serializers import ControlTotalsSerializer, FeedPageSerializer, TransactionSerializer
from chargers import inbox

AS_CSV = (status.HTTP_200_OK, "text/csv")
AS_JSON = (status.HTTP_200_OK, "application/json")


class RowsView(generics.GenericAPIView[Transaction]):
    """What the views of transactions share: who may read them, and as what."""

    permissions_needed: ClassVar = {"GET": "billing.view_transaction"}
    queryset = Transaction.objects.all()
    pagination_class = None
    renderer_classes = [JSONRenderer, CsvRenderer]
    csv_columns: ClassVar = tuple(columns_of(TransactionSerializer()))

    def handle_exception(self, exc: Exception) -> Response:
        # A problem is no row: whoever asked for CSV is told about it in JSON.
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(exc)

    def answer(self, body: Any, headers: Mapping[str, str] | None = None) -> HttpResponseBase:
        """`body`, or 304 where the reader has it already."""
        told = json.dumps([self.request.accepted_renderer.format, body], sort_keys=True).encode()
        etag = quote_etag(hashlib.sha256(told).hexdigest()[:32])
        # Stored by its reader at most, and asked for again each time: it is a depot's business what its vehicles do.
        headers = {"ETag": etag, "Cache-Control": "private, no-cache", **(headers or {})}
        not_modified = get_conditional_response(self.request._request, etag=etag)
        if not_modified is None:
            return Response(body, headers=headers)
        for name, value in headers.items():
            not_modified[name] = value
        return not_modified


class TransactionFeed(RowsView):
    serializer_class = FeedPageSerializer
    filters: ClassVar[dict[str, Parameter]] = parameters.OF_THE_FEED

    @extend_schema(
        operation_id="transactions_list",
        description=(
            "The ERP feed: oldest first. Keep `next_after` and ask with it as `after`; a row appears once, never "
            "changes, and none is missing. With `has_more` false, ask again later. In CSV, `next_after`, `has_more` "
            "and `epoch` are in the headers X-Next-After, X-Has-More and X-Epoch."
        ),
        parameters=[parameter.described(name) for name, parameter in parameters.OF_THE_FEED.items()],
        responses={AS_JSON: FeedPageSerializer, AS_CSV: OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponseBase:
        # Read before the rows are: what is committed in between belongs to the next page.
        head = services.feed_head()
        rows = self.filter_queryset(self.get_queryset())
        after = parameters.read_after(request.query_params.get("after", "0"))
        limit = parameters.read_limit(request.query_params.get("limit", str(parameters.PAGE_OF)))
        page = feed_page(rows, head, after=after, limit=limit)
        if request.method == "GET" and request.user.pk is not None:
            services.note_pull(
                request.user.pk, epoch=page.epoch, through_seq=page.next_after, now=inbox.installed().now()
            )
        row = TransactionSerializer()
        body = {
            "results": [row.to_representation(transaction) for transaction in page.rows],
            "next_after": page.next_after,
            "has_more": page.has_more,
            "epoch": page.epoch,
        }
        headers = {
            "X-Next-After": str(page.next_after),
            "X-Has-More": "true" if page.has_more else "false",
            "X-Epoch": page.epoch,
        }
        if page.has_more:
            query = request.query_params.copy()
            query["after"] = str(page.next_after)
            headers["Link"] = f'<{request.build_absolute_uri(f"{request.path}?{query.urlencode()}")}>; rel="next"'
        return self.answer(body, headers)


class TransactionDetail(RowsView):
    serializer_class = TransactionSerializer
    queryset = Transaction.objects.select_related("replaces")
    lookup_field = "seq"

    @extend_schema(
        operation_id="transactions_retrieve",
        responses={AS_JSON: TransactionSerializer, AS_CSV: OpenApiTypes.STR},
    )
    def get(self, request: Request, seq: int) -> HttpResponseBase:
        return self.answer(TransactionSerializer(self.get_object()).data)


class ControlTotals(generics.GenericAPIView[Transaction]):
    permissions_needed: ClassVar = {"GET": "billing.view_transaction"}
    queryset = Transaction.objects.all()
    pagination_class = None
    filters: ClassVar[dict[str, Parameter]] = parameters.OF_THE_TOTALS

    @extend_schema(
        operation_id="transactions_control_totals",
        description=(
            "Count, energy and cost of the rows booked on a day, by depot, to check a mirror against. What is `final` "
            "never changes: a row that comes later is booked on a later day."
        ),
        parameters=[parameter.described(name) for name, parameter in parameters.OF_THE_TOTALS.items()],
        responses=ControlTotalsSerializer,
    )
    def get(self, request: Request) -> Response:
        rows = self.filter_queryset(self.get_queryset())
        if "date" not in request.query_params:
            raise ValidationError({"date": ["A day is expected, as ?date=2026-01-31."]})
        day = parameters.read_day(request.query_params["date"])
        totals = services.control_totals(rows, day, now=inbox.installed().now())
        return Response(ControlTotalsSerializer(totals).data)
