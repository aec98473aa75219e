"""Whether the certificates of a chain hold (2.1 M07)."""

from datetime import datetime

from chargers.events import ChainAsked, ChainStatus
from chargers.ocpp.dialect import Payload
from chargers.ocpp.v2x.versions import v21
from chargers.ocpp.values import wire_moment


@v21.tells("GetCertificateChainStatus")
def chain(said: Payload, heard_at: datetime) -> ChainAsked:
    requests = said["certificateStatusRequests"]
    return ChainAsked(
        certificates=tuple((asked["certificateHashData"], asked["source"]) for asked in requests),
        urls=tuple(next(iter(asked.get("urls") or ()), "") for asked in requests),
    )


@v21.answers("GetCertificateChainStatus")
def chain_answer(statuses: tuple[ChainStatus, ...]) -> Payload:
    return {
        "certificateStatus": [
            {
                "certificateHashData": one.certificate,
                "source": one.source,
                "status": one.status,
                "nextUpdate": wire_moment(one.ask_again_at),
            }
            for one in statuses
        ]
    }
