"""What a charger knows of a customer, told or forgotten (2.x N09, N10)."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from chargers.commands import CustomerInformation
from chargers.events import CustomerTold, ReportKind, ReportPromised
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v2x.versions import both, v21, v201
from chargers.ocpp.v2x.words import TOKEN_TYPES, hear_status, write_token
from chargers.ocpp.values import whole


def information(command: CustomerInformation, token_types: Collection[str] | None) -> Call:
    if bool(command.token) == bool(command.identifier):
        raise CommandNotSpoken("A customer is named by one thing: a token or an identifier")
    if not command.report and not command.clear:
        raise CommandNotSpoken("Neither to tell nor to forget is nothing to do (N09.FR.07)")
    payload: Payload = {"requestId": command.request_id, "report": command.report, "clear": command.clear}
    if command.token:
        payload["idToken"] = write_token(command.token, command.token_type, token_types)
    else:
        payload["customerIdentifier"] = command.identifier
    return Call("CustomerInformation", payload)


v201.asks(CustomerInformation)(partial(information, token_types=TOKEN_TYPES))
v21.asks(CustomerInformation)(partial(information, token_types=None))


@both.hears("CustomerInformation")
def information_promised(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    hearing = hear_status(response, "Accepted")
    if not hearing.accepted or not request.get("report"):
        return hearing
    about = (request.get("idToken") or {}).get("idToken") or request.get("customerIdentifier") or ""
    promised = ReportPromised(kind=ReportKind.CUSTOMER, request_id=request["requestId"], about=about)
    return Hearing(True, hearing.status, (promised,))


@both.tells("NotifyCustomerInformation")
def told(said: Payload, heard_at: datetime) -> CustomerTold:
    return CustomerTold(
        request_id=whole(said.get("requestId")) or 0,
        sequence=whole(said.get("seqNo")) or 0,
        more=bool(said.get("tbc")),
        text=str(said.get("data") or ""),
    )
