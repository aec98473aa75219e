"""What is publicly known of chargers' models: a file per maker, and what follows from it together with what is shown.

Every entry names its evidence, its day and its sources; boot strings are matched only where they were published.
"""

from chargers.quirks.models import Access, Current, Deviation, Evidence, Match, Model, Pause
from chargers.quirks.table import BadModel, all_models, model_for
from chargers.quirks.traits import (
    GENERIC,
    SETS_LIMITS,
    Shown,
    Source,
    Traits,
    quarantine_of,
    read_rate_units,
    shown_by_settings,
    traits_of,
)

__all__ = [
    "GENERIC",
    "SETS_LIMITS",
    "Access",
    "BadModel",
    "Current",
    "Deviation",
    "Evidence",
    "Match",
    "Model",
    "Pause",
    "Shown",
    "Source",
    "Traits",
    "all_models",
    "model_for",
    "quarantine_of",
    "read_rate_units",
    "shown_by_settings",
    "traits_of",
]
