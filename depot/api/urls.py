"""The addresses of the API, under /api/."""

from typing import Any

from django.urls import include, path, re_path

from depot.api import docs
from depot.api.cards import CreditViews, TokenGroupViews
from depot.api.chargers import ChargerViews
from depot.api.commands import CommandViews
from depot.api.connectors import ConnectorViews, EvseViews
from depot.api.operations import OPERATIONS, RawCallView, operation_view
from depot.api.reservations import ReservationViews
from depot.api.sessions import ReadingViews, SessionViews
from depot.api.tariffs import TariffViews
from depot.api.yard import BayViews, DepotViews, IdTokenViews, VehicleViews
from depot.device.api import REPORTED
from depot.device.operations import DEVICE_OPERATIONS
from depot.firmware.api import CampaignViews, ImageViews
from depot.onsite.api import RECORDS
from depot.onsite.asking import operation_view as onsite_operation_view
from depot.onsite.operations import OPERATIONS as ONSITE_OPERATIONS
from depot.security.api import AuthorityViews, ChargerSecurityView, SignedCertificateViews
from depot.upkeep.api import (
    ChargerDriftView,
    LocalListViews,
    OddityView,
    OfflineRuleViews,
    SettingTemplateViews,
)
from depot.uploads.api import AskForLogView, UploadViews

Verbs = dict[str, Any]
LIST: Verbs = {"get": "list"}
LIST_AND_CREATE: Verbs = {"get": "list", "post": "create"}
ONE: Verbs = {"get": "retrieve"}
ONE_TO_RELEASE: Verbs = {"get": "retrieve", "delete": "destroy"}
ONE_TO_CHANGE: Verbs = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}

v1 = [
    path("schema/", docs.SchemaView.as_view(), name="api-schema"),
    path("docs/", docs.DocsView.as_view(), name="api-docs"),
    path("problems/<slug:slug>/", docs.ProblemView.as_view(), name="api-problem"),
    path("chargers/", ChargerViews.as_view(LIST_AND_CREATE), name="api-chargers"),
    path("chargers/<str:identity>/", ChargerViews.as_view(ONE_TO_CHANGE), name="api-charger"),
    path("chargers/<str:identity>/adopt/", ChargerViews.as_view({"post": "adopt"}), name="api-charger-adopt"),
    path("chargers/<str:identity>/refuse/", ChargerViews.as_view({"post": "refuse"}), name="api-charger-refuse"),
    path(
        "chargers/<str:identity>/password/",
        ChargerViews.as_view({"post": "renew_password"}),
        name="api-charger-password",
    ),
    path("chargers/<str:identity>/calls/<str:action>/", RawCallView.as_view(), name="api-charger-call"),
    *(
        path(f"chargers/<str:identity>/{name}/", operation_view(name, operation), name=f"api-charger-{name}")
        for name, operation in (OPERATIONS | DEVICE_OPERATIONS).items()
    ),
    path("chargers/<str:identity>/drift/", ChargerDriftView.as_view(), name="api-charger-drift"),
    path("offline-rules/", OfflineRuleViews.as_view(LIST_AND_CREATE), name="api-offline-rules"),
    path(
        "offline-rules/<int:pk>/",
        OfflineRuleViews.as_view({"get": "retrieve", "delete": "destroy"}),
        name="api-offline-rule",
    ),
    path("local-lists/", LocalListViews.as_view(LIST), name="api-local-lists"),
    path("local-lists/<int:pk>/", LocalListViews.as_view(ONE), name="api-local-list"),
    path(
        "local-lists/<int:pk>/try-again/",
        LocalListViews.as_view({"post": "try_again"}),
        name="api-local-list-try-again",
    ),
    path("setting-templates/", SettingTemplateViews.as_view(LIST_AND_CREATE), name="api-setting-templates"),
    path("setting-templates/<int:pk>/", SettingTemplateViews.as_view(ONE_TO_CHANGE), name="api-setting-template"),
    path("oddities/", OddityView.as_view(), name="api-oddities"),
    *(
        path(f"chargers/<str:identity>/{name}/", onsite_operation_view(name), name=f"api-charger-{name}")
        for name in ONSITE_OPERATIONS
    ),
    *(path(f"{name}/", views.as_view(LIST), name=f"api-{name}") for name, views in RECORDS.items()),
    *(
        path(f"chargers/<str:identity>/{name}/", view.as_view(LIST), name=f"api-charger-{name}")
        for name, view in REPORTED.items()
    ),
    path("evses/", EvseViews.as_view(LIST), name="api-evses"),
    path("evses/<int:pk>/", EvseViews.as_view(ONE), name="api-evse"),
    path("connectors/", ConnectorViews.as_view(LIST), name="api-connectors"),
    path("connectors/<int:pk>/", ConnectorViews.as_view(ONE), name="api-connector"),
    path("commands/", CommandViews.as_view(LIST), name="api-commands"),
    path("commands/<int:pk>/", CommandViews.as_view(ONE), name="api-command"),
    path("commands/<int:pk>/cancel/", CommandViews.as_view({"post": "cancel"}), name="api-command-cancel"),
    path("sessions/", SessionViews.as_view(LIST), name="api-sessions"),
    path("sessions/start/", SessionViews.as_view({"post": "start"}), name="api-session-start"),
    path("sessions/<int:pk>/", SessionViews.as_view(ONE), name="api-session"),
    path("sessions/<int:pk>/stop/", SessionViews.as_view({"post": "stop"}), name="api-session-stop"),
    path("sessions/<int:pk>/vehicle/", SessionViews.as_view({"post": "name_vehicle"}), name="api-session-vehicle"),
    path("sessions/<int:pk>/readings/", ReadingViews.as_view(LIST), name="api-session-readings"),
    path("id-tokens/", IdTokenViews.as_view(LIST_AND_CREATE), name="api-id-tokens"),
    path("id-tokens/<int:pk>/", IdTokenViews.as_view(ONE_TO_CHANGE), name="api-id-token"),
    path("id-tokens/<int:pk>/credit/", CreditViews.as_view({"post": "add"}), name="api-id-token-credit"),
    path("token-groups/", TokenGroupViews.as_view(LIST_AND_CREATE), name="api-token-groups"),
    path("token-groups/<int:pk>/", TokenGroupViews.as_view(ONE_TO_CHANGE), name="api-token-group"),
    path("reservations/", ReservationViews.as_view(LIST_AND_CREATE), name="api-reservations"),
    path("reservations/<int:pk>/", ReservationViews.as_view(ONE_TO_RELEASE), name="api-reservation"),
    path("vehicles/", VehicleViews.as_view(LIST_AND_CREATE), name="api-vehicles"),
    path("vehicles/<int:pk>/", VehicleViews.as_view(ONE_TO_CHANGE), name="api-vehicle"),
    path("depots/", DepotViews.as_view(LIST_AND_CREATE), name="api-depots"),
    path("depots/<int:pk>/", DepotViews.as_view(ONE_TO_CHANGE), name="api-depot"),
    path("bays/", BayViews.as_view(LIST_AND_CREATE), name="api-bays"),
    path("bays/<int:pk>/", BayViews.as_view(ONE_TO_CHANGE), name="api-bay"),
    path("chargers/<str:identity>/logs/", AskForLogView.as_view(), name="api-charger-logs"),
    path("uploads/", UploadViews.as_view(LIST), name="api-uploads"),
    path("uploads/<int:pk>/", UploadViews.as_view(ONE), name="api-upload"),
    path("uploads/<int:pk>/file/", UploadViews.as_view({"get": "file"}), name="api-upload-file"),
    path("firmware-images/", ImageViews.as_view(LIST_AND_CREATE), name="api-firmware-images"),
    path("firmware-images/<int:pk>/", ImageViews.as_view(ONE), name="api-firmware-image"),
    path("firmware-campaigns/", CampaignViews.as_view(LIST_AND_CREATE), name="api-firmware-campaigns"),
    path("firmware-campaigns/<int:pk>/", CampaignViews.as_view(ONE), name="api-firmware-campaign"),
    path("firmware-campaigns/<int:pk>/stop/", CampaignViews.as_view({"post": "stop"}), name="api-firmware-stop"),
    path("firmware-campaigns/<int:pk>/resume/", CampaignViews.as_view({"post": "resume"}), name="api-firmware-resume"),
    path("chargers/<str:identity>/security/", ChargerSecurityView.as_view(), name="api-charger-security"),
    path("certificates/", SignedCertificateViews.as_view(LIST), name="api-certificates"),
    path("certificates/<int:pk>/", SignedCertificateViews.as_view(ONE), name="api-certificate"),
    path(
        "certificates/<int:pk>/revoke/",
        SignedCertificateViews.as_view({"post": "revoke"}),
        name="api-certificate-revoke",
    ),
    path("authorities/", AuthorityViews.as_view(LIST), name="api-authorities"),
    path("authorities/<int:pk>/", AuthorityViews.as_view(ONE), name="api-authority"),
    path("", include("billing.urls")),
    path("", include("depot.energy.api.urls")),
    path("tariffs/", TariffViews.as_view(LIST_AND_CREATE), name="api-tariffs"),
    path("tariffs/<int:pk>/", TariffViews.as_view(ONE_TO_CHANGE), name="api-tariff"),
]

urlpatterns = [
    path("v1/", include(v1)),
    # Whatever else is asked for under /api/ gets a problem document, in any method.
    re_path(r"^.*$", docs.NothingHereView.as_view(), name="api-nothing"),
]
