"""Messages on the display (2.x O01-O06)."""

from datetime import datetime

from chargers.commands import ClearMessage, ReportMessages, ShowMessage
from chargers.ocpp.dialect import Call, Hearing, Payload
from chargers.ocpp.v2x.versions import both
from chargers.ocpp.v2x.words import hear_status
from chargers.ocpp.values import wire_moment


@both.asks(ShowMessage)
def show(command: ShowMessage) -> Call:
    content: Payload = {"format": "UTF8", "content": command.text}
    if command.language:
        content["language"] = command.language
    message: Payload = {"id": command.message_id, "priority": command.priority.value, "message": content}
    if command.state is not None:
        message["state"] = command.state.value
    if command.since is not None:
        message["startDateTime"] = wire_moment(command.since)
    if command.until is not None:
        message["endDateTime"] = wire_moment(command.until)
    if command.reference:
        message["transactionId"] = command.reference
    return Call("SetDisplayMessage", {"message": message})


@both.asks(ClearMessage)
def clear(command: ClearMessage) -> Call:
    return Call("ClearDisplayMessage", {"id": command.message_id})


@both.hears("ClearDisplayMessage")
def cleared(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # Unknown: it is not shown any more, which is what was wanted.
    return hear_status(response, "Accepted", "Unknown")


@both.asks(ReportMessages)
def report(command: ReportMessages) -> Call:
    payload: Payload = {"requestId": command.request_id}
    if command.message_ids:
        payload["id"] = list(command.message_ids)
    if command.priority is not None:
        payload["priority"] = command.priority.value
    if command.state is not None:
        payload["state"] = command.state.value
    return Call("GetDisplayMessages", payload)


@both.hears("GetDisplayMessages")
def report_promised(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # Unknown: no message is as was asked for, and no report will come.
    return hear_status(response, "Accepted", "Unknown")
