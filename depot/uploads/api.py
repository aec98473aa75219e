"""Logs of chargers: asked for, listed, fetched."""

from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.views import APIView

from chargers.models import Charger
from depot import clock
from depot.access.audit import note
from depot.access.filters import one_of, text
from depot.access.idempotency import Caused, caused_once
from depot.access.models import User
from depot.access.reach import within_reach
from depot.api.base import Listed, Retrieved
from depot.api.fields import Moment, Row
from depot.api.refusals import refusals
from depot.uploads import store
from depot.uploads.address import base_url_of
from depot.uploads.models import AwaitedUpload, LogSort
from depot.uploads.sending import send_file
from depot.uploads.services import ask_for_log


class UploadSerializer(Row[AwaitedUpload]):
    charger = serializers.CharField(source="charger.identity", read_only=True)
    asked_by = serializers.CharField(source="asked_by.username", read_only=True)
    is_here = serializers.SerializerMethodField()

    class Meta:
        model = AwaitedUpload
        fields = [
            "id", "charger", "sort", "asked_by", "asked_at", "command", "expires_at", "is_here", "received_at",
            "size_bytes", "sha256", "told_name",
        ]  # fmt: skip
        read_only_fields = fields

    def get_is_here(self, awaited: AwaitedUpload) -> bool:
        return bool(awaited.stored_as)


class AskForLogSerializer(serializers.Serializer[Any]):
    sort = serializers.ChoiceField(choices=LogSort.choices, default=LogSort.DIAGNOSTICS)
    since = Moment(required=False, allow_null=True, default=None)
    until = Moment(required=False, allow_null=True, default=None)


class UploadViews(Listed[AwaitedUpload], Retrieved[AwaitedUpload]):
    """Logs that were asked for, and whether they came."""

    permissions_needed = {"GET": "uploads.view_awaitedupload"}
    queryset = AwaitedUpload.objects.select_related("charger", "asked_by")
    serializer_class = UploadSerializer
    filters = {
        "charger": text("charger__identity__iexact", "Identity of the charger."),
        "sort": one_of("sort", list(LogSort.values)),
    }
    ordering = ("-pk",)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def file(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The file itself, whole or by a Range."""
        awaited = self.get_object()
        path = store.path_of(awaited.stored_as) if awaited.stored_as else None
        if path is None or not path.is_file():
            raise Http404("It did not come, or was forgotten")
        return send_file(request._request, path, awaited.told_name or f"{awaited.charger.identity}-{awaited.sort}.log")


class AskForLogView(APIView):
    permissions_needed = {"POST": "uploads.ask_for_log"}

    @extend_schema(request=AskForLogSerializer, responses={201: UploadSerializer})
    @caused_once
    def post(self, request: Request, identity: str) -> Caused:
        """Have the charger bring a log to an address of ours that is good for one upload within a day."""
        assert isinstance(request.user, User)
        chargers = within_reach(request.user, Charger.objects.all())
        charger = get_object_or_404(chargers, identity__iexact=identity)
        said = AskForLogSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        with refusals():
            awaited = ask_for_log(
                charger,
                LogSort(said.validated_data["sort"]),
                base_url=base_url_of(request._request),
                asked_by=request.user,
                now=clock.now(),
                since=said.validated_data["since"],
                until=said.validated_data["until"],
            )
        note(request, "asked for a log", charger, upload=awaited.pk)
        return Caused(UploadSerializer(awaited, context={"request": request, "view": self}).data)
