"""What chargers measured between a line and neutral, for those that take their limits in watts only (quirk 54)."""

from collections.abc import Iterable

import orjson

from sessions.models import MeterReading, Session

READINGS = 30
# Coarse, so that the flicker of the grid makes no message.
GRAIN_V = 5.0
# Beside these it is another voltage: of a battery, or between two lines.
LEAST_V, MOST_V = 100.0, 300.0


def measured_voltages(sessions: Iterable[Session]) -> dict[int, float]:
    """By EVSE: the lowest lately, for the current that a power makes is highest then."""
    found: dict[int, float] = {}
    for session in sessions:
        told = MeterReading.objects.filter(session=session, samples__contains="oltage").order_by("-at")
        volts = [volt for samples in told.values_list("samples", flat=True)[:READINGS] for volt in _volts(samples)]
        if volts and session.evse_id is not None:
            found[session.evse_id] = min(volts) // GRAIN_V * GRAIN_V
    return found


def _volts(samples: str) -> list[float]:
    """Of each sample [measurand, value, unit, phase, location, context] that is a voltage against neutral."""
    volts = [
        float(value)
        for measurand, value, *_ in orjson.loads(samples)
        if measurand.lower() == "voltage" and isinstance(value, int | float)
    ]
    return [volt for volt in volts if LEAST_V <= volt <= MOST_V]
