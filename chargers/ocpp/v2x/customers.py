"""What a charger knows of a customer, told or forgotten (2.x N09, N10)."""

from collections.abc import Collection
from functools import partial

from chargers.commands import CustomerInformation
from chargers.ocpp.dialect import Call, CommandNotSpoken, Payload
from chargers.ocpp.v2x.versions import v21, v201
from chargers.ocpp.v2x.words import TOKEN_TYPES, write_token


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
