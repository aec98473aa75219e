"""Certificates to sign (1.6 security white paper §5.14)."""

from datetime import datetime

from chargers.events import SigningDecision, SigningRequested
from chargers.ocpp.dialect import Payload
from chargers.ocpp.v16.words import dialect


@dialect.tells("SignCertificate")
def sign(said: Payload, heard_at: datetime) -> SigningRequested:
    return SigningRequested(request=said["csr"])


@dialect.answers("SignCertificate")
def sign_answer(decision: SigningDecision) -> Payload:
    return {"status": "Accepted" if decision.accepted else "Rejected"}
