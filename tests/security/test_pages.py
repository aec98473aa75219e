"""What is known of certificates is read where people and programs read it, and what they do there is done."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from rest_framework.test import APIClient

from chargers.certificates.models import Authority, HeldCertificate, Security, SignedCertificate, TlsTrouble
from chargers.certificates.services import authorities, signing
from chargers.credentials import keyed_hash
from chargers.models import Charger, IssuedCommand
from depot import certificates
from depot.access.models import User
from depot.notices import services as notices
from tests import papers
from tests.access.actors import browser_of
from tests.factories import THURSDAY, make_charger, make_user
from tests.live import LiveDepot
from tests.papers import OWNER, now, request_for
from tests.polling import until
from tests.wire import dial
from tests.yard.reading import signed_in, words

PASSWORD = "23456789abcdef23456789abcdef2345"


@pytest.fixture
def charger(db: None) -> Charger:
    return make_charger(
        "CP-A01", online=False, password_hmac=keyed_hash(PASSWORD.encode()), protocol="", automation_on=False
    )


@pytest.fixture
def authority(db: None) -> Authority:
    return authorities.make_authority(OWNER, at=now())


@pytest.fixture
def engineer(db: None) -> User:
    return make_user()


@pytest.fixture
def browser(engineer: User) -> Client:
    return signed_in(engineer)


@pytest.fixture
def program(engineer: User) -> APIClient:
    return browser_of(engineer)


def page(browser: Client, charger: Charger) -> str:
    return words(browser.get(f"/chargers/{charger.pk}/security/"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_a_signed_certificate_shows_with_what_became_of_it(
    live_depot: LiveDepot, charger: Charger, authority: Authority, program: APIClient, version: str
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(version,)) as wire:
        await wire.call("SignCertificate", {"csr": request_for("CP-A01")})
        before = (await sync_to_async(program.get)("/api/v1/certificates/")).json()["results"]
        await sync_to_async(certificates.give_certificates)(THURSDAY)
        await until(SignedCertificate.objects.filter(given_state="accepted").aexists)
        signed = (await sync_to_async(program.get)(f"/api/v1/certificates/{before[0]['id']}/")).json()

    assert [row["given_state"] for row in before] == ["ready"]
    assert (signed["charger"], signed["given_state"], signed["subject"]) == ("CP-A01", "accepted", "CP-A01")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_what_a_charger_has_installed_shows(
    live_depot: LiveDepot, charger: Charger, browser: Client, version: str
) -> None:
    hashes = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "c0ffee"}
    told: dict[str, Any] = {"status": "Accepted"}
    if version == "ocpp1.6":
        told["certificateHashData"] = [hashes]
    else:
        told["certificateHashDataChain"] = [{"certificateType": "CSMSRootCertificate", "certificateHashData": hashes}]

    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(version,)) as wire:
        wire.answers["GetInstalledCertificateIds"] = lambda request: (
            {"status": "NotFound"} if request.get("certificateType") == "ManufacturerRootCertificate" else told
        )
        await sync_to_async(browser.post)(f"/chargers/{charger.pk}/security/read/")
        await until(HeldCertificate.objects.aexists)

    assert "CSMSRootCertificate\nc0ffee" in await sync_to_async(page)(browser, charger)


def test_a_charger_s_page_says_when_its_certificate_ends_and_what_breaks(
    charger: Charger, authority: Authority, browser: Client
) -> None:
    signed = signing.sign_for_charger(charger, request_for("CP-A01"), request_id=None, is_proven=True, at=now())
    SignedCertificate.objects.update(given_state="accepted")
    Security.objects.create(charger=charger, required_profile=3, came_by=3, came_at=now())

    said = page(browser, charger)

    assert f"On {signed.not_after:%Y-%m-%d} its certificate ends" in said
    assert "not let in" in said
    assert "364 days left" in said
    assert authority.name in said


def test_what_is_required_is_changed_on_the_page_and_over_rest(
    charger: Charger, browser: Client, program: APIClient
) -> None:
    browser.post(f"/chargers/{charger.pk}/security/require/", {"profile": "2"})
    by_page = program.get("/api/v1/chargers/CP-A01/security/").json()["required_profile"]
    by_rest = program.put("/api/v1/chargers/CP-A01/security/", {"profile": 1}, format="json").json()

    assert (by_page, by_rest["required_profile"]) == (2, 1)


def test_an_upgrade_of_a_charger_that_is_away_is_refused_with_a_problem(charger: Charger, program: APIClient) -> None:
    answer = program.post("/api/v1/chargers/CP-A01/security/", {"profile": 1}, format="json")

    assert (answer.status_code, answer.json()["title"]) == (409, "The charger is offline")


@pytest.mark.django_db
def test_a_charger_that_never_told_its_network_profiles_is_asked_for_them(browser: Client, settings: Any) -> None:
    settings.PUBLIC_CHARGER_URL = "wss://cpms.example/ocpp"
    charger = make_charger("CP-B01", protocol="ocpp2.0.1")

    answer = browser.post(f"/chargers/{charger.pk}/security/upgrade/", {"profile": "2"}, follow=True)

    (asked,) = IssuedCommand.objects.values_list("kind", "wording")
    assert asked[0] == "read_settings"
    assert asked[1]["settings"][0]["variable"] == "NetworkConfigurationPriority"
    assert "try again when it has said" in words(answer)


def test_the_authority_is_made_and_its_root_downloaded(browser: Client) -> None:
    browser.post("/certificates/make/", {"organization": OWNER})

    authority = Authority.objects.get()
    told = browser.get(f"/certificates/authorities/{authority.pk}/root.pem")
    assert authority.organization == OWNER
    assert told.content.decode() == authority.certificate
    assert "PRIVATE" not in told.content.decode()


def test_another_authority_is_accepted_and_retired(authority: Authority, browser: Client) -> None:
    maker = papers.root("Maker root", "Maker")

    browser.post("/certificates/accept/", {"certificate": maker.pem, "organization": ""})
    accepted = Authority.objects.get(use="foreign")
    browser.post(f"/certificates/authorities/{accepted.pk}/retire/")

    accepted.refresh_from_db()
    assert accepted.name == "Maker root"
    assert accepted.retired_at


def test_what_is_no_authority_is_not_accepted(authority: Authority, browser: Client) -> None:
    leaf = papers.signed_by(papers.root(), "CP-A01")

    said = words(browser.post("/certificates/accept/", {"certificate": leaf.pem, "organization": ""}))

    assert "may not sign others" in said
    assert not Authority.objects.filter(use="foreign").exists()


def test_a_certificate_is_revoked_with_its_reason(
    charger: Charger, authority: Authority, browser: Client, program: APIClient
) -> None:
    signed = signing.sign_for_charger(charger, request_for("CP-A01"), request_id=None, is_proven=True, at=now())

    browser.post(f"/certificates/signed/{signed.pk}/revoke/", {"because": "Sold"})
    again = program.post(f"/api/v1/certificates/{signed.pk}/revoke/", {}, format="json")

    assert "Sold" in words(browser.get("/certificates/"))
    assert again.status_code == 409


def test_lines_that_broke_in_tls_show_with_their_number(authority: Authority, browser: Client) -> None:
    TlsTrouble.objects.create(reason="Does not take our certificate", count=3, first_at=now(), last_at=now())

    assert "3× Does not take our certificate" in words(browser.get("/certificates/"))


@pytest.mark.django_db
def test_what_is_told_of_certificates_and_passwords_stands_under_security(browser: Client, charger: Charger) -> None:
    for kind in ("certificate.ends", "security.password_not_taken", "charger.alert"):
        notices.write(kind, charger, f"{kind} was told", at=THURSDAY)

    shown = words(browser.get("/notices/?kind=security"))

    assert "certificate.ends was told" in shown
    assert "security.password_not_taken was told" in shown
    assert "charger.alert was told" not in shown
