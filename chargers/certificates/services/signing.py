"""A charger asks to have its certificate signed, and gets it; and is asked to renew it in time (A02, A03)."""

from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from chargers.certificates.building import CLIENT
from chargers.certificates.models import GivenState, Purpose, SignedCertificate
from chargers.certificates.papers import chain_of, common_name, pem_of, read_chain, read_pem, serial_of
from chargers.certificates.services.authorities import AuthorityLocked, authority_for, living_authority, sign
from chargers.certificates.signing_requests import RequestRefused, check_subject, key_of, read_request
from chargers.choices import CommandState, Standing
from chargers.commands import GiveCertificate, SignedFor, TriggerMessage
from chargers.models import Charger, IssuedCommand
from chargers.queries import online_charger_ids
from chargers.services.issue import (
    ChargerOffline,
    CommandInvalid,
    CommandNotAllowed,
    CommandNotSpoken,
    issue_command,
)

STATION_KINDS = ("", "ChargingStationCertificate")
SIGNED_FOR = {Purpose.STATION: SignedFor.STATION, Purpose.V2G: SignedFor.V2G, Purpose.BOTH: SignedFor.BOTH}
COMBINED = "SignCombinedCertificate"
TOWARDS_US = (Purpose.STATION, Purpose.BOTH)
# Handed over again after this long without an answer, and no more often than that.
TRY_AGAIN_AFTER, TRIES = timedelta(minutes=5), 5
# A charger that was asked to renew and did not is asked again.
ASKED_AGAIN_AFTER = timedelta(days=1)
AT_ONCE = 20
# Where a charger says how long a chain it takes: white paper 7.3, 2.x SecurityCtrlr.
CHAIN_SIZE = Q(variable__iexact="CertificateSignedMaxChainSize") | Q(variable__iexact="MaxCertificateChainSize")


def sign_for_charger(
    charger: Charger, request: str, *, request_id: int | None, is_proven: bool, at: datetime
) -> SignedCertificate:
    """Sign what it asked for; it is handed over a moment later. Raises RequestRefused, AuthorityLocked."""
    if not is_proven:
        raise RequestRefused("NotProven", "It came in without any proof of who it is")
    first = living_authority() or living_authority(key_kind="rsa")
    if first is None:
        raise RequestRefused("NoAuthority", "No authority is set up here")
    asked = read_request(request)
    name = check_subject(asked, (charger.identity, charger.serial), first.organization)
    key = key_of(asked)
    authority = authority_for(key, at=at)
    if authority is None:
        raise RequestRefused("NoAuthority", "No authority is set up here")
    # It asks again when it waits for too long (A02.FR.17): by the same key that is the same certificate.
    waiting = SignedCertificate.objects.filter(
        charger=charger, purpose=Purpose.STATION, given_state__in=[GivenState.READY, GivenState.GIVEN]
    )
    same = next((row for row in waiting.order_by("-pk") if _is_of_key(row, key)), None)
    if same is not None:
        same.request_id, same.given_state, same.given_at = request_id, GivenState.READY, None
        same.save(update_fields=["request_id", "given_state", "given_at"])
        return same
    # A newer request takes the place of one that was not handed over yet.
    waiting.update(given_state=GivenState.LEFT)
    return sign(
        authority,
        key,
        name,
        purpose=Purpose.STATION,
        at=at,
        days=settings.CHARGER_CERTIFICATE_DAYS,
        charger=charger,
        uses=[CLIENT],
        request_id=request_id,
        given_state=GivenState.READY,
    )


def _is_of_key(signed: SignedCertificate, key: CertificatePublicKeyTypes) -> bool:
    return signed.revoked_at is None and read_pem(signed.certificate).public_key() == key


def give_ready(*, now: datetime, at: datetime) -> list[SignedCertificate]:
    """Hand over what is ready to chargers that are there; given back are those that are given up."""
    ready = SignedCertificate.objects.filter(given_state=GivenState.READY).filter(
        Q(given_at=None) | Q(given_at__lt=at - TRY_AGAIN_AFTER)
    )
    waiting = list(ready.select_related("charger", "authority").order_by("pk"))
    if not waiting:
        return []
    online = online_charger_ids()
    left = []
    # Those of chargers that are away wait without keeping others from theirs.
    due = [row for row in waiting if row.charger_id in online or row.charger is None or row.tries >= TRIES]
    for signed in due[:AT_ONCE]:
        if signed.charger is None or signed.tries >= TRIES:
            signed.given_state = GivenState.LEFT
            signed.save(update_fields=["given_state"])
            left.append(signed)
        else:
            _give(signed, signed.charger, now=now, at=at)
    return left


@transaction.atomic
def _give(signed: SignedCertificate, charger: Charger, *, now: datetime, at: datetime) -> None:
    # In one go: the answer may be back before the next line is reached, and must find by whom it was given.
    signed.tries += 1
    signed.given_at = at
    wanted = SIGNED_FOR[Purpose(signed.purpose)]
    command = GiveCertificate(chain=chain_to_give(signed, charger), signed_for=wanted, request_id=signed.request_id)
    try:
        signed.given_by = issue_command(charger, command, issued_by=None, now=now)
        signed.given_state = GivenState.GIVEN
    except ChargerOffline:
        signed.tries -= 1
    except (CommandInvalid, CommandNotAllowed, CommandNotSpoken):
        signed.given_state = GivenState.LEFT
    signed.save(update_fields=["tries", "given_at", "given_by", "given_state"])


def chain_to_give(signed: SignedCertificate, charger: Charger) -> str:
    """Its own first. A root is not part of it, for the charger has that (M05); one that refused it so gets it with.

    Never more than the charger takes (A02.FR.16); where it says nothing, what its version's schema allows is checked.
    """
    above = certificates_above(signed)
    wanted = signed.certificate + "".join(above if signed.tries % 2 == 0 else above[:-1])
    if signed.authority is None:
        # A provider's own chain, as it gave it.
        wanted = signed.certificate + signed.above
    most = charger.settings.filter(CHAIN_SIZE).values_list("value", flat=True).first() or ""
    if most.isdecimal() and 0 < int(most) < len(wanted):
        return signed.certificate
    return wanted


def certificates_above(signed: SignedCertificate) -> list[str]:
    """In PEM, of who signed it up to the root."""
    above, authority = [], signed.authority
    while authority is not None:
        above.append(authority.certificate)
        authority = authority.signed_by
    return above


def is_combined_wanted(charger: Charger) -> bool:
    """Were we the last to ask for one certificate towards us and vehicles? Its request leaves the kind out (A02)."""
    asked = IssuedCommand.objects.filter(
        charger=charger,
        kind=TriggerMessage.kind,
        wording__message__startswith="Sign",
        state__in=[CommandState.SENT, CommandState.ACCEPTED],
    )
    newest = asked.order_by("-pk").first()
    return newest is not None and newest.wording["message"] == COMBINED


def check_names_itself(charger: Charger, request: str) -> None:
    """What opens our door, whoever signs it, is for this charger only (A00.FR.405). Raises RequestRefused."""
    check_subject(read_request(request), (charger.identity, charger.serial), "")


def keep_provided(
    charger: Charger, chain: str, *, purpose: Purpose = Purpose.V2G, request_id: int | None, at: datetime
) -> SignedCertificate:
    """A certificate towards vehicles that somebody else signed: to be handed over like one of ours."""
    leaf, *above = read_chain(chain)
    serial = serial_of(leaf)
    ours = SignedCertificate.objects.filter(purpose=purpose, serial_number=serial, certificate=pem_of(leaf)).first()
    signed = ours or SignedCertificate(
        purpose=purpose,
        subject=common_name(leaf)[:255],
        serial_number=serial,
        certificate=pem_of(leaf),
        above=chain_of(above),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        signed_at=at,
    )
    signed.charger, signed.request_id, signed.given_state = charger, request_id, GivenState.READY
    signed.save()
    return signed


def heed_given(command: IssuedCommand) -> SignedCertificate | None:
    """What came of handing it over; the certificate where that is settled for good or bad."""
    signed = SignedCertificate.objects.filter(given_by=command.pk, given_state=GivenState.GIVEN).first()
    if signed is None:
        return None
    if command.state == CommandState.ACCEPTED:
        signed.given_state = GivenState.ACCEPTED
    elif command.state == CommandState.REJECTED and signed.tries >= 2:
        # It has seen it without and with the root; it asks no more by itself (A02.FR.20), and neither do we.
        signed.given_state = GivenState.REFUSED
    else:
        signed.given_state = GivenState.READY
        if command.state == CommandState.REJECTED:
            signed.given_at = None
    signed.save(update_fields=["given_state", "given_at"])
    return signed if signed.given_state in (GivenState.ACCEPTED, GivenState.REFUSED) else None


def in_force(charger: Charger) -> SignedCertificate | None:
    """The newest of ours that the charger took."""
    return (
        SignedCertificate.objects.filter(
            charger=charger, purpose__in=TOWARDS_US, given_state=GivenState.ACCEPTED, revoked_at=None
        )
        .order_by("-not_after", "-pk")
        .first()
    )


def ask_to_renew(charger: Charger, *, asked_by: object = None, now: datetime) -> IssuedCommand:
    """Have it make a new key pair and ask for its certificate (A02). Raises what `issue_command` raises."""
    newest = in_force(charger)
    is_for_both = newest is not None and newest.purpose == Purpose.BOTH
    trigger = TriggerMessage(message=COMBINED if is_for_both else "SignChargingStationCertificate")
    return issue_command(charger, trigger, issued_by=asked_by, now=now)  # type: ignore[arg-type]


def renew_in_time(*, now: datetime, at: datetime) -> list[Charger]:
    """Ask chargers whose certificate ends soon to renew it; those that we keep quiet with are left alone."""
    online, asked = online_charger_ids(), []
    for signed in [row for row in _ending(at) if row.charger_id in online and _is_due(row, at)][:AT_ONCE]:
        assert signed.charger is not None, "of a charger that is there"
        SignedCertificate.objects.filter(pk=signed.pk).update(renewal_asked_at=at)
        try:
            ask_to_renew(signed.charger, now=now)
        except (ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken):
            continue
        asked.append(signed.charger)
    return asked


def _ending(at: datetime) -> "QuerySet[SignedCertificate]":
    """Of each charger the one in force, the soonest first."""
    held = SignedCertificate.objects.filter(
        purpose__in=TOWARDS_US, given_state=GivenState.ACCEPTED, revoked_at=None, charger=OuterRef("charger")
    )
    is_newer = Q(not_after__gt=OuterRef("not_after")) | Q(not_after=OuterRef("not_after"), pk__gt=OuterRef("pk"))
    soon = at + timedelta(days=settings.CHARGER_CERTIFICATE_RENEWED_DAYS_BEFORE)
    not_again = at - ASKED_AGAIN_AFTER
    asked_today = SignedCertificate.objects.filter(charger=OuterRef("charger"), renewal_asked_at__gte=not_again)
    return (
        SignedCertificate.objects.filter(
            # By charger: one whose every new certificate ends soon would else make a pair of keys each second.
            ~Exists(asked_today),
            ~Exists(held.filter(is_newer)),
            purpose__in=TOWARDS_US,
            given_state=GivenState.ACCEPTED,
            revoked_at=None,
            not_after__lt=soon,
            charger__standing=Standing.ADOPTED,
            charger__automation_on=True,
        )
        .select_related("charger")
        .order_by("not_after")
    )


def _is_due(signed: SignedCertificate, at: datetime) -> bool:
    """One that was never meant to last long is renewed in the last third of its life."""
    return signed.not_after - at < (signed.not_after - signed.not_before) / 3


__all__ = [
    "AuthorityLocked",
    "RequestRefused",
    "ask_to_renew",
    "chain_to_give",
    "check_names_itself",
    "give_ready",
    "heed_given",
    "in_force",
    "is_combined_wanted",
    "keep_provided",
    "renew_in_time",
    "sign_for_charger",
]
