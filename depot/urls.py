"""Which room answers which address."""

from django.urls import include, path

handler400 = "depot.access.errors.bad_request"
handler403 = "depot.access.errors.refused"
handler404 = "depot.access.errors.not_found"
handler500 = "depot.access.errors.server_error"

urlpatterns = [
    path("", include("depot.access.urls")),
    path("api/", include("depot.api.urls")),
    path("", include("depot.board.urls")),
    path("", include("depot.yard.urls")),
    path("", include("depot.energy.response.urls")),
    path("", include("depot.energy.solar.urls")),
    path("", include("depot.energy.pages.urls")),
    path("", include("depot.energy.delivery.urls")),
    path("", include("depot.energy.wiring_pages.urls")),
    path("", include("depot.device.urls")),
    path("", include("depot.upkeep.urls")),
    path("", include("depot.uploads.urls")),
    path("", include("depot.firmware.urls")),
    path("", include("depot.notices.urls")),
    path("", include("depot.onsite.urls")),
    path("", include("depot.security.urls")),
    path("", include("depot.demo.urls")),
]
