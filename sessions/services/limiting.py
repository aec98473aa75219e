"""What a card brings to a charge: the limit that it may come to, and that it was refused."""

from decimal import ROUND_DOWN, Decimal

from chargers.events import NO_LIMIT, ChargeLimit, TokenDecision, TokenStatus
from sessions.limits import Reached, keeps, tighter, told_reached
from sessions.models import LimitKeeper, LimitKind, Session

CENT, MOST_COST = Decimal("0.01"), Decimal(10_000_000)


def limit_of_session(session: Session) -> ChargeLimit:
    return ChargeLimit(session.limit_cost, session.limit_wh, session.limit_s, session.limit_soc_percent)


def _put(session: Session, limit: ChargeLimit) -> None:
    """Down to the cent, and what is beyond all reason as the most that a row holds: it limits nothing anyway."""
    cost = limit.cost
    session.limit_cost = None if cost is None else min(cost, MOST_COST).quantize(CENT, ROUND_DOWN)
    session.limit_wh = limit.energy_wh
    session.limit_s = limit.duration_s
    session.limit_soc_percent = None if limit.soc_percent is None else min(limit.soc_percent, 100)


def put_limit(session: Session, decision: TokenDecision | None) -> None:
    """A card was accepted: what it may take holds, by us until the charger says that it keeps it (E16.FR.03)."""
    if decision is None or not decision.limit:
        return
    _put(session, tighter(limit_of_session(session), decision.limit))
    session.limit_kept_by = LimitKeeper.US


def take_limit(session: Session, told: ChargeLimit) -> None:
    """The charger tells which limit it keeps: ours, or what its driver wished for (E16.FR.01, E16.FR.03)."""
    if told == NO_LIMIT:
        return
    ours = limit_of_session(session)
    session.limit_kept_by = LimitKeeper.CHARGER if keeps(told, ours) else LimitKeeper.US
    _put(session, tighter(ours, told))


def mark_refused(session: Session, decision: TokenDecision | None, *, offline: bool) -> None:
    """A charge began though we say no: by the charger's own list or cache, or because it asks nobody. It is booked."""
    if decision is None or decision.status is TokenStatus.ACCEPTED:
        return
    how = "The charger began while it could not ask us" if offline else "The charger began all the same"
    session.token_why = f"{decision.why or decision.status}. {how}."[:200]


def note_reached(session: Session, *words: str) -> None:
    """The charger says by its trigger, or by its reason to stop, that a limit is reached."""
    kind = told_reached(*words)
    if kind is not Reached.NONE:
        session.limit_reached = LimitKind(kind.value)
