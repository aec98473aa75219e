"""Authorize, start, meter values and stop (1.6 §4.1, §4.7, §4.8, §4.10)."""

from datetime import datetime

from chargers.events import (
    ChargingEnded,
    ChargingStarted,
    MetersRead,
    Reading,
    StartDecision,
    Token,
    TokenDecision,
    TokenPresented,
)
from chargers.ocpp.dialect import Payload
from chargers.ocpp.v16.words import dialect, id_tag_info
from chargers.ocpp.values import digest, moment, reading, sample, whole


@dialect.tells("Authorize")
def authorize(said: Payload, heard_at: datetime) -> TokenPresented:
    return TokenPresented(token=Token(said["idTag"]))


@dialect.answers("Authorize")
def authorize_answer(decision: TokenDecision) -> Payload:
    return {"idTagInfo": id_tag_info(decision)}


@dialect.tells("StartTransaction")
def start(said: Payload, heard_at: datetime) -> ChargingStarted:
    meter = whole(said.get("meterStart"))
    return ChargingStarted(
        evse=said["connectorId"],
        connector=1,
        token=Token(said["idTag"]),
        # Some chargers say -1 where they have no register (quirk 42): missing, not a number.
        meter_wh=meter if meter is not None and meter >= 0 else None,
        at=moment(said.get("timestamp")) or heard_at,
        digest=digest(said),
        reservation_id=said.get("reservationId"),
    )


@dialect.answers("StartTransaction")
def start_answer(decision: StartDecision) -> Payload:
    assert decision.token is not None, "1.6 always tells a token at the start"
    return {"idTagInfo": id_tag_info(decision.token), "transactionId": int(decision.reference)}


@dialect.tells("MeterValues")
def meter_values(said: Payload, heard_at: datetime) -> MetersRead:
    reference = said.get("transactionId")
    return MetersRead(
        evse=said["connectorId"],
        reference="" if reference is None else str(reference),
        readings=readings(said["meterValue"], heard_at),
        digest=digest(said),
    )


def readings(meter_values: list[Payload], heard_at: datetime) -> tuple[Reading, ...]:
    """What `meterValue` and `transactionData` hold; a value that is no number is left out, never read as zero."""
    return tuple(
        reading(
            moment(told.get("timestamp")) or heard_at,
            [
                found
                for one in told.get("sampledValue") or ()
                # A signed value is a blob for the calibration authority, not a number.
                if one.get("format") != "SignedData"
                and (
                    found := sample(
                        one.get("value"),
                        one.get("measurand"),
                        one.get("unit"),
                        one.get("phase"),
                        one.get("location"),
                        one.get("context"),
                    )
                )
            ],
        )
        for told in meter_values
    )


@dialect.tells("StopTransaction")
def stop(said: Payload, heard_at: datetime) -> ChargingEnded:
    meter = whole(said.get("meterStop"))
    tag = said.get("idTag")
    return ChargingEnded(
        reference=str(said["transactionId"]),
        at=moment(said.get("timestamp")) or heard_at,
        meter_wh=meter if meter is not None and meter >= 0 else None,
        reason=said.get("reason") or "Local",  # §6.49: absent means Local
        token=Token(tag) if tag else None,
        digest=digest(said),
        readings=readings(said.get("transactionData") or [], heard_at),
    )


@dialect.answers("StopTransaction")
def stop_answer(decision: TokenDecision | None) -> Payload:
    return {} if decision is None else {"idTagInfo": id_tag_info(decision)}
