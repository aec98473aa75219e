"""A charge point of OCPP 1.6 that goes through the sequences which the published cases have in common."""

from datetime import datetime, timedelta
from typing import Any

from tests.factories import THURSDAY
from tests.flows.speakers import wire_time
from tests.wire import Payload, Wire


class ChargePoint:
    """Its clock goes a minute on with each thing that it says, and its meter with each that it charges by."""

    def __init__(self, wire: Wire, identity: str, card: str) -> None:
        self.wire, self.identity, self.card = wire, identity, card
        self.at = THURSDAY - timedelta(minutes=4)
        self.wh = 1_000
        self.transaction = 0

    def now(self) -> str:
        self.at += timedelta(minutes=1)
        return wire_time(self.at)

    async def boot(self, **more: Any) -> Payload:
        told = {"chargePointVendor": "Acme", "chargePointModel": "One", "firmwareVersion": "1.0"}
        return await self.wire.call("BootNotification", told | more)

    async def booted(self, **more: Any) -> Payload:
        """Boots and tells of itself and its connectors: what it was answered."""
        answer = await self.boot(**more)
        for connector in (0, 1, 2):
            await self.status("Available", connector=connector)
        return answer

    async def status(self, word: str, *, connector: int = 1, error: str = "NoError", **more: Any) -> None:
        told = {"connectorId": connector, "status": word, "errorCode": error, "timestamp": self.now()}
        assert await self.wire.call("StatusNotification", told | more) == {}

    async def authorize(self, token: str = "") -> Payload:
        """What it is told of the card."""
        info: Payload = (await self.wire.call("Authorize", {"idTag": token or self.card}))["idTagInfo"]
        return info

    async def start(self, token: str = "", *, connector: int = 1, at: datetime | None = None, **more: Any) -> Payload:
        """StartTransaction; its whole answer."""
        told = {
            "connectorId": connector, "idTag": token or self.card, "meterStart": self.wh,
            "timestamp": wire_time(at) if at else self.now(),
        }  # fmt: skip
        answer = await self.wire.call("StartTransaction", told | more)
        self.transaction = answer["transactionId"]
        return answer

    async def stop(self, reason: str = "", *, wh: int = 500, at: datetime | None = None, **more: Any) -> Payload:
        """StopTransaction after so much more energy; its whole answer."""
        self.wh += wh
        told: Payload = {
            "transactionId": self.transaction, "meterStop": self.wh,
            "timestamp": wire_time(at) if at else self.now(),
        }  # fmt: skip
        if reason:
            told["reason"] = reason
        return await self.wire.call("StopTransaction", told | more)

    async def meter(self, wh: int = 500, *, context: str = "Sample.Periodic") -> None:
        self.wh += wh
        sample = {
            "value": str(self.wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh", "context": context,
        }  # fmt: skip
        told: Payload = {"connectorId": 1, "meterValue": [{"timestamp": self.now(), "sampledValue": [sample]}]}
        if self.transaction:
            told["transactionId"] = self.transaction
        assert await self.wire.call("MeterValues", told) == {}

    # What follows are the states that the cases begin from, each by the shortest way there.

    async def charge(self, token: str = "") -> Payload:
        """A card, a cable, and energy flows: the answer to the start."""
        await self.authorize(token)
        await self.status("Preparing")
        return await self.begin(token)

    async def begin(self, token: str = "", **more: Any) -> Payload:
        """The transaction starts where cable and card are there."""
        answer = await self.start(token, **more)
        await self.status("Charging")
        return answer

    async def end(self, reason: str = "", **more: Any) -> Payload:
        """It stops, and the cable is taken out."""
        answer = await self.stop(reason, **more)
        await self.status("Finishing")
        await self.status("Available")
        return answer
