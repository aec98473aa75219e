"""What a charger tells in OCPP 1.6."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from simulator.clock import Moment, write_moment
from simulator.frames import Payload
from simulator.metering import Reading, take_samples, write_value
from simulator.outbox import Message
from simulator.speech import Handler, Speech
from simulator.transaction import Card, Transaction
from simulator.v16.answers import ANSWERS

if TYPE_CHECKING:
    from simulator.evse import Evse


class Speech16(Speech):
    answers: ClassVar[Mapping[str, Handler]] = ANSWERS
    malformed = "FormationViolation"

    def boot(self, reason: str) -> Message:
        plan = self.charger.plan
        payload = {
            "chargePointVendor": plan.vendor,
            "chargePointModel": plan.model,
            "chargePointSerialNumber": plan.serial or plan.identity[:25],
            "firmwareVersion": self.charger.firmware,
        }
        return Message(action="BootNotification", payload=payload, on_answer=self._hear_boot)

    def _hear_boot(self, payload: Payload) -> None:
        self.charger.hear_registration(payload["status"], float(payload.get("interval", 0)))

    def status(self, evse: "Evse") -> list[Message]:
        return [self.present_status(evse)]

    def present_status(self, evse: "Evse") -> Message:
        return self.tell_connector(evse.number, evse.status, evse.status_since, evse.fault_code)

    def tell_connector(self, number: int, status: str, since: Moment, fault_code: str = "") -> Message:
        payload = {
            "connectorId": number,
            "errorCode": fault_code or "NoError",
            "status": status,
            "timestamp": write_moment(since),
        }
        return Message(action="StatusNotification", payload=payload)

    def statuses(self) -> list[Message]:
        charger = self.charger
        now = charger.own_time()
        told = []
        if charger.manners.tells_station_status:
            status = "Available" if charger.is_operative else "Unavailable"
            since = charger.powered_since if charger.manners.keeps_status_times else now
            told.append(self.tell_connector(0, status, since))
        for evse in charger.evses:
            since = evse.status_since if charger.manners.keeps_status_times else now
            told.append(self.tell_connector(evse.number, evse.status, since, evse.fault_code))
        return told

    def authorize(self, card: Card, evse: "Evse") -> Message:
        def hear(payload: Payload) -> None:
            verdict = payload["idTagInfo"]
            self.charger.tokens.remember(card.id_token, verdict, self.charger.settings)
            if verdict["status"] == "Accepted":
                evse.accept_card(card)

        return Message(
            action="Authorize",
            payload={"idTag": card.id_token},
            on_answer=hear,
            on_failure=self.judge_alone(card, evse),
        )

    def started(self, transaction: Transaction, evse: "Evse") -> Iterator[Message]:
        payload: Payload = {
            "connectorId": evse.number,
            "idTag": transaction.card.id_token,
            "meterStart": transaction.register_start_wh,
            "timestamp": write_moment(transaction.started_at),
        }
        if transaction.reservation_id is not None:
            payload["reservationId"] = transaction.reservation_id

        yield self._make_start(payload, transaction)

    def _make_start(self, payload: Payload, transaction: Transaction) -> Message:
        def hear(answer: Payload) -> None:
            transaction.server_id = answer["transactionId"]
            transaction.start_acknowledged = True
            verdict = answer["idTagInfo"]
            self.charger.tokens.remember(transaction.card.id_token, verdict, self.charger.settings)
            evse = self.charger.evse(transaction.evse)
            if verdict["status"] != "Accepted" and evse is not None:
                evse.refuse_transaction(transaction)

        def give_up(_error: str) -> None:
            transaction.start_abandoned = True

        return Message(
            action="StartTransaction", payload=payload, transaction=transaction, on_answer=hear, on_failure=give_up
        )

    def changed(self, transaction: Transaction, evse: "Evse") -> Iterator[Message]:
        """In 1.6 the status says it."""
        yield from ()

    def sampled(self, transaction: Transaction, evse: "Evse", context: str) -> Iterator[Message]:
        yield from self._meter_values(evse, context, transaction)

    def idle_sample(self, evse: "Evse", context: str) -> Iterator[Message]:
        yield from self._meter_values(evse, context, None)

    def _meter_values(self, evse: "Evse", context: str, transaction: Transaction | None) -> Iterator[Message]:
        key = "MeterValuesAlignedData" if context == "Sample.Clock" else "MeterValuesSampledData"
        values = self.write_reading(evse.read_meter(context), self.charger.settings.measurands(key))
        if values["sampledValue"]:
            payload = {"connectorId": evse.number, "meterValue": [values]}
            yield Message(action="MeterValues", payload=payload, transaction=transaction)

    def write_reading(self, reading: Reading, measurands: list[str]) -> Payload:
        tells_dc_side = self.charger.manners.samples_dc_side
        values = []
        for sample in take_samples(reading, measurands, tells_dc_side=tells_dc_side):
            value: dict[str, Any] = {
                "value": write_value(sample.value),
                "context": reading.context,
                "measurand": sample.measurand,
                "unit": sample.unit,
            }
            if sample.phase:
                value["phase"] = sample.phase
            if sample.location != "Outlet" or tells_dc_side:
                value["location"] = sample.location
            # 1.6 knows no unit for a frequency.
            if sample.unit == "Hz":
                del value["unit"]
            values.append(value)
        return {"timestamp": write_moment(reading.at), "sampledValue": values}

    def stopped(self, transaction: Transaction, evse: "Evse", card: Card | None) -> Iterator[Message]:
        ended_at = transaction.ended_at if transaction.ended_at is not None else self.charger.own_time()
        payload: Payload = {
            "meterStop": transaction.register_stop_wh,
            "timestamp": write_moment(ended_at),
            "reason": transaction.stop_reason,
        }
        if card is not None or transaction.stop_reason == "EVDisconnected":
            payload["idTag"] = (card or transaction.card).id_token
        measurands = self.charger.settings.measurands("StopTxnSampledData")
        if measurands and not self.charger.faults.silent_meter:
            payload["transactionData"] = [self.write_reading(evse.read_meter("Transaction.End"), measurands)]

        yield self._make_stop(payload, transaction)

    def _make_stop(self, payload: Payload, transaction: Transaction) -> Message:
        def hear(_answer: Payload) -> None:
            transaction.stop_acknowledged = True

        def give_up(_error: str) -> None:
            transaction.stop_abandoned = True

        return Message(
            action="StopTransaction", payload=payload, transaction=transaction, on_answer=hear, on_failure=give_up
        )

    def restore(self, action: str, payload: Payload, transaction: Transaction) -> Message:
        if action == "StartTransaction":
            return self._make_start(payload, transaction)
        if action == "StopTransaction":
            return self._make_stop(payload, transaction)
        return Message(action=action, payload=payload, transaction=transaction)

    def finish(self, message: Message) -> Payload:
        """The transaction's id is known only once the start has been answered."""
        transaction = message.transaction
        if transaction is None or message.action == "StartTransaction":
            return message.payload
        server_id = transaction.server_id
        if message.action == "StopTransaction":
            false_id = self.charger.faults.stop_transaction_id
            server_id = false_id if false_id is not None else -1 if server_id is None else server_id
        return message.payload if server_id is None else {**message.payload, "transactionId": server_id}
