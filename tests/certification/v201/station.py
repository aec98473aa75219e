"""A charging station of OCPP 2.0.1 that goes through the sequences which the published cases have in common."""

from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Any

from tests.flows.speakers import wire_time
from tests.wire import Payload, Wire

if TYPE_CHECKING:
    from tests.conftest import BusinessTime

_numbers = count(1)
SIGNED: Payload = {
    "signedMeterData": "T0NNRnx7fXx7fQ==",
    "signingMethod": "ECDSA-secp256r1-SHA256",
    "encodingMethod": "OCMF",
    "publicKey": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
}


def sample(wh: float, context: str = "Sample.Periodic", **more: Any) -> Payload:
    return {"value": wh, "measurand": "Energy.Active.Import.Register", "context": context, **more}


class Station:
    """Time goes on, for it as for the depot, with each thing that it says, and by what flows through its meter."""

    def __init__(self, wire: Wire, identity: str, card: str, time: "BusinessTime") -> None:
        self.wire, self.identity, self.card, self.time = wire, identity, card, time
        self.wh = 1_000
        self.reference, self.sequence = "", 0
        self.evse = 1
        self.is_plugged = self.is_authorized = False

    def now(self) -> str:
        return wire_time(self.time.move(seconds=2))

    async def boot(self, reason: str = "PowerUp", **station: Any) -> Payload:
        told = {"vendorName": "Acme", "model": "One", "firmwareVersion": "1.0", **station}
        return await self.wire.call("BootNotification", {"reason": reason, "chargingStation": told})

    async def booted(self, reason: str = "PowerUp") -> str:
        """Boots and tells of its connectors: what came of it."""
        status: str = (await self.boot(reason))["status"]
        for evse in (1, 2):
            await self.status("Available", evse=evse)
        return status

    async def status(self, word: str, *, evse: int | None = None, connector: int = 1, **more: Any) -> None:
        told = {
            "timestamp": self.now(), "connectorStatus": word, "evseId": evse or self.evse, "connectorId": connector,
        }  # fmt: skip
        await self.wire.call("StatusNotification", told | more)

    async def availability(self, word: str, *, evse: int | None = None) -> None:
        """The same as an event of the device model, which a station may send instead."""
        event = {
            "eventId": next(_numbers), "timestamp": self.now(), "trigger": "Delta", "actualValue": word,
            "eventNotificationType": "HardWiredNotification",
            "component": {"name": "Connector", "evse": {"id": evse or self.evse, "connectorId": 1}},
            "variable": {"name": "AvailabilityState"},
        }  # fmt: skip
        await self.notify_event(event)

    async def notify_event(self, *events: Payload) -> Payload:
        return await self.wire.call("NotifyEvent", {"generatedAt": self.now(), "seqNo": 0, "eventData": list(events)})

    async def authorize(self, token: str = "", kind: str = "ISO14443", **more: Any) -> Payload:
        """The whole answer."""
        told = {"idToken": {"idToken": token or self.card, "type": kind}, **more}
        return await self.wire.call("Authorize", told)

    async def present(self, token: str = "") -> str:
        status: str = (await self.authorize(token))["idTokenInfo"]["status"]
        return status

    async def event(
        self,
        kind: str,
        trigger: str,
        *,
        state: str = "",
        token: str = "",
        samples: list[Payload] | None = None,
        at: datetime | None = None,
        info: Payload | None = None,
        **more: Any,
    ) -> Payload:
        """A TransactionEvent of the running transaction; its answer."""
        if kind == "Started" and not self.reference:
            self.reference, self.sequence = f"{self.identity}-tx-{next(_numbers)}", 0
        moment = wire_time(at) if at else self.now()
        told: Payload = {
            "eventType": kind,
            "timestamp": moment,
            "triggerReason": trigger,
            "seqNo": self.sequence,
            "transactionInfo": {"transactionId": self.reference, **({"chargingState": state} if state else {})},
        }
        told["transactionInfo"] |= info or {}
        if token:
            told["idToken"] = {"idToken": token, "type": "ISO14443"}
        if samples:
            told["meterValue"] = [{"timestamp": moment, "sampledValue": samples}]
        self.sequence += 1
        return await self.wire.call("TransactionEvent", told | more)

    @property
    def place(self) -> Payload:
        return {"id": self.evse, "connectorId": 1}

    # What follows are the states that the cases begin from, each by the shortest way there.

    async def plug_in(self) -> Payload:
        """A cable is in: the transaction starts with it, unless a card came first."""
        await self.status("Occupied")
        kind = "Updated" if self.reference else "Started"
        answer = await self.event(
            kind, "CablePluggedIn", state="EVConnected", evse=self.place,
            samples=[sample(self.wh, "Transaction.Begin")],
        )  # fmt: skip
        self.is_plugged = True
        return answer

    async def show_card(self, token: str = "") -> tuple[str, Payload]:
        """Authorized: what the card was answered, and what its event was."""
        token = token or self.card
        shown = await self.present(token)
        kind = "Updated" if self.reference else "Started"
        answer = await self.event(kind, "Authorized", token=token)
        self.is_authorized = True
        return shown, answer

    async def charge(self, token: str = "", *, evse: int = 1) -> str:
        """Energy flows; the transaction's reference."""
        self.evse = self.evse if self.reference else evse
        if not self.is_authorized:
            await self.show_card(token)
        if not self.is_plugged:
            await self.plug_in()
        await self.event("Updated", "ChargingStateChanged", state="Charging")
        return self.reference

    def flow(self, wh: int = 500) -> int:
        """What the meter says once so much more went through it, in the time that 6 kW take."""
        self.time.move(seconds=wh * 3600 / 6_000)
        self.wh += wh
        return self.wh

    async def meter(self, wh: int = 500, trigger: str = "MeterValuePeriodic", context: str = "Sample.Periodic") -> None:
        self.flow(wh)
        await self.event("Updated", trigger, samples=[sample(self.wh, context)])

    async def suspend(self) -> None:
        await self.event("Updated", "ChargingStateChanged", state="SuspendedEV")

    async def stop_by_card(self, token: str = "") -> Payload:
        return await self.event("Updated", "StopAuthorized", token=token or self.card)

    async def finish(self, token: str = "") -> None:
        """Stopped by a card; the cable is still in."""
        await self.stop_by_card(token)
        await self.event("Updated", "ChargingStateChanged", state="EVConnected")

    async def unplug(self, **more: Any) -> Payload:
        """The cable is out, and the transaction has ended with it."""
        await self.status("Available")
        more.setdefault("samples", [sample(self.flow(), "Transaction.End")])
        answer = await self.end("EVCommunicationLost", "EVDisconnected", state="Idle", **more)
        self.is_plugged = False
        return answer

    async def end(self, trigger: str, reason: str, **more: Any) -> Payload:
        answer = await self.event("Ended", trigger, info={"stoppedReason": reason}, **more)
        self.reference, self.is_authorized = "", False
        return answer
