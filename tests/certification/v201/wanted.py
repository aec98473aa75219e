"""The cases of OCPP 2.0.1 (edition 3) in which the central system is under test, by block: numbers only."""

from collections.abc import Mapping

EDITION = "2.0.1 edition 3"


def _ids(numbers: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"TC_{block}_{number}" for block, listed in numbers.items() for number in listed.split())


# Of the profiles Core, Advanced Security, Smart Charging and ISO 15118 together.
MANDATORY = _ids(
    {
        "A": "01 02 03 04 06 07 08 09 10 11 12 14",
        "B": "01 06 09 20 21 22 42 44 58",
        "C": "02 06 07 08 20 37 38 39 47 48 49 50 51 52",
        "E": "01 02 03 04 07 08 09 10 11 12 14 15 16 17 19 20 21 22 26 38 39 53",
        "F": "01 02 03 04 20 27",
        "G": "03 04 05 06 07 08 11 14 17 20",
        "J": "01 02 03 04 07 08 09 10 11",
        "K": "01 03 04 05 06 08 10 15 19 29 30 31 32 33 34 35 36 37 43 44 53 55 57 58 59 60 70",
        "L": "01 04 05 06 07 08 09 10 11 13",
        "M": "01 02 03 04 05 13 14 15 16 18 19 20 21 24 26 28",
        "N": "25 27 28 29 30 31 32 34 35 36",
        "P": "02 03",
    }
)
# Binding for whoever declares the feature, as we do: local list, reservation, cost, display, device management.
DECLARED = _ids(
    {
        "B": "12 13 14 18 25 26 27",
        "C": "40 43",
        "D": "01 02 03 04 08 09",
        "H": "01 07 08 14 15 17 19 20 22",
        "I": "01 02",
        "N": "01 02 03 05 08 09 16 17 18 24 44 46 47 48 49 50 60 62 63",
        "O": "01 02 03 04 05 06 07 08 09 10 11 12 13 14 17 18 19 25 26 27 28",
    }
)
# Of other optional features that the test documents have a case for.
OPTIONAL = _ids(
    {
        "A": "13 19",
        "B": "02 07 08 10 30 31",
        "E": "29 30 31 33 34",
        "F": "06 11 12 13 14 15 18 23 24",
        "K": "02 48 50 51 52",
        "L": "02 03 17 19 20 21 22 23 24",
        "M": "12 17",
    }
)
# What is not done, and why.
NOT_DONE: Mapping[str, str] = {}
