"""Messages on the display (2.x O01-O06)."""

from datetime import datetime

from chargers.commands import ClearMessage, ReportMessages, ShowMessage
from chargers.events import (
    DisplayedMessage,
    MessageGone,
    MessagesReported,
    MessageTaken,
    ReportKind,
    ReportPromised,
)
from chargers.ocpp.dialect import Call, Hearing, Payload
from chargers.ocpp.v2x.versions import both
from chargers.ocpp.v2x.words import hear_status
from chargers.ocpp.values import moment, whole, wire_moment


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


@both.hears("SetDisplayMessage")
def shown(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    hearing = hear_status(response, "Accepted")
    if not hearing.accepted or "message" not in request:
        return hearing
    return Hearing(True, hearing.status, (MessageTaken(message=_read(request["message"])),))


@both.asks(ClearMessage)
def clear(command: ClearMessage) -> Call:
    return Call("ClearDisplayMessage", {"id": command.message_id})


@both.hears("ClearDisplayMessage")
def cleared(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # Unknown: it is not shown any more, which is what was wanted.
    hearing = hear_status(response, "Accepted", "Unknown")
    if not hearing.accepted or "id" not in request:
        return hearing
    return Hearing(True, hearing.status, (MessageGone(message_id=request["id"]),))


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
    hearing = hear_status(response, "Accepted", "Unknown")
    if not hearing.accepted or "requestId" not in request:
        return hearing
    promised = ReportPromised(
        kind=ReportKind.MESSAGES,
        request_id=request["requestId"],
        is_empty=hearing.status == "Unknown",
        is_everything=not {"id", "priority", "state"} & request.keys(),
    )
    return Hearing(True, hearing.status, (promised,))


@both.tells("NotifyDisplayMessages")
def reported(said: Payload, heard_at: datetime) -> MessagesReported:
    return MessagesReported(
        request_id=whole(said.get("requestId")) or 0,
        more=bool(said.get("tbc")),
        messages=tuple(_read(message) for message in said.get("messageInfo") or ()),
    )


def _read(message: Payload) -> DisplayedMessage:
    content = message["message"]
    return DisplayedMessage(
        message_id=message["id"],
        priority=str(message["priority"]),
        text=str(content["content"]),
        format=str(content.get("format") or "UTF8"),
        language=content.get("language") or "",
        state=message.get("state") or "",
        since=moment(message.get("startDateTime")),
        until=moment(message.get("endDateTime")),
        reference=message.get("transactionId") or "",
        place=(message.get("display") or {}).get("name") or "",
    )
