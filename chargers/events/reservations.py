"""A reservation that ended by itself (2.x H04)."""

from dataclasses import dataclass
from enum import StrEnum

from chargers.events.base import Event


class ReservationEnd(StrEnum):
    EXPIRED = "Expired"
    REMOVED = "Removed"
    NO_TRANSACTION = "NoTransaction"  # 2.1: it was used, and nothing was charged


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationUpdated(Event[None]):
    reservation_id: int
    status: ReservationEnd
