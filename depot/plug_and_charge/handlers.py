"""What is answered to a charger whose vehicle has, or wants, a contract certificate.

The provider may be somebody else's, far away: it is asked before any transaction is open.
"""

import base64
import binascii
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db import transaction

from chargers.certificates.models import Purpose
from chargers.certificates.papers import NotACertificate
from chargers.certificates.services import signing
from chargers.certificates.signing_requests import RequestRefused
from chargers.choices import Standing
from chargers.events import (
    ChainAsked,
    ChainStatus,
    ContractAnswer,
    ContractRequested,
    ContractShown,
    RevocationAnswer,
    RevocationAsked,
    SigningDecision,
    SigningRequested,
    TokenDecision,
    TokenPresented,
    TokenStatus,
)
from chargers.inbox import Caller, Heard
from chargers.models import Charger, Connection
from depot import authorizing, certificates, live
from depot.notices import services as notices
from depot.plug_and_charge.provider import (
    ACCEPTED,
    BROKEN,
    COMBINED,
    EXPIRED,
    FAILED,
    NotGiven,
    ProviderAway,
    hash_of_words,
    provider,
)

logger = logging.getLogger(__name__)

NO_PROVIDER, AWAY = "NoProvider", "ProviderAway"
# A chain that we cannot judge today is not asked about all day long; one that we can may be kept for a week (M07).
CHAIN_JUDGED_AGAIN_AFTER = timedelta(days=1)
# The certificate holds, and the contract does not (C07.FR.13).
CANCELLED, CANCELLED_FOR = "ContractCancelled", (TokenStatus.EXPIRED, TokenStatus.INVALID, TokenStatus.UNKNOWN)
LONGEST_OCSP = 5500  # characters that 2.0.1 has room for


def token(caller: Caller, event: TokenPresented, heard: Heard) -> TokenDecision:
    """Authorize; with a contract certificate both it and the contract must hold (C07)."""
    status = "" if event.contract is None else _status_of(event.token.value, event.contract)
    if status not in ("", ACCEPTED):
        # FR.15-17: whatever the contract is, by this certificate it is not shown.
        refused = TokenStatus.EXPIRED if status == EXPIRED else TokenStatus.INVALID
        return TokenDecision(refused, why="Its contract certificate does not hold", certificate_status=status)
    with transaction.atomic():
        decision = authorizing.token(caller, event, heard)
    if not status:
        return decision
    return replace(decision, certificate_status=CANCELLED if decision.status in CANCELLED_FOR else ACCEPTED)


def _status_of(emaid: str, shown: ContractShown) -> str:
    behind = provider()
    if behind is None:
        return BROKEN  # FR.17: it cannot be verified
    try:
        return behind.check_contract(emaid, shown.chain, [hash_of_words(one) for one in shown.hashes])
    except ProviderAway as error:
        logger.warning("a contract certificate could not be checked: %s", error)
        return BROKEN


def contract(caller: Caller, event: ContractRequested, heard: Heard) -> ContractAnswer:
    """M01, M02: handed on to the contract pool, and its answer back."""
    behind = provider()
    what = "renewed" if event.update else "installed"
    wants = f"has a vehicle that wants its contract certificate {what}"
    if behind is None:
        _tell(caller, heard, f"{wants}, and no provider is set up here")
        return ContractAnswer(None, NO_PROVIDER)
    try:
        asked = base64.b64decode(event.exi_request, validate=True)
        given = behind.install(asked, schema=event.schema_version, update=event.update)
    except binascii.Error:
        return ContractAnswer(None, "NotReadable")
    except NotGiven as refused:
        _tell(caller, heard, f"{wants}, and the provider gives none: {refused}")
        return ContractAnswer(None, str(refused))
    except ProviderAway as error:
        _tell(caller, heard, f"{wants}, and the provider could not be reached: {error}")
        return ContractAnswer(None, AWAY)
    remaining = given.remaining if event.takes_several else None
    return ContractAnswer(base64.b64encode(given.response).decode(), remaining=remaining)


def revocation(caller: Caller, event: RevocationAsked, heard: Heard) -> RevocationAnswer:
    """M06: the responder's own answer. The charger's URL is handed to the provider and never followed by us."""
    behind = provider()
    if behind is None:
        return RevocationAnswer(None, NO_PROVIDER)
    told = {
        "hashAlgorithm": event.hash_algorithm,
        "issuerNameHash": event.issuer_name_hash,
        "issuerKeyHash": event.issuer_key_hash,
        "serialNumber": event.serial_number,
    }
    try:
        standing = behind.standing_of(hash_of_words(told), event.responder_url, "OCSP")
    except ProviderAway as error:
        logger.warning("%s: the provider could not be reached: %s", caller.identity, error)
        return RevocationAnswer(None, AWAY)
    if standing.response is None:
        return RevocationAnswer(None, "NotFound")
    answer = base64.b64encode(standing.response).decode()
    return RevocationAnswer(answer) if len(answer) <= LONGEST_OCSP else RevocationAnswer(None, "TooLarge")


def chain(caller: Caller, event: ChainAsked, heard: Heard) -> tuple[ChainStatus, ...]:
    """M07: each certificate by itself; what cannot be asked is Failed."""
    urls = event.urls or ("",) * len(event.certificates)
    return tuple(
        _link(asked, source, url, heard) for (asked, source), url in zip(event.certificates, urls, strict=True)
    )


def _link(asked: dict[str, object], source: str, url: str, heard: Heard) -> ChainStatus:
    behind, again_at = provider(), heard.at + CHAIN_JUDGED_AGAIN_AFTER
    if behind is None:
        return ChainStatus(asked, source, FAILED, again_at)
    try:
        standing = behind.standing_of(hash_of_words(asked), url, source)
    except ProviderAway as error:
        logger.warning("the provider could not be reached: %s", error)
        return ChainStatus(asked, source, FAILED, again_at)
    return ChainStatus(asked, source, standing.state, standing.next_update or again_at)


def sign(caller: Caller, event: SigningRequested, heard: Heard) -> SigningDecision:
    """A charger's certificate towards us is our own matter, one towards vehicles the provider's (A02)."""
    if caller.standing != Standing.ADOPTED:
        return certificates.sign(caller, event, heard)
    kind = event.kind
    if not kind and signing.is_combined_wanted(Charger.objects.get(pk=caller.charger_id)):
        kind = COMBINED
    if kind in signing.STATION_KINDS:
        return certificates.sign(caller, event, heard)
    behind, wants = provider(), f"wants its {kind} signed"
    if behind is None:
        _tell(caller, heard, f"{wants}, and no provider is set up here", kind="certificate.not_signed")
        return SigningDecision(accepted=False, reason=NO_PROVIDER)
    if not Connection.objects.filter(pk=caller.connection_id, authenticated=True).exists():
        return SigningDecision(accepted=False, reason="NotProven")
    try:
        charger = Charger.objects.get(pk=caller.charger_id)
        if kind == COMBINED:
            signing.check_names_itself(charger, event.request)
        given = behind.sign_station(event.request, kind)
        purpose = Purpose.BOTH if kind == COMBINED else Purpose.V2G
        with transaction.atomic():
            signing.keep_provided(charger, given, purpose=purpose, request_id=event.request_id, at=datetime.now(UTC))
    except RequestRefused as refused:
        _tell(caller, heard, f"{wants}, and is refused: {refused}", kind="certificate.not_signed")
        return SigningDecision(accepted=False, reason=refused.reason)
    except NotGiven as refused:
        _tell(caller, heard, f"{wants}, and the provider refuses: {refused}", kind="certificate.not_signed")
        return SigningDecision(accepted=False, reason=str(refused))
    except (ProviderAway, NotACertificate) as error:
        _tell(caller, heard, f"{wants}, and the provider gave nothing: {error}", kind="certificate.not_signed")
        return SigningDecision(accepted=False, reason=AWAY)
    live.tell([caller.charger_id], what="certificate")
    return SigningDecision(accepted=True)


def _tell(caller: Caller, heard: Heard, text: str, *, kind: str = "certificate.no_contract") -> None:
    """People hear of it, unless a stranger says it."""
    if caller.standing == Standing.ADOPTED:
        with transaction.atomic():
            charger = Charger.objects.get(pk=caller.charger_id)
            notices.write(kind, charger, f"{charger} {text}", at=heard.at)
