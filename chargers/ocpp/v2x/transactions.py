"""A vehicle charging: TransactionEvent Started, Updated, Ended (2.x E01-E15)."""

from datetime import datetime, timedelta

from chargers.events import (
    ChargeAnswer,
    ChargingEnded,
    ChargingStarted,
    ChargingState,
    ChargingUpdated,
    MetersRead,
    Reading,
    StartDecision,
    TokenDecision,
)
from chargers.ocpp.dialect import Payload
from chargers.ocpp.v2x.charge_terms import read_limit, read_terms, write_limit
from chargers.ocpp.v2x.metering import read_readings
from chargers.ocpp.v2x.versions import both, v21
from chargers.ocpp.v2x.words import read_place, read_token, write_token_info
from chargers.ocpp.values import digest, moment, whole

STATES = {
    "EVConnected": ChargingState.EV_CONNECTED,
    "Charging": ChargingState.CHARGING,
    "SuspendedEV": ChargingState.SUSPENDED_EV,
    "SuspendedEVSE": ChargingState.SUSPENDED_EVSE,
    "Idle": ChargingState.IDLE,
}
BY_THE_INTERVAL = {"MeterValuePeriodic", "MeterValueClock"}
# A register read this close to a start or a stop is the register of it, where no context says so.
SAME_MOMENT = timedelta(seconds=60)
LARGEST_ID = 2**31 - 1


@both.tells("TransactionEvent")
def transaction_event(
    said: Payload, heard_at: datetime
) -> ChargingStarted | ChargingUpdated | ChargingEnded | MetersRead:
    kind = str(said["eventType"]).casefold()
    if kind == "started":
        return _started(said, heard_at)
    if kind == "ended":
        return _ended(said, heard_at)
    # Only what is nothing but a meter value goes by the batch; a token wants an answer, a remote start its match.
    by_the_interval = said.get("triggerReason") in BY_THE_INTERVAL and not _tells_terms(said)
    if by_the_interval and not said.get("idToken") and said["transactionInfo"].get("remoteStartId") is None:
        return _meters_read(said, heard_at)
    return _updated(said, heard_at)


def _tells_terms(said: Payload) -> bool:
    return "costDetails" in said or "transactionLimit" in said["transactionInfo"]


Decided = StartDecision | ChargeAnswer | TokenDecision | None


@both.answers("TransactionEvent")
def transaction_answer(decision: Decided) -> Payload:
    judged = _judged(decision)
    payload: Payload = {} if judged is None else {"idTokenInfo": write_token_info(judged)}
    if isinstance(decision, ChargeAnswer) and decision.total_cost is not None:
        payload["totalCost"] = float(decision.total_cost)  # I02.FR.01, I03.FR.02; 0 says that it is free (I03.FR.04)
    return payload


@v21.answers("TransactionEvent")
def transaction_answer_21(decision: Decided) -> Payload:
    payload = transaction_answer(decision)
    judged = _judged(decision)
    limit = write_limit(judged.limit) if judged is not None else {}
    return payload | ({"transactionLimit": limit} if limit else {})  # E16.FR.02


def _judged(decision: Decided) -> TokenDecision | None:
    return decision.token if isinstance(decision, StartDecision | ChargeAnswer) else decision


def _started(said: Payload, heard_at: datetime) -> ChargingStarted:
    info = said["transactionInfo"]
    at = moment(said.get("timestamp")) or heard_at
    evse, connector = read_place(said.get("evse"))
    readings = read_readings(said.get("meterValue"), at)
    return ChargingStarted(
        evse=evse,
        connector=connector,
        token=read_token(said.get("idToken")),
        meter_wh=_register(readings, "Transaction.Begin", at),
        at=at,
        reference=info["transactionId"],
        sequence=whole(said.get("seqNo")),
        digest=_digest(said),
        offline=bool(said.get("offline")),
        trigger=said.get("triggerReason") or "",
        state=_state(info),
        remote_start_id=_id(info.get("remoteStartId")),
        reservation_id=_id(said.get("reservationId")),
        readings=readings,
        terms=read_terms(said),
        limit=read_limit(info),
    )


def _updated(said: Payload, heard_at: datetime) -> ChargingUpdated:
    info = said["transactionInfo"]
    at = moment(said.get("timestamp")) or heard_at
    evse, connector = read_place(said.get("evse"))
    return ChargingUpdated(
        reference=info["transactionId"],
        at=at,
        sequence=whole(said.get("seqNo")),
        digest=_digest(said),
        offline=bool(said.get("offline")),
        trigger=said.get("triggerReason") or "",
        evse=evse,
        connector=connector,
        token=read_token(said.get("idToken")),
        state=_state(info),
        remote_start_id=_id(info.get("remoteStartId")),
        reservation_id=_id(said.get("reservationId")),
        readings=read_readings(said.get("meterValue"), at),
        terms=read_terms(said),
        limit=read_limit(info),
    )


def _meters_read(said: Payload, heard_at: datetime) -> MetersRead:
    info = said["transactionInfo"]
    at = moment(said.get("timestamp")) or heard_at
    evse, connector = read_place(said.get("evse"))
    return MetersRead(
        evse=evse,
        connector=connector,
        reference=info["transactionId"],
        readings=read_readings(said.get("meterValue"), at),
        sequence=whole(said.get("seqNo")),
        digest=_digest(said),
        offline=bool(said.get("offline")),
        state=_state(info),
        trigger=said["triggerReason"],
        at=at,
    )


def _ended(said: Payload, heard_at: datetime) -> ChargingEnded:
    info = said["transactionInfo"]
    at = moment(said.get("timestamp")) or heard_at
    evse, connector = read_place(said.get("evse"))
    readings = read_readings(said.get("meterValue"), at)
    return ChargingEnded(
        reference=info["transactionId"],
        at=at,
        meter_wh=_register(readings, "Transaction.End", at),
        # Left out it means Local, as in 1.6 (TransactionType.stoppedReason).
        reason=info.get("stoppedReason") or "Local",
        token=read_token(said.get("idToken")),
        sequence=whole(said.get("seqNo")),
        digest=_digest(said),
        offline=bool(said.get("offline")),
        trigger=said.get("triggerReason") or "",
        evse=evse,
        connector=connector,
        state=_state(info),
        readings=readings,
        terms=read_terms(said),
    )


def _register(readings: tuple[Reading, ...], context: str, at: datetime) -> int | None:
    """The register at a start or stop: what says that it is, else what was read at that very time.

    A stop may bring the whole curve again, the first register included, so that any register will not do.
    """
    other = "Transaction.End" if context == "Transaction.Begin" else "Transaction.Begin"
    told = [reading for reading in readings if reading.energy_wh is not None]
    for reading in reversed(told):
        if reading.context == context:
            return reading.energy_wh
    near = [reading for reading in told if reading.context != other and abs(reading.at - at) <= SAME_MOMENT]
    return min(near, key=lambda reading: abs(reading.at - at)).energy_wh if near else None


def _state(info: Payload) -> ChargingState | None:
    return STATES.get(info.get("chargingState") or "")


def _id(said: object) -> int | None:
    """An id of ours that the charger gives back; what we cannot have issued is none."""
    found = whole(said)
    return found if found is not None and 0 <= found <= LARGEST_ID else None


def _digest(said: Payload) -> str:
    # The same event sent again from the queue may by then be marked as offline: it is still the same.
    return digest({name: value for name, value in said.items() if name != "offline"})
