"""Small values as chargers write them: moments, numbers, samples; lenient, for a slip never costs a message."""

import hashlib
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson

from chargers.events import Reading, Sample, SignedValue

# What to multiply by for base units: Wh, W, A, V, VA, var, %.
SCALE: dict[str, tuple[float, str]] = {
    "kWh": (1000, "Wh"), "MWh": (1_000_000, "Wh"), "kvarh": (1000, "varh"), "kW": (1000, "W"), "MW": (1_000_000, "W"),
    "kVA": (1000, "VA"), "kvar": (1000, "var"), "mA": (0.001, "A"), "kVAh": (1000, "VAh"), "kV": (1000, "V"),
}  # fmt: skip
DEFAULT_UNIT = {"Energy": "Wh", "Power": "W", "Current": "A", "Voltage": "V", "SoC": "Percent", "Frequency": "Hz"}
ENERGY_IMPORT, ENERGY_EXPORT = "Energy.Active.Import.Register", "Energy.Active.Export.Register"
POWER, POWER_OUT, SOC = "Power.Active.Import", "Power.Active.Export", "SoC"
PHASES = {"L1", "L2", "L3", "L1-N", "L2-N", "L3-N"}
LINES = ("L1", "L2", "L3")
OFF_BY, LEAST_DISAGREEMENT_W = 0.1, 100
# Beyond these a value is a slip of the meter, not a measurement: a petawatt-hour, more than any prefix, 2 GW.
LARGEST_AMOUNT, LARGEST_EXPONENT, MOST_WATTS = 1e15, 18, 2**31 - 1

_LOOSE_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?\d*)?\s*([Zz]|[+-]\d\d:?\d\d)?$"
)


def moment(text: object) -> datetime | None:
    """An RFC 3339 moment as UTC, or None where there is none to read; without a zone it is UTC, as OCPP wants it."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        found = _LOOSE_MOMENT.match(text.strip())
        if not found:
            return None
        year, month, day, hour, minute, second, fraction, zone = found.groups()
        zone = "+00:00" if zone in (None, "Z", "z") else zone
        micro = (fraction or "0")[:6].ljust(6, "0")
        try:
            at = datetime.fromisoformat(f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}.{micro}{zone}")
        except ValueError:
            return None
    try:
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError:
        return None


def told_moment(told: dict[str, Any], name: str) -> datetime | None:
    """A moment where one may be told. Raises ValueError for one that cannot be read: here it is not a slip to pass."""
    if name not in told:
        return None
    at = moment(told[name])
    if at is None:
        raise ValueError(f"{name} {told[name]!r} is no moment")
    return at


def wire_moment(at: datetime) -> str:
    """UTC with Z and milliseconds: what every charger reads."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def number(text: object) -> float | None:
    """A number from what chargers write: 12, "12.50", " 1,5", "1e3"; an empty text is missing, not zero."""
    if isinstance(text, bool):
        return None
    if not isinstance(text, int | float | str):
        return None
    try:
        value = float(text)
    except OverflowError:
        return None
    except ValueError:
        try:
            value = float(str(text).strip().replace(",", "."))
        except ValueError:
            return None
    return value if value - value == 0 else None  # not infinite, not NaN


def floored(limit: float) -> float:
    """A limit with one decimal, as profiles carry them; down, for a limit is never made larger than it was meant."""
    return math.floor(limit * 10 + 1e-6) / 10


def shrunk(rate: float) -> float:
    """A rate with one decimal, towards zero: neither charging nor discharging is made larger than it was meant."""
    return floored(rate) if rate >= 0 else -floored(-rate)


def whole(text: object) -> int | None:
    if isinstance(text, int) and not isinstance(text, bool):
        return text  # as it is: 64-bit request ids do not survive a float
    value = number(text)
    return None if value is None else round(value)


def graded(severity: int) -> int:
    """Within 0 (danger) to 9 (debugging), where 2.x has them; its schema lets any number through."""
    return min(max(severity, 0), 9)


def sample(
    value: object,
    measurand: object,
    unit: object,
    phase: object,
    location: object,
    context: object,
    multiplier: int = 0,
) -> Sample | None:
    """One sampled value in base units; None where there is no number in it."""
    amount = number(value)
    if amount is None or abs(multiplier) > LARGEST_EXPONENT:
        return None
    name = measurand if isinstance(measurand, str) and measurand else ENERGY_IMPORT
    told = unit if isinstance(unit, str) and unit else DEFAULT_UNIT.get(name.split(".", 1)[0], "")
    factor, base = SCALE.get(told, (1, told))
    # 2.x UnitOfMeasure: the value is to be multiplied by ten to this power.
    amount = amount * factor * 10.0**multiplier if multiplier else amount * factor
    if abs(amount) > LARGEST_AMOUNT:
        return None
    return (name, amount, base, str(phase or ""), str(location or ""), str(context or ""))


def reading(at: datetime, samples: Iterable[Sample], signed: tuple[SignedValue, ...] = ()) -> Reading:
    """The meter at a moment: totals where they were told, else the sum of the phases; of power what fits both."""
    kept = tuple(samples)
    found: dict[str, float] = {}
    by_line: dict[str, dict[str, float]] = {}
    context = ""
    for name, amount, _unit, phase, location, told_context in kept:
        context = context or told_context
        if name not in (ENERGY_IMPORT, ENERGY_EXPORT, POWER, POWER_OUT, SOC):
            continue
        # The outlet is what the vehicle got; an inlet or the charger's body is another register.
        if location not in ("", "Outlet") and name != SOC:
            continue
        if phase in PHASES:
            by_line.setdefault(name, {}).setdefault(phase[:2], amount)  # L1 and L1-N are one line
        elif name not in found:
            found[name] = amount
    totals = {name: sum(lines.values()) for name, lines in by_line.items()} | found
    energy, export, power = totals.get(ENERGY_IMPORT), totals.get(ENERGY_EXPORT), totals.get(POWER)
    if POWER in found and POWER in by_line:
        power = _believed(found[POWER], list(by_line[POWER].values()))
    if totals.get(POWER_OUT) and not power:
        power = -abs(totals[POWER_OUT])  # one way at a time: what flows out of the vehicle is negative
    return Reading(
        at=at,
        energy_wh=None if energy is None else round(energy),
        export_wh=None if export is None else round(export),
        power_w=None if power is None or abs(power) > MOST_WATTS else round(power),
        soc_percent=totals.get(SOC),
        context=context,
        samples=kept,
        signed=signed,
    )


def _believed(total: float, lines: list[float]) -> float:
    """The sum of the lines, where their total is off by more than a tenth (quirk 43); never what some of them lack."""
    of_lines = sum(lines)
    allowed = max(OFF_BY * max(abs(total), abs(of_lines)), LEAST_DISAGREEMENT_W)
    are_copies = all(math.isclose(line, total, rel_tol=0.01) for line in lines)
    is_whole = len(lines) == len(LINES) or of_lines > total
    return of_lines if abs(of_lines - total) > allowed and is_whole and not are_copies else total


def digest(payload: dict[str, Any]) -> str:
    """The same content has the same one, whatever the order of its members."""
    return hashlib.blake2b(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
