"""Meter values, within a transaction and without one (2.x J01-J03)."""

from datetime import datetime

from chargers.events import MetersRead, Reading, Sample, SignedValue
from chargers.ocpp.dialect import Payload
from chargers.ocpp.v2x.versions import both
from chargers.ocpp.values import digest, moment, reading, sample, whole


@both.tells("MeterValues")
def meter_values(said: Payload, heard_at: datetime) -> MetersRead:
    return MetersRead(
        evse=whole(said.get("evseId")),
        readings=read_readings(said.get("meterValue"), heard_at),
        digest=digest(said),
    )


def read_readings(meter_values: list[Payload] | None, heard_at: datetime) -> tuple[Reading, ...]:
    """A value that is no number is left out, never read as zero."""
    return tuple(found for told in meter_values or () for found in _read_one(told, heard_at))


def _read_one(told: Payload, heard_at: datetime) -> list[Reading]:
    """MeterValueType; several readings where it mixes contexts, so that a first register never hides a last one."""
    at = moment(told.get("timestamp")) or heard_at
    by_context: dict[str, list[Sample]] = {}
    signed: dict[str, list[SignedValue]] = {}
    context = ""
    for said in told.get("sampledValue") or ():
        # A sample that says no context was taken with the one before it.
        context = said.get("context") or context
        found = _read_sample(said, context)
        if found is not None:
            by_context.setdefault(context, []).append(found)
        proof = said.get("signedMeterValue")
        if proof:
            signed.setdefault(context, []).append(_read_signed(proof))
    return [
        reading(at, by_context.get(context, ()), signed=tuple(signed.get(context, ())))
        for context in dict.fromkeys((*by_context, *signed))
    ]


def _read_sample(said: Payload, context: str) -> Sample | None:
    unit = said.get("unitOfMeasure") or {}
    return sample(
        said.get("value"),
        said.get("measurand"),
        unit.get("unit"),
        said.get("phase"),
        said.get("location"),
        context,
        whole(unit.get("multiplier")) or 0,
    )


def _read_signed(proof: Payload) -> SignedValue:
    return SignedValue(
        data=str(proof.get("signedMeterData") or ""),
        encoding=str(proof.get("encodingMethod") or ""),
        method=str(proof.get("signingMethod") or ""),
        public_key=str(proof.get("publicKey") or ""),
    )
