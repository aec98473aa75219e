"""Pure: by which profiles a charger can be limited: what it has shown, then what is known of its model, then in order.

TxProfile, TxDefaultProfile, the charger's own maximum, and at last only start and stop (quirks 55 to 57).
"""

from collections.abc import Collection
from dataclasses import dataclass

from chargers.commands import ProfilePurpose
from chargers.quirks import Source, Traits

ORDER = (ProfilePurpose.TX, ProfilePurpose.TX_DEFAULT, ProfilePurpose.STATION_MAX)
# Words that say "not in this way", whatever the level; others may mean this level, or this value.
NOT_AT_ALL = {"NotSupported", "NotImplemented", "UnsupportedPurpose"}
# Reasons that say nothing of what the charger can: its transaction was over, it was too soon, it was busy.
NO_LESSON = {
    "TxNotFound", "InvalidTransactionId", "RateLimitExceeded", "TooManyProfiles", "InternalError", "GenericError",
    "NotEnabled", "CSNotAccepted", "Blocked",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rung:
    purpose: ProfilePurpose
    stack_level: int

    def __str__(self) -> str:
        return f"{self.purpose} {self.stack_level}"

    @property
    def refusal(self) -> str:
        """Name of the capability that says: it refuses this."""
        return f"refuses {self}"


def rungs(traits: Traits, *, listed_level: int | None = None) -> list[Rung]:
    """All that may be tried, the best first."""
    if traits.smart_charging is False:
        return []
    purposes = [traits.purpose] if traits.purpose in ORDER else []
    purposes += [purpose for purpose in ORDER if purpose not in purposes]
    levels = [traits.stack_level] if traits.source_of("stack_level") is not Source.GENERIC else []
    levels += [level for level in (0, 1, listed_level) if level is not None and level not in levels]
    return [Rung(purpose, level) for purpose in purposes for level in levels]


def read_rung(text: str) -> Rung:
    purpose, level = text.split()
    return Rung(ProfilePurpose(purpose), int(level))


def rung_of(traits: Traits, refused: Collection[str], *, listed_level: int | None = None) -> Rung | None:
    """The best that it has not refused; None: it can only be started and stopped."""
    return next((rung for rung in rungs(traits, listed_level=listed_level) if rung.refusal not in refused), None)


def lessons(rung: Rung, word: str, traits: Traits, *, listed_level: int | None = None) -> list[str]:
    """What a refusal teaches, as names of capabilities."""
    if word in NO_LESSON:
        return []
    if word in NOT_AT_ALL:
        tried = rungs(traits, listed_level=listed_level)
        return [each.refusal for each in tried if each.purpose is rung.purpose]
    return [rung.refusal]
