"""What the ERP is told of a session: every field of a transaction that its own columns do not hold, frozen as JSON."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from billing.bill import Part
from billing.models import Transaction, TransactionKind
from billing.services.price import Code, Priced
from sessions.models import Session, Vehicle
from sessions.quality import OF_ENERGY
from sessions.quality import Code as SessionCode

ESTIMATED_TIMES = {
    SessionCode.START_UNKNOWN,
    SessionCode.STOP_ESTIMATED,
    SessionCode.TIME_REPAIRED,
    SessionCode.STOP_BEFORE_START,
}
ESTIMATED_ENERGY = {*OF_ENERGY, SessionCode.START_UNKNOWN, SessionCode.STOP_ESTIMATED}


def make_transaction(session: Session, priced: Priced, *, kind: TransactionKind) -> Transaction:
    """A row about `session` that has no number yet."""
    bill = priced.bill
    return Transaction(
        kind=kind,
        session=session,
        depot_key=session.depot_key,
        time_zone=session.time_zone,
        facts=facts_of(session, priced),
        vehicle_key=session.vehicle_id,
        energy_wh=session.energy_wh,
        cost=bill.total if bill else None,
        currency=bill.currency if bill else session.currency,
    )


def facts_of(session: Session, priced: Priced) -> dict[str, Any]:
    bill, tariff = priced.bill, priced.tariff
    charging_s, idle_s = _durations(session, priced)
    return {
        "session": session.pk,
        "depot": None if session.depot_key is None else {"id": session.depot_key, "name": session.depot_name},
        "bay": session.bay_name,
        "charger": session.charger.identity,
        "evse": session.evse.number if session.evse else None,
        "connector": session.connector.number if session.connector else None,
        "vehicle": _vehicle(session.vehicle),
        "id_token": session.token_value,
        "driver": session.driver,
        "started_at": rfc3339(session.started_at),
        "ended_at": rfc3339(session.ended_at) if session.ended_at else None,
        "time_zone": session.time_zone,
        "meter_start_wh": session.meter_start_wh,
        "meter_stop_wh": session.meter_stop_wh,
        "energy_kwh": kwh(session.energy_wh),
        "energy_exported_kwh": kwh(session.exported_wh),
        "soc_start": _percent(session.soc_start_percent),
        "soc_stop": _percent(session.soc_percent),
        "charging_seconds": charging_s,
        "idle_seconds": idle_s,
        "cost": str(bill.total) if bill else None,
        "cost_before_tax": str(bill.before_tax) if bill else None,
        "tax": str(bill.tax) if bill else None,
        "tax_percent": f"{bill.tax_percent.normalize():f}" if bill else None,
        "cost_parts": [_part(part) for part in bill.parts] if bill else [],
        "currency": bill.currency if bill else session.currency,
        "tariff": {"id": tariff.pk, "name": tariff.name, "version": tariff.version} if tariff else None,
        "stop_reason": session.stop_reason,
        "quality": _quality(session, priced),
    }


def negated(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of a credit: everything that is summed up is taken back, the rest is as it was told."""
    credit = dict(facts)
    for amount in ("energy_kwh", "energy_exported_kwh", "cost", "cost_before_tax", "tax"):
        credit[amount] = _minus(facts.get(amount))
    for count in ("charging_seconds", "idle_seconds"):
        credit[count] = None if facts[count] is None else -facts[count]
    credit["cost_parts"] = [
        part | {"amount": _minus(part["amount"]), "energy_kwh": _minus(part["energy_kwh"])}
        for part in facts["cost_parts"]
    ]
    return credit


def rfc3339(moment: datetime) -> str:
    """UTC with Z; fractions of a second only where there are some."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def kwh(energy_wh: int | None) -> str | None:
    return None if energy_wh is None else str(Decimal(energy_wh).scaleb(-3))


def _minus(amount: str | None) -> str | None:
    """Zero has no sign."""
    return amount if amount is None or not Decimal(amount) else str(-Decimal(amount))


def _vehicle(vehicle: Vehicle | None) -> dict[str, Any] | None:
    if vehicle is None:
        return None
    return {
        "id": vehicle.pk,
        "unit_number": vehicle.unit_number,
        "vin": vehicle.vin,
        "cost_centre": vehicle.cost_centre,
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "kind": str(part.kind),
        "label": part.label,
        "energy_kwh": kwh(part.energy_wh),
        "price_per_kwh": None if part.price_per_kwh is None else f"{part.price_per_kwh:f}",
        "amount": str(part.amount),
    }


def _percent(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _durations(session: Session, priced: Priced) -> tuple[int | None, int | None]:
    """Seconds in which energy flowed and in which it did not; they add up to the session's length."""
    if priced.curve is None or session.ended_at is None:
        return None, None
    charging = priced.curve.charging()
    if charging is None:
        return None, None
    whole_s = (session.ended_at - session.started_at) // timedelta(seconds=1)
    charging_s = min(round(charging.total_seconds()), whole_s)
    return charging_s, whole_s - charging_s


def _quality(session: Session, priced: Priced) -> dict[str, Any]:
    energy = _grade(session.energy_wh is not None, priced.notes_have(ESTIMATED_ENERGY))
    return {
        "energy": energy,
        "times": _grade(True, priced.notes_have(ESTIMATED_TIMES)),
        "cost": _grade(
            priced.bill is not None,
            energy == "estimated" or priced.notes_have({Code.SPLIT_ESTIMATED}),
        ),
        "notes": [{"code": note["code"], "note": note["note"]} for note in priced.notes],
    }


def _grade(is_known: bool, is_estimated: bool) -> str:
    return "unknown" if not is_known else "estimated" if is_estimated else "measured"
