"""What the standard does not know: DataTransfer (1.6 §4.3)."""

from datetime import datetime

import orjson

from chargers.commands import SendData
from chargers.events import DataAnswer, DataTransferred
from chargers.ocpp.dialect import Call, Payload
from chargers.ocpp.v16.words import dialect


@dialect.tells("DataTransfer")
def data(said: Payload, heard_at: datetime) -> DataTransferred:
    return DataTransferred(vendor_id=said["vendorId"], message_id=said.get("messageId") or "", data=said.get("data"))


@dialect.answers("DataTransfer")
def data_answer(answer: DataAnswer) -> Payload:
    payload: Payload = {"status": answer.status}
    if answer.data is not None:
        # 1.6 carries text only.
        payload["data"] = answer.data if isinstance(answer.data, str) else orjson.dumps(answer.data).decode()
    return payload


@dialect.asks(SendData)
def send(command: SendData) -> Call:
    payload: Payload = {"vendorId": command.vendor_id}
    if command.message_id:
        payload["messageId"] = command.message_id
    if command.data is not None:
        payload["data"] = command.data
    return Call("DataTransfer", payload)
