"""A vehicle that takes nothing of what it is offered, by its charger's word: is it full?

A pause of ours is no proof, whatever the charger calls it; nor is silence.
"""

from datetime import datetime, timedelta

from chargers.choices import ConnectorStatus
from depot.energy.delivery.models import Target
from depot.energy.delivery.standing import Waking
from depot.energy.delivery.wanted import merged
from sessions.models import EnergyState, MeterReading, Session

PATIENCE = timedelta(minutes=5)
# Told of the charge itself (2.x) it needs no proof that it has charged; it may have come full.
TOLD_FOR = timedelta(minutes=10)
# Who took less has not charged at all: it may be meant to begin later.
CHARGED_FROM_WH = 500
DRAWS_FROM_W = 100
# A limit that rises takes a vehicle and its charger so long, and a charger's clock may be wrong.
FOLLOWS_WITHIN = timedelta(seconds=90)


def has_enough(session: Session | None, target: Target | None, now: datetime) -> bool:
    """It was seen to be full in this charge; or, where no limit of ours keeps it back, its charger says so of it."""
    if session is None or session.ended_at is not None:
        return False
    if target is not None and target.waking == Waking.FULL and is_of(session, target):
        return True
    is_ours = target is not None and target.until is not None and now < target.until
    return not is_ours and _is_told_for_long(session, now)


def is_of(session: Session, target: Target) -> bool:
    """Was this seen in the charge that runs, and not in one before?"""
    return target.waking_since is not None and target.waking_since >= session.started_at


def says_it_is_full(session: Session, now: datetime) -> bool:
    """Of a vehicle that is offered power: told of the charge in 2.x, of the connector in 1.6."""
    if _is_told_for_long(session, now):
        return True
    cable = session.connector
    since = _suspended_since(session)
    if not session.energy_state and cable is not None and cable.status == ConnectorStatus.SUSPENDED_EV:
        since = cable.heard_at
    return since is not None and now - since >= PATIENCE and (session.energy_wh or 0) >= CHARGED_FROM_WH


def draws(session: Session) -> bool:
    return (session.power_w or 0) >= DRAWS_FROM_W or session.energy_state == EnergyState.CHARGING


def is_seen_idle(session: Session, since: datetime) -> bool:
    """Does its charger show that nothing flows? By a state, however old, for it holds until another is told; else by a
    reading from after `since`. Where neither was told nothing is known, and that is no sign of an idle vehicle."""
    if draws(session):
        return False
    cable = session.connector
    if session.energy_state == EnergyState.SUSPENDED_EV or (
        cable is not None and cable.status == ConnectorStatus.SUSPENDED_EV
    ):
        return True
    return session.last_reading_at is not None and session.last_reading_at >= since + FOLLOWS_WITHIN


def offered_since(target: Target, now: datetime) -> datetime | None:
    """From when on it has been offered power without a break; None: it is offered none now."""
    begun = None
    if target.until is None or now >= target.until:
        return None
    for step in merged(target.course()):
        if step.starts_at > now:
            break
        if step.limit_w <= 0:
            begun = None
        elif begun is None:
            begun = step.starts_at
    return begun


def has_drawn(session: Session, since: datetime) -> bool:
    """It has charged since then, by its own curve."""
    return MeterReading.objects.filter(session=session, at__gte=since, power_w__gte=DRAWS_FROM_W).exists()


def _is_told_for_long(session: Session, now: datetime) -> bool:
    since = _suspended_since(session)
    return since is not None and now - since >= TOLD_FOR


def _suspended_since(session: Session) -> datetime | None:
    return session.energy_state_at if session.energy_state == EnergyState.SUSPENDED_EV else None
