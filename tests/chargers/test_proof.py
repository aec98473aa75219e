"""A charger's password is changed, and at no moment does it hold one that we would not take (A01)."""

import base64
from datetime import UTC, datetime

import pytest

from chargers.certificates.judging import NotProven
from chargers.certificates.shown import Channel
from chargers.choices import CommandState, Trust
from chargers.credentials import keyed_hash
from chargers.models import Charger
from chargers.proof import prove
from chargers.services import new_password, send_new_password
from depot.effects import command_settled
from depot.notices.models import Notice
from tests.factories import THURSDAY, make_charger

pytestmark = [pytest.mark.django_db, pytest.mark.storage]

FIRST = "23456789abcdef23456789abcdef2345"
LINE = Channel("10.0.0.7")


def make(trust: Trust = Trust.PASSWORD) -> Charger:
    return make_charger("CP-A01", trust=trust, password_hmac=keyed_hash(FIRST.encode()) if trust == "password" else "")


def comes(password: str | None, user: str = "CP-A01") -> str:
    """How it fares at the door: proven, let in by trust, or outside."""
    told = b"Basic " + base64.b64encode(f"{user}:{password}".encode()) if password is not None else None
    try:
        return "proven" if prove(Charger.objects.get(), LINE, told, at=datetime.now(UTC)) else "by trust"
    except NotProven:
        return "outside"


def test_until_it_used_the_new_one_the_present_one_holds_and_not_after() -> None:
    new = new_password(make(), THURSDAY)

    assert [comes(FIRST), comes(FIRST), comes(new), comes(FIRST), comes(new)] == [
        "proven", "proven", "proven", "outside", "proven",
    ]  # fmt: skip


def test_one_that_it_took_though_its_answer_was_lost_holds_whatever_was_sent_since() -> None:
    charger = make()
    second, third = new_password(charger, THURSDAY), new_password(charger, THURSDAY)

    assert [comes(FIRST), comes(second)] == ["proven", "proven"]
    # It may yet take the third, which may be on its way; the first is over.
    assert [comes(FIRST), comes(second), comes(third)] == ["outside", "proven", "proven"]
    assert [comes(second), comes(third)] == ["outside", "proven"]


def test_the_newest_one_ends_all_before_it() -> None:
    charger = make()
    second, third = new_password(charger, THURSDAY), new_password(charger, THURSDAY)

    assert [comes(third), comes(second), comes(FIRST)] == ["proven", "outside", "outside"]


def test_who_needs_none_needs_one_only_once_it_used_it() -> None:
    new = new_password(make(Trust.NOTHING), THURSDAY)

    assert [comes(None), comes("whatever"), comes(new, user="another")] == ["by trust"] * 3
    assert [comes(new), comes(None), comes("whatever"), comes(new)] == ["proven", "outside", "outside", "proven"]


@pytest.mark.parametrize(
    ("trust", "words"), [(Trust.PASSWORD, "present one goes on to hold"), (Trust.NOTHING, "goes on without any")]
)
def test_that_it_refused_its_new_password_is_told_with_what_holds_now(trust: Trust, words: str) -> None:
    charger = make(trust)
    command = send_new_password(charger, new_password(charger, THURSDAY), sent_by=None, now=THURSDAY)
    command.state, command.status = CommandState.REJECTED, "NotSupported"

    command_settled(command, now=THURSDAY)

    notice = Notice.objects.get()
    assert notice.kind == "security.password_not_taken"
    assert "NotSupported" in notice.text
    assert words in notice.text
