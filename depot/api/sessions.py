"""Sessions, and what a dispatcher does about them: start, stop, say which vehicle it is."""

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request

from billing.serializers import QualityNoteSerializer
from chargers.events import token_key
from chargers.models import Evse
from depot import clock
from depot.access.audit import note
from depot.access.filters import moment, number, text, yes_or_no
from depot.access.idempotency import Caused, caused_once
from depot.access.reach import within_reach
from depot.api.base import Listed, Retrieved
from depot.api.commands import WAIT, CommandSerializer, command_issued, wanted_wait
from depot.api.fields import Reachable, Row, asker, reachable_id
from depot.api.refusals import refusals
from depot.models import Bay
from sessions import services
from sessions.identity import confidence_in_vehicle
from sessions.models import IdToken, MeterReading, Session, Vehicle


class VehicleRefSerializer(Row[Vehicle]):
    class Meta:
        model = Vehicle
        fields = ["id", "unit_number"]
        read_only_fields = fields


class SessionSerializer(Row[Session]):
    """Energy and place are as they were; what is not known is null, never 0."""

    charger = serializers.CharField(source="charger.identity", read_only=True)
    evse_number = serializers.IntegerField(source="evse.number", read_only=True, allow_null=True, default=None)
    connector_number = serializers.IntegerField(
        source="connector.number", read_only=True, allow_null=True, default=None
    )
    depot = serializers.IntegerField(source="depot_key", read_only=True, allow_null=True)
    bay = serializers.CharField(source="bay_name", read_only=True)
    vehicle = VehicleRefSerializer(read_only=True, allow_null=True)
    vehicle_confidence = serializers.SerializerMethodField(
        help_text="How sure that is, by `vehicle_source`: from 0.0, not known, to 1.0, beyond doubt."
    )
    id_token = serializers.SerializerMethodField(help_text="Null for whoever may not see cards.")
    started_by = serializers.CharField(source="started_by.username", read_only=True, allow_null=True, default=None)
    is_open = serializers.SerializerMethodField()
    energy_kwh = serializers.SerializerMethodField(help_text="So far, or in all once ended.")
    energy_exported_kwh = serializers.SerializerMethodField(
        help_text="Given back by the vehicle; null: its charger has no register for that."
    )
    quality = QualityNoteSerializer(many=True, read_only=True, help_text="What is estimated or repaired, and why.")

    class Meta:
        model = Session
        fields = [
            "id", "charger", "evse", "evse_number", "connector_number", "reference", "depot", "depot_name", "bay",
            "time_zone", "currency", "vehicle", "vehicle_source", "vehicle_confidence", "driver", "id_token",
            "started_by", "started_at", "ended_at", "is_open", "closed_by", "stop_reason", "energy_state",
            "energy_kwh", "energy_exported_kwh", "power_w", "meter_start_wh", "meter_stop_wh", "soc_start_percent",
            "soc_percent", "last_reading_at", "last_heard_at", "settled_at", "quality",
            "token_status", "token_why", "limit_cost", "limit_wh", "limit_s", "limit_soc_percent", "limit_kept_by",
            "limit_reached",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": "string", "format": "decimal"})
    def get_vehicle_confidence(self, session: Session) -> str:
        return str(confidence_in_vehicle(session))

    @extend_schema_field({"type": ["string", "null"]})
    def get_id_token(self, session: Session) -> str | None:
        return session.token_value if asker(self).has_perm("charging_sessions.view_idtoken") else None

    def get_is_open(self, session: Session) -> bool:
        return session.ended_at is None

    @extend_schema_field({"type": ["string", "null"], "format": "decimal"})
    def get_energy_kwh(self, session: Session) -> str | None:
        return kwh(session.energy_wh)

    @extend_schema_field({"type": ["string", "null"], "format": "decimal"})
    def get_energy_exported_kwh(self, session: Session) -> str | None:
        return kwh(session.exported_wh)


def kwh(energy_wh: int | None) -> str | None:
    """Exact: three decimals are the watt-hours."""
    if energy_wh is None:
        return None
    sign, whole = ("-" if energy_wh < 0 else ""), abs(energy_wh)
    return f"{sign}{whole // 1000}.{whole % 1000:03d}"


class StartSerializer(serializers.Serializer[Any]):
    vehicle = Reachable(
        slug_field="unit_number",
        queryset=Vehicle.objects.all(),
        required=False,
        help_text="Unit number of the vehicle to charge. Either this, or `id_token`.",
    )
    id_token = Reachable(
        slug_field="value", queryset=IdToken.objects.all(), required=False, help_text="The token to start with."
    )
    bay = reachable_id(Bay.objects.select_related("evse"), required=False, help_text="Either this, or `evse`.")
    evse = reachable_id(Evse.objects.select_related("charger"), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for one, other in (("vehicle", "id_token"), ("bay", "evse")):
            if (one in attrs) == (other in attrs):
                raise serializers.ValidationError(f"Name either {one} or {other}.")
        if "bay" in attrs:
            if attrs["bay"].evse is None:
                raise serializers.ValidationError({"bay": "No charger serves this bay."})
            attrs["evse"] = attrs["bay"].evse
        return attrs


class NamedVehicleSerializer(serializers.Serializer[Any]):
    vehicle = Reachable(slug_field="unit_number", queryset=Vehicle.objects.all(), help_text="Its unit number.")


def _by_token(value: str) -> Q:
    # Of a token that nobody knew there is no row, only what the charger told.
    return Q(token__key=token_key(value)) | Q(token_value=value)


class ReadingSerializer(Row[MeterReading]):
    class Meta:
        model = MeterReading
        fields = ["at", "energy_wh", "power_w", "soc_percent", "context"]
        read_only_fields = fields


class SessionViews(Listed[Session], Retrieved[Session]):
    """Vehicles charging, and those that have."""

    permissions_needed = {
        "GET": "charging_sessions.view_session",
        "start": "charging_sessions.start_session",
        "stop": "charging_sessions.stop_session",
        "name_vehicle": "charging_sessions.name_vehicle",
    }
    queryset = Session.objects.select_related("charger", "evse", "connector", "vehicle", "started_by")
    serializer_class = SessionSerializer
    filters = {
        "charger": text("charger__identity__iexact", "Identity of the charger."),
        "evse": number("evse"),
        "vehicle": text("vehicle__unit_number", "Unit number of the vehicle."),
        "id_token": text(_by_token, "As it was issued; its case does not matter."),
        "depot": number("depot_key"),
        "open": yes_or_no(lambda is_open: Q(ended_at__isnull=is_open)),
        "started_from": moment("started_at__gte", "Started at this moment or later."),
        "started_before": moment("started_at__lt"),
    }
    orderings = {"started_at": "started_at", "ended_at": "ended_at", "energy": "energy_wh", "id": "pk"}
    ordering = ("-started_at", "-pk")

    @extend_schema(request=StartSerializer, responses={201: CommandSerializer}, parameters=[WAIT])
    @caused_once
    def start(self, request: Request) -> Caused:
        """Ask a charger to charge a vehicle. The session appears when the charger says that it began."""
        wanted_wait(request)
        said = StartSerializer(data=request.data, context=self.get_serializer_context())
        said.is_valid(raise_exception=True)
        evse = said.validated_data["evse"]
        who = said.validated_data.get("vehicle") or said.validated_data["id_token"]
        with refusals():
            command = services.request_start(who, evse, requested_by=asker(said), now=clock.now())
        note(request, "asked for start", evse, command=command.pk, vehicle=said.validated_data.get("vehicle"))
        return command_issued(self, request, command)

    @extend_schema(request=None, responses={201: CommandSerializer}, parameters=[WAIT])
    @caused_once
    def stop(self, request: Request, *args: Any, **kwargs: Any) -> Caused:
        """Ask the charger to stop. The session ends when the charger says that it has."""
        wanted_wait(request)
        session = self.get_object()
        with refusals():
            command = services.request_stop(session, requested_by=self.asker(), now=clock.now())
        note(request, "asked for stop", session, command=command.pk)
        return command_issued(self, request, command)

    @extend_schema(request=NamedVehicleSerializer, responses={200: SessionSerializer})
    @caused_once
    def name_vehicle(self, request: Request, *args: Any, **kwargs: Any) -> Caused:
        """Say which vehicle this is. What the ERP was given already is answered by a credit and a replacement."""
        session = self.get_object()
        said = NamedVehicleSerializer(data=request.data, context=self.get_serializer_context())
        said.is_valid(raise_exception=True)
        vehicle = said.validated_data["vehicle"]
        services.name_vehicle(session, vehicle, said_by=self.asker(), now=clock.now())
        note(request, "named vehicle", session, vehicle=vehicle)
        return Caused(self.shown_anew(session), status=200)


class ReadingViews(Listed[MeterReading]):
    """The meter curve of a session: every reading as it was told, or those of a part of it."""

    permissions_needed = {"GET": "charging_sessions.view_meterreading"}
    queryset = MeterReading.objects.all()
    serializer_class = ReadingSerializer
    filters = {
        "from": moment("at__gte", "Read at this moment or later."),
        "before": moment("at__lt"),
    }
    ordering = ("at", "pk")

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        sessions = within_reach(self.request.user, Session.objects.all())
        return super().get_queryset().filter(session=get_object_or_404(sessions, pk=self.kwargs["pk"]))
