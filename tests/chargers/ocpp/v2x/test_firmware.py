import pytest

from chargers.events import JobKind, JobProgressed
from chargers.ocpp.dialect import Dialect
from tests.chargers.ocpp.v2x.wire import answer, tell


@pytest.mark.parametrize("status", ["Downloading", "InstallRebooting", "Installed", "InvalidSignature"])
def test_a_firmware_update_progresses(dialect: Dialect, status: str) -> None:
    told = tell(dialect, "FirmwareStatusNotification", {"status": status, "requestId": 11})

    assert told == JobProgressed(kind=JobKind.FIRMWARE, status=status, request_id=11)
    assert answer(dialect, "FirmwareStatusNotification", None) == {}


def test_an_idle_charger_names_no_update(dialect: Dialect) -> None:
    told = tell(dialect, "FirmwareStatusNotification", {"status": "Idle"})

    assert told == JobProgressed(kind=JobKind.FIRMWARE, status="Idle")
