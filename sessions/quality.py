"""What is estimated or repaired about a session, and why: notes that stand beside its figures. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    # Of its start and end.
    START_UNKNOWN = "start_unknown"
    STOP_ESTIMATED = "stop_estimated"
    TIME_REPAIRED = "time_repaired"
    STOP_BEFORE_START = "stop_before_start"
    CLOCK_OFF = "clock_off"
    EVSE_UNKNOWN = "evse_unknown"
    REFERENCE_REUSED = "reference_reused"
    STOP_MATCHED = "stop_matched"
    RESUMED = "resumed"
    # Of its energy.
    START_REGISTER_MISSING = "start_register_missing"
    START_REGISTER_UNLIKE = "start_register_unlike"
    STOP_REGISTER_MISSING = "stop_register_missing"
    STOP_REGISTER_STALE = "stop_register_stale"
    STOP_REGISTER_UNLIKE = "stop_register_unlike"
    CLAMPED = "clamped"
    READINGS_LEFT_OUT = "readings_left_out"
    REGISTER_RESET = "register_reset"
    REGISTER_CHANGED = "register_changed"
    TWO_REGISTERS = "two_registers"
    ENERGY_UNKNOWN = "energy_unknown"
    ENERGY_IMPLAUSIBLE = "energy_implausible"
    ENERGY_DISAGREES_WITH_POWER = "energy_disagrees_with_power"
    UNIT_SUSPECTED = "unit_suspected"
    UNIT_REPAIRED = "unit_repaired"


OF_ENERGY = frozenset(
    {
        Code.START_REGISTER_MISSING,
        Code.START_REGISTER_UNLIKE,
        Code.STOP_REGISTER_MISSING,
        Code.STOP_REGISTER_STALE,
        Code.STOP_REGISTER_UNLIKE,
        Code.CLAMPED,
        Code.READINGS_LEFT_OUT,
        Code.REGISTER_RESET,
        Code.REGISTER_CHANGED,
        Code.TWO_REGISTERS,
        Code.ENERGY_UNKNOWN,
        Code.ENERGY_IMPLAUSIBLE,
        Code.ENERGY_DISAGREES_WITH_POWER,
        Code.UNIT_SUSPECTED,
        Code.UNIT_REPAIRED,
    }
)
# With one of these the figures may still change when more is heard; without any, they are final at the stop.
MAY_STILL_CHANGE = frozenset(
    {
        Code.START_UNKNOWN,
        Code.STOP_ESTIMATED,
        Code.EVSE_UNKNOWN,
        Code.STOP_MATCHED,
        Code.START_REGISTER_MISSING,
        Code.START_REGISTER_UNLIKE,
        Code.STOP_REGISTER_MISSING,
        Code.STOP_REGISTER_STALE,
        Code.STOP_REGISTER_UNLIKE,
        Code.REGISTER_RESET,
        Code.REGISTER_CHANGED,
        Code.ENERGY_UNKNOWN,
        Code.ENERGY_IMPLAUSIBLE,
        Code.UNIT_SUSPECTED,
    }
)

# Of the charger rather than of this session: whoever looks after it should know.
ODD = frozenset(
    {
        Code.START_REGISTER_UNLIKE,
        Code.STOP_REGISTER_STALE,
        Code.STOP_REGISTER_UNLIKE,
        Code.REGISTER_RESET,
        Code.REGISTER_CHANGED,
        Code.TWO_REGISTERS,
        Code.READINGS_LEFT_OUT,
        Code.ENERGY_IMPLAUSIBLE,
        Code.ENERGY_DISAGREES_WITH_POWER,
        Code.UNIT_SUSPECTED,
        Code.UNIT_REPAIRED,
    }
)
# A note is a sentence, not a message.
TEXT_KEPT = 300

# As a session's row keeps it: [{"code": ..., "note": ...}, ...]
Quality = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Note:
    code: Code
    text: str


def fit(text: str, length: int) -> str:
    """A charger's text as a row takes it: no NUL, no halves of characters, and not more than so much of it."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\x00", "")[:length]


def with_notes(quality: Sequence[dict[str, str]], *notes: Note | None) -> Quality:
    """One note per code: the newest word on a matter is the one that holds."""
    told = [note for note in notes if note is not None]
    kept = without(quality, {note.code for note in told})
    return [*kept, *({"code": str(note.code), "note": fit(note.text, TEXT_KEPT)} for note in told)]


def without(quality: Sequence[dict[str, str]], codes: Collection[Code]) -> Quality:
    return [note for note in quality if note["code"] not in codes]


def has(quality: Iterable[dict[str, str]], *codes: Code) -> bool:
    return any(note["code"] in codes for note in quality)
