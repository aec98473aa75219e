"""PURE: how the cells of a pasted table are read."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sessions.display_words import LANGUAGES


class Unreadable(Exception):
    """A cell that is not what its column wants; the message is for people."""


Read = Callable[[str, str], Any]


def plain(title: str) -> str:
    """A column title without case, accents, units, blanks and marks: "Batterie (kWh)" and "batterie" are one."""
    title = re.sub(r"[(\[].*?[)\]]", " ", title)
    letters = unicodedata.normalize("NFKD", title.casefold())
    title = "".join(letter for letter in letters if letter.isalnum())
    return re.sub(r"(?<=[a-z]{3})(kwh|kw|percent|prozent)$", "", title)


def text_up_to(most: int) -> Read:
    def read(cell: str, unit: str) -> str:
        if len(cell) > most:
            raise Unreadable(f"“{cell[:20]}…” is longer than {most} characters.")
        if any(unicodedata.category(letter) == "Cc" for letter in cell):
            raise Unreadable("it holds characters that cannot be printed.")
        return cell

    return read


def read_number(cell: str) -> Decimal:
    """A number with a point or a comma as decimal mark, and blanks or marks between thousands."""
    text = re.sub(r"[\s\u00a0\u202f'’]", "", cell)
    if re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+", text) or re.fullmatch(r"-?[0-9]+,[0-9]+", text):
        text = text.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"-?[0-9]{1,3}(,[0-9]{3})+\.[0-9]+", text):
        text = text.replace(",", "")
    if not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", text):
        raise Unreadable(f"“{cell}” is not a number.")
    return Decimal(text)


def quantity(unit: str, most: int) -> Read:
    """A number in kW or kWh; a cell or a title that says W or Wh is divided by a thousand."""

    def read(cell: str, title_unit: str) -> Decimal | None:
        found = re.fullmatch(r"(.*?)\s*([a-zA-Z]*)", cell.strip())
        number, said = (found.group(1), found.group(2).casefold()) if found else (cell, "")
        said = said or title_unit
        if said not in ("", unit.casefold(), unit.casefold().removeprefix("k")):
            raise Unreadable(f"“{cell}” is not in {unit}.")
        value = read_number(number)
        if said and not said.startswith("k"):
            value /= 1000
        if not 0 <= value <= most:
            raise Unreadable(f"{value.normalize():f} {unit} is not between 0 and {most}.")
        return value.quantize(Decimal("0.01"))

    return read


def read_percent(cell: str, unit: str) -> int:
    value = read_number(cell.rstrip("% \u00a0"))
    if value != value.to_integral_value() or not 1 <= value <= 100:
        raise Unreadable(f"“{cell}” is not a whole percentage from 1 to 100.")
    return int(value)


def read_small_number(cell: str, unit: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", cell) or not 1 <= int(cell) <= 99:
        raise Unreadable(f"“{cell}” is not a number from 1 to 99.")
    return int(cell)


IDENTITY = re.compile(r"[!-~]{1,48}")


def read_identity(cell: str, unit: str = "") -> str:
    """A charger's name as it can stand in an address: 1 to 48 printable characters without blanks."""
    if not IDENTITY.fullmatch(cell):
        raise Unreadable(f"“{cell[:60]}” cannot be a charger's identity: 1 to 48 letters, digits and marks, no blanks.")
    return cell


def whole(least: int, most: int) -> Read:
    def read(cell: str, unit: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,9}", cell) or not least <= int(cell) <= most:
            raise Unreadable(f"“{cell}” is not a whole number from {least} to {most}.")
        return int(cell)

    return read


def read_amount(cell: str, unit: str) -> Decimal:
    """Money, in the currency of the place: "12.50", "12,50 €"."""
    value = read_number(re.sub(r"[A-Za-z€$£]", "", cell))
    if not 0 <= value < 10_000_000 or value != value.quantize(Decimal("0.01")):
        raise Unreadable(f"“{cell}” is not an amount of money.")
    return value.quantize(Decimal("0.01"))


def read_vin(cell: str, unit: str) -> str:
    vin = re.sub(r"[\s-]", "", cell).upper()
    if not re.fullmatch(r"[A-HJ-NPR-Z0-9]{17}", vin):
        raise Unreadable(f"“{cell}” is not a VIN: 17 letters and digits, none of them I, O or Q.")
    return vin


PROTOCOLS = {"1.6": "ocpp1.6", "2.0": "ocpp2.0.1", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}


def read_protocol(cell: str, unit: str) -> str:
    digits = re.sub(r"[^0-9.]", "", cell).strip(".")
    if digits not in PROTOCOLS:
        raise Unreadable(f"“{cell}” is not a version that we speak: 1.6, 2.0.1 or 2.1.")
    return PROTOCOLS[digits]


def one_of(meanings: dict[str, str]) -> Read:
    def read(cell: str, unit: str) -> str:
        meaning = meanings.get(plain(cell))
        if meaning is None:
            known = ", ".join(sorted({meaning.replace("_", " ") for meaning in meanings.values()}))
            raise Unreadable(f"“{cell}” is none of: {known}.")
        return meaning

    return read


def read_bay_names(cell: str, unit: str) -> tuple[str, ...]:
    """One bay, or for a charger of several outlets one bay each, in their order: "D1 / D2"."""
    names = tuple(name.strip() for name in re.split(r"[/,;+|]", cell) if name.strip())
    if not names or any(len(name) > 40 for name in names):
        raise Unreadable(f"“{cell}” is no name of a bay.")
    if len(set(names)) < len(names):
        raise Unreadable(f"“{cell}” names a bay twice.")
    return names


DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


def read_until(cell: str, unit: str = "") -> str:
    """A moment by the depot's clock, as "2026-12-31T18:30"; a day alone means to the end of that day."""
    return read_moment(cell, to_the_end=True)


def read_since(cell: str, unit: str) -> str:
    return read_moment(cell, to_the_end=False)


def read_moment(cell: str, *, to_the_end: bool) -> str:
    """As `read_until`; a day alone means its end, or its beginning."""
    found = re.fullmatch(r"(\S+?)(?:[ T,]+([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?)?", cell.strip())
    if found is None:
        raise Unreadable(f"“{cell}” is not a day; write 2026-12-31.")
    day = _day(found.group(1), cell)
    if not 2000 <= day.year < 2200:
        raise Unreadable(f"“{cell}” is out of reach; leave it empty for “without end”.")
    if found.group(2) is None:
        return f"{day + timedelta(days=1) if to_the_end else day}T00:00"
    hour, minute = int(found.group(2)), int(found.group(3))
    if hour > 23 or minute > 59:
        raise Unreadable(f"“{cell}” is not a time of day.")
    return f"{day}T{hour:02}:{minute:02}"


def _day(text: str, cell: str) -> date:
    try:
        if found := DAY_FIRST.fullmatch(text):
            return date(int(found.group(3)), int(found.group(2)), int(found.group(1)))
        if found := SLASHED.fullmatch(text):
            first, second, year = (int(part) for part in found.groups())
            # 3/4/2026 is March here and April there; nobody's guess should lock out a driver.
            if first <= 12 and second <= 12 and first != second:
                raise Unreadable(f"“{cell}” can be read in two ways; write {year}-12-31 for the last of December.")
            day, month = (first, second) if first > 12 else (second, first)
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(f"“{cell}” is not a day; write 2026-12-31.") from error


ACCESS_WORDS = one_of(
    {
        "known": "known", "knowntokens": "known", "knowncards": "known", "cards": "known", "bekannte": "known",
        "anyone": "anyone", "all": "anyone", "free": "anyone", "public": "anyone", "alle": "anyone",
        "ownvehicle": "own_vehicle", "own": "own_vehicle", "vehicle": "own_vehicle", "eigenesfahrzeug": "own_vehicle",
    }
)  # fmt: skip
STANDING_WORDS = one_of(
    {
        "active": "active", "ok": "active", "yes": "active", "maycharge": "active", "aktiv": "active", "ja": "active",
        "true": "active", "1": "active", "x": "active", "false": "blocked", "0": "blocked",
        "blocked": "blocked", "no": "blocked", "inactive": "blocked", "gesperrt": "blocked", "nein": "blocked",
    }
)  # fmt: skip
BLOCKED_WORDS = one_of(
    {
        "yes": "blocked", "ja": "blocked", "true": "blocked", "x": "blocked", "1": "blocked", "blocked": "blocked",
        "no": "active", "nein": "active", "false": "active", "0": "active", "active": "active",
    }
)  # fmt: skip

YES_WORDS = one_of(
    {
        "yes": "yes", "ja": "yes", "true": "yes", "x": "yes", "1": "yes", "oui": "yes",
        "no": "no", "nein": "no", "false": "no", "0": "no", "non": "no", "nee": "no",
    }
)  # fmt: skip
LANGUAGE_WORDS = one_of({plain(word): code for code, name in LANGUAGES.items() for word in (code, name)})
