"""Rules become lists: which tokens stand on which charger's local list, by the one decision about tokens."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, F, Q, QuerySet

from chargers.choices import Standing
from chargers.commands import ListEntry
from chargers.events import Token, TokenStatus
from chargers.models import Charger, IssuedCommand
from chargers.queries import links_of, online_charger_ids
from chargers.upkeep import list_facts
from chargers.upkeep.forgetting import heed_forgotten, without_the_forgotten
from chargers.upkeep.learned import learn_from
from chargers.upkeep.list_keeping import keep_list
from chargers.upkeep.models import LocalList
from depot import live
from depot.access.models import User
from depot.access.reach import within_reach
from depot.models import Bay
from depot.notices import services as notices
from depot.upkeep.models import OfflineRule
from sessions.authorization import Asked
from sessions.models import IdToken
from sessions.place import BayAccess, Place
from sessions.services.tokens import judge

# A look at one list costs some queries, and what it may send is one message: no tick floods the yard or the database.
LOOKED_AT_ONCE = 20
LOOKED_AGAIN = timedelta(seconds=20)
# 2.x tells tokens of different types apart, and most cards that stand here without a type are such.
USUAL_TYPE = "ISO14443"
LISTED = (TokenStatus.ACCEPTED, TokenStatus.BLOCKED)


@dataclass(slots=True)
class Wishes:
    """What the rules want of chargers, worked out once for all that stand at places of the same kind."""

    now: datetime
    rules: dict[int, list[OfflineRule]] = field(default_factory=dict)
    _known: dict[tuple[int, frozenset[Place]], list[ListEntry]] = field(default_factory=dict)

    @classmethod
    def at(cls, now: datetime) -> "Wishes":
        wishes = cls(now)
        for rule in OfflineRule.objects.all():
            wishes.rules.setdefault(rule.depot_id, []).append(rule)
        return wishes

    def of(self, charger_id: int) -> list[ListEntry] | None:
        """None where no rule speaks of this charger."""
        places = places_of(charger_id)
        depot_id = next((place.depot_key for place in places), None)
        if depot_id not in self.rules or depot_id is None:
            return None
        key = (depot_id, frozenset(places))
        if key not in self._known:
            self._known[key] = wanted_entries(self.rules[depot_id], places, now=self.now)
        return self._known[key]


def places_of(charger_id: int) -> list[Place]:
    """The places that a charger serves, as far as they decide who may charge there."""
    bays = Bay.objects.filter(evse__charger=charger_id).order_by("pk").values_list("depot", "access", "own_vehicle")
    places = {
        Place(depot_key=depot, access=BayAccess(access), own_vehicle_id=own_vehicle)
        for depot, access, own_vehicle in bays
    }
    return sorted(places, key=lambda place: (place.depot_key or 0, place.access, place.own_vehicle_id or 0))


def wanted_entries(rules: Sequence[OfflineRule], places: Sequence[Place], *, now: datetime) -> list[ListEntry]:
    """The tokens of the rules that may charge at one of the places, then those that are blocked, to be known as such.

    A list knows no EVSEs (in 1.6 at all), so one that may charge at one of them stands on it.
    """
    chosen = Q()
    for rule in rules:
        one = Q(group=rule.group) if rule.group else Q()
        if rule.tokens_of_id is not None:
            one &= Q(depot_key=rule.tokens_of_id) | Q(depot_key=None, vehicle__depot_key=rule.tokens_of_id)
        chosen = chosen | one if one else Q(pk__isnull=False)
        if not one:
            break
    welcome: list[ListEntry] = []
    blocked: list[ListEntry] = []
    # Tokens of ours are shown to nobody: they start a vehicle by our own call only.
    for row in IdToken.objects.filter(chosen, is_ours=False).select_related("vehicle").order_by("key"):
        entry = _entry(row, places, now)
        if entry is not None:
            (welcome if entry.status is TokenStatus.ACCEPTED else blocked).append(entry)
    return welcome + blocked


def _entry(row: IdToken, places: Sequence[Place], now: datetime) -> ListEntry | None:
    """The best that any place says of it; what is neither welcome nor blocked is left to our own answer."""
    token = Token(row.value, row.type)
    decisions = [judge(token, row, place=place, now=now, asked=Asked.LIST) for place in places]
    for status in LISTED:
        for decision in decisions:
            if decision.status is status:
                return ListEntry(
                    token=row.value,
                    token_type=row.type or USUAL_TYPE,
                    status=status,
                    expires_at=decision.expires_at if status is TokenStatus.ACCEPTED else None,
                    group=decision.group if status is TokenStatus.ACCEPTED else "",
                )
    return None


def keep_lists(now: datetime) -> int:
    """A duty: look at some lists, those first that were not looked at for longest, and take one step with each."""
    wishes = Wishes.at(now)
    managed = Q(local_list__is_managed=True)
    meant = managed | Q(evses__bay__depot__in=list(wishes.rules)) if wishes.rules else managed
    if not Charger.objects.filter(meant).exists():
        return 0
    is_due = Q(local_list__looked_at=None) | Q(local_list__looked_at__lte=now - LOOKED_AGAIN)
    due = Charger.objects.filter(
        meant, is_due, pk__in=online_charger_ids(), standing=Standing.ADOPTED, automation_on=True
    )
    oldest_first = F("local_list__looked_at").asc(nulls_first=True)
    chargers = list(due.distinct().order_by(oldest_first, "pk")[:LOOKED_AT_ONCE])
    links = links_of([charger.pk for charger in chargers])
    steps = [_keep_one(charger, wishes, links[charger.pk].protocol, now) for charger in chargers]
    return sum(step is not None for step in steps)


def _keep_one(charger: Charger, wishes: Wishes, protocol: str, now: datetime) -> IssuedCommand | None:
    wanted = wishes.of(charger.pk)
    local_list = list_facts.list_of(charger.pk)
    local_list.charger = charger
    if wanted is None and not local_list.is_managed:
        return None
    # Where no rule holds any more, what we put there is taken away again.
    step = keep_list(local_list, without_the_forgotten(wanted or [], local_list), protocol=protocol, now=now)
    is_managed = wanted is not None or local_list.missing + local_list.surplus > 0
    if is_managed != local_list.is_managed:
        LocalList.objects.filter(pk=local_list.pk).update(is_managed=is_managed)
    return step


def heed_command(command: IssuedCommand, *, now: datetime) -> None:
    """A command came to its end; where that makes us give up on a list, people are told."""
    learn_from(command, now=now)
    gave_up = list_facts.heed_answer(command, now=now)
    heed_forgotten(command, now=now)
    if gave_up is not None and gave_up.is_managed:
        notices.write(
            "local_list.given_up",
            command.charger,
            f"{command.charger} does not take its list of cards for when it is cut off: {gave_up.trouble}",
            at=now,
        )
    if command.action in list_facts.ACTIONS:
        live.tell([command.charger_id], what="local-list")


def shown_lists(user: User) -> "QuerySet[LocalList]":
    """Lists that a rule of ours keeps, and those that somebody sent by hand."""
    rows = LocalList.objects.filter(Q(is_managed=True) | Q(version__gt=0)).select_related("charger")
    return within_reach(user, rows).annotate(held=Count("tokens")).order_by("charger__identity")


def lists_that_accept(key: str) -> "QuerySet[LocalList]":
    """The chargers that would let this token charge by themselves."""
    return (
        LocalList.objects.filter(tokens__key=key, tokens__status=TokenStatus.ACCEPTED.value)
        .select_related("charger")
        .order_by("charger__identity")
    )
