from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing import services
from billing.models import Transaction
from billing.queries import feed_page
from billing.services import NoNumbersLeft, jump_after_restore, settle_session
from tests.billing.yard import NOW, ended_session

pytestmark = [pytest.mark.storage, pytest.mark.django_db]


def test_after_a_restore_numbers_jump_ahead_and_the_epoch_changes() -> None:
    session = ended_session()
    before = settle_session(session, now=NOW)
    epoch = services.feed_head().epoch

    restored = jump_after_restore(1000)

    later = ended_session()
    row = settle_session(later, now=NOW)
    assert restored.epoch == services.feed_head().epoch != epoch
    assert row.seq == before.seq + 1001
    assert row.pk == before.pk + 1001
    assert later.pk == session.pk + 1001


def test_an_empty_depot_can_be_restored_too() -> None:
    restored = jump_after_restore(1000)

    assert settle_session(ended_session(), now=NOW).seq == restored.last_seq + 1 == 1001


def test_who_asks_after_an_old_number_goes_on_behind_the_jump() -> None:
    settle_session(ended_session(), now=NOW)
    jump_after_restore(1000)
    settle_session(ended_session(), now=NOW)

    page = feed_page(Transaction.objects.all(), services.feed_head(), after=1, limit=10)

    assert ([row.seq for row in page.rows], page.next_after) == ([1002], 1002)


def test_ids_never_leave_what_ocpp_can_hold() -> None:
    session = ended_session()
    settle_session(session, now=NOW)

    with pytest.raises(NoNumbersLeft):
        jump_after_restore(2**31 - 1)

    assert services.feed_head().last_seq == 1
    assert ended_session().pk == session.pk + 1


def test_the_command_says_what_comes_next() -> None:
    settle_session(ended_session(), now=NOW)
    said = StringIO()

    call_command("after_restore", jump=500, stdout=said)

    assert services.feed_head().epoch in said.getvalue()
    assert "Next transaction seq:  502" in said.getvalue()


@pytest.mark.parametrize(("jump", "why"), [(0, "above 0"), (2**31, "No numbers are left")])
def test_the_command_refuses_a_jump_without_sense(jump: int, why: str) -> None:
    with pytest.raises(CommandError, match=why):
        call_command("after_restore", jump=jump, stdout=StringIO())
