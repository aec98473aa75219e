"""Places kept for a vehicle or card until a moment."""

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chargers.models import Charger, Evse
from depot import clock, live
from depot.access.audit import note
from depot.access.filters import one_of, text, yes_or_no
from depot.access.idempotency import Caused, caused_once
from depot.access.problem import Problem
from depot.api.base import Listed, Retrieved
from depot.api.fields import Moment, Reachable, Row, asker, reachable_id
from depot.api.refusals import refusals
from depot.models import Bay
from sessions.models import IdToken, Vehicle
from sessions.reserving.models import LIVE, Reservation, ReservationState
from sessions.reserving.services import (
    PlaceTaken,
    ReservationInvalid,
    ReservationOver,
    release_place,
    reserve_place,
)


class ReservationSerializer(Row[Reservation]):
    charger = serializers.CharField(source="charger.identity", read_only=True)
    evse_number = serializers.IntegerField(source="evse.number", read_only=True, allow_null=True, default=None)
    vehicle = serializers.CharField(source="token.vehicle.unit_number", read_only=True, allow_null=True, default=None)
    id_token = serializers.SerializerMethodField(help_text="Null for whoever may not see cards.")
    is_live = serializers.BooleanField(read_only=True, help_text="Is the place kept, or asked for, at this moment?")
    asked_by = serializers.CharField(source="asked_by.username", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Reservation
        fields = [
            "id", "charger", "evse", "evse_number", "connector_type", "name", "vehicle", "id_token", "group", "until",
            "state", "is_live", "kept_by", "why", "asked_by", "asked_at", "ended_at", "session", "command", "release",
        ]  # fmt: skip
        read_only_fields = fields

    def get_id_token(self, reservation: Reservation) -> str | None:
        return reservation.token_value if asker(self).has_perm("charging_sessions.view_idtoken") else None


class ReserveSerializer(serializers.Serializer[Any]):
    vehicle = Reachable(
        slug_field="unit_number",
        queryset=Vehicle.objects.all(),
        required=False,
        help_text="Unit number of the vehicle. Either this, or `id_token`.",
    )
    id_token = Reachable(slug_field="value", queryset=IdToken.objects.select_related("vehicle"), required=False)
    bay = reachable_id(
        Bay.objects.select_related("evse__charger"), required=False, help_text="Either this, `evse`, or `charger`."
    )
    evse = reachable_id(Evse.objects.select_related("charger"), required=False)
    charger = Reachable(
        slug_field="identity", queryset=Charger.objects.all(), required=False, help_text="Any of its EVSEs."
    )
    connector_type = serializers.CharField(
        max_length=20, required=False, help_text="With `charger`, 2.x only: any with this connector, as cCCS2."
    )
    until = Moment(help_text="Kept until then, or until it is used.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("vehicle" in attrs) == ("id_token" in attrs):
            raise serializers.ValidationError("Name either vehicle or id_token.")
        if sum(name in attrs for name in ("bay", "evse", "charger")) != 1:
            raise serializers.ValidationError("Name either bay, evse or charger.")
        if "bay" in attrs:
            if attrs["bay"].evse is None:
                raise serializers.ValidationError({"bay": "No charger serves this bay."})
            attrs["evse"] = attrs["bay"].evse
        return attrs


class ReservationViews(Listed[Reservation], Retrieved[Reservation]):
    """Kept by the charger, or by us where it knows no reservations; `state` is what is known."""

    permissions_needed = {
        "GET": "reserving.view_reservation",
        "POST": "reserving.add_reservation",
        "DELETE": "reserving.delete_reservation",
    }
    queryset = Reservation.objects.select_related("charger", "evse", "token__vehicle", "asked_by")
    serializer_class = ReservationSerializer
    filters = {
        "charger": text("charger__identity__iexact", "Identity of the charger."),
        "vehicle": text("token__vehicle__unit_number", "Unit number of the vehicle."),
        "state": one_of("state", [state.value for state in ReservationState]),
        "live": yes_or_no(lambda is_live: Q(state__in=LIVE) if is_live else ~Q(state__in=LIVE)),
    }
    ordering = ("-pk",)

    @extend_schema(request=ReserveSerializer, responses={201: ReservationSerializer})
    @caused_once
    def create(self, request: Request) -> Caused:
        """Ask that a place is kept. The state becomes `held` when the charger says so."""
        serializer = ReserveSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        said = serializer.validated_data
        evse = said.get("evse")
        try:
            with refusals():
                reservation = reserve_place(
                    said.get("vehicle") or said["id_token"],
                    charger=evse.charger if evse is not None else said["charger"],
                    evse=evse,
                    connector_type=said.get("connector_type", ""),
                    until=said["until"],
                    asked_by=asker(serializer),
                    now=clock.now(),
                )
        except PlaceTaken as error:
            raise Problem("occupied", str(error)) from error
        except ReservationInvalid as error:
            raise serializers.ValidationError(str(error)) from error
        note(request, "reserved place", reservation.charger, reservation=reservation.pk)
        live.tell([reservation.charger_id], what="reservation")
        return Caused(self.shown_anew(reservation))

    @extend_schema(responses={200: ReservationSerializer})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Let the place go. The state becomes `cancelled` when the charger says so; the row stays."""
        reservation = self.get_object()
        try:
            with refusals():
                release_place(reservation, asked_by=self.asker(), now=clock.now())
        except ReservationOver as error:
            raise Problem("too-late", "It is over already.") from error
        note(request, "released place", reservation.charger, reservation=reservation.pk)
        live.tell([reservation.charger_id], what="reservation")
        return Response(self.shown_anew(reservation))
