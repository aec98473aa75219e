"""One vehicle charging, from plug to ERP: the same story in all three versions."""

from datetime import timedelta
from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async

from billing.models import Transaction
from chargers.models import Connector, IssuedCommand
from depot import settling
from sessions import services
from sessions.models import Session
from tests.factories import THURSDAY, make_user
from tests.flows.scene import Scene
from tests.flows.speakers import Speaker
from tests.polling import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storage, pytest.mark.usefixtures("business_time")]
MINUTE = timedelta(minutes=1)


async def answered(command: IssuedCommand) -> IssuedCommand:
    """The charger's word on a command is kept apart from what it says by itself, and may come after it."""

    async def has_answer() -> bool:
        await command.arefresh_from_db()
        return command.answered_at is not None

    await until(has_answer)
    return command


async def charge(charger: Speaker, *, wh: int = 9_000) -> None:
    await charger.start("VAN12", at=THURSDAY, wh=1_000)
    await charger.meter(at=THURSDAY + 30 * MINUTE, wh=1_000 + wh // 2, w=9_000)
    await charger.stop(at=THURSDAY + 60 * MINUTE, wh=1_000 + wh)


async def test_a_known_token_may_charge_and_an_unknown_one_may_not(charger: Speaker) -> None:
    assert await charger.present("VAN12") == "Accepted"
    assert await charger.present("STRANGER") in ("Invalid", "Unknown")


async def test_a_start_opens_a_session_of_the_token_s_vehicle_at_its_bay(charger: Speaker, scene: Scene) -> None:
    status = await charger.start("van12", at=THURSDAY, wh=1_000)

    session = await Session.objects.select_related("vehicle").aget()
    assert status == "Accepted"
    assert (session.vehicle, session.bay_name, session.evse_id) == (scene.van, "A01", scene.evse.pk)


async def test_meter_values_show_in_the_running_session(charger: Speaker) -> None:
    await charger.start("VAN12", at=THURSDAY, wh=1_000)
    await charger.meter(at=THURSDAY + 10 * MINUTE, wh=2_500, w=9_000)

    session = await Session.objects.aget()
    assert (session.energy_wh, session.power_w, session.ended_at) == (1_500, 9_000, None)


async def test_a_finished_charge_reaches_the_erp_with_its_energy_and_cost(charger: Speaker) -> None:
    await charge(charger)

    await sync_to_async(settling.settle_due)(THURSDAY + timedelta(days=1))

    booked = await Transaction.objects.aget()
    assert (booked.seq, booked.energy_wh, booked.cost) == (1, 9_000, Decimal("2.70"))
    assert booked.facts["energy_kwh"] == "9.000"


async def test_messages_told_twice_change_nothing(charger: Speaker) -> None:
    await charger.start("VAN12", at=THURSDAY, wh=1_000)
    reference = charger.reference
    if hasattr(charger, "sequence"):
        charger.sequence, charger.count = 0, 0
    await charger.start("VAN12", at=THURSDAY, wh=1_000)
    assert charger.reference == reference
    for _ in range(2):
        await charger.stop(at=THURSDAY + 60 * MINUTE, wh=10_000)

    session = await Session.objects.aget()
    assert session.energy_wh == 9_000


async def test_a_start_asked_by_a_dispatcher_is_seen_when_it_shows(charger: Speaker, scene: Scene) -> None:
    dispatcher = await sync_to_async(make_user)()
    command = await sync_to_async(services.request_start)(scene.van, scene.evse, requested_by=dispatcher, now=THURSDAY)
    asked = await charger.asked_to_start()
    await charger.start(asked["token"], at=THURSDAY, wh=1_000, remote_start_id=asked["remote_start_id"])

    session = await Session.objects.aget()
    command = await answered(command)
    assert (asked["token"], asked["evse"]) == ("VAN12", 1)
    assert (command.state, command.effect) == ("accepted", "seen")
    assert session.started_by_id == dispatcher.pk


async def test_a_stop_is_requested_accepted_and_seen_when_the_charger_says_so(charger: Speaker) -> None:
    dispatcher = await sync_to_async(make_user)()
    await charger.start("VAN12", at=THURSDAY, wh=1_000)
    session = await Session.objects.aget()
    command = await sync_to_async(services.request_stop)(session, requested_by=dispatcher, now=THURSDAY)
    asked = await charger.asked_to_stop()

    await charger.stop(at=THURSDAY + 5 * MINUTE, wh=1_700, reason="Remote")

    command = await answered(command)
    session = await Session.objects.aget()
    assert asked["reference"] == charger.reference
    assert (command.state, command.effect) == ("accepted", "seen")
    assert (session.ended_at, session.stop_reason) == (THURSDAY + 5 * MINUTE, "Remote")


async def test_a_charger_that_forgets_the_stop_is_closed_by_evidence(charger: Speaker) -> None:
    await charger.start("VAN12", at=THURSDAY, wh=1_000)
    await charger.meter(at=THURSDAY + 10 * MINUTE, wh=2_500)

    await charger.status("Available", at=THURSDAY + 20 * MINUTE)

    session = await Session.objects.aget()
    assert (session.closed_by, session.energy_wh) == ("evidence", 1_500)


async def test_the_true_stop_replaces_what_evidence_had_closed(charger: Speaker) -> None:
    await charger.start("VAN12", at=THURSDAY, wh=1_000)
    await charger.status("Available", at=THURSDAY + 20 * MINUTE)

    await charger.stop(at=THURSDAY + 15 * MINUTE, wh=3_000)

    session = await Session.objects.aget()
    assert (session.closed_by, session.energy_wh, session.ended_at) == ("charger", 2_000, THURSDAY + 15 * MINUTE)


async def test_a_charge_told_after_an_outage_is_booked_under_its_own_time(charger: Speaker) -> None:
    yesterday = THURSDAY - timedelta(days=1)
    await charger.start("VAN12", at=yesterday, wh=1_000, offline=True)
    await charger.stop(at=yesterday + 60 * MINUTE, wh=5_000, offline=True)

    session = await Session.objects.aget()
    assert (session.started_at, session.ended_at) == (yesterday, yesterday + 60 * MINUTE)
    assert session.energy_wh == 4_000


async def test_a_status_is_kept_as_it_was_last_heard(charger: Speaker) -> None:
    await charger.status("Faulted", at=THURSDAY)
    await charger.status("Available", at=THURSDAY - timedelta(hours=5))  # an old time; the newest heard wins

    connector = await Connector.objects.aget()
    assert connector.status == "available"
