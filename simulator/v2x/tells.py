"""What a charger tells in OCPP 2.0.1 and 2.1; where they part, the version's class says it."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from simulator.clock import Moment, write_moment
from simulator.frames import Payload
from simulator.metering import Reading, take_samples, write_number
from simulator.outbox import Message
from simulator.speech import Handler, Speech
from simulator.transaction import Card, Transaction
from simulator.v2x.answers import ANSWERS, ANSWERS_21, UNSUPPORTED, UNSUPPORTED_21
from simulator.v2x.needs import tell_needs
from simulator.v2x.v21 import pull_schedule

if TYPE_CHECKING:
    from simulator.evse import Evse

STATUSES = {
    "Available": "Available",
    "Reserved": "Reserved",
    "Unavailable": "Unavailable",
    "Faulted": "Faulted",
}
CHARGING_STATES = {"Charging": "Charging", "SuspendedEV": "SuspendedEV", "SuspendedEVSE": "SuspendedEVSE"}

# Why it ended: our word (1.6's), and 2.x's stoppedReason and triggerReason.
REASONS = {
    "Local": ("Local", "StopAuthorized"),
    "Remote": ("Remote", "RemoteStop"),
    "EVDisconnected": ("EVDisconnected", "EVCommunicationLost"),
    "DeAuthorized": ("DeAuthorized", "Deauthorized"),
    "SoftReset": ("ImmediateReset", "ResetCommand"),
    "HardReset": ("ImmediateReset", "ResetCommand"),
    "PowerLoss": ("PowerLoss", "AbnormalCondition"),
    "UnlockCommand": ("Other", "UnlockCommand"),
    "EmergencyStop": ("EmergencyStop", "AbnormalCondition"),
}


class Speech2x(Speech):
    malformed = "TypeConstraintViolation"

    def boot(self, reason: str) -> Message:
        plan = self.charger.plan
        station = {
            "vendorName": plan.vendor,
            "model": plan.model,
            "serialNumber": plan.serial or plan.identity[:25],
            "firmwareVersion": self.charger.firmware,
        }
        payload = {"reason": reason, "chargingStation": station}
        return Message(action="BootNotification", payload=payload, on_answer=self._hear_boot)

    def _hear_boot(self, payload: Payload) -> None:
        self.charger.hear_registration(payload["status"], float(payload.get("interval", 0)))

    def status(self, evse: "Evse") -> list[Message]:
        word = STATUSES.get(evse.status, "Occupied")
        if self._told.get(evse.number) == word:
            return []
        return [self.present_status(evse)]

    def present_status(self, evse: "Evse") -> Message:
        return self.tell_connector(evse, evse.status_since)

    def __init__(self, charger: Any) -> None:
        super().__init__(charger)
        self._told: dict[int, str] = {}

    def tell_connector(self, evse: "Evse", since: Moment) -> Message:
        word = STATUSES.get(evse.status, "Occupied")
        self._told[evse.number] = word
        if self.charger.manners.status_by_notify_event:
            return self._notify_availability(evse, word, since)
        payload = {
            "timestamp": write_moment(since),
            "connectorStatus": word,
            "evseId": evse.number,
            "connectorId": evse.plan.connectors[0].number,
        }
        return Message(action="StatusNotification", payload=payload)

    def _notify_availability(self, evse: "Evse", word: str, since: Moment) -> Message:
        self._event_id += 1
        event = {
            "eventId": self._event_id,
            "timestamp": write_moment(since),
            "trigger": "Delta",
            "actualValue": word,
            "eventNotificationType": "HardWiredNotification",
            "component": {
                "name": "Connector",
                "evse": {"id": evse.number, "connectorId": evse.plan.connectors[0].number},
            },
            "variable": {"name": "AvailabilityState"},
        }
        payload = {"generatedAt": write_moment(self.charger.own_time()), "seqNo": 0, "eventData": [event]}
        return Message(action="NotifyEvent", payload=payload)

    _event_id = 0

    def statuses(self) -> list[Message]:
        keeps = self.charger.manners.keeps_status_times
        now = self.charger.own_time()
        return [self.tell_connector(evse, evse.status_since if keeps else now) for evse in self.charger.evses]

    def authorize(self, card: Card, evse: "Evse") -> Message:
        def hear(payload: Payload) -> None:
            verdict = payload["idTokenInfo"]
            self.charger.tokens.remember(card.id_token, verdict, self.charger.settings)
            if verdict["status"] == "Accepted":
                evse.accept_card(card)

        return Message(
            action="Authorize",
            # C07.FR.06: this charger has no roots of contracts, so the server is to judge the chain.
            payload={"idToken": write_token(card), **({"certificate": card.contract} if card.contract else {})},
            on_answer=hear,
            on_failure=self.judge_alone(card, evse),
        )

    def _event(
        self, kind: str, trigger: str, transaction: Transaction, at: Moment, *, info: Payload | None = None, **more: Any
    ) -> Message:
        payload: Payload = {
            "eventType": kind,
            "timestamp": write_moment(at),
            "triggerReason": trigger,
            "seqNo": 0 if self.charger.faults.seq_no_zero else transaction.next_seq_no(),
            "transactionInfo": {"transactionId": transaction.key, **(info or {})},
            **more,
        }
        if not self.charger.is_online:
            payload["offline"] = True
        return self.restore("TransactionEvent", payload, transaction)

    def restore(self, action: str, payload: Payload, transaction: Transaction) -> Message:
        kind = payload["eventType"]

        def hear(answer: Payload) -> None:
            transaction.start_acknowledged |= kind == "Started"
            transaction.stop_acknowledged |= kind == "Ended"
            self._judge(transaction, answer)

        def give_up(_error: str) -> None:
            transaction.start_abandoned |= kind == "Started"
            transaction.stop_abandoned |= kind == "Ended"

        return Message(action=action, payload=payload, transaction=transaction, on_answer=hear, on_failure=give_up)

    def _judge(self, transaction: Transaction, answer: Payload) -> None:
        verdict = answer.get("idTokenInfo")
        if verdict is None:
            return
        self.charger.tokens.remember(transaction.card.id_token, verdict, self.charger.settings)
        evse = self.charger.evse(transaction.evse)
        if verdict["status"] != "Accepted" and evse is not None and transaction.is_open:
            evse.refuse_transaction(transaction)

    def started(self, transaction: Transaction, evse: "Evse") -> Iterator[Message]:
        transaction.charging_state = "EVConnected"
        info: Payload = {"chargingState": "EVConnected"}
        more: Payload = {}
        if transaction.card.remote_start_id is not None:
            info["remoteStartId"] = transaction.card.remote_start_id
        if transaction.reservation_id is not None:
            more["reservationId"] = transaction.reservation_id
        values = self._write_values(evse, "Transaction.Begin", "StopTxnSampledData")
        trigger = "RemoteStart" if transaction.card.is_remote else "Authorized"
        yield self._event(
            "Started",
            trigger,
            transaction,
            transaction.started_at,
            info=info,
            evse={"id": evse.number, "connectorId": transaction.connector},
            idToken=write_token(transaction.card),
            **({"meterValue": values} if values else {}),
            **more,
        )
        if self.charger.manners.tells_needs and (needs := tell_needs(evse)) is not None:
            yield needs

    def changed(self, transaction: Transaction, evse: "Evse") -> Iterator[Message]:
        state = CHARGING_STATES.get(evse.status)
        if state is None or state == transaction.charging_state:
            return
        transaction.charging_state = state
        yield self._event(
            "Updated", "ChargingStateChanged", transaction, self.charger.own_time(), info={"chargingState": state}
        )

    def sampled(self, transaction: Transaction, evse: "Evse", context: str) -> Iterator[Message]:
        is_aligned = context == "Sample.Clock"
        values = self._write_values(evse, context, "MeterValuesAlignedData" if is_aligned else "MeterValuesSampledData")
        if values:
            yield self._event(
                "Updated",
                {"Sample.Clock": "MeterValueClock", "Trigger": "Trigger"}.get(context, "MeterValuePeriodic"),
                transaction,
                self.charger.own_time(),
                info={"chargingState": transaction.charging_state},
                meterValue=values,
            )

    def idle_sample(self, evse: "Evse", context: str) -> Iterator[Message]:
        key = "MeterValuesAlignedData" if context == "Sample.Clock" else "MeterValuesSampledData"
        if values := self._write_values(evse, context, key):
            yield Message(action="MeterValues", payload={"evseId": evse.number, "meterValue": values})

    def _write_values(self, evse: "Evse", context: str, key: str) -> list[Payload]:
        if self.charger.faults.silent_meter:
            return []
        reading = evse.read_meter(context)
        written = self.write_reading(reading, self.charger.settings.measurands(key))
        return [written] if written["sampledValue"] else []

    def write_reading(self, reading: Reading, measurands: list[str]) -> Payload:
        tells_dc_side = self.charger.manners.samples_dc_side
        values = []
        for sample in take_samples(reading, measurands, tells_dc_side=tells_dc_side):
            value: Payload = {
                "value": write_number(sample.value),
                "context": reading.context,
                "measurand": sample.measurand,
            }
            if sample.phase:
                value["phase"] = sample.phase
            if sample.location != "Outlet" or tells_dc_side:
                value["location"] = sample.location
            if sample.unit != "Wh":
                value["unitOfMeasure"] = {"unit": sample.unit}
            values.append(value)
        return {"timestamp": write_moment(reading.at), "sampledValue": values}

    def stopped(self, transaction: Transaction, evse: "Evse", card: Card | None) -> Iterator[Message]:
        reason, trigger = REASONS.get(transaction.stop_reason, ("Other", "AbnormalCondition"))
        state = "EVConnected" if evse.vehicle and transaction.stop_reason != "EVDisconnected" else "Idle"
        more: Payload = {}
        values = self._write_values(evse, "Transaction.End", "StopTxnSampledData")
        if values:
            more["meterValue"] = values
        if card is not None:
            more["idToken"] = write_token(card)
        ended_at = transaction.ended_at if transaction.ended_at is not None else self.charger.own_time()
        info = {"chargingState": state, "stoppedReason": reason}
        yield self._event("Ended", trigger, transaction, ended_at, info=info, **more)

    def finish(self, message: Message) -> Payload:
        return message.payload


class Speech201(Speech2x):
    answers: ClassVar[Mapping[str, Handler]] = ANSWERS
    unsupported = UNSUPPORTED


class Speech21(Speech2x):
    def follow(self, profile: Payload) -> None:
        if interval_s := profile.get("dynUpdateInterval"):
            pull_schedule(self.charger, profile["id"], interval_s)

    answers: ClassVar[Mapping[str, Handler]] = ANSWERS_21
    unsupported = UNSUPPORTED_21


def write_token(card: Card) -> Payload:
    return {"idToken": card.id_token, "type": card.type}
