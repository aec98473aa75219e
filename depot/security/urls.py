from django.urls import path

from depot.security import authority_pages, charger_pages

urlpatterns = [
    path("certificates/", authority_pages.authority, name="authority"),
    path("certificates/make/", authority_pages.make, name="authority-make"),
    path("certificates/accept/", authority_pages.accept, name="authority-accept"),
    path("certificates/authorities/<int:authority_id>/root.pem", authority_pages.root, name="authority-root"),
    path("certificates/authorities/<int:authority_id>/retire/", authority_pages.retire, name="authority-retire"),
    path("certificates/signed/<int:signed_id>/revoke/", authority_pages.revoke, name="certificate-revoke"),
    path("chargers/<int:charger_id>/security/", charger_pages.security, name="charger-security"),
    path("chargers/<int:charger_id>/security/require/", charger_pages.require, name="charger-require-profile"),
    path("chargers/<int:charger_id>/security/upgrade/", charger_pages.upgrade, name="charger-upgrade-profile"),
    path("chargers/<int:charger_id>/security/renew/", charger_pages.renew, name="charger-renew-certificate"),
    path("chargers/<int:charger_id>/security/owner/", charger_pages.set_owner, name="charger-set-owner"),
    path("chargers/<int:charger_id>/security/read/", charger_pages.read, name="charger-read-certificates"),
    path("chargers/<int:charger_id>/security/install/", charger_pages.install, name="charger-install-certificate"),
    path(
        "chargers/<int:charger_id>/security/held/<int:held_id>/delete/",
        charger_pages.delete_held,
        name="charger-delete-certificate",
    ),
]
