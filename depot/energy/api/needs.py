"""What vehicles need: their timetable, and what is told of one night; one by one, or as a file."""

import csv
import io
from collections.abc import Mapping
from typing import IO, Any

from django.db import transaction
from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from depot import clock
from depot.access.audit import note
from depot.access.filters import number, text, yes_or_no
from depot.access.idempotency import Caused, caused_once
from depot.access.parsing import MAX_BYTES, BoundedJSONParser, refuse_unstorable
from depot.access.problem import Problem
from depot.api.base import Kept
from depot.api.fields import Reachable, Row, asker, reachable_id
from depot.energy.api.base import LARGE, PlannedWith, WallRow
from depot.energy.models import Habit, NeedSource, Timetable, VehicleNeed
from depot.energy.services import NothingTold, take_back_need, tell_need, want_plan
from depot.models import Bay, Depot
from sessions.models import Session, Vehicle

AT_ONCE = 2_000
_HOLDS = Q(taken_back_at=None)


class TimetableSerializer(WallRow[Timetable]):
    depot = reachable_id(Depot.objects.all())
    vehicle = Reachable(slug_field="unit_number", queryset=Vehicle.objects.all())
    bay = reachable_id(Bay.objects.all(), required=False, allow_null=True)
    weekdays = serializers.RegexField(r"^(?!.*(.).*\1)[1-7]{1,7}$", required=False, help_text="1 is Monday: 12345.")
    energy_wh = serializers.IntegerField(min_value=0, max_value=LARGE, required=False, allow_null=True)

    class Meta:
        model = Timetable
        fields = [
            "id", "depot", "vehicle", "weekdays", "leaves_at", "comes_at", "bay", "energy_wh", "target_soc_percent",
            "priority", "from_day", "until_day",
        ]  # fmt: skip


class TimetableViews(PlannedWith[Timetable]):
    """When each vehicle leaves in a week, and with how much."""

    permissions_needed = {
        "GET": "energy.view_timetable",
        "POST": "energy.add_timetable",
        "PATCH": "energy.change_timetable",
        "DELETE": "energy.delete_timetable",
    }
    noun = "timetable line"
    detail_name = "api-timetable"
    queryset = Timetable.objects.select_related("depot", "vehicle", "bay")
    serializer_class = TimetableSerializer
    filters = {"depot": number("depot"), "vehicle": text("vehicle__unit_number")}


class HabitSerializer(Row[Habit]):
    vehicle = Reachable(slug_field="unit_number", queryset=Vehicle.objects.all())

    class Meta:
        model = Habit
        fields = ["id", "vehicle", "priority", "follows_sun", "gives_back", "lowest_soc_percent", "wear_per_kwh"]


class HabitViews(Kept[Habit]):
    """What holds for a vehicle every night: its class, and whether it may give energy back."""

    permissions_needed = {
        "GET": "energy.view_habit",
        "POST": "energy.add_habit",
        "PATCH": "energy.change_habit",
        "DELETE": "energy.delete_habit",
    }
    noun = "habit"
    detail_name = "api-habit"
    queryset = Habit.objects.select_related("vehicle")
    serializer_class = HabitSerializer
    filters = {"vehicle": text("vehicle__unit_number")}

    def make(self, serializer: BaseSerializer[Habit]) -> Habit:
        return self._planned(super().make(serializer))

    def change(self, row: Habit, serializer: BaseSerializer[Habit]) -> Habit:
        return self._planned(super().change(row, serializer))

    def _planned(self, row: Habit) -> Habit:
        if row.vehicle.depot_key is not None:
            want_plan(row.vehicle.depot_key, f"{row.vehicle}: its habit changed", now=clock.now())
        return row


class NeedSerializer(Row[VehicleNeed]):
    depot = reachable_id(Depot.objects.all())
    vehicle = Reachable(slug_field="unit_number", queryset=Vehicle.objects.all(), required=False, allow_null=True)
    session = reachable_id(
        Session.objects.all(), required=False, allow_null=True, help_text="Of one stay only; else of the vehicle."
    )
    energy_wh = serializers.IntegerField(
        min_value=0, max_value=LARGE, required=False, allow_null=True, help_text="Still to be charged."
    )
    is_by_dispatcher = serializers.BooleanField(
        write_only=True, required=False, default=False, help_text="Believed before the vehicle's own word."
    )

    class Meta:
        model = VehicleNeed
        fields = [
            "id", "depot", "vehicle", "session", "source", "departs_at", "energy_wh", "target_soc_percent", "priority",
            "told_at", "holds_until", "taken_back_at", "is_by_dispatcher",
        ]  # fmt: skip
        read_only_fields = ["id", "source", "told_at", "holds_until", "taken_back_at"]
        validators: list[Any] = []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("vehicle") is None and attrs.get("session") is None:
            raise serializers.ValidationError("Name a vehicle, or a session.")
        if all(attrs.get(name) is None for name in ("departs_at", "energy_wh", "target_soc_percent", "priority")):
            raise serializers.ValidationError("Nothing is told: no departure, energy, level or class.")
        if attrs.get("departs_at") is not None and attrs["departs_at"] <= clock.now():
            raise serializers.ValidationError({"departs_at": "It is past."})
        depot, session, vehicle = attrs["depot"], attrs.get("session"), attrs.get("vehicle")
        if session is not None and session.depot_key != depot.pk:
            raise serializers.ValidationError({"session": "It is at another depot."})
        if vehicle is not None and vehicle.depot_key not in (None, depot.pk):
            raise serializers.ValidationError({"vehicle": "It belongs to another depot."})
        return attrs

    def create(self, validated_data: dict[str, Any]) -> VehicleNeed:
        by_dispatcher = validated_data.pop("is_by_dispatcher")
        source = NeedSource.DISPATCHER if by_dispatcher else NeedSource.REST
        try:
            return tell_need(source=source, now=clock.now(), told_by=asker(self), **validated_data)
        except NothingTold as error:  # pragma: no cover - validated above
            raise Problem("invalid", "Nothing is told.") from error


class ManyNeedsSerializer(serializers.Serializer[Any]):
    needs = serializers.ListField(child=NeedSerializer(), allow_empty=False, max_length=AT_ONCE)


class StoredNeedsSerializer(serializers.Serializer[Any]):
    stored = serializers.IntegerField()


class CsvParser(BaseParser):
    """A table with the names of the fields in its first line; empty cells are not told."""

    media_type = "text/csv"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise Problem("too-large", f"A body holds at most {MAX_BYTES} bytes.")
        try:
            rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig")), strict=True))
        except (UnicodeError, csv.Error) as error:
            raise ParseError(f"CSV parse error - {error}") from error
        numbers = {"depot", "session", "energy_wh", "target_soc_percent", "priority"}
        needs = []
        for row in rows:
            if None in row or None in row.values():
                raise ParseError("CSV parse error - each line has as many cells as the first")
            told = {name: cell for name, cell in row.items() if cell != ""}
            needs.append({n: int(c) if n in numbers and c.isdecimal() and len(c) < 19 else c for n, c in told.items()})
        refuse_unstorable(needs)
        return {"needs": needs}


class NeedViews(Kept[VehicleNeed]):
    """What is told of one night. Departures and needs of a dispatcher, and of other systems."""

    permissions_needed = {
        "GET": "energy.view_vehicleneed",
        "POST": "energy.add_vehicleneed",
        "DELETE": "energy.delete_vehicleneed",
        "bulk": "energy.add_vehicleneed",
    }
    noun = "need"
    detail_name = "api-need"
    queryset = VehicleNeed.objects.select_related("vehicle", "session", "depot")
    serializer_class = NeedSerializer
    parser_classes = [BoundedJSONParser, CsvParser]
    filters = {
        "depot": number("depot"),
        "vehicle": text("vehicle__unit_number"),
        "taken_back": yes_or_no(lambda yes: ~_HOLDS if yes else _HOLDS),
    }
    ordering = ("-told_at", "-pk")

    def remove(self, row: VehicleNeed) -> None:
        take_back_need(row, now=clock.now())

    @extend_schema(request=ManyNeedsSerializer, responses={200: StoredNeedsSerializer})
    @caused_once
    def bulk(self, request: Request, *args: Any, **kwargs: Any) -> Caused:
        """All of them or none: as JSON, or as CSV with the names of the fields in its first line."""
        said = ManyNeedsSerializer(data=request.data, context=self.get_serializer_context())
        said.is_valid(raise_exception=True)
        rows = said.validated_data["needs"]
        with transaction.atomic():
            for row in rows:
                NeedSerializer(context=self.get_serializer_context()).create(dict(row))
            for depot in {row["depot"] for row in rows}:
                note(request, "told needs", depot, count=sum(row["depot"] == depot for row in rows))
        return Caused({"stored": len(rows)}, status=200)
