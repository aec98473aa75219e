"""What comes in and what goes out of the services of a session."""

from dataclasses import dataclass
from datetime import datetime

from chargers.events import MetersRead, StartDecision, StatusChanged, TokenDecision
from sessions.models import Session


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a charger's word came to. `is_news`: False where it had been told before, or concerned no session."""

    session: Session | None
    decision: StartDecision | TokenDecision | None = None
    is_news: bool = True


@dataclass(frozen=True, slots=True)
class HeardReadings:
    charger_id: int
    event: MetersRead
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class HeardStatus:
    charger_id: int
    event: StatusChanged
    heard_at: datetime
