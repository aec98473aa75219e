"""What is wrong with a charger: standing faults are switched on and off, the others happen once."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


class UnknownFault(Exception):
    """Nothing by this name can go wrong, or not with these words."""


@dataclass(slots=True, kw_only=True)
class Faults:
    """The standing ones. Each may be set in the yard file and through the control port."""

    ignores_limits: bool = False  # accepts a profile, and charges on
    refuses_profiles: bool = False  # NotSupported to every charging profile
    silent_meter: bool = False
    register_resets: bool = False  # each session's register begins at zero
    seq_no_zero: bool = False
    forgets_stop: bool = False
    stop_transaction_id: int | None = None  # -1 or 0 in place of the true id
    slow_answers_s: float = 0.0
    loses_requests: float = 0.0  # this share of all CALLs, either way, never arrives
    loses_answers: float = 0.0
    never_answers: bool = False
    sends_twice: bool = False
    clock_offset_s: float = 0.0
    clock_1970: bool = False

    def switch(self, name: str, value: Any) -> None:
        kinds = {each.name: each.type for each in fields(self)}
        if name not in kinds:
            raise UnknownFault(name)
        kind = str(kinds[name])
        if "bool" in kind:
            if not isinstance(value, bool):
                raise UnknownFault(f"{name} is true or false")
        elif not (isinstance(value, int | float) and not isinstance(value, bool)) and not (
            value is None and "None" in kind
        ):
            raise UnknownFault(f"{name} is a number")
        setattr(self, name, value)

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "Faults":
        faults = cls()
        for name, value in told.items():
            faults.switch(name, value)
        return faults

    def standing(self) -> dict[str, Any]:
        """What is on, by name."""
        ordinary = Faults()
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value != getattr(ordinary, name)}
