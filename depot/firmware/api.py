"""Firmware images and campaigns over REST."""

from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from chargers.choices import Standing
from chargers.models import Charger
from depot import clock
from depot.access.audit import note
from depot.access.filters import one_of, text
from depot.access.idempotency import Caused, caused_once
from depot.access.problem import Problem
from depot.access.reach import within_reach
from depot.api.base import Listed, Retrieved
from depot.api.fields import Moment, Reachable, Row, asker, reachable_id
from depot.firmware.forms import suits
from depot.firmware.models import Campaign, CampaignState, CampaignStep, FirmwareImage, check_fetchable
from depot.firmware.services import CampaignImpossible, add_image, plan_campaign, resume_campaign, stop_campaign
from depot.uploads.address import base_url_of


def fetchable(location: str) -> None:
    try:
        check_fetchable(location)
    except ValidationError as error:
        raise serializers.ValidationError(error.messages) from error


class ImageSerializer(Row[FirmwareImage]):
    """Here only by address; a file is given on the page."""

    location = serializers.CharField(max_length=500, validators=[fetchable])

    class Meta:
        model = FirmwareImage
        fields = [
            "id", "vendor", "model", "version", "location", "size_bytes", "sha256", "signing_certificate",
            "signature", "added_at",
        ]  # fmt: skip
        read_only_fields = ["size_bytes", "sha256", "added_at"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("signature")) != bool(attrs.get("signing_certificate")):
            raise serializers.ValidationError("A signature goes with the certificate that proves it.")
        return attrs


class ImageViews(Listed[FirmwareImage], Retrieved[FirmwareImage]):
    permissions_needed = {"GET": "firmware.view_firmwareimage", "POST": "firmware.add_firmwareimage"}
    queryset = FirmwareImage.objects.all()
    serializer_class = ImageSerializer
    filters = {"vendor": text("vendor"), "version": text("version")}
    ordering = ("-pk",)

    @caused_once
    def create(self, request: Request) -> Caused:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        image = add_image(FirmwareImage(**serializer.validated_data), None, added_by=self.asker(), now=clock.now())
        note(request, "added firmware", str(image))
        return Caused(self.shown_anew(image))


class StepSerializer(serializers.ModelSerializer[CampaignStep]):
    charger = serializers.CharField(source="charger.identity", read_only=True)
    runs = serializers.CharField(source="charger.firmware", read_only=True)

    class Meta:
        model = CampaignStep
        fields = ["charger", "state", "note", "firmware_before", "runs", "command"]


class CampaignSerializer(Row[Campaign]):
    image = reachable_id(FirmwareImage.objects.all())
    chargers: Any = Reachable(
        queryset=Charger.objects.filter(standing=Standing.ADOPTED), slug_field="identity", many=True, write_only=True
    )
    begins_at = Moment(required=False)
    steps = serializers.SerializerMethodField()

    class Meta:
        model = Campaign
        fields = [
            "id", "name", "image", "chargers", "state", "stopped_why", "begins_at", "window_from", "window_until",
            "at_once", "stop_after_failures", "only_when_idle", "steps",
        ]  # fmt: skip
        read_only_fields = ["state", "stopped_why"]
        extra_kwargs = {"at_once": {"min_value": 1}, "stop_after_failures": {"min_value": 1}}

    @extend_schema_field(StepSerializer(many=True))
    def get_steps(self, campaign: Campaign) -> Any:
        steps = within_reach(asker(self), campaign.steps.select_related("charger"))
        return StepSerializer(steps, many=True).data

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs.get("window_from") is None) != (attrs.get("window_until") is None):
            raise serializers.ValidationError("A daily window has a beginning and an end.")
        others = [each for each in attrs["chargers"] if not suits(attrs["image"], each)]
        if others:
            names = ", ".join(each.identity for each in others[:5])
            raise serializers.ValidationError({"chargers": f"{attrs['image']} is not made for {names}."})
        return attrs


class CampaignViews(Listed[Campaign], Retrieved[Campaign]):
    """Which chargers get an image, when, how many at once; it stops by itself after failures."""

    permissions_needed = {"GET": "firmware.view_campaign", "POST": "firmware.add_campaign"}
    queryset = Campaign.objects.select_related("image")
    serializer_class = CampaignSerializer
    filters = {"state": one_of("state", list(CampaignState.values))}
    ordering = ("-pk",)

    @caused_once
    def create(self, request: Request) -> Caused:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        campaign = self._plan(serializer, request)
        note(request, "planned firmware campaign", str(campaign), image=str(campaign.image))
        return Caused(self.shown_anew(campaign))

    def _plan(self, serializer: BaseSerializer[Campaign], request: Request) -> Campaign:
        said, now = dict(serializer.validated_data), clock.now()
        chargers = said.pop("chargers")
        campaign = Campaign(**{"begins_at": now, **said}, base_url=base_url_of(request._request))
        try:
            return plan_campaign(campaign, chargers, created_by=self.asker(), now=now)
        except CampaignImpossible as why:
            raise Problem("taken", str(why)) from why

    @extend_schema(request=None, responses=CampaignSerializer)
    @caused_once
    def stop(self, request: Request, *args: Any, **kwargs: Any) -> Caused:
        """Nobody else is asked; what is under way cannot be taken back."""
        campaign = self.get_object()
        if not stop_campaign(campaign, why=f"Stopped by {request.user}"):
            raise Problem("too-late", "It is over.")
        note(request, "stopped firmware campaign", str(campaign))
        return Caused(self.shown_anew(campaign), status=200)

    @extend_schema(request=None, responses=CampaignSerializer)
    @caused_once
    def resume(self, request: Request, *args: Any, **kwargs: Any) -> Caused:
        """Go on, and ask again those that failed."""
        campaign = self.get_object()
        if not resume_campaign(campaign, now=clock.now()):
            raise Problem("too-late", "It was not stopped.")
        note(request, "resumed firmware campaign", str(campaign))
        return Caused(self.shown_anew(campaign), status=200)
