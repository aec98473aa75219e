"""Pure: days as they are counted on the depot's wall."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MIDNIGHT = time(0)
# Where each day begins first and ends last.
EARLIEST = timedelta(hours=14)
LATEST = timedelta(hours=-12)


def zone_or_utc(name: str) -> tzinfo:
    """A zone that this machine does not know must not keep a transaction out of the books."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def day_of(moment: datetime, zone_name: str) -> date:
    return moment.astimezone(zone_or_utc(zone_name)).date()


def day_ends(day: date, zone_name: str) -> datetime:
    return datetime.combine(day + timedelta(days=1), MIDNIGHT, zone_or_utc(zone_name)).astimezone(UTC)


def month_began(moment: datetime, zone_name: str) -> datetime:
    """The beginning, there, of the month in which `moment` lies there."""
    zone = zone_or_utc(zone_name)
    return datetime.combine(moment.astimezone(zone).date().replace(day=1), MIDNIGHT, zone).astimezone(UTC)


def day_ends_somewhere(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), MIDNIGHT, UTC) - EARLIEST


def day_ends_everywhere(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), MIDNIGHT, UTC) - LATEST
