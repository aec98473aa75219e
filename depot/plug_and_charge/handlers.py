"""What is answered to a charger whose vehicle has, or wants, a contract certificate."""

from datetime import timedelta

from chargers.choices import Standing
from chargers.events import (
    ChainAsked,
    ChainStatus,
    ContractAnswer,
    ContractRequested,
    RevocationAnswer,
    RevocationAsked,
)
from chargers.inbox import Caller, Heard
from chargers.models import Charger
from depot.notices import services as notices

NO_PROVIDER = "NoProvider"
# A chain that we cannot judge today is not asked about all day long.
CHAIN_JUDGED_AGAIN_AFTER = timedelta(days=1)


def contract(caller: Caller, event: ContractRequested, heard: Heard) -> ContractAnswer:
    what = "renewed" if event.update else "installed"
    if caller.standing == Standing.ADOPTED:
        charger = Charger.objects.get(pk=caller.charger_id)
        text = f"{charger} has a vehicle that wants its contract certificate {what}, and no provider is set up here"
        notices.write("certificate.no_contract", charger, text, at=heard.at)
    return ContractAnswer(None, NO_PROVIDER)


def revocation(caller: Caller, event: RevocationAsked, heard: Heard) -> RevocationAnswer:
    return RevocationAnswer(None, NO_PROVIDER)


def chain(caller: Caller, event: ChainAsked, heard: Heard) -> tuple[ChainStatus, ...]:
    again_at = heard.at + CHAIN_JUDGED_AGAIN_AFTER
    return tuple(ChainStatus(asked, source, "Failed", again_at) for asked, source in event.certificates)
