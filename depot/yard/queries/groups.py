"""Groups of cards: those that cards name, and those of which something is said."""

from dataclasses import dataclass

from django.db.models import Count

from depot.access.models import User
from depot.access.reach import within_reach
from sessions.models import IdToken, Session, TokenGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    name: str
    group: TokenGroup | None  # None: cards name it, and nothing else holds for it
    cards: int
    charging: int

    @property
    def is_full(self) -> bool:
        most = None if self.group is None else self.group.max_concurrent
        return most is not None and self.charging >= most


def group_names(user: User) -> list[str]:
    """Every group that a card of his may be put into."""
    named = within_reach(user, IdToken.objects.exclude(group="")).order_by().values_list("group", flat=True).distinct()
    return sorted({*named, *TokenGroup.objects.values_list("name", flat=True)}, key=str.casefold)


def group_rows(user: User) -> list[GroupRow]:
    groups = {group.name: group for group in within_reach(user, TokenGroup.objects.all())}
    mine = within_reach(user, IdToken.objects.exclude(group=""))
    cards = dict(mine.order_by().values_list("group").annotate(Count("pk")))
    running = Session.objects.running().filter(token__group__in=[*groups, *cards])
    charging = dict(running.order_by().values_list("token__group").annotate(Count("pk")))
    names = sorted({*groups, *cards}, key=str.casefold)
    return [
        GroupRow(name=name, group=groups.get(name), cards=cards.get(name, 0), charging=charging.get(name, 0))
        for name in names
    ]
