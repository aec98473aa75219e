"""What a session must know of the yard, handed down as a value and copied into its row."""

from dataclasses import dataclass
from enum import StrEnum


class BayAccess(StrEnum):
    KNOWN = "known"
    ANYONE = "anyone"
    OWN_VEHICLE = "own_vehicle"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFor:
    """Whom a place is reserved for at this moment."""

    token_key: str
    group: str = ""
    name: str = ""  # in words: a vehicle, a driver, a card

    def admits(self, key: str, group: str) -> bool:
        return bool(key and key == self.token_key) or bool(group and group == self.group)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    depot_key: int | None = None
    depot_name: str = ""
    bay_key: int | None = None
    bay_name: str = ""
    time_zone: str = "UTC"
    currency: str = ""
    language: str = ""  # in which people are spoken to there: "de"; blank: English
    tariff_key: int | None = None
    access: BayAccess = BayAccess.KNOWN
    own_vehicle_id: int | None = None
    kept_for: KeptFor | None = None


NOWHERE = Place()
