"""What a page may ask to hear of: the board, any charger, one charger, its messages, one session."""

from collections.abc import Collection
from dataclasses import dataclass

from chargers.models import Charger
from depot.access.models import User
from depot.access.reach import may_listen, may_read_trace, within_reach
from depot.live import News
from sessions.models import Session

MANY = 20


@dataclass(frozen=True, slots=True)
class Stream:
    kind: str  # board, chargers, charger, trace, session
    number: int = 0
    charger_id: int = 0

    def __str__(self) -> str:
        return f"{self.kind}:{self.number}" if self.number else self.kind

    def is_told_by(self, news: News, heard: Collection[int] | None) -> bool:
        if heard is not None and self.charger_id and self.charger_id not in heard:
            return False
        match self.kind:
            case "chargers":
                return bool(news.what or (news.chargers if heard is None else news.chargers.intersection(heard)))
            case "charger":
                return self.charger_id in news.chargers
            case "trace":
                return self.charger_id in news.traced
            case "session":
                # A meter value is told of its charger only.
                return self.number in news.sessions or self.charger_id in news.chargers
        return False  # the board is sent what changed, and need not be told


def streams_within_reach(user: User, wanted: list[str]) -> list[Stream]:
    """Raises PermissionError where one of them is not for `user`."""
    if len(wanted) > MANY:
        raise PermissionError("too many streams")
    return [_stream(user, name) for name in wanted]


def _stream(user: User, name: str) -> Stream:
    kind, _, number = name.partition(":")
    if name in ("board", "chargers") and user.has_perm("chargers.view_charger"):
        # The board's rows are pushed; a page that lists chargers only hears that something changed.
        return Stream(name)
    if number.isascii() and number.isdigit():
        if kind in ("charger", "trace"):
            charger = Charger.objects.filter(pk=number).first()
            may = may_listen if kind == "charger" else may_read_trace
            if charger is not None and may(user, charger):
                return Stream(kind, charger.pk, charger.pk)
        if kind == "session" and user.has_perm("charging_sessions.view_session"):
            session = within_reach(user, Session.objects.filter(pk=number)).first()
            if session is not None:
                return Stream(kind, session.pk, session.charger_id)
    raise PermissionError(name)
