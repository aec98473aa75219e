"""Cards and what they may do, by one story in three versions: refused, limited, prepaid, in groups, master passes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async

from chargers.models import IssuedCommand
from depot.limits import pay_from_credit, stop_those_at_their_limit
from depot.notices.models import Notice
from depot.settling import settle_due
from sessions.models import CreditEntry, IdToken, LimitKeeper, LimitKind, Session, TokenGroup
from sessions.services import add_credit
from tests.factories import THURSDAY
from tests.flows.scene import PASSWORD, Scene
from tests.flows.speakers import Speaker, Speaker2x
from tests.live import LiveDepot
from tests.wire import Payload, dial

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("business_time")]
LATER = THURSDAY + timedelta(hours=1)
# What each version is told of a card, by what speaks against it: 1.6 knows five words.
REFUSALS = [
    ({"standing": "blocked"}, "Blocked", "Blocked"),
    ({"expires_at": THURSDAY}, "Expired", "Expired"),
    ({"valid_from": LATER}, "Invalid", "NotAtThisTime"),
    ({"prepaid_balance": Decimal(0)}, "Invalid", "NoCredit"),
    ({"bay_keys": [0]}, "Invalid", "NotAtThisLocation"),
]


async def card(value: str, **fields: object) -> IdToken:
    return await IdToken.objects.acreate(value=value, key=value.casefold(), created_at=THURSDAY, **fields)


@pytest.mark.parametrize(("fields", "in_16", "in_2x"), REFUSALS)
async def test_a_card_that_may_not_charge_is_told_why(
    charger: Speaker, fields: Payload, in_16: str, in_2x: str
) -> None:
    await charger.status("Available", at=THURSDAY)
    await card("CARD7", **fields)

    said = await charger.present("CARD7")

    assert said == (in_2x if isinstance(charger, Speaker2x) else in_16)


async def test_a_start_offline_with_a_blocked_card_is_booked_marked_and_told(charger: Speaker) -> None:
    await card("CARD7", standing="blocked")

    said = await charger.start("CARD7", at=THURSDAY - timedelta(hours=2), wh=1_000, offline=True)
    await charger.stop(at=THURSDAY - timedelta(hours=1), wh=9_000, offline=True)

    session = await Session.objects.aget()
    assert said == "Blocked"
    assert (session.energy_wh, session.token_status) == (8_000, "Blocked")
    assert session.token_why == "It is blocked. The charger began while it could not ask us."
    notice = await Notice.objects.aget(kind="session.not_authorized")
    assert notice.text.endswith(session.token_why)


async def test_a_card_with_one_charge_at_a_time_starts_no_second(live_depot: LiveDepot, charger: Speaker) -> None:
    await card("CARD7", max_concurrent=1)
    await charger.start("CARD7", at=THURSDAY, wh=1_000)
    await charger.status("Charging", at=THURSDAY)

    status = await _start_at_the_other(live_depot, "CARD7")

    assert status == "ConcurrentTx"


async def test_a_group_with_one_charge_at_a_time_starts_no_second(live_depot: LiveDepot, charger: Speaker) -> None:
    await TokenGroup.objects.acreate(name="night shift", max_concurrent=1)
    await card("CARD7", group="night shift")
    await card("CARD8", group="night shift")
    await charger.start("CARD7", at=THURSDAY, wh=1_000)
    await charger.status("Charging", at=THURSDAY)

    status = await _start_at_the_other(live_depot, "CARD8")

    assert status == "ConcurrentTx"


async def _start_at_the_other(live_depot: LiveDepot, token: str) -> str:
    from chargers.credentials import keyed_hash
    from tests.factories import make_charger

    fields = {"online": False, "password_hmac": keyed_hash(PASSWORD.encode()), "automation_on": False}
    await sync_to_async(make_charger)("CP-A02", **fields)
    async with dial(live_depot.socket_url, "CP-A02", password=PASSWORD) as wire:
        told = {"connectorId": 1, "idTag": token, "meterStart": 0, "timestamp": "2026-03-05T16:30:00Z"}
        status: str = (await wire.call("StartTransaction", told))["idTagInfo"]["status"]
        return status


async def test_a_master_pass_starts_nothing_and_stops_what_runs(charger: Speaker) -> None:
    """C16.FR.03; 1.6 has no master pass, so what C16.FR.02 makes of it is asked for by us."""
    await card("MASTER", is_master_pass=True)
    await charger.start("VAN12", at=THURSDAY, wh=1_000)

    shown = await charger.present("MASTER")

    if isinstance(charger, Speaker2x):
        assert shown == "Accepted"
        assert await charger.start("MASTER", at=LATER, wh=2_000) == "Invalid"
    else:
        assert shown == "Invalid"
        assert (await charger.asked_to_stop())["reference"] == charger.reference


async def test_a_charge_at_its_limit_is_asked_to_stop_and_says_why(charger: Speaker) -> None:
    """E16; before 2.1 no charger keeps a limit, and one of 2.1 that confirms none keeps none."""
    await card("CARD7", limit_wh=5_000)
    await charger.start("CARD7", at=THURSDAY - timedelta(hours=1), wh=1_000)
    await charger.meter(at=THURSDAY - timedelta(minutes=10), wh=5_900)
    assert await sync_to_async(stop_those_at_their_limit)(THURSDAY) == 0

    await charger.meter(at=THURSDAY, wh=6_100)
    asked = await sync_to_async(stop_those_at_their_limit)(THURSDAY)
    again = await sync_to_async(stop_those_at_their_limit)(THURSDAY)

    assert (await charger.asked_to_stop())["reference"] == charger.reference
    assert (asked, again) == (1, 0)
    assert (await Session.objects.aget()).limit_reached == LimitKind.ENERGY


async def test_a_charger_of_21_is_told_the_limit_keeps_it_and_says_when_it_is_reached(
    live_depot: LiveDepot, scene: Scene
) -> None:
    """E16.FR.02, E16.FR.03; C17: prepaid credit is the cost limit, and the card is not remembered."""
    token = await card("CARD7", limit_soc_percent=80)
    await sync_to_async(add_credit)(token, Decimal("12.50"), now=THURSDAY)
    async with dial(live_depot.socket_url, "CP-A01", password=PASSWORD, subprotocols=("ocpp2.1",)) as wire:
        charger = Speaker2x(wire, "ocpp2.1", reference="tx-1")
        await charger.boot()
        shown = await wire.call("Authorize", {"idToken": {"idToken": "CARD7", "type": "ISO14443"}})
        begun = await charger._event(
            "Started", "Authorized", THURSDAY, {}, evse={"id": 1}, idToken={"idToken": "CARD7", "type": "ISO14443"}
        )
        await charger._event("Updated", "LimitSet", THURSDAY, {"transactionLimit": begun["transactionLimit"]})
        confirmed = await Session.objects.aget()
        await charger._event("Updated", "CostLimitReached", LATER, {"chargingState": "SuspendedEVSE"})

    assert shown["idTokenInfo"]["cacheExpiryDateTime"] == "2026-03-05T16:30:00.000Z"
    assert shown["idTokenInfo"]["personalMessage"]["content"] == "Credit: 12.50 EUR"
    assert begun["transactionLimit"] == {"maxCost": 12.5, "maxSoC": 80}
    assert confirmed.limit_kept_by == LimitKeeper.CHARGER
    reached = await Session.objects.aget()
    assert (reached.limit_cost, reached.limit_reached) == (Decimal("12.50"), LimitKind.COST)


async def test_credit_pays_for_a_charge_once(charger: Speaker) -> None:
    token = await card("CARD7")
    await sync_to_async(add_credit)(token, Decimal(10), now=THURSDAY - timedelta(hours=2))
    await charger.start("CARD7", at=THURSDAY - timedelta(hours=1), wh=1_000)
    await charger.stop(at=THURSDAY, wh=11_000)
    await sync_to_async(settle_due)(THURSDAY + timedelta(days=4))

    for _ in range(2):
        await sync_to_async(pay_from_credit)(LATER)

    await token.arefresh_from_db()
    assert token.prepaid_balance == Decimal("7.00")
    assert await CreditEntry.objects.filter(token=token).acount() == 2


async def test_no_stop_is_asked_twice_of_a_charge_at_its_limit(charger: Speaker) -> None:
    await card("CARD7", limit_s=60)
    await charger.start("CARD7", at=THURSDAY, wh=1_000)

    for _ in range(2):
        await sync_to_async(stop_those_at_their_limit)(LATER)

    assert await IssuedCommand.objects.filter(kind="stop").acount() == 1
