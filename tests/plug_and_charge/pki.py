"""The test PKI as tests need it: a contract for a van, and the words of OCPP that name its certificates."""

from datetime import timedelta
from typing import Any

from chargers.certificates import building
from chargers.certificates.building import Key
from chargers.certificates.models import Authority, AuthorityUse, SignedCertificate
from chargers.certificates.papers import hash_of, read_chain, read_pem
from depot.plug_and_charge import local
from tests.papers import now

EMAID = "DE8AAC12345678X"


def contract(emaid: str = EMAID) -> tuple[str, Key]:
    """Its chain in PEM, and the vehicle's key."""
    key = building.make_key()
    return local.sign_contract(emaid, key.public_key(), at=now()), key


def hashes(chain: str) -> list[dict[str, Any]]:
    """As a charger names the certificates of a chain (C07.FR.02)."""
    links = read_chain(chain)
    root = read_pem(Authority.objects.get(use=AuthorityUse.MO_ROOT).certificate)
    told = []
    for link, issuer in zip(links, [*links[1:], root], strict=True):
        named = hash_of(link, issuer)
        told.append(
            {
                "hashAlgorithm": named.algorithm,
                "issuerNameHash": named.issuer_name_hash,
                "issuerKeyHash": named.issuer_key_hash,
                "serialNumber": named.serial_number,
                "responderURL": "http://ocsp.example",
            }
        )
    return told


def revoke_all() -> None:
    SignedCertificate.objects.update(revoked_at=now())


def let_expire() -> None:
    SignedCertificate.objects.update(not_after=now() - timedelta(days=1))
