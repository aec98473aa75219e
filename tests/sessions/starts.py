"""A charger tells that a charge has begun, and what is made of that."""

from datetime import datetime
from typing import Any

from chargers.events import StartDecision, TokenStatus
from chargers.models import Charger
from sessions.models import Session
from sessions.services import Outcome, start_session
from tests.sessions.words import started
from tests.sessions.yard import BAY, NOON


def start(charger: Charger, heard_at: datetime = NOON, **said: Any) -> Session:
    session = tell(charger, heard_at, **said).session
    assert session is not None
    return session


def tell(charger: Charger, heard_at: datetime = NOON, *, place: Any = BAY, **said: Any) -> Outcome:
    return start_session(charger, started(**said), place=place, heard_at=heard_at)


def token_status(outcome: Outcome) -> TokenStatus:
    assert isinstance(outcome.decision, StartDecision)
    assert outcome.decision.token is not None
    return outcome.decision.token.status
