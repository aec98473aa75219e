"""What a charge costs, told to the charger that shows it; and what the charger counted itself, kept (2.x I02, I03)."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from billing.onsite import services as onsite
from billing.services import cost_so_far
from chargers.choices import Protocol
from chargers.events import (
    NO_LIMIT,
    ChargeAnswer,
    ChargeLimit,
    ChargingEnded,
    ChargingStarted,
    ChargingUpdated,
    TokenDecision,
)
from chargers.inbox import Caller
from chargers.models import Charger, SettingValue
from sessions.models import LimitKeeper, Session


def keep_terms(charger: Charger, event: ChargingStarted | ChargingUpdated | ChargingEnded, *, now: datetime) -> None:
    if event.terms is not None:
        onsite.keep_terms(charger, event.reference, event.terms, now=now)


def answered(
    caller: Caller,
    session: Session | None,
    token: TokenDecision | None,
    *,
    offline: bool,
    now: datetime,
) -> ChargeAnswer | TokenDecision | None:
    """The answer with the cost so far, where the version can say it and somebody may look at the display now."""
    token = kept_by_charger(caller, token, session)
    if caller.protocol == "ocpp1.6" or session is None or offline:
        return token
    total = _cost(session, now=now)
    if total is None:
        return token
    onsite.note_told_cost(session.charger, session.reference, total, now=now)
    return ChargeAnswer(token, total)


def kept_by_charger(
    caller: Caller, decision: TokenDecision | None, session: Session | None = None
) -> TokenDecision | None:
    """Without the limits that a charger of 2.1 says it cannot keep (E16.FR.12): we keep those.

    And without any where it keeps ours already, or a tighter one of its driver's (E16.FR.08).
    """
    if decision is None or not decision.limit or caller.protocol != Protocol.V21:
        return decision
    if session is not None and session.limit_kept_by == LimitKeeper.CHARGER:
        return replace(decision, limit=NO_LIMIT)
    told = SettingValue.objects.filter(
        charger=caller.charger_id, component__iexact="TxCtrlr", variable__iexact="SupportedLimits", attribute="Actual"
    )
    words = told.values_list("value", flat=True).first()
    if words is None:
        return decision
    kept = {word.strip().casefold() for word in words.split(",")}
    limit = decision.limit
    return replace(
        decision,
        limit=ChargeLimit(
            cost=limit.cost if "maxcost" in kept else None,
            energy_wh=limit.energy_wh if "maxenergy" in kept else None,
            duration_s=limit.duration_s if "maxtime" in kept else None,
            soc_percent=limit.soc_percent if "maxsoc" in kept else None,
        ),
    )


def _cost(session: Session, *, now: datetime) -> Decimal | None:
    """None: it is not known, which is not the same as nothing (I03.FR.04)."""
    if session.tariff_key is None:
        return None
    bill = cost_so_far(session, now)
    return bill.total if bill is not None else None
