"""Chargers, their EVSEs and connectors: what they are, how they are, and how one becomes ours."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Prefetch, Q
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chargers import services
from chargers.choices import Protocol, Standing
from chargers.models import Charger
from chargers.queries import links_of, online_charger_ids
from chargers.services.adopt import IdentityTaken, NoPasswordOffered
from depot import clock
from depot.access.audit import note
from depot.access.filters import number, one_of, text, yes_or_no
from depot.access.idempotency import Caused, caused_once
from depot.access.problem import Problem
from depot.api.base import Listed, Retrieved
from depot.api.connectors import PLACED_EVSES, CapabilitySerializer, EvseSerializer, LinkedSerializer
from depot.api.fields import Row, asker, reachable_id
from depot.models import Bay
from depot.yard.services import BayNotFree, ChargerInUse, Proof, add_charger, adopt, delete_charger


class ChargerSerializer(LinkedSerializer, Row[Charger]):
    protocol = serializers.CharField(read_only=True, help_text="Of the newest connection; empty: none yet.")
    evses = EvseSerializer(many=True, read_only=True)
    capabilities = CapabilitySerializer(many=True, read_only=True)

    class Meta:
        model = Charger
        fields = [
            "identity", "name", "standing", "is_online", "link_since", "last_heard_at", "protocol", "pinned_protocol",
            "vendor", "model", "serial", "firmware", "automation_on", "energy_management_on", "clock_offset_s",
            "heartbeat_interval_s", "boot_reason", "booted_at", "created_at", "evses", "capabilities",
        ]  # fmt: skip
        read_only_fields = sorted(set(fields) - {"name", "pinned_protocol", "automation_on", "energy_management_on"})


def _is_free(bay: Bay | None) -> None:
    if bay is not None and bay.evse_id is not None:
        raise serializers.ValidationError("Another charger serves it: take that one away from it first.")


class NewChargerSerializer(serializers.Serializer[Any]):
    identity = serializers.RegexField(
        r"^[^\x00-\x1f\x7f/]{1,48}$", max_length=48, help_text="What the charger calls itself in its address."
    )
    name = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    pinned_protocol = serializers.ChoiceField(choices=Protocol.choices, required=False, allow_blank=True, default="")
    bay = reachable_id(
        Bay.objects.all(),
        required=False,
        allow_null=True,
        default=None,
        validators=[_is_free],
        help_text="Where its EVSE 1 stands.",
    )

    def validate_identity(self, identity: str) -> str:
        if identity in (".", ".."):
            raise serializers.ValidationError("No address can end with that.")
        return identity

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["bay"] is None and not asker(self).all_depots:
            raise serializers.ValidationError({"bay": "You see only some depots: say where it stands."})
        return attrs


class ToldOnceSerializer(serializers.Serializer[Any]):
    password = serializers.CharField(
        read_only=True, allow_null=True, help_text="Told this once; null where there is none, or when it is told again."
    )


class ChargerWithPasswordSerializer(ToldOnceSerializer, ChargerSerializer):
    class Meta(ChargerSerializer.Meta):
        fields = [*ChargerSerializer.Meta.fields, "password"]


class PlacedEvseSerializer(serializers.Serializer[Any]):
    evse = serializers.IntegerField(min_value=1, max_value=32767, help_text="Its number.")
    bay = reachable_id(Bay.objects.all(), validators=[_is_free])


class AdoptionSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    proof = serializers.ChoiceField(
        choices=[(proof.value, proof.value) for proof in Proof],
        default=Proof.NEW_PASSWORD.value,
        help_text="How it will prove who it is. `presented` trusts the password that it came with, `nothing` anyone.",
    )
    bays = PlacedEvseSerializer(many=True, required=False, default=list)


def _is_online(online: bool) -> Q:
    ids = online_charger_ids()
    return Q(pk__in=ids) if online else ~Q(pk__in=ids)


class ChargerViews(Listed[Charger], Retrieved[Charger]):
    """Chargers: ours, waiting and refused, each with its EVSEs and what it was seen to be able to do."""

    permissions_needed = {
        "GET": "chargers.view_charger",
        "POST": "chargers.add_charger",
        "PATCH": "chargers.change_charger",
        "DELETE": "chargers.delete_charger",
        "adopt": "chargers.change_charger",
        "refuse": "chargers.change_charger",
        "renew_password": "chargers.change_charger",
    }
    queryset = Charger.objects.prefetch_related(Prefetch("evses", PLACED_EVSES), "capabilities")
    serializer_class = ChargerSerializer
    lookup_field = "identity__iexact"
    lookup_url_kwarg = "identity"
    filters = {
        "standing": one_of("standing", [standing.value for standing in Standing]),
        "online": yes_or_no(_is_online),
        "protocol": one_of("protocol", [protocol.value for protocol in Protocol]),
        "depot": number("evses__bay__depot"),
        "vendor": text("vendor__iexact"),
        "model": text("model__iexact"),
        "firmware": text("firmware"),
    }
    orderings = {"identity": "identity", "name": "name", "created_at": "created_at"}
    ordering = ("identity",)

    def beside(self, rows: Sequence[Charger]) -> dict[str, Any]:
        return {"links": links_of([row.pk for row in rows])}

    def filter_queryset(self, queryset: Any) -> Any:
        rows = super().filter_queryset(queryset)
        # Two EVSEs of one charger in the depot that is asked for are still one charger.
        return rows.distinct() if "depot" in self.request.query_params else rows

    @extend_schema(request=NewChargerSerializer, responses={201: ChargerWithPasswordSerializer})
    @caused_once
    def create(self, request: Request) -> Caused:
        """A charger that is ours before it ever calls. Its password is told in this answer and never again."""
        said = NewChargerSerializer(data=request.data, context=self.get_serializer_context())
        said.is_valid(raise_exception=True)
        wanted = said.validated_data
        try:
            with transaction.atomic():
                charger, password = add_charger(
                    wanted["identity"],
                    name=wanted["name"],
                    pinned_protocol=wanted["pinned_protocol"],
                    bay=wanted["bay"],
                    now=clock.now(),
                )
        except IdentityTaken as error:
            raise Problem("taken", "A charger has this identity, perhaps in other letter case.") from error
        except BayNotFree as error:
            raise Problem("taken", "Another charger serves this bay.") from error
        note(request, "added charger", charger)
        location = reverse("api-charger", kwargs={"identity": charger.identity})
        return Caused(self.shown_anew(charger) | {"password": password}, location=location, secrets=("password",))

    @transaction.atomic
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        charger = self.get_object()
        serializer = self.get_serializer(charger, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        note(request, "changed charger", charger, fields=serializer.validated_data)
        return Response(self.shown_anew(charger))

    @transaction.atomic
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Only a charger that never charged anybody: the books name the others. Switch those off instead."""
        charger = self.get_object()
        note(request, "deleted charger", charger)
        try:
            delete_charger(charger)
        except ChargerInUse as error:
            raise Problem("in-use", f"There are {error.sessions} sessions of it.") from error
        return Response(status=204)

    @extend_schema(request=AdoptionSerializer, responses={200: ChargerWithPasswordSerializer})
    @caused_once
    def adopt(self, request: Request, *args: Any, **kwargs: Any) -> Caused:
        """Take a charger out of the waiting room. A new password is told in this answer and sent to the charger."""
        charger = self.get_object()
        said = AdoptionSerializer(data=request.data, context=self.get_serializer_context())
        said.is_valid(raise_exception=True)
        wanted = said.validated_data
        if charger.standing == Standing.ADOPTED:
            raise Problem("too-late", "It is adopted already.")
        try:
            password = adopt(
                charger,
                name=wanted["name"] or charger.name,
                bays={placed["evse"]: placed["bay"] for placed in wanted["bays"]},
                proof=Proof(wanted["proof"]),
                adopted_by=self.asker(),
                now=clock.now(),
            )
        except NoPasswordOffered as error:
            raise Problem("no-password", "There is nothing to trust: it came without a password.") from error
        except BayNotFree as error:
            raise Problem("taken", "Another charger serves one of these bays.") from error
        note(request, "adopted charger", charger, proof=wanted["proof"])
        return Caused(self.shown_anew(charger) | {"password": password}, status=200, secrets=("password",))

    @extend_schema(request=None, responses={200: ChargerSerializer})
    @caused_once
    def refuse(self, request: Request, *args: Any, **kwargs: Any) -> Caused:
        """It is not let in any more; what it said in the waiting room stays."""
        charger = self.get_object()
        services.refuse_charger(charger)
        note(request, "refused charger", charger)
        return Caused(self.shown_anew(charger), status=200)

    @extend_schema(request=None, responses={200: ToldOnceSerializer})
    @caused_once
    def renew_password(self, request: Request, *args: Any, **kwargs: Any) -> Caused:
        """A new password, told in this answer and sent to the charger where it is online; the old one holds until
        the charger has used the new one."""
        charger = self.get_object()
        password = services.new_password(charger, clock.now())
        try:
            with transaction.atomic():
                services.send_new_password(charger, password, sent_by=self.asker(), now=clock.now())
        except (services.ChargerOffline, services.CommandNotAllowed):
            is_sent = False  # somebody types it in
        else:
            is_sent = True
        note(request, "made charger's password", charger, is_sent=is_sent)
        return Caused({"password": password}, status=200, secrets=("password",))
