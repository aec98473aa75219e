"""The list of chargers: those of the depot that is looked at, and for who sees all, those without a bay."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from chargers.choices import Protocol, Standing
from chargers.models import Charger, Connection
from chargers.queries import NEVER, Link, links_of, online_charger_ids
from depot.access.models import User
from depot.access.reach import within_reach
from depot.board.figures import natural
from depot.board.rows import NOT_PLACED, BayRow, rows_of
from depot.board.state import Shape
from depot.models import Depot


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is filtered by; "" everywhere shows all."""

    q: str = ""
    state: str = ""
    maker: str = ""
    version: str = ""
    firmware: str = ""
    link: str = ""
    bay: str = ""

    @property
    def is_anything(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


LINKS = (("online", "Connected"), ("offline", "No contact"), ("never", "Has never called"))
BAYS = (("with", "Has a bay"), ("without", "No bay yet"))


@dataclass(slots=True)
class ListedCharger:
    charger: Charger
    link: Link
    rows: list[BayRow] = field(default_factory=list)

    @property
    def bays(self) -> list[str]:
        return [row.name for row in self.rows if row.zone != NOT_PLACED]

    @property
    def late_after_s(self) -> int:
        return self.rows[0].late_after_s if self.rows else 0


def chargers_of(user: User, depot: Depot | None) -> QuerySet[Charger]:
    placed = Q(evses__bay__depot=depot) if depot else Q(pk__in=())
    if user.all_depots:
        # One that serves no bay belongs to no depot yet, and would otherwise be seen nowhere.
        placed |= ~Q(pk__in=Charger.objects.filter(evses__bay__isnull=False).order_by().values("pk"))
    ours = Charger.objects.filter(standing=Standing.ADOPTED).filter(placed)
    return within_reach(user, ours).distinct()


def filtered(chargers: QuerySet[Charger], wanted: Wanted) -> QuerySet[Charger]:
    """All but the state, which no column holds."""
    for word in wanted.q.split():
        chargers = chargers.filter(
            Q(identity__icontains=word)
            | Q(name__icontains=word)
            | Q(serial__icontains=word)
            | Q(evses__bay__name__icontains=word)
        )
    same = {"vendor": wanted.maker, "protocol": wanted.version, "firmware": wanted.firmware}
    chargers = chargers.filter(**{name: value for name, value in same.items() if value})
    if wanted.link == "online":
        chargers = chargers.filter(pk__in=online_charger_ids())
    elif wanted.link == "offline":
        chargers = chargers.exclude(pk__in=online_charger_ids())
    elif wanted.link == "never":
        chargers = chargers.exclude(pk__in=Connection.objects.order_by().values("charger"))
    if wanted.bay:
        placed = Charger.objects.filter(evses__bay__isnull=False).order_by().values("pk")
        chargers = chargers.filter(pk__in=placed) if wanted.bay == "with" else chargers.exclude(pk__in=placed)
    return chargers.distinct()


def with_states(user: User, depot: Depot | None, chargers: Sequence[Charger], *, now: datetime) -> list[ListedCharger]:
    """Each with its outlets as the board shows them."""
    pks = [charger.pk for charger in chargers]
    links = links_of(pks) if pks else {}
    listed = {charger.pk: ListedCharger(charger, links.get(charger.pk, NEVER)) for charger in chargers}
    for row in rows_of(user, depot, now=now, charger_ids=pks) if pks else ():
        if row.charger_id in listed:
            listed[row.charger_id].rows.append(row)
    for one in listed.values():
        one.rows.sort(key=lambda row: row.evse_number or 0)
    return list(listed.values())


def in_state(listed: Sequence[ListedCharger], state: str) -> list[ListedCharger]:
    return [one for one in listed if any(row.shape == state for row in one.rows)]


def in_natural_order(chargers: Sequence[Charger]) -> list[Charger]:
    return sorted(chargers, key=lambda charger: natural(charger.identity))


def choices_of(chargers: QuerySet[Charger]) -> dict[str, Sequence[Any]]:
    """What may be filtered by: only what is there."""
    seen = chargers.order_by().values_list("vendor", "protocol", "firmware").distinct()
    vendors, protocols, firmwares = (sorted({row[place] for row in seen if row[place]}) for place in range(3))
    return {
        "makers": vendors,
        "versions": [(value, Protocol(value).label) for value in protocols],
        "firmwares": firmwares,
        "states": Shape.choices,
        "links": LINKS,
        "bays": BAYS,
    }
