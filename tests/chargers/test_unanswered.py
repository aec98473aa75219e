"""Commands that are not answered in time: never sent, sent and lost with the link, and answered late."""

from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from django.test import override_settings

from chargers import services
from chargers.choices import CommandState
from chargers.commands import ClearCache
from chargers.consumers import lines
from chargers.credentials import keyed_hash
from chargers.models import Charger, IssuedCommand
from depot import effects
from tests.factories import THURSDAY, make_charger, make_command
from tests.live import LiveDepot
from tests.polling import until
from tests.wire import dial

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storage]
PASSWORD = "23456789abcdef23456789abcdef2345"


@pytest.fixture
def charger(db: None) -> Charger:
    return make_charger("CP-A01", online=False, password_hmac=keyed_hash(PASSWORD.encode()))


async def ask(charger: Charger) -> int:
    issue = sync_to_async(services.issue_command)
    return (await issue(charger, ClearCache(), issued_by=None, now=THURSDAY, send_within_s=60)).pk


async def reaches_the_line(command_id: int) -> None:
    async def is_there() -> bool:
        return any(consumer.line.carries(command_id) for consumer in list(lines.values()))

    await until(is_there)


async def becomes(command_id: int, state: CommandState) -> None:
    async def is_so() -> bool:
        return (await IssuedCommand.objects.aget(pk=command_id)).state == state

    await until(is_so)


async def test_when_the_link_breaks_what_was_sent_is_unanswered_and_what_waited_goes_over_the_next(
    live_depot: LiveDepot, charger: Charger
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        wire.answers["ClearCache"] = lambda asked: None
        await wire.call("Heartbeat")
        sent, waiting = await ask(charger), await ask(charger)
        await wire.is_asked("ClearCache")
        await reaches_the_line(waiting)

    await becomes(sent, CommandState.UNANSWERED)
    assert (await IssuedCommand.objects.aget(pk=waiting)).state == CommandState.REQUESTED
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        await wire.call("Heartbeat")
        await becomes(waiting, CommandState.ACCEPTED)


@override_settings(CALL_TIMEOUT_S=0.2)
async def test_a_late_answer_settles_what_was_given_up(live_depot: LiveDepot, charger: Charger) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        wire.answers["ClearCache"] = lambda asked: None
        await wire.call("Heartbeat")
        command = await ask(charger)
        await becomes(command, CommandState.UNANSWERED)
        given_up = await IssuedCommand.objects.aget(pk=command)

        await wire.say([3, given_up.message_id, {"status": "Accepted"}])

        await becomes(command, CommandState.ACCEPTED)
        assert "currentTime" in await wire.call("Heartbeat")


@override_settings(CALL_TIMEOUT_S=0.2)
async def test_a_late_answer_to_the_first_does_not_pass_for_the_second_s(
    live_depot: LiveDepot, charger: Charger
) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        wire.answers["ClearCache"] = lambda asked: None
        await wire.call("Heartbeat")
        first, second = await ask(charger), await ask(charger)
        await becomes(second, CommandState.UNANSWERED)

        for command, status in ((first, "Rejected"), (second, "Accepted")):
            row = await IssuedCommand.objects.aget(pk=command)
            await wire.say([3, row.message_id, {"status": status}])

        await becomes(first, CommandState.REJECTED)
        await becomes(second, CommandState.ACCEPTED)


@pytest.mark.parametrize(
    ("fields", "comes_of_it"),
    [
        ({"send_before": timedelta(seconds=-3)}, CommandState.EXPIRED),
        ({"state": CommandState.SENT, "sent_at": timedelta(seconds=-121)}, CommandState.UNANSWERED),
        ({"send_before": timedelta(seconds=20)}, CommandState.REQUESTED),
        ({"state": CommandState.SENT, "sent_at": timedelta(seconds=-20)}, CommandState.SENT),
    ],
)
def test_what_a_dead_process_left_open_is_given_up_when_its_time_is_over(
    charger: Charger, fields: dict[str, object], comes_of_it: CommandState
) -> None:
    now = datetime.now(UTC)
    moments = {name: now + value if isinstance(value, timedelta) else value for name, value in fields.items()}
    command = make_command(charger, **moments)

    effects.expire(THURSDAY)

    command.refresh_from_db()
    assert command.state == comes_of_it


async def test_what_was_asked_first_is_sent_first(live_depot: LiveDepot, charger: Charger) -> None:
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD) as wire:
        await wire.call("Heartbeat")
        asked = [await ask(charger) for _ in range(6)]
        await becomes(asked[-1], CommandState.ACCEPTED)

    sent = IssuedCommand.objects.order_by("sent_at").values_list("pk", flat=True)
    assert [pk async for pk in sent] == asked
