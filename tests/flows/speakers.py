"""The same charger in three versions: it says in frames what a story tells it to, so that one story fits all."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from tests.wire import Payload, Wire

VERSIONS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")


def wire_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class Speaker(Protocol):
    """What a charger can say, whatever its version. Moments are the charger's own."""

    wire: Wire
    reference: str

    async def boot(self) -> str: ...
    async def status(self, word: str, *, at: datetime, evse: int = 1) -> None: ...
    async def present(self, token: str) -> str: ...
    async def start(
        self, token: str, *, at: datetime, wh: int, remote_start_id: int | None = None, offline: bool = False
    ) -> str: ...
    async def meter(self, *, at: datetime, wh: int, w: int = 0) -> None: ...
    async def stop(self, *, at: datetime, wh: int, reason: str = "Local", offline: bool = False) -> None: ...
    async def asked_to_start(self) -> Payload: ...
    async def asked_to_stop(self) -> Payload: ...


def speaker(version: str, wire: Wire) -> Speaker:
    return Speaker16(wire) if version == "ocpp1.6" else Speaker2x(wire, version)


@dataclass
class Speaker16:
    wire: Wire
    reference: str = ""

    async def boot(self) -> str:
        told = {"chargePointVendor": "Acme", "chargePointModel": "One", "firmwareVersion": "1.0"}
        status: str = (await self.wire.call("BootNotification", told))["status"]
        return status

    async def status(self, word: str, *, at: datetime, evse: int = 1) -> None:
        told = {"connectorId": evse, "errorCode": "NoError", "status": word, "timestamp": wire_time(at)}
        await self.wire.call("StatusNotification", told)

    async def present(self, token: str) -> str:
        status: str = (await self.wire.call("Authorize", {"idTag": token}))["idTagInfo"]["status"]
        return status

    async def start(
        self, token: str, *, at: datetime, wh: int, remote_start_id: int | None = None, offline: bool = False
    ) -> str:
        told = {"connectorId": 1, "idTag": token, "meterStart": wh, "timestamp": wire_time(at)}
        answer = await self.wire.call("StartTransaction", told)
        self.reference = str(answer["transactionId"])
        status: str = answer["idTagInfo"]["status"]
        return status

    async def meter(self, *, at: datetime, wh: int, w: int = 0) -> None:
        samples = [
            {"value": str(wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
            {"value": str(w), "measurand": "Power.Active.Import", "unit": "W"},
        ]
        told = {
            "connectorId": 1,
            "transactionId": int(self.reference),
            "meterValue": [{"timestamp": wire_time(at), "sampledValue": samples}],
        }
        await self.wire.call("MeterValues", told)

    async def stop(self, *, at: datetime, wh: int, reason: str = "Local", offline: bool = False) -> None:
        told = {
            "transactionId": int(self.reference),
            "meterStop": wh,
            "timestamp": wire_time(at),
            "reason": reason,
        }
        await self.wire.call("StopTransaction", told)

    async def asked_to_start(self) -> Payload:
        asked = await self.wire.is_asked("RemoteStartTransaction")
        return {"token": asked["idTag"], "evse": asked["connectorId"], "remote_start_id": None}

    async def asked_to_stop(self) -> Payload:
        asked = await self.wire.is_asked("RemoteStopTransaction")
        return {"reference": str(asked["transactionId"])}


@dataclass
class Speaker2x:
    wire: Wire
    version: str
    reference: str = ""
    sequence: int = 0
    count: int = field(default=0)

    async def boot(self) -> str:
        station = {"vendorName": "Acme", "model": "One", "firmwareVersion": "1.0"}
        answer = await self.wire.call("BootNotification", {"reason": "PowerUp", "chargingStation": station})
        status: str = answer["status"]
        return status

    async def status(self, word: str, *, at: datetime, evse: int = 1) -> None:
        # 2.x knows five; what 1.6 tells apart while a vehicle is there is Occupied.
        known = {"Available", "Reserved", "Unavailable", "Faulted"}
        told = {
            "timestamp": wire_time(at),
            "connectorStatus": word if word in known else "Occupied",
            "evseId": evse,
            "connectorId": 1,
        }
        await self.wire.call("StatusNotification", told)

    async def present(self, token: str) -> str:
        answer = await self.wire.call("Authorize", {"idToken": {"idToken": token, "type": "ISO14443"}})
        status: str = answer["idTokenInfo"]["status"]
        return status

    async def _event(self, kind: str, trigger: str, at: datetime, info: Payload, **more: Any) -> Payload:
        told = {
            "eventType": kind,
            "timestamp": wire_time(at),
            "triggerReason": trigger,
            "seqNo": self.sequence,
            "transactionInfo": {"transactionId": self.reference, **info},
            **more,
        }
        self.sequence += 1
        return await self.wire.call("TransactionEvent", told)

    def _register(self, at: datetime, wh: int, w: int | None = None, context: str = "Sample.Periodic") -> list[Payload]:
        register: Payload = {"value": wh, "measurand": "Energy.Active.Import.Register", "context": context}
        samples: list[Payload] = [{**register, "unitOfMeasure": {"unit": "Wh"}}]
        if w is not None:
            samples.append({"value": w, "measurand": "Power.Active.Import", "context": context})
        return [{"timestamp": wire_time(at), "sampledValue": samples}]

    async def start(
        self, token: str, *, at: datetime, wh: int, remote_start_id: int | None = None, offline: bool = False
    ) -> str:
        self.count += 1
        self.reference, self.sequence = f"tx-{self.count}", 0
        info: Payload = {"chargingState": "Charging"}
        if remote_start_id is not None:
            info["remoteStartId"] = remote_start_id
        answer = await self._event(
            "Started",
            "Authorized" if remote_start_id is None else "RemoteStart",
            at,
            info,
            evse={"id": 1, "connectorId": 1},
            idToken={"idToken": token, "type": "ISO14443"},
            meterValue=self._register(at, wh, context="Transaction.Begin"),
            **({"offline": True} if offline else {}),
        )
        status: str = answer["idTokenInfo"]["status"]
        return status

    async def meter(self, *, at: datetime, wh: int, w: int = 0) -> None:
        await self._event("Updated", "MeterValuePeriodic", at, {}, meterValue=self._register(at, wh, w))

    async def stop(self, *, at: datetime, wh: int, reason: str = "Local", offline: bool = False) -> None:
        await self._event(
            "Ended",
            "StopAuthorized",
            at,
            {"stoppedReason": reason},
            meterValue=self._register(at, wh, context="Transaction.End"),
            **({"offline": True} if offline else {}),
        )

    async def asked_to_start(self) -> Payload:
        asked = await self.wire.is_asked("RequestStartTransaction")
        return {
            "token": asked["idToken"]["idToken"],
            "evse": asked["evseId"],
            "remote_start_id": asked["remoteStartId"],
        }

    async def asked_to_stop(self) -> Payload:
        asked = await self.wire.is_asked("RequestStopTransaction")
        return {"reference": asked["transactionId"]}
