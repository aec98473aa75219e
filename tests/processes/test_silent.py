"""Silent and dead: who says nothing any more is shown offline within 90 s, with the age of what it last said."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from chargers import gateway
from chargers.credentials import keyed_hash
from chargers.models import Charger, Connection, Gateway
from chargers.queries import LEASE, link_of
from depot import duties
from depot.board.consumers import SWEEP_S
from depot.embedded import GATEWAY_OPTIONS
from tests.factories import THURSDAY, make_bay, make_charger, make_depot, make_evse, make_user
from tests.live import DepotProcess, gateway_command
from tests.processes.silent import BareSocket
from tests.servers import free_port, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storage]
PASSWORD = "23456789abcdef23456789abcdef2345"
SHOWN_WITHIN_S = 90
HEARTBEAT = [2, "1", "Heartbeat", {}]


@pytest.fixture
def charger(transactional_db: None) -> Charger:
    charger = make_charger("CP-A01", online=False, password_hmac=keyed_hash(PASSWORD.encode()))
    make_bay(make_depot(), "A01", evse=make_evse(charger))
    return charger


@pytest.fixture
def impatient_gateway(charger: Charger) -> Iterator[DepotProcess]:
    """As production's, but for its ping: each second, and each to be answered within one."""
    port = free_port()
    impatience = ["--ws-ping-interval", "1", "--ws-ping-timeout", "1"]
    process = DepotProcess([*gateway_command(port), *impatience], port=port)
    process.start()
    yield process
    process.end_somehow()


def test_production_notices_silence_in_time() -> None:
    """A charger that falls silent just after it answered a ping; a process that dies just after renewing its lease."""
    by_ping_s = float(GATEWAY_OPTIONS["ws-ping-interval"]) + float(GATEWAY_OPTIONS["ws-ping-timeout"])
    by_lease_s = LEASE.total_seconds()

    # An open page hears of the first at once, and looks for the second by itself.
    assert by_ping_s + 1 < SHOWN_WITHIN_S
    assert by_lease_s + SWEEP_S < SHOWN_WITHIN_S
    # A lease that is renewed in time never runs out, even if two renewals are late.
    assert by_lease_s > 2 * (gateway.LEASE_EVERY_S + gateway.LOOK_EVERY_S)


def test_a_charger_that_answers_no_ping_is_offline_since_its_last_word(
    charger: Charger, impatient_gateway: DepotProcess
) -> None:
    with closing(BareSocket(impatient_gateway.port, "CP-A01", PASSWORD)) as silent:
        silent.say(HEARTBEAT)
        silent.hear()
        before = link_of(charger.pk)
        last_said = datetime.now(UTC)

        wait_until(lambda: not link_of(charger.pk).is_online, within_s=20)

    link = link_of(charger.pk)
    assert before.is_online
    assert link.last_heard_at is not None
    assert abs(link.last_heard_at - last_said) < timedelta(seconds=2)


def test_the_chargers_of_a_killed_gateway_are_offline_when_its_lease_has_run_out(
    charger: Charger, impatient_gateway: DepotProcess
) -> None:
    with closing(BareSocket(impatient_gateway.port, "CP-A01", PASSWORD)) as line:
        line.say(HEARTBEAT)
        line.hear()
        impatient_gateway.kill()
        just_after = link_of(charger.pk)
        heard_at = Connection.objects.get().last_frame_at
        long_after(LEASE)

        after = link_of(charger.pk)
        closed = duties.close_dead_sockets(THURSDAY)

    # Nobody was there to note the end: it is the lease that tells, and then the books are put right.
    assert (just_after.is_online, after.is_online, closed) == (True, False, 1)
    row = Connection.objects.get()
    assert row.closed_at == row.last_frame_at < datetime.now(UTC) - LEASE
    assert after.last_heard_at == heard_at - LEASE


def long_after(time: timedelta) -> None:
    """Move the rows into the past, in place of waiting."""
    for row in Gateway.objects.all():
        Gateway.objects.filter(pk=row.pk).update(renewed_at=row.renewed_at - time)
    for one in Connection.objects.all():
        moved = {"opened_at": one.opened_at - time, "last_frame_at": one.last_frame_at - time}
        Connection.objects.filter(pk=one.pk).update(**moved)


def test_people_see_since_when_nothing_was_heard(
    charger: Charger, impatient_gateway: DepotProcess, client: Client
) -> None:
    with closing(BareSocket(impatient_gateway.port, "CP-A01", PASSWORD)) as line:
        line.say(HEARTBEAT)
        line.hear()
        impatient_gateway.kill()
    long_after(timedelta(minutes=12))
    client.force_login(make_user())

    page = re.sub(r"\s", " ", client.get("/").content.decode())

    assert "No contact" in page
    assert ">12 m<" in page
