"""A token is shown, and what chargers remember of tokens (2.x C01, C11)."""

from datetime import datetime

from chargers.commands import ClearCache
from chargers.events import ContractShown, Token, TokenDecision, TokenPresented
from chargers.ocpp.dialect import Call, Payload
from chargers.ocpp.v2x.versions import both
from chargers.ocpp.v2x.words import read_token, write_token_info


@both.tells("Authorize")
def authorize(said: Payload, heard_at: datetime) -> TokenPresented:
    hashes = tuple(said.get("iso15118CertificateHashData") or ())
    chain = said.get("certificate") or ""
    contract = ContractShown(chain, hashes) if chain or hashes else None
    return TokenPresented(token=read_token(said["idToken"]) or Token(""), contract=contract)


@both.answers("Authorize")
def authorize_answer(decision: TokenDecision) -> Payload:
    # C07.FR.13-17: what we think of the contract's certificate, beside what we think of the contract.
    judged = {"certificateStatus": decision.certificate_status} if decision.certificate_status else {}
    return {"idTokenInfo": write_token_info(decision), **judged}


@both.asks(ClearCache)
def clear_cache(command: ClearCache) -> Call:
    return Call("ClearCache", {})
