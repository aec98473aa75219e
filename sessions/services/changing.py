"""Facts of a session that change: what was settled already needs a correction then, and an end says when to settle."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from sessions.models import ClosedBy, Session
from sessions.place import NOWHERE, Place
from sessions.quality import MAY_STILL_CHANGE, has

# What the ERP has been given; a change of one of these is answered by a credit and a replacement.
GIVEN_OUT = (
    "started_at", "ended_at", "energy_wh", "meter_start_wh", "meter_stop_wh", "soc_start_percent", "soc_percent",
    "vehicle_id", "driver", "token_id", "token_value", "depot_key", "bay_name", "tariff_key", "evse_id",
    "connector_id", "stop_reason",
)  # fmt: skip


def given_out(session: Session) -> tuple[Any, ...]:
    return tuple(getattr(session, name) for name in GIVEN_OUT)


def note_correction(session: Session, before: tuple[Any, ...], *, reason: str, author: str = "") -> None:
    """To be called before saving: did what the ERP was given change after it was given?"""
    if session.settled_at is None or given_out(session) == before:
        return
    session.needs_correction = True
    session.correction_reason = reason[:200]
    session.correction_author = author[:150]


def settle_when(session: Session, *, heard_at: datetime) -> datetime:
    """At once where nothing more is to come; else after a time in which the charger may still tell."""
    is_final = session.closed_by == ClosedBy.CHARGER and session.energy_wh is not None
    if is_final and not has(session.quality, *MAY_STILL_CHANGE):
        return heard_at
    return heard_at + timedelta(seconds=settings.SETTLE_AFTER_S)


def charger_returned(charger_ids: Iterable[int], *, now: datetime) -> None:
    """What waited for this charger waits a little longer: its queue comes now."""
    _unsettled(charger_ids).update(settle_after=now + timedelta(seconds=settings.SETTLE_AFTER_S))


def charger_left(charger_ids: Iterable[int], *, now: datetime) -> None:
    """What is not settled yet may still be told otherwise when the charger is back."""
    _unsettled(charger_ids).filter(settle_after__gt=now).update(
        settle_after=now + timedelta(seconds=settings.SETTLE_ESTIMATED_AFTER_S)
    )


def _unsettled(charger_ids: Iterable[int]) -> Any:
    return Session.objects.filter(charger__in=list(charger_ids), settled_at=None, settle_after__isnull=False)


def put_at(session: Session, place: Place) -> None:
    """The place is copied, for a bay may be renamed or priced otherwise later."""
    if place == NOWHERE:
        return
    session.depot_key = place.depot_key
    session.depot_name = place.depot_name
    session.bay_name = place.bay_name
    session.time_zone = place.time_zone
    session.currency = place.currency
    session.tariff_key = place.tariff_key
