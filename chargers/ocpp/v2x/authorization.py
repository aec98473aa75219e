"""A token is shown, and what chargers remember of tokens (2.x C01, C11)."""

from datetime import datetime

from chargers.commands import ClearCache
from chargers.events import Token, TokenDecision, TokenPresented
from chargers.ocpp.dialect import Call, Payload
from chargers.ocpp.v2x.versions import both
from chargers.ocpp.v2x.words import read_token, write_token_info


@both.tells("Authorize")
def authorize(said: Payload, heard_at: datetime) -> TokenPresented:
    return TokenPresented(token=read_token(said["idToken"]) or Token(""))


@both.answers("Authorize")
def authorize_answer(decision: TokenDecision) -> Payload:
    return {"idTokenInfo": write_token_info(decision)}


@both.asks(ClearCache)
def clear_cache(command: ClearCache) -> Call:
    return Call("ClearCache", {})
