"""What the floors above ask about chargers: who is online, by which socket, and which EVSE a number means."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Lower

from chargers.events import Setting
from chargers.models import Charger, Connection, Connector, Evse
from chargers.prepared import Prepared, among, numbers
from chargers.quirks import Access, Shown, Traits, model_for, shown_by_settings, traits_of

# A gateway renews its lease every 10 s; after this long without it, it is dead and so are its sockets.
LEASE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Link:
    """The socket between a charger and us; times are real time."""

    is_online: bool
    since: datetime | None = None  # online: opened at; offline: closed at
    last_heard_at: datetime | None = None
    protocol: str = ""
    address: str = ""
    connection_id: int | None = None


NEVER = Link(is_online=False)


def links_of(charger_ids: Collection[int]) -> dict[int, Link]:
    """The link of each charger: its newest socket that is open in a living process; where none is, its newest."""
    newest = (
        Connection.objects.filter(charger__in=charger_ids).values("charger").annotate(newest=Max("id")).values("newest")
    )
    links = dict.fromkeys(charger_ids, NEVER)
    for row in Connection.objects.filter(pk__in=newest).select_related("gateway"):
        links[row.charger_id] = _link_by(row)
    return links | _older_links(
        [charger for charger, link in links.items() if link is not NEVER and not link.is_online]
    )


_newest_of = Prepared(
    lambda charger: Connection.objects.filter(charger=charger).select_related("gateway").order_by("-pk")[:1], int
)


def link_of(charger_id: int) -> Link:
    """As `links_of`."""
    link = next((_link_by(row) for row in _newest_of(charger_id)), NEVER)
    if link.is_online or link is NEVER:
        return link
    return _older_links([charger_id]).get(charger_id, link)


def _older_links(charger_ids: Collection[int]) -> dict[int, Link]:
    """Of those whose newest socket is no more: who opened a second one and gave it up still has the first."""
    if not charger_ids:
        return {}
    rows = Connection.objects.filter(open_connections(), charger__in=charger_ids).select_related("gateway")
    return {row.charger_id: _link_by(row) for row in rows.order_by("pk")}


def _alive_since() -> datetime:
    return datetime.now(UTC) - LEASE


def _link_by(row: Connection) -> Link:
    online = row.closed_at is None and row.gateway.renewed_at > _alive_since()
    since = row.opened_at if online else row.closed_at or row.last_frame_at
    return Link(online, since, row.last_frame_at, row.protocol, row.address, row.pk)


def open_connections() -> Q:
    """Sockets that are open in a living process."""
    return Q(closed_at=None, gateway__renewed_at__gt=_alive_since())


def online_charger_ids() -> set[int]:
    """Every charger that has a socket open in a living process."""
    open_ones = Connection.objects.filter(open_connections()).values("charger").annotate(newest=Max("id"))
    return set(open_ones.values_list("charger", flat=True))


def charger_ids_with_a_socket(charger_ids: Collection[int]) -> set[int]:
    """Those of them that have a socket open in a living process, be it the newest or not."""
    if not charger_ids:
        return set()
    open_ones = Connection.objects.filter(open_connections(), charger__in=charger_ids)
    return set(open_ones.values_list("charger", flat=True))


def _called(folded: str) -> QuerySet[Charger]:
    return Charger.objects.alias(folded=Lower("identity")).filter(folded=folded).select_related("security")


_chargers_called = Prepared(_called, str)


def charger_called(identity: str) -> Charger | None:
    """By its identity, whatever the case: two of one name would be one charger (quirk 4)."""
    return next(iter(_chargers_called(identity.lower())), None)


def evse_of(charger_id: int, number: int) -> Evse:
    """The EVSE of that number; grown from what the charger says, for its own count may be wrong (quirk 47)."""
    evse, _ = Evse.objects.get_or_create(charger_id=charger_id, number=number)
    return evse


def connector_of(evse: Evse, number: int) -> Connector:
    connector, _ = Connector.objects.get_or_create(evse=evse, number=number)
    return connector


def evse_ids(numbers: Collection[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """EVSE ids by (charger id, number); those not there yet are made. EVSE 0 is the charger itself: left out."""
    wanted = {pair for pair in numbers if pair[1] > 0}
    if not wanted:
        return {}
    found = _known_evses(wanted)
    missing = wanted - found.keys()
    if missing:
        rows = [Evse(charger_id=charger_id, number=number) for charger_id, number in sorted(missing)]
        Evse.objects.bulk_create(rows, ignore_conflicts=True)
        found |= _known_evses(missing)
    return found


def _evses(charger_ids: int | str) -> QuerySet[Evse, tuple[int, int, int]]:
    return among(Evse.objects.order_by().values_list("charger", "number", "pk"), "charger", charger_ids)


_evses_of = Prepared(_evses, str)


def _known_evses(wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], int]:
    rows = _evses_of(numbers({charger_id for charger_id, _ in wanted}))
    return {(charger_id, number): pk for charger_id, number, pk in rows if (charger_id, number) in wanted}


# Behind its maker's cloud a charger answers when that has passed the question on, and the answer back (quirk 14).
CLOUD_PATIENCE = 3.0


def patience_with(charger: Charger) -> float:
    """How many times as long as usual an answer is waited for. A person's word on the cloud outranks the table."""
    said = charger.capabilities.filter(name="access").values_list("value", flat=True).first()
    model = model_for(charger.vendor, charger.model, charger.firmware)
    access = said or (model.access if model is not None else "")
    return CLOUD_PATIENCE if access == Access.OPEN_THROUGH_CLOUD else 1.0


def traits_of_charger(charger: Charger) -> Traits:
    """How it is treated: by what it has shown itself, then by its settings, before what is known of its model."""
    rows = charger.settings.filter(attribute="Actual").exclude(value=None).values_list("component", "variable", "value")
    settings = {f"{component}.{variable}".lstrip(".").lower(): value for component, variable, value in rows if value}
    shown = [
        Shown(name=name, value=value, firmware=firmware)
        for name, value, firmware in charger.capabilities.values_list("name", "value", "firmware")
    ]
    model = model_for(charger.vendor, charger.model, charger.firmware)
    return traits_of(model, [*shown_by_settings(settings), *shown], firmware=charger.firmware)


def told_by(charger: Charger, setting: Setting) -> str:
    """The value that it last told of a setting, whose names are known in any case; blank where it told none."""
    these = charger.settings.filter(
        component__iexact=setting.component,
        component_instance__iexact=setting.component_instance,
        variable__iexact=setting.variable,
        variable_instance__iexact=setting.variable_instance,
        attribute="Actual",
    )
    return these.values_list("value", flat=True).first() or ""
