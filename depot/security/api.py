"""Over REST: how a charger proves who it is, which certificates were signed, and who signs them."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chargers.certificates.models import Authority, AuthorityUse, Profile, SignedCertificate
from chargers.certificates.services import authorities, upgrading
from chargers.choices import Standing
from chargers.models import Charger
from depot import clock
from depot.access.audit import note
from depot.access.filters import one_of, text
from depot.access.idempotency import Caused, caused_once
from depot.access.models import User
from depot.access.problem import Problem
from depot.access.reach import within_reach
from depot.api.base import Listed, Retrieved
from depot.api.fields import Row
from depot.api.refusals import refusals
from depot.security.standing import standing_of
from depot.yard.card import door_of


class ChainLinkSerializer(serializers.Serializer[Any]):
    subject = serializers.CharField()
    issuer = serializers.CharField()
    serial = serializers.CharField(help_text="Hexadecimal.")
    not_before = serializers.DateTimeField()
    not_after = serializers.DateTimeField()
    days_left = serializers.IntegerField()


class StandingSerializer(serializers.Serializer[Any]):
    required_profile = serializers.IntegerField(source="required", help_text="By a lower one it is not let in.")
    came_by = serializers.IntegerField(allow_null=True, help_text="The profile it came by last; null: never by TLS.")
    asked_profile = serializers.IntegerField(source="asked", allow_null=True, help_text="It is on its way to it.")
    upgrade = serializers.CharField(
        source="upgrade.step", allow_null=True, default=None, help_text="How far the last way to a higher one came."
    )
    upgrade_note = serializers.CharField(source="upgrade.note", allow_null=True, default=None)
    chain = ChainLinkSerializer(many=True, help_text="Its own certificate first.")
    breaks = serializers.CharField(help_text="What breaks when the certificate ends.")


class SecurityProfileSerializer(serializers.Serializer[Any]):
    profile = serializers.ChoiceField(choices=list(Profile.values))


class ChargerSecurityView(APIView):
    """How a charger proves who it is; POST asks it to come by a higher profile, PUT requires one of our side only."""

    permissions_needed = {
        "GET": "certificates.view_security",
        "PUT": "certificates.change_security",
        "POST": "certificates.change_security",
    }

    def _charger(self, request: Request, identity: str) -> Charger:
        return get_object_or_404(within_reach(request.user, Charger.objects.all()), identity__iexact=identity)

    def _adopted(self, request: Request, identity: str) -> tuple[Charger, Profile]:
        charger = self._charger(request, identity)
        if charger.standing != Standing.ADOPTED:
            raise Problem("not-adopted", "A stranger proves nothing yet.")
        said = SecurityProfileSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        return charger, Profile(said.validated_data["profile"])

    @extend_schema(operation_id="chargers_security", responses=StandingSerializer)
    def get(self, request: Request, identity: str) -> Response:
        """By what it comes, by what it must, and its certificate."""
        return Response(self._shown(self._charger(request, identity)))

    @extend_schema(
        operation_id="chargers_require_profile", request=SecurityProfileSerializer, responses={200: StandingSerializer}
    )
    @caused_once
    def put(self, request: Request, identity: str) -> Caused:
        """From now on it is not let in by less. The charger itself is asked nothing."""
        charger, profile = self._adopted(request, identity)
        upgrading.require_profile(charger, profile)
        note(request, "required security profile", charger, profile=int(profile))
        return Caused(self._shown(charger), status=200)

    @extend_schema(
        operation_id="chargers_upgrade_profile", request=SecurityProfileSerializer, responses={200: StandingSerializer}
    )
    @caused_once
    def post(self, request: Request, identity: str) -> Caused:
        """Ask it to come by a higher profile, which is required from the moment on that it does."""
        charger, profile = self._adopted(request, identity)
        door = door_of(settings.PUBLIC_CHARGER_URL, page_host=request.get_host(), page_is_secure=request.is_secure())
        url = f"{door.scheme}://{door.host}{door.path.rstrip('/')}"
        assert isinstance(request.user, User)
        try:
            with refusals(), transaction.atomic():
                upgrading.ask_for_profile(charger, profile, url=url, asked_by=request.user, now=clock.now())
        except upgrading.NoWayDown as error:
            raise Problem("left-alone", f"{error}: OCPP has no way to the same or a lower profile.") from error
        except upgrading.NotReady as error:
            raise Problem("left-alone", str(error)) from error
        except upgrading.UpgradeRuns as error:
            raise Problem("taken", "It is on its way to a higher profile already.") from error
        note(request, "asked for security profile", charger, profile=int(profile))
        return Caused(self._shown(charger), status=200)

    def _shown(self, charger: Charger) -> dict[str, Any]:
        return dict(StandingSerializer(standing_of(charger, at=datetime.now(UTC))).data)


class SignedCertificateSerializer(Row[SignedCertificate]):
    charger = serializers.CharField(source="charger.identity", read_only=True, allow_null=True, default=None)
    authority = serializers.CharField(source="authority.name", read_only=True, allow_null=True, default=None)
    purpose = serializers.CharField(read_only=True)
    given_state = serializers.CharField(read_only=True, help_text="How far it came to the charger.")

    class Meta:
        model = SignedCertificate
        fields = [
            "id", "charger", "authority", "purpose", "subject", "serial_number", "certificate", "not_before",
            "not_after", "signed_at", "given_state", "first_used_at", "revoked_at", "revoked_because",
        ]  # fmt: skip
        read_only_fields = fields


class RevocationSerializer(serializers.Serializer[Any]):
    because = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class SignedCertificateViews(Listed[SignedCertificate], Retrieved[SignedCertificate]):
    """Certificates that our authority signed."""

    permissions_needed = {
        "GET": "certificates.view_signedcertificate",
        "revoke": "certificates.manage_authorities",
    }
    queryset = SignedCertificate.objects.select_related("charger", "authority")
    serializer_class = SignedCertificateSerializer
    filters = {
        "charger": text("charger__identity__iexact"),
        "purpose": one_of("purpose", ["station", "server", "v2g", "contract"]),
    }
    ordering = ("-pk",)

    @extend_schema(request=RevocationSerializer, responses=SignedCertificateSerializer)
    @caused_once
    def revoke(self, request: Request, *args: Any, **kwargs: Any) -> Caused:
        """Whoever shows it is refused from now on, and a line that was opened with it is closed."""
        signed = self.get_object()
        said = RevocationSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        because = said.validated_data["because"]
        if not authorities.revoke(signed, because=because, by=self.asker(), at=datetime.now(UTC)):
            raise Problem("too-late", "It was revoked before.")
        note(request, "revoked certificate", str(signed), because=because)
        return Caused(self.shown_anew(signed), status=200)


class AuthoritySerializer(Row[Authority]):
    class Meta:
        model = Authority
        fields = ["id", "use", "key_kind", "name", "organization", "certificate", "created_at", "retired_at"]
        read_only_fields = fields


class AuthorityViews(Listed[Authority], Retrieved[Authority]):
    """Who signs certificates that are accepted at the chargers' door, with the root to install in chargers."""

    permissions_needed = {"GET": "certificates.view_authority"}
    queryset = Authority.objects.filter(use__in=[AuthorityUse.CHARGERS, AuthorityUse.FOREIGN])
    serializer_class = AuthoritySerializer
    ordering = ("pk",)
