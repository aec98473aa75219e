"""Pure: quarters of an hour, numbered since the epoch in UTC."""

from datetime import UTC, datetime, timedelta, tzinfo

SLOT = timedelta(minutes=15)
SLOT_S = 900
HORIZON_SLOTS = 96
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A slot that is all but over is not planned in thousandths.
LEAST_SHARE = 0.02


def slot_at(moment: datetime) -> int:
    return (moment - EPOCH) // SLOT


def start_of(slot: int) -> datetime:
    return EPOCH + slot * SLOT


def meter_ahead_slots(zone: tzinfo, now: datetime) -> int:
    """By how many slots a meter on the wall is ahead of UTC, within the hour that is the longest interval of demand."""
    ahead = now.astimezone(zone).utcoffset() or timedelta()
    return ahead // SLOT % (timedelta(hours=1) // SLOT)


def share_left(now: datetime) -> float:
    """Of the slot that we are in, what is still to come."""
    return max(LEAST_SHARE, 1.0 - (now - start_of(slot_at(now))) / SLOT)
