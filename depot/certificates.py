"""What is answered to a charger that wants something of a certificate. No authority and no provider stands behind us.

A refusal is told to people where they can do something about it; the request itself stands in the trace.
"""

from datetime import timedelta

from chargers.choices import Standing
from chargers.events import (
    ChainAsked,
    ChainStatus,
    ContractAnswer,
    ContractRequested,
    RevocationAnswer,
    RevocationAsked,
    SigningDecision,
    SigningRequested,
)
from chargers.inbox import Caller, Heard
from chargers.models import Charger
from depot.notices import services as notices

NO_AUTHORITY = "NoAuthority"
NO_PROVIDER = "NoProvider"
# A chain that we cannot judge today is not asked about all day long.
CHAIN_JUDGED_AGAIN_AFTER = timedelta(days=1)


def sign(caller: Caller, event: SigningRequested, heard: Heard) -> SigningDecision:
    kind = event.kind or "ChargingStationCertificate"
    _tell(caller, heard, "certificate.not_signed", f"wants its {kind} signed, and no authority is set up here")
    return SigningDecision(accepted=False, reason=NO_AUTHORITY)


def contract(caller: Caller, event: ContractRequested, heard: Heard) -> ContractAnswer:
    what = "renewed" if event.update else "installed"
    _tell(
        caller,
        heard,
        "certificate.no_contract",
        f"has a vehicle that wants its contract certificate {what}, and no provider is set up here",
    )
    return ContractAnswer(None, NO_PROVIDER)


def revocation(caller: Caller, event: RevocationAsked, heard: Heard) -> RevocationAnswer:
    return RevocationAnswer(None, NO_PROVIDER)


def chain(caller: Caller, event: ChainAsked, heard: Heard) -> tuple[ChainStatus, ...]:
    again_at = heard.at + CHAIN_JUDGED_AGAIN_AFTER
    return tuple(ChainStatus(asked, source, "Failed", again_at) for asked, source in event.certificates)


def _tell(caller: Caller, heard: Heard, kind: str, text: str) -> None:
    """People hear of it, unless a stranger says it."""
    if caller.standing == Standing.ADOPTED:
        charger = Charger.objects.get(pk=caller.charger_id)
        notices.write(kind, charger, f"{charger} {text}", at=heard.at)
