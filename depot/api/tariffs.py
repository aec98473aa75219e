"""Tariffs, with the audit and the Idempotency-Key that only the roof has; what they are is billing's to say."""

from typing import Any

from django.db import transaction
from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from billing.models import Tariff
from billing.serializers import TariffSerializer
from billing.services import (
    TariffInUse,
    TariffNameTaken,
    TariffReplaced,
    Terms,
    ValidFromPast,
    change_tariff,
    make_tariff,
    remove_tariff,
)
from depot import clock
from depot.access.audit import note
from depot.access.filters import text, yes_or_no
from depot.access.problem import Problem
from depot.api.base import Kept


class TariffViews(Kept[Tariff]):
    """Price lists; a change makes a new version, for what was billed keeps its own."""

    permissions_needed = {
        "GET": "billing.view_tariff",
        "POST": "billing.add_tariff",
        "PATCH": "billing.change_tariff",
        "DELETE": "billing.delete_tariff",
    }
    noun = "tariff"
    detail_name = "api-tariff"
    queryset = Tariff.objects.all()
    serializer_class = TariffSerializer
    filters = {
        "name": text("name"),
        "current": yes_or_no(lambda is_current: Q(replaced_by__isnull=is_current), "Without those that were replaced."),
    }

    def make(self, serializer: BaseSerializer[Tariff]) -> Tariff:
        said = dict(serializer.validated_data)
        try:
            return make_tariff(said.pop("name"), Terms(**said), now=clock.now())
        except TariffNameTaken as error:
            raise Problem("taken", "There is a tariff of this name; change that one.") from error

    @transaction.atomic
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answers with the new version, which has an id of its own; depots and bays go on with it by themselves."""
        tariff = self.get_object()
        serializer = self.get_serializer(tariff, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changes = {name: value for name, value in serializer.validated_data.items() if name != "name"}
        try:
            newer = change_tariff(tariff, changes, now=clock.now())
        except TariffReplaced as error:
            raise Problem("too-late", "A newer version exists: change that one.") from error
        except ValidFromPast as error:
            raise serializers.ValidationError({"valid_from": "It cannot be in the past."}) from error
        note(request, "changed tariff", newer, was=str(tariff), fields=changes)
        return Response(self.shown_anew(newer))

    def remove(self, row: Tariff) -> None:
        try:
            remove_tariff(row)
        except TariffInUse as error:
            raise Problem("in-use", "Sessions were told its prices.") from error
