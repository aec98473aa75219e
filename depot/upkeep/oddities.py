"""What chargers do that the specification does not say, by model and firmware."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max, Min, Sum

from chargers.models import Capability, Oddity
from chargers.quirks import quarantine_of
from depot.access.models import User
from depot.access.reach import within_reach

QUARANTINE = quarantine_of("")
KINDS_SHOWN = 2_000


@dataclass(frozen=True, slots=True)
class OddityKind:
    kind: str
    count: int
    chargers: int
    first_at: datetime
    last_at: datetime


@dataclass(slots=True)
class OddModel:
    """One model with one firmware."""

    vendor: str
    model: str
    firmware: str
    kinds: list[OddityKind] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(one.count for one in self.kinds)


def oddities_seen(user: User) -> Sequence[OddModel]:
    """Each model and firmware with what was repaired of it, the most often seen first."""
    found: dict[tuple[str, str, str], OddModel] = {}
    names = ("charger__vendor", "charger__model", "firmware")
    grouped = (
        within_reach(user, Oddity.objects.all())
        .order_by()
        .values(*names, "kind")
        .annotate(times=Sum("count"), stations=Count("charger", distinct=True))
        .annotate(since=Min("first_at"), until=Max("last_at"))
        .order_by("-times", "kind")[:KINDS_SHOWN]
    )
    for row in grouped:
        kind = OddityKind(row["kind"], row["times"], row["stations"], row["since"], row["until"])
        _of(found, [row[name] for name in names]).kinds.append(kind)
    held_back = within_reach(user, Capability.objects.filter(name__startswith=QUARANTINE, value="yes")).order_by("name")
    for told in held_back.values(*names, "name").distinct():
        action = told["name"].removeprefix(QUARANTINE)
        _of(found, [told[name] for name in names]).quarantined.append(action)
    return sorted(found.values(), key=lambda one: (-one.count, one.vendor, one.model, one.firmware))


def _of(found: dict[tuple[str, str, str], OddModel], names: Sequence[str]) -> OddModel:
    vendor, model, firmware = names
    return found.setdefault((vendor, model, firmware), OddModel(vendor, model, firmware))
