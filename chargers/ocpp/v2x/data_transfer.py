"""What the standard does not know (2.x P02)."""

from datetime import datetime

from chargers.commands import SendData
from chargers.events import DataAnswer, DataTransferred
from chargers.ocpp.dialect import Call, Payload
from chargers.ocpp.v2x.versions import both


@both.tells("DataTransfer")
def data_transfer(said: Payload, heard_at: datetime) -> DataTransferred:
    return DataTransferred(vendor_id=said["vendorId"], message_id=said.get("messageId") or "", data=said.get("data"))


@both.answers("DataTransfer")
def data_answer(answer: DataAnswer) -> Payload:
    payload: Payload = {"status": answer.status}
    if answer.data is not None:
        payload["data"] = answer.data
    return payload


@both.asks(SendData)
def send(command: SendData) -> Call:
    payload: Payload = {"vendorId": command.vendor_id}
    if command.message_id:
        payload["messageId"] = command.message_id
    if command.data is not None:
        payload["data"] = command.data
    return Call("DataTransfer", payload)
