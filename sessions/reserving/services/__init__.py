"""What happens to a reservation: it is asked for, answered, used, released, and it ends."""

from sessions.reserving.services.asking import (
    MOST_DAYS,
    PlaceTaken,
    ReservationInvalid,
    ReservationOver,
    TokenMayNotReserve,
    release_place,
    reserve_place,
)
from sessions.reserving.services.ending import end_by_charger, expire_due
from sessions.reserving.services.settling import ask_again, heed_command, take_back
from sessions.reserving.services.using import note_use

__all__ = [
    "MOST_DAYS",
    "PlaceTaken",
    "ReservationInvalid",
    "ReservationOver",
    "TokenMayNotReserve",
    "ask_again",
    "end_by_charger",
    "expire_due",
    "heed_command",
    "note_use",
    "release_place",
    "reserve_place",
    "take_back",
]
