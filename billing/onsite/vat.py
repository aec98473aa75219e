"""Can this be a VAT number? By each country's own form and check digits; whether it is registered is another question.

Pure. A country that is not here is said to be unknown, never taken for right.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from chargers.events import Company


class Form(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Registered:
    """What a register of VAT numbers says of one that is in it."""

    company: Company | None = None


# Looks a number up: what it found, False where the register does not have it, None where it could not be asked.
Register = Callable[[str], Registered | bool | None]


def _digits(number: str) -> list[int]:
    return [int(character) for character in number if character.isdigit()]


def _weighted(number: str, weights: tuple[int, ...]) -> int:
    return sum(digit * weight for digit, weight in zip(_digits(number), weights, strict=False))


def _luhn(number: str) -> bool:
    doubled = [digit * 2 if place % 2 else digit for place, digit in enumerate(reversed(_digits(number)))]
    return sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0


def _austria(number: str) -> bool:
    digits = _digits(number)
    total = sum(digit if place % 2 == 0 else sum(divmod(digit * 2, 10)) for place, digit in enumerate(digits[:7]))
    return (96 - total) % 10 == digits[7]


def _belgium(number: str) -> bool:
    return 97 - int(number[:8]) % 97 == int(number[8:])


def _denmark(number: str) -> bool:
    return _weighted(number, (2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def _finland(number: str) -> bool:
    return _weighted(number, (7, 9, 10, 5, 8, 4, 2, 1)) % 11 == 0


def _france(number: str) -> bool:
    key, siren = number[:2], number[2:]
    # Keys with letters have a rule of their own, which is not published with the form.
    return _luhn(siren) and (not key.isdigit() or (12 + 3 * (int(siren) % 97)) % 97 == int(key))


def _germany(number: str) -> bool:
    product = 10
    for digit in _digits(number)[:8]:
        total = (digit + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10 == int(number[8])


def _greece(number: str) -> bool:
    return _weighted(number[:8], (256, 128, 64, 32, 16, 8, 4, 2)) % 11 % 10 == int(number[8])


def _luxembourg(number: str) -> bool:
    return int(number[:6]) % 89 == int(number[6:])


def _netherlands(number: str) -> bool:
    by_eleven = _weighted(number[:8], (9, 8, 7, 6, 5, 4, 3, 2)) % 11 == int(number[8])
    # Sole traders' numbers, since 2020, hold by ISO 7064 mod 97-10 over the whole.
    spelled = "".join(str(int(character, 36)) for character in f"NL{number}")
    return by_eleven or int(spelled) % 97 == 1


def _norway(number: str) -> bool:
    return _weighted(number, (3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def _poland(number: str) -> bool:
    return _weighted(number[:9], (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == int(number[9])


def _portugal(number: str) -> bool:
    rest = 11 - _weighted(number[:8], (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if rest > 9 else rest) == int(number[8])


def _sweden(number: str) -> bool:
    return _luhn(number[:10])


def _switzerland(number: str) -> bool:
    rest = 11 - _weighted(number, (5, 4, 3, 2, 7, 6, 5, 4)) % 11
    return rest % 11 == _digits(number)[8]


def _kingdom(number: str) -> bool:
    total = _weighted(number, (8, 7, 6, 5, 4, 3, 2)) + int(number[7:9])
    return total % 97 == 0 or (total + 55) % 97 == 0


Check = Callable[[str], bool]
# Each country's form behind its two (Switzerland: three) letters, and the check of its digits where we know it.
FORMS: Mapping[str, tuple[str, Check | None]] = {
    "AT": (r"U\d{8}", _austria),
    "BE": (r"[01]\d{9}", _belgium),
    "BG": (r"\d{9,10}", None),
    "CHE": (r"\d{9}(MWST|TVA|IVA)?", _switzerland),
    "CY": (r"\d{8}[A-Z]", None),
    "CZ": (r"\d{8,10}", None),
    "DE": (r"[1-9]\d{8}", _germany),
    "DK": (r"\d{8}", _denmark),
    "EE": (r"10\d{7}", None),
    "EL": (r"\d{9}", _greece),
    "ES": (r"[A-Z]\d{7}[A-Z0-9]|\d{8}[A-Z]", None),
    "FI": (r"\d{8}", _finland),
    "FR": (r"[A-HJ-NP-Z0-9]{2}\d{9}", _france),
    "GB": (r"\d{9}(\d{3})?|GD[0-4]\d{2}|HA[5-9]\d{2}", None),
    "HR": (r"\d{11}", None),
    "HU": (r"\d{8}", None),
    "IE": (r"\d{7}[A-W][A-I]?|\d[A-Z+*]\d{5}[A-W]", None),
    "IT": (r"\d{11}", _luhn),
    "LT": (r"\d{9}|\d{12}", None),
    "LU": (r"\d{8}", _luxembourg),
    "LV": (r"\d{11}", None),
    "MT": (r"\d{8}", None),
    "NL": (r"[A-Z0-9+*]{9}B[A-Z0-9+*]{2}", None),
    "NO": (r"\d{9}(MVA)?", _norway),
    "PL": (r"\d{10}", _poland),
    "PT": (r"[1-9]\d{8}", _portugal),
    "RO": (r"[1-9]\d{1,9}", None),
    "SE": (r"\d{10}01", _sweden),
    "SI": (r"[1-9]\d{7}", None),
    "SK": (r"[1-9]\d{9}", None),
    "XI": (r"\d{9}(\d{3})?|GD[0-4]\d{2}|HA[5-9]\d{2}", None),
}
# Greece writes GR on its passports and EL before its VAT numbers; drivers write either.
OTHER_LETTERS = {"GR": "EL"}


def tidy(number: str) -> str:
    """As registers write it: capitals, without blanks, dots and dashes."""
    return re.sub(r"[\s.\-/]", "", number).upper()


def form_of(number: str) -> Form:
    told = tidy(number)
    for length in (3, 2):
        letters = told[:length]
        country = OTHER_LETTERS.get(letters, letters)
        if country in FORMS and len(country) == length:
            return _form(country, told[length:])
    return Form.UNKNOWN if re.match(r"[A-Z]{2}", told) else Form.WRONG


def _form(country: str, number: str) -> Form:
    pattern, check = FORMS[country]
    if not re.fullmatch(pattern, number, re.ASCII):
        return Form.WRONG
    if country in ("GB", "XI") and number[:1].isdigit():
        check = _kingdom
    if country == "NL" and number[:9].isdigit() and number[10:].isdigit():
        check = _netherlands
    return Form.RIGHT if check is None or check(number) else Form.WRONG
