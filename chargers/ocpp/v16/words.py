"""The dialect of 1.6 and the words that several of its blocks share."""

from chargers.commands import ProfilePurpose
from chargers.events import Status, TokenDecision, TokenStatus
from chargers.ocpp.dialect import Dialect, Payload
from chargers.ocpp.values import wire_moment

dialect = Dialect("ocpp1.6", "1.6")

STATUSES = {
    "Available": Status.AVAILABLE,
    "Preparing": Status.PREPARING,
    "Charging": Status.CHARGING,
    "SuspendedEV": Status.SUSPENDED_EV,
    "SuspendedEVSE": Status.SUSPENDED_EVSE,
    "Finishing": Status.FINISHING,
    "Reserved": Status.RESERVED,
    "Unavailable": Status.UNAVAILABLE,
    "Faulted": Status.FAULTED,
}
# 1.6 §7.2 knows five; what 2.x tells apart is Invalid here.
TOKEN_STATUSES = {
    TokenStatus.ACCEPTED: "Accepted",
    TokenStatus.BLOCKED: "Blocked",
    TokenStatus.EXPIRED: "Expired",
    TokenStatus.CONCURRENT: "ConcurrentTx",
}
PURPOSES = {
    ProfilePurpose.STATION_MAX: "ChargePointMaxProfile",
    ProfilePurpose.TX_DEFAULT: "TxDefaultProfile",
    ProfilePurpose.TX: "TxProfile",
}
# Longer than this no id token may be in 1.6 (CiString20Type).
TOKEN_LENGTH = 20


def id_tag_info(decision: TokenDecision) -> Payload:
    info: Payload = {"status": TOKEN_STATUSES.get(decision.status, "Invalid")}
    if decision.expires_at is not None:
        info["expiryDate"] = wire_moment(decision.expires_at)
    if decision.group:
        info["parentIdTag"] = decision.group[:TOKEN_LENGTH]
    return info
