"""A place kept for somebody, by one story in three versions: taken, refused, used, released, over."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async

from chargers.models import Charger, SettingValue
from depot.notices.models import Notice
from depot.reserving import keep_true
from sessions.models import IdToken
from sessions.reserving.models import Keeper, Reservation, ReservationState
from sessions.reserving.services import PlaceTaken, release_place, reserve_place
from tests.access.actors import browser_of
from tests.factories import THURSDAY, make_user
from tests.flows.scene import Scene
from tests.flows.speakers import Speaker, Speaker2x
from tests.polling import until as wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("business_time")]
UNTIL = THURSDAY + timedelta(hours=2)


async def reserve(scene: Scene) -> Reservation:
    def ask() -> Reservation:
        return reserve_place(
            scene.van, charger=scene.charger, evse=scene.evse, until=UNTIL, asked_by=None, now=THURSDAY
        )

    return await sync_to_async(ask)()


async def is_now(reservation: Reservation, state: ReservationState) -> None:
    async def shows() -> bool:
        await reservation.arefresh_from_db()
        return reservation.state == state

    await wait_until(shows)


async def shown_over_rest(reservation: Reservation) -> str:
    reader = await sync_to_async(lambda: browser_of(make_user()))()
    told: dict[str, str] = (await sync_to_async(reader.get)(f"/api/v1/reservations/{reservation.pk}/")).json()
    return told["state"]


async def held(scene: Scene) -> Reservation:
    reservation = await reserve(scene)
    await is_now(reservation, ReservationState.HELD)
    return reservation


async def test_the_charger_keeps_the_place_for_the_vehicle(charger: Speaker, scene: Scene) -> None:
    """1.6 §5.13, H01 S2."""
    reservation = await held(scene)

    asked = await charger.wire.is_asked("ReserveNow")
    assert await shown_over_rest(reservation) == "held"
    if isinstance(charger, Speaker2x):
        assert (asked["id"], asked["evseId"], asked["idToken"]["idToken"]) == (reservation.pk, 1, "VAN12")
        assert asked["expiryDateTime"] == "2026-03-05T18:30:00.000Z"
    else:
        assert (asked["reservationId"], asked["connectorId"], asked["idTag"]) == (reservation.pk, 1, "VAN12")
        assert asked["expiryDate"] == "2026-03-05T18:30:00.000Z"


@pytest.mark.parametrize("word", ["Faulted", "Occupied", "Unavailable", "Rejected"])
async def test_a_refusal_shows_its_reason(charger: Speaker, scene: Scene, word: str) -> None:
    charger.wire.answers["ReserveNow"] = {"status": word}

    reservation = await reserve(scene)

    await is_now(reservation, ReservationState.REFUSED)
    assert reservation.why
    assert await Notice.objects.filter(kind="reservation.ended").aexists()


async def test_a_start_by_the_vehicle_uses_it(charger: Speaker, scene: Scene) -> None:
    """H03.FR.01; 1.6 says the reservation's id, and need not."""
    reservation = await held(scene)

    assert await charger.start("VAN12", at=THURSDAY, wh=1_000) == "Accepted"

    await reservation.arefresh_from_db()
    assert reservation.state == ReservationState.USED
    assert reservation.session_id is not None


async def test_somebody_elses_card_is_refused_where_the_place_is_kept(charger: Speaker, scene: Scene) -> None:
    await IdToken.objects.acreate(value="OTHER", key="other", created_at=THURSDAY)
    reservation = await held(scene)

    shown = await charger.present("OTHER")
    started = await charger.start("OTHER", at=THURSDAY, wh=1_000)

    expected = "NotAtThisTime" if isinstance(charger, Speaker2x) else "Invalid"
    assert (shown, started) == (expected, expected)
    await reservation.arefresh_from_db()
    assert reservation.state == ReservationState.HELD


async def test_a_card_of_the_same_group_uses_it(charger: Speaker, scene: Scene) -> None:
    """H03 S2."""
    await IdToken.objects.filter(pk=scene.token.pk).aupdate(group="night shift")
    await IdToken.objects.acreate(value="OTHER", key="other", group="night shift", created_at=THURSDAY)
    reservation = await held(scene)

    assert await charger.start("OTHER", at=THURSDAY, wh=1_000) == "Accepted"

    await reservation.arefresh_from_db()
    assert reservation.state == ReservationState.USED


async def test_it_is_released_when_the_charger_has_let_it_go(charger: Speaker, scene: Scene) -> None:
    """1.6 §5.2, H02."""
    reservation = await held(scene)

    await sync_to_async(release_place)(reservation, asked_by=None, now=THURSDAY)

    assert (await charger.wire.is_asked("CancelReservation"))["reservationId"] == reservation.pk
    await is_now(reservation, ReservationState.CANCELLED)
    assert await shown_over_rest(reservation) == "cancelled"


async def test_it_is_over_in_time_also_where_the_charger_is_silent(charger: Speaker, scene: Scene) -> None:
    reservation = await held(scene)

    await sync_to_async(keep_true)(UNTIL)

    await reservation.arefresh_from_db()
    assert (reservation.state, reservation.ended_at) == (ReservationState.EXPIRED, UNTIL)


@pytest.mark.parametrize(
    ("word", "state"), [("Expired", ReservationState.EXPIRED), ("Removed", ReservationState.REMOVED)]
)
async def test_the_charger_ends_it_by_its_word(
    charger: Speaker, scene: Scene, word: str, state: ReservationState
) -> None:
    """H04; 1.6 has no word for it."""
    reservation = await held(scene)
    if not isinstance(charger, Speaker2x):
        return

    told = {"reservationId": reservation.pk, "reservationUpdateStatus": word}
    assert await charger.wire.call("ReservationStatusUpdate", told) == {}

    assert await shown_over_rest(reservation) == state


async def test_a_second_one_for_the_same_place_is_refused_with_the_firsts_name(charger: Speaker, scene: Scene) -> None:
    await held(scene)

    with pytest.raises(PlaceTaken, match="is kept for Van 12 until 18:30 UTC already"):
        await reserve(scene)


async def test_where_the_charger_knows_no_reservations_we_keep_the_place(charger: Speaker, scene: Scene) -> None:
    await SettingValue.objects.acreate(
        charger=scene.charger, variable="SupportedFeatureProfiles", value="Core,SmartCharging", reported_at=THURSDAY
    )
    await IdToken.objects.acreate(value="OTHER", key="other", created_at=THURSDAY)

    reservation = await reserve(scene)

    assert (reservation.state, reservation.kept_by) == (ReservationState.HELD, Keeper.US)
    assert not any(action == "ReserveNow" for action, _ in charger.wire.asked)
    assert await charger.start("OTHER", at=THURSDAY, wh=1_000) != "Accepted"


async def test_after_a_restart_the_charger_is_told_again(charger: Speaker, scene: Scene) -> None:
    reservation = await held(scene)
    await Charger.objects.aupdate(automation_on=True, booted_at=THURSDAY + timedelta(minutes=5))

    await sync_to_async(keep_true)(THURSDAY + timedelta(minutes=6))
    await sync_to_async(keep_true)(THURSDAY + timedelta(minutes=7))

    async def asked_twice() -> bool:
        return [action for action, _ in charger.wire.asked].count("ReserveNow") == 2

    await wait_until(asked_twice)
    await is_now(reservation, ReservationState.HELD)
