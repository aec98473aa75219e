"""What is answered to a charger that wants its certificate signed, and what comes of handing it over.

A refusal is told to people where they can do something about it; the request itself stands in the trace.
"""

import logging
from datetime import UTC, datetime

from django.db import transaction

from chargers.certificates.models import GivenState
from chargers.certificates.services import inventory, signing, upgrading
from chargers.certificates.services.authorities import AuthorityLocked
from chargers.certificates.signing_requests import RequestRefused
from chargers.choices import Standing
from chargers.events import CertificatesRead, SigningDecision, SigningRequested
from chargers.inbox import Caller, Heard
from chargers.models import Charger, Connection, IssuedCommand
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_command
from depot import live
from depot.notices import services as notices

logger = logging.getLogger(__name__)


@transaction.atomic
def sign(caller: Caller, event: SigningRequested, heard: Heard) -> SigningDecision:
    """Signed at once; handed over by a command of its own a moment later (`give_certificates`)."""
    if caller.standing != Standing.ADOPTED:
        return SigningDecision(accepted=False, reason="NotAdopted")
    charger = Charger.objects.get(pk=caller.charger_id)
    kind = event.kind or "ChargingStationCertificate"
    try:
        signing.sign_for_charger(
            charger,
            event.request,
            request_id=event.request_id,
            is_proven=Connection.objects.filter(pk=caller.connection_id, authenticated=True).exists(),
            at=datetime.now(UTC),
        )
    except RequestRefused as refused:
        text = f"{charger} wants its {kind} signed and is refused: {refused.words}"
        notices.write("certificate.not_signed", charger, text, at=heard.at)
        return SigningDecision(accepted=False, reason=refused.reason)
    except AuthorityLocked:
        text = f"{charger} wants its {kind} signed: the authority's key cannot be opened with this CREDENTIAL_KEY"
        notices.write("certificate.not_signed", charger, text, at=heard.at)
        return SigningDecision(accepted=False, reason="AuthorityLocked")
    live.tell([charger.pk], what="certificate")
    return SigningDecision(accepted=True)


def held(caller: Caller, event: CertificatesRead, heard: Heard) -> None:
    charger = Charger.objects.get(pk=caller.charger_id)
    inventory.keep_held(charger, event, now=heard.at)
    live.tell([charger.pk], what="certificate")


def command_settled(command: IssuedCommand, *, now: datetime) -> None:
    """What a certificate's command, or a step to a higher security profile, brings with it."""
    settled = signing.heed_given(command)
    if settled is not None and settled.given_state == GivenState.REFUSED:
        text = f"{command.charger} refuses the certificate that it asked for ({command.status})"
        notices.write("certificate.refused", command.charger, text, at=now)
    upgrade = upgrading.heed_upgrade(command, now=now)
    if upgrade is not None and upgrade.note:
        text = f"{command.charger} stays with its security profile: {upgrade.note}"
        notices.write("security.not_upgraded", command.charger, text, at=now)
    if inventory.changes_what_is_held(command):
        read_held(command.charger, command.charger.protocol, now=now)


def read_held(charger: Charger, protocol: str, *, now: datetime) -> None:
    """Ask what it has installed; where that cannot be asked, what we know of it stays old."""
    try:
        for command in inventory.reading_commands(protocol):
            issue_command(charger, command, issued_by=None, now=now)
    except (ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken) as error:
        logger.info("%s: its certificates were not read: %s", charger.identity, error)


# Duties


def give_certificates(now: datetime) -> int:
    """Hand over what was signed, and tell people of what could not be handed over."""
    left = signing.give_ready(now=now, at=datetime.now(UTC))
    for signed in left:
        if signed.charger is not None:
            text = f"{signed.charger} did not take the certificate that it asked for: it never answered"
            notices.write("certificate.refused", signed.charger, text, at=now)
    return len(left)


def renew_certificates(now: datetime) -> int:
    """Ask chargers in time to renew their certificates (A02)."""
    asked = signing.renew_in_time(now=now, at=datetime.now(UTC))
    live.tell({charger.pk for charger in asked}, what="command")
    return len(asked)


def end_late_upgrades(now: datetime) -> int:
    ended = upgrading.give_up_late(now=now)
    for upgrade in ended:
        text = f"{upgrade.charger} stays with its security profile: {upgrade.note}"
        notices.write("security.not_upgraded", upgrade.charger, text, at=now)
    return len(ended)
