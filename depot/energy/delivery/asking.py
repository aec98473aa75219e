"""Why a start or a stop that the plan wants cannot be asked for just now."""

from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken
from sessions.services import EvseOccupied, NeedsReplug, SessionAlreadyEnded, TokenMayNotCharge, VehicleHasNoToken

CANNOT = (
    ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, EvseOccupied, NeedsReplug,
    SessionAlreadyEnded, TokenMayNotCharge, VehicleHasNoToken,
)  # fmt: skip
