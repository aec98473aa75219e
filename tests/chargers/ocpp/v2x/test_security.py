from datetime import UTC, datetime

from chargers.events import SecurityEventHappened
from chargers.ocpp.dialect import Dialect
from tests.chargers.ocpp.v2x.wire import NOON, answer, tell


def test_a_security_event_is_told_with_its_own_time(dialect: Dialect) -> None:
    payload = {"type": "TamperDetectionActivated", "timestamp": "2026-11-19T03:12:00Z", "techInfo": "lid open"}

    told = tell(dialect, "SecurityEventNotification", payload)

    at = datetime(2026, 11, 19, 3, 12, tzinfo=UTC)
    assert told == SecurityEventHappened(type="TamperDetectionActivated", at=at, info="lid open")
    assert answer(dialect, "SecurityEventNotification", None) == {}


def test_a_security_event_without_a_readable_time_is_of_now(dialect: Dialect) -> None:
    told = tell(dialect, "SecurityEventNotification", {"type": "StartupOfTheDevice", "timestamp": "?"})

    assert told == SecurityEventHappened(type="StartupOfTheDevice", at=NOON)
