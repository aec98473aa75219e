"""Swapping batteries (2.1 S01-S03)."""

from datetime import datetime

from chargers.commands import RequestSwap
from chargers.events import Battery, BatterySwapped, SwapStep, Token
from chargers.ocpp.dialect import Call, Payload
from chargers.ocpp.v2x.versions import v21
from chargers.ocpp.v2x.words import read_number, read_token, write_token
from chargers.ocpp.values import moment, whole


@v21.tells("BatterySwap")
def swapped(said: Payload, heard_at: datetime) -> BatterySwapped:
    return BatterySwapped(
        request_id=whole(said["requestId"]) or 0,
        step=_step(said["eventType"]),
        token=read_token(said["idToken"]) or Token(""),
        batteries=tuple(_battery(told) for told in said["batteryData"]),
    )


def _step(word: object) -> SwapStep:
    return SwapStep(word) if isinstance(word, str) and word in list(SwapStep) else SwapStep.UNKNOWN


def _battery(told: Payload) -> Battery:
    return Battery(
        slot=read_number(told["evseId"]) or 0,
        serial=told["serialNumber"],
        soc_percent=float(told["soC"]),
        health_percent=float(told["soH"]),
        made_at=moment(told.get("productionDate")),
        info=told.get("vendorInfo") or "",
    )


@v21.asks(RequestSwap)
def request(command: RequestSwap) -> Call:
    token = write_token(command.token, command.token_type, None)
    return Call("RequestBatterySwap", {"idToken": token, "requestId": command.request_id})
