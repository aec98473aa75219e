"""A charger asks to have its certificate signed, over a real socket in three versions, and what comes of it."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from cryptography.hazmat.primitives.asymmetric import rsa

from chargers.certificates.models import Authority, GivenState, HeldCertificate, SignedCertificate
from chargers.certificates.papers import hash_of, read_chain, read_pem
from chargers.certificates.services import authorities, inventory, signing
from chargers.choices import Trust
from chargers.credentials import keyed_hash
from chargers.models import Charger, Connection, SettingValue
from chargers.services import issue_command
from depot import certificates
from depot.notices.models import Notice
from tests.factories import THURSDAY, connect, make_charger
from tests.live import LiveDepot
from tests.papers import OWNER, now, request_for
from tests.polling import until
from tests.simulator.yards import make_yard, running
from tests.wire import Payload, Wire, dial

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "23456789abcdef23456789abcdef2345"
VERSIONS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")


@pytest.fixture
def charger(db: None) -> Charger:
    return make_charger(
        "CP-A01", online=False, password_hmac=keyed_hash(PASSWORD.encode()), protocol="", automation_on=False
    )


@pytest.fixture
def authority(db: None) -> Authority:
    return authorities.make_authority(OWNER, at=now())


def asking(version: str, csr: str) -> Payload:
    told: Payload = {"csr": csr}
    if version != "ocpp1.6":
        told["certificateType"] = "ChargingStationCertificate"
    return told | ({"requestId": 7} if version == "ocpp2.1" else {})


async def hand_over(times: int = 1) -> None:
    for _ in range(times):
        await sync_to_async(certificates.give_certificates)(THURSDAY)


async def signed_is(state: GivenState) -> SignedCertificate:
    async def is_so() -> bool:
        return await SignedCertificate.objects.filter(given_state=state).aexists()

    await until(is_so)
    return await SignedCertificate.objects.select_related("authority").aget(given_state=state)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_signed_certificate_follows_the_request_and_is_kept_with_what_became_of_it(
    live_depot: LiveDepot, charger: Charger, authority: Authority, version: str
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(version,)) as wire:
        answer = await wire.call("SignCertificate", asking(version, request_for("CP-A01")))
        await hand_over()
        given = await wire.is_asked("CertificateSigned")
        signed = await signed_is(GivenState.ACCEPTED)

    (leaf,) = read_chain(given["certificateChain"])
    leaf.verify_directly_issued_by(read_pem(authority.certificate))
    assert answer["status"] == "Accepted"
    assert given.get("requestId") == (7 if version == "ocpp2.1" else None)
    assert read_pem(signed.certificate) == leaf
    assert timedelta(days=364) < signed.not_after - now() <= timedelta(days=365)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("csr", "why"), [("nonsense", "cannot be read"), (request_for("CP-B02"), "CP-B02")])
async def test_a_request_that_is_not_in_order_is_refused_and_told_to_people(
    live_depot: LiveDepot, charger: Charger, authority: Authority, version: str, csr: str, why: str
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(version,)) as wire:
        answer = await wire.call("SignCertificate", asking(version, csr))

    notice = await Notice.objects.aget(kind="certificate.not_signed")
    assert answer["status"] == "Rejected"
    assert why in notice.text
    assert not await SignedCertificate.objects.aexists()


async def test_without_an_authority_it_is_refused(live_depot: LiveDepot, charger: Charger) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=("ocpp2.0.1",)) as wire:
        answer = await wire.call("SignCertificate", {"csr": request_for("CP-A01")})

    assert answer == {"status": "Rejected", "statusInfo": {"reasonCode": "NoAuthority"}}


async def test_who_came_in_without_any_proof_gets_no_certificate(
    live_depot: LiveDepot, charger: Charger, authority: Authority
) -> None:
    await Charger.objects.filter(pk=charger.pk).aupdate(trust=Trust.NOTHING)

    async with dial(live_depot.socket_url, "CP-A01", subprotocols=("ocpp2.0.1",)) as wire:
        answer = await wire.call("SignCertificate", {"csr": request_for("CP-A01")})

    assert answer["statusInfo"]["reasonCode"] == "NotProven"


async def test_a_charger_that_refuses_it_gets_it_once_more_with_the_root_and_then_people_hear_of_it(
    live_depot: LiveDepot, charger: Charger, authority: Authority
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        wire.answers["CertificateSigned"] = {"status": "Rejected"}
        await wire.call("SignCertificate", {"csr": request_for("CP-A01")})
        await hand_over()
        await until(lambda: _given_times(wire, 1))
        await signed_is(GivenState.READY)
        await hand_over()
        await until(lambda: _given_times(wire, 2))
        await signed_is(GivenState.REFUSED)

    chains = [payload["certificateChain"] for action, payload in wire.asked if action == "CertificateSigned"]
    assert [len(read_chain(chain)) for chain in chains] == [1, 2]
    assert await Notice.objects.filter(kind="certificate.refused").acount() == 1


async def _given_times(wire: Wire, times: int) -> bool:
    return len([1 for action, _ in wire.asked if action == "CertificateSigned"]) == times


async def test_a_request_with_an_rsa_key_is_signed_by_an_rsa_authority_made_for_it(
    live_depot: LiveDepot, charger: Charger, authority: Authority
) -> None:
    key = rsa.generate_private_key(65537, 2048)

    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        await wire.call("SignCertificate", {"csr": request_for("CP-A01", key=key)})

    signed = await SignedCertificate.objects.select_related("authority").aget()
    assert (signed.authority.key_kind, signed.authority.organization) == ("rsa", OWNER)
    read_pem(signed.certificate).verify_directly_issued_by(read_pem(signed.authority.certificate))


def sign_for(charger: Charger, **fields: Any) -> SignedCertificate:
    signed = signing.sign_for_charger(charger, request_for("CP-A01"), request_id=None, is_proven=True, at=now())
    for name, value in fields.items():
        setattr(signed, name, value)
    signed.save()
    return signed


def test_a_chain_is_never_longer_than_the_charger_takes(charger: Charger, authority: Authority) -> None:
    signed = sign_for(charger, tries=2)
    whole = signing.chain_to_give(signed, charger)
    SettingValue.objects.create(
        charger=charger, variable="CertificateSignedMaxChainSize", value=str(len(whole) - 1), reported_at=THURSDAY
    )

    assert len(read_chain(whole)) == 2
    assert signing.chain_to_give(signed, charger) == signed.certificate


@pytest.mark.parametrize(
    ("version", "action", "asked"),
    [
        ("ocpp1.6", "ExtendedTriggerMessage", "SignChargePointCertificate"),
        ("ocpp2.0.1", "TriggerMessage", "SignChargingStationCertificate"),
    ],
)
async def test_a_charger_is_asked_to_renew_thirty_days_before_and_once_a_day(
    live_depot: LiveDepot, charger: Charger, authority: Authority, version: str, action: str, asked: str
) -> None:
    await Charger.objects.filter(pk=charger.pk).aupdate(automation_on=True)
    await sync_to_async(ending)(charger, 29)

    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(version,)) as wire:
        first = await sync_to_async(certificates.renew_certificates)(THURSDAY)
        again = await sync_to_async(certificates.renew_certificates)(THURSDAY)
        told = await wire.is_asked(action)

    assert (first, again) == (1, 0)
    assert told["requestedMessage"] == asked


def ending(charger: Charger, days: float, *, began_days_ago: float = 300) -> SignedCertificate:
    since, until = now() - timedelta(days=began_days_ago), now() + timedelta(days=days)
    return sign_for(charger, given_state=GivenState.ACCEPTED, not_before=since, not_after=until)


@pytest.fixture
def there(charger: Charger) -> Charger:
    Charger.objects.filter(pk=charger.pk).update(automation_on=True, protocol="ocpp2.0.1")
    charger.refresh_from_db()
    connect(charger)
    return charger


@pytest.mark.parametrize(
    ("began_days_ago", "days", "is_asked"), [(300, 31, False), (300, 29, True), (0, 20, False), (14, 6, True)]
)
def test_it_is_renewed_in_its_last_thirty_days_and_one_for_a_short_time_in_its_last_third(
    there: Charger, authority: Authority, began_days_ago: float, days: float, is_asked: bool
) -> None:
    ending(there, days, began_days_ago=began_days_ago)

    assert bool(signing.renew_in_time(now=THURSDAY, at=now())) is is_asked


def test_a_charger_whose_new_one_ends_soon_as_well_is_not_asked_again_the_same_day(
    there: Charger, authority: Authority
) -> None:
    ending(there, 20)
    first = signing.renew_in_time(now=THURSDAY, at=now())
    ending(there, 21)

    again = [signing.renew_in_time(now=THURSDAY, at=now() + timedelta(hours=hours)) for hours in (0, 12, 25)]

    assert [len(asked) for asked in (first, *again)] == [1, 0, 0, 1]


def test_one_that_was_renewed_is_not_renewed_for_the_sake_of_the_old_one(there: Charger, authority: Authority) -> None:
    ending(there, 3)
    ending(there, 300)

    assert signing.renew_in_time(now=THURSDAY, at=now()) == []


def test_those_that_are_away_keep_nobody_from_being_asked(
    there: Charger, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "AT_ONCE", 1)
    SignedCertificate.objects.filter(pk=ending(there, 1).pk).update(charger=make_charger(online=False))
    ending(there, 5)

    assert signing.renew_in_time(now=THURSDAY, at=now()) == [there]


def test_who_asks_again_by_the_same_key_gets_the_same_certificate(there: Charger, authority: Authority) -> None:
    request, at = request_for("CP-A01"), now()
    first = signing.sign_for_charger(there, request, request_id=1, is_proven=True, at=at)
    signing.give_ready(now=THURSDAY, at=at)

    again = signing.sign_for_charger(there, request, request_id=2, is_proven=True, at=at)
    signing.give_ready(now=THURSDAY, at=at)
    other = signing.sign_for_charger(there, request_for("CP-A01"), request_id=3, is_proven=True, at=at)

    again.refresh_from_db()
    assert (again.pk, again.request_id, again.tries) == (first.pk, 2, 2)
    assert (other.pk > first.pk, again.given_state) == (True, GivenState.LEFT)


def test_what_waits_for_those_that_are_away_keeps_nobody_from_his(
    there: Charger, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "AT_ONCE", 1)
    SignedCertificate.objects.filter(pk=sign_for(there).pk).update(charger=make_charger(online=False))
    its = sign_for(there)

    signing.give_ready(now=THURSDAY, at=now())

    its.refresh_from_db()
    assert its.given_state == GivenState.GIVEN


def held_as(version: str, root: Authority) -> Payload:
    """The answer of a charger that has this root."""
    certificate = read_pem(root.certificate)
    named = hash_of(certificate, certificate)
    told = {
        "hashAlgorithm": named.algorithm,
        "issuerNameHash": named.issuer_name_hash,
        "issuerKeyHash": named.issuer_key_hash,
        "serialNumber": named.serial_number.upper(),
    }
    if version == "ocpp1.6":
        return {"status": "Accepted", "certificateHashData": [told]}
    chain = {"certificateType": "CSMSRootCertificate", "certificateHashData": told}
    return {"status": "Accepted", "certificateHashDataChain": [chain]}


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
async def test_after_a_root_is_installed_it_is_known_by_name(
    live_depot: LiveDepot, charger: Charger, authority: Authority, version: str
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=(version,)) as wire:
        # In 1.6 it is asked kind by kind: it has none of its maker.
        wire.answers["GetInstalledCertificateIds"] = lambda request: (
            {"status": "NotFound"}
            if request.get("certificateType") == "ManufacturerRootCertificate"
            else held_as(version, authority)
        )
        install = inventory.installation_of(authority)
        await sync_to_async(issue_command)(charger, install, issued_by=None, now=THURSDAY)
        asked = await wire.is_asked("InstallCertificate")
        await until(HeldCertificate.objects.aexists)

    named = await sync_to_async(inventory.name_held)(charger)
    assert asked["certificate"] == authority.certificate
    assert [one.authority for one in named] == [authority]


async def test_a_deletion_names_the_certificate_as_the_charger_does(
    live_depot: LiveDepot, charger: Charger, authority: Authority
) -> None:
    held = await HeldCertificate.objects.acreate(
        charger=charger, kind="CSMSRootCertificate", algorithm="SHA512", issuer_name_hash="AA", issuer_key_hash="BB",
        serial_number="01", told_at=THURSDAY,
    )  # fmt: skip

    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=("ocpp2.0.1",)) as wire:
        wire.answers["GetInstalledCertificateIds"] = {"status": "NotFound"}
        await sync_to_async(issue_command)(charger, inventory.deletion_of(held), issued_by=None, now=THURSDAY)
        asked = await wire.is_asked("DeleteCertificate")
        await until(_nothing_is_held)

    assert asked["certificateHashData"]["hashAlgorithm"] == "SHA512"


async def _nothing_is_held() -> bool:
    return not await HeldCertificate.objects.aexists()


def test_the_authority_s_key_is_sealed_and_opens_only_under_its_own_environment(
    authority: Authority, settings: Any
) -> None:
    from chargers import credentials

    assert b"PRIVATE KEY" not in bytes(authority.sealed_key or b"")
    settings.CREDENTIAL_KEY = "another key of the environment, of forty chars"
    credentials._vault.cache_clear()
    try:
        with pytest.raises(authorities.AuthorityLocked):
            authorities.signer_of(authority)
    finally:
        credentials._vault.cache_clear()


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_virtual_charger_gets_its_certificate_once_it_knows_our_owner(
    live_depot: LiveDepot, charger: Charger, authority: Authority, version: str
) -> None:
    yard = make_yard(version, identity="CP-A01", password=PASSWORD)

    async with running(yard, f"{live_depot.socket_url}/ocpp") as runner:
        store = runner.world.chargers["CP-A01"].certificates
        runner.world.chargers["CP-A01"].settings.change("CpoName", OWNER)
        await until(Connection.objects.filter(charger=charger, booted=True).aexists)
        await sync_to_async(signing.ask_to_renew)(charger, now=THURSDAY)
        await until(SignedCertificate.objects.aexists)
        await hand_over()
        signed = await signed_is(GivenState.ACCEPTED)

    assert store.own == signed.certificate
