"""Pricing a session from its rows: which tariff, which curve, which bill; and why there is none."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from billing.bill import Bill, make_bill
from billing.curve import Curve, Point, make_curve
from billing.models import Tariff
from billing.pricing import Period, PeriodUnreadable, PriceList
from billing.queries import tariff_in_force
from sessions.models import MeterReading, Session

logger = logging.getLogger(__name__)

# What the column of a transaction's cost holds.
COST_BELOW = 10**15


class Code(StrEnum):
    """What billing adds to the quality notes of a session."""

    ENERGY_UNKNOWN = "energy_unknown"
    NO_TARIFF = "no_tariff"
    TARIFF_UNREADABLE = "tariff_unreadable"
    PRICE_FAILED = "price_failed"
    SPLIT_ESTIMATED = "split_estimated"
    READINGS_LEFT_OUT = "readings_left_out"


class PriceUnknown(Exception):
    """There is no price, and the reason is known."""

    def __init__(self, code: Code, note: str) -> None:
        super().__init__(note)
        self.code = code
        self.note = note


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A session with its price; without one, the notes say why."""

    bill: Bill | None
    tariff: Tariff | None
    curve: Curve | None
    notes: tuple[dict[str, str], ...]

    def notes_have(self, codes: Collection[str]) -> bool:
        return any(note["code"] in codes for note in self.notes)


def price_session(session: Session, *, ends: datetime) -> Priced:
    """Price what `session` took up to `ends`. Never raises for what a charger told or a person wrote."""
    tariff = tariff_in_force(session.tariff_key, at=session.started_at)
    curve = curve_of(session, ends=ends)
    try:
        bill, notes = _bill(session, tariff, curve)
    except PriceUnknown as unknown:
        bill, notes = None, [_note(unknown.code, unknown.note)]
    except Exception:
        # Even a fault of ours is a row without a price, to be corrected later, and never a missing row.
        logger.exception("session %s: pricing failed", session.pk)
        bill, notes = None, [_note(Code.PRICE_FAILED, "The price could not be computed: a fault of ours, logged.")]
    told = {note["code"] for note in session.quality}
    return Priced(
        bill=bill,
        tariff=tariff,
        curve=curve,
        notes=(*session.quality, *(note for note in notes if note["code"] not in told)),
    )


def cost_so_far(session: Session, now: datetime) -> Bill | None:
    """What an open session costs by now; None where it cannot be told."""
    return price_session(session, ends=session.ended_at or session.last_reading_at or now).bill


def curve_of(session: Session, *, ends: datetime) -> Curve | None:
    """The session's meter curve; None while its energy is unknown."""
    if session.energy_wh is None:
        return None
    readings = MeterReading.objects.filter(session=session, energy_wh__isnull=False).order_by("at", "pk")
    return make_curve(
        [Point(at, wh) for at, wh in readings.values_list("at", "energy_wh") if wh is not None],
        starts=session.started_at,
        ends=ends,
        register_wh=session.meter_start_wh if session.base_wh is None else session.base_wh,
        energy_wh=session.energy_wh,
    )


def _bill(session: Session, tariff: Tariff | None, curve: Curve | None) -> tuple[Bill, list[dict[str, str]]]:
    if curve is None:
        raise PriceUnknown(Code.ENERGY_UNKNOWN, "No price: it is not known how much energy flowed.")
    if tariff is None:
        raise PriceUnknown(Code.NO_TARIFF, "No price: the bay and its depot had no tariff when the session started.")
    prices = price_list_of(tariff, depot_zone=session.time_zone)
    split = prices.split(curve)
    bill = make_bill(
        split,
        prices,
        price_per_session=tariff.price_per_session,
        tax_percent=tariff.tax_percent,
        currency=tariff.currency,
    )
    if bill.total >= COST_BELOW:
        raise PriceUnknown(Code.PRICE_FAILED, "No price: it is larger than any that can be true.")
    notes = []
    if split.guessed_wh:
        notes.append(
            _note(
                Code.SPLIT_ESTIMATED,
                f"{float(split.guessed_wh) / 1000:.3f} kWh flowed while the meter was silent across a change of price;"
                " they are spread evenly over that time.",
            )
        )
    if curve.left_out:
        notes.append(
            _note(
                Code.READINGS_LEFT_OUT,
                f"{curve.left_out} readings contradict the registers and were left out of the split over periods.",
            )
        )
    return bill, notes


def price_list_of(tariff: Tariff, *, depot_zone: str) -> PriceList:
    """The prices of `tariff` in force at a depot. Raises PriceUnknown where what is stored cannot be read."""
    try:
        return PriceList(
            zone=ZoneInfo(tariff.time_zone or depot_zone),
            price_per_kwh=tariff.price_per_kwh,
            periods=tuple(Period.read(period) for period in tariff.periods),
        )
    except PeriodUnreadable as error:
        note = f"No price: {tariff} has a period without sense: {error}."
        raise PriceUnknown(Code.TARIFF_UNREADABLE, note) from error
    except (LookupError, ValueError, OSError) as error:
        note = f"No price: the time zone {tariff.time_zone or depot_zone!r} is not known."
        raise PriceUnknown(Code.TARIFF_UNREADABLE, note) from error


def _note(code: Code, note: str) -> dict[str, str]:
    return {"code": str(code), "note": note}
