"""PURE: schedules in plain words, whoever told them and however."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chargers.ocpp.values import moment, number

Row = Mapping[str, Any]
# A default begins far in the past, so that it holds whatever a charger's clock says: that begin tells nobody anything.
LONG_AGO = datetime(2021, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one moment to the next (None: without an end, or nobody knows when it begins) nothing changes."""

    since: datetime | None
    until: datetime | None
    after_s: int
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """A composite schedule, as the charger answered."""

    evse: int
    stretches: tuple[Stretch, ...]


def stretches_of(schedule: Row, base_at: datetime | None = None) -> list[Stretch]:
    """Of a schedule in our own words (`ChargingSchedule` as a row); `base_at` where it has no start of its own."""
    start = moment(schedule.get("start_at")) or base_at
    periods = [(int(period["start_s"]), _rate(period, schedule["unit"], "phases")) for period in schedule["periods"]]
    return list(_stretches(start, periods, schedule.get("duration_s")))


def composite_told(response: object, request: object) -> Told | None:
    """Of an answer to GetCompositeSchedule in any version; None where there is no schedule in it."""
    if not isinstance(response, dict) or not isinstance(request, dict):
        return None
    body = response.get("schedule") or response.get("chargingSchedule")
    if not isinstance(body, dict):
        return None
    start = moment(body.get("scheduleStart") or response.get("scheduleStart") or body.get("startSchedule"))
    unit = str(body.get("chargingRateUnit") or "")
    told = body.get("chargingSchedulePeriod") or ()
    periods = [(int(number(period.get("startPeriod")) or 0), _rate(period, unit, "numberPhases")) for period in told]
    evse = body.get("evseId", response.get("connectorId", request.get("connectorId", request.get("evseId", 0))))
    return Told(int(number(evse) or 0), tuple(_stretches(start, periods, body.get("duration"))))


def _stretches(start: datetime | None, periods: Sequence[tuple[int, str]], lasts_s: object) -> Iterator[Stretch]:
    if start is not None and start < LONG_AGO:
        start = None
    ordered = sorted(periods)
    end_s = number(lasts_s)
    ends = [*(begins for begins, _ in ordered[1:]), end_s]
    for (begins, words), ends_s in zip(ordered, ends, strict=True):
        yield Stretch(
            since=None if start is None else start + timedelta(seconds=begins),
            until=None if start is None or ends_s is None else start + timedelta(seconds=ends_s),
            after_s=begins,
            words=words,
        )


def _rate(period: Row, unit: str, phases_name: str) -> str:
    """`16 A per phase, on 3 phases`; a period of 2.1 may have a setpoint in place of a limit."""
    limit, setpoint = number(period.get("limit")), number(period.get("setpoint"))
    phases = period.get(phases_name)
    told = []
    if limit == 0:
        told.append("nothing")
    elif limit is not None:
        told.append(f"at most {amount(limit, unit)}")
    if setpoint is not None:
        told.append(f"just {amount(setpoint, unit)}")
    if phases and limit:
        told.append(f"on {phases} phase{'s' if phases != 1 else ''}")
    return ", ".join(told) or "no limit"


def amount(rate: float, unit: str) -> str:
    if unit == "W":
        return f"{rate / 1000:g}\N{NO-BREAK SPACE}kW"
    return f"{rate:g}\N{NO-BREAK SPACE}A per phase"
