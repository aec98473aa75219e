"""Some hours of a night over real sockets, with the whole server, on links that lose a tenth of all that is said."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from chargers.choices import CommandState
from chargers.commands import RateUnit
from chargers.held.services import held_by
from chargers.models import IssuedCommand
from chargers.profiles import Circumstances, InstalledProfiles, RunningTransaction, Supply, compose
from chargers.services import issue_command
from depot import clock
from depot.energy.delivery.books import reference_of
from depot.energy.delivery.readback import Told, agrees, read_schedule
from depot.energy.delivery.verifying import question_for
from depot.energy.models import StoredPlan, Wiring
from depot.energy.services.marks import want_plan
from depot.energy.worst import bound_of
from sessions.models import Session
from tests.nights.conftest import BeginNight
from tests.nights.depots import Van, plan_yard
from tests.nights.night import Happening, Night, wall
from tests.servers import wait_until

pytestmark = [pytest.mark.django_db(transaction=True)]

LOOKS_S = 2.0  # four of the depot's beats
EVENING = wall(2026, 11, 19, 22)
RATE = 330.0
# Half of what the connection could give them in that time: they can all be ready.
VANS = tuple(
    Van(bay=bay, arrives="22:02", leaves="23:50", uses_kwh=kwh)
    for bay, kwh in zip(("A01", "A02", "A03", "A04", "B11", "B12", "B13", "B14"), (4, 2, 3, 4, 2, 3, 2, 4), strict=True)
)


def test_whatever_befalls_links_clocks_power_and_server_no_circuit_is_over(begin_night: BeginNight) -> None:
    night = begin_night(VANS, evening=EVENING, rate=RATE, plan=plan_yard(VANS, clock_offset_s=30))
    night.to_all("loses_requests", value=0.1)
    night.to_all("loses_answers", value=0.1)

    night.live_until(
        wall(2026, 11, 19, 23, 20),
        [
            Happening(wall(2026, 11, 19, 22, 20), Night.kill_and_restart, "killed"),
            Happening(wall(2026, 11, 19, 22, 35), Night.drop_one, "a link"),
            Happening(wall(2026, 11, 19, 22, 45), Night.cut_the_power, "the power"),
            Happening(wall(2026, 11, 19, 23, 0), Night.show_cards_again, "cards"),
        ],
    )
    over = night.excesses(log := night.log())
    night.to_all("loses_requests", value=0.0)
    night.to_all("loses_answers", value=0.0)
    # What was lost on the way is said again meanwhile.
    night.live_until(wall(2026, 11, 19, 23, 32))

    assert [str(each) for each in over] == []
    assert sum(got for got, _ in night.given_wh(log).values()) > 5_000
    _told_nothing_by_the_same_plan(night)
    _mean_what_we_think(night)


def _told_nothing_by_the_same_plan(night: Night) -> None:
    night.stand_still()
    _wait_for_calm()
    _plan_again(night)  # of this moment, which no plan knew
    before = _told()

    _plan_again(night)

    assert _told() == before


def _told() -> list[str]:
    return [str(each) for each in IssuedCommand.objects.filter(kind="install_profile").order_by("pk")]


def _plan_again(night: Night) -> None:
    newest = StoredPlan.objects.order_by("-pk").values_list("pk", flat=True)[0]
    want_plan(night.depot.pk, "the same again", now=clock.now())
    # Another may be in the making, by what was so while time went on.
    planned = StoredPlan.objects.filter(pk__gt=newest, made_at__gte=clock.now())
    wait_until(planned.exists, within_s=30, every_s=0.1, what="a plan")
    _wait_for_calm()


def _wait_for_calm() -> None:
    """A raise goes out with the look after the one that heard of the reductions: several looks must find nothing.

    While time stands still chargers go on telling what got lost, and each word of it may move a plan.
    """
    told, since = _told(), time.monotonic()

    def is_calm() -> bool:
        nonlocal told, since
        if not _nothing_is_on_its_way() or told != (told := _told()):
            since = time.monotonic()
        return time.monotonic() > since + LOOKS_S

    wait_until(is_calm, within_s=150, every_s=0.1, what="calm")


def _nothing_is_on_its_way() -> bool:
    """What a killed server had sent counts as sent for minutes; nobody waits for its answers any more."""
    lately = datetime.now(UTC) - timedelta(seconds=5)
    asked = IssuedCommand.objects.filter(state=CommandState.REQUESTED)
    return not asked.exists() and not IssuedCommand.objects.filter(state=CommandState.SENT, sent_at__gt=lately).exists()


def _mean_what_we_think(night: Night) -> None:
    """What each charger says that it will do, and what it does, are by something that it may hold by our books."""
    versions = set()
    for charger in night.yard.chargers():
        for point in charger["evses"]:
            if point["transaction"] is None:
                continue
            wiring = Wiring.objects.select_related("evse__charger", "circuit").get(
                evse__charger__identity=charger["identity"], evse__number=point["number"]
            )
            now = clock.now() + timedelta(seconds=charger["faults"].get("clock_offset_s", 0))
            where, possible = _circumstances(wiring), held_by([wiring.evse.charger_id])[wiring.evse.charger_id]
            assert any(
                point["limit_w"] == pytest.approx(_limit_w(installed, where, wiring, now), abs=120)
                for installed in possible.candidates
            )
            told = _read_back(wiring)
            most_a = wiring.rating_w / 230 / len(wiring.lines)
            assert any(
                agrees(told, installed, where, evse=wiring.evse.number, most=most_a)[0]
                for installed in possible.candidates
            )
            versions.add(charger["version"])
    assert versions == {"1.6", "2.0.1", "2.1"}


def _circumstances(wiring: Wiring) -> Circumstances:
    session = Session.objects.running().get(evse=wiring.evse)
    running = RunningTransaction(reference=reference_of(session), charging_since=session.started_at)
    return Circumstances(
        evses=(wiring.evse.number,),
        transactions={wiring.evse.number: running},
        supply=Supply(voltage_v=230, phases=len(wiring.lines)),
    )


def _limit_w(installed: InstalledProfiles, where: Circumstances, wiring: Wiring, at: datetime) -> float | None:
    second = timedelta(seconds=1)
    found = compose(installed, where, evse=wiring.evse.number, since=at, until=at + second, unit=RateUnit.WATT)
    return bound_of(found[0].level, RateUnit.WATT)


def _read_back(wiring: Wiring) -> Told:
    row = issue_command(wiring.evse.charger, question_for(wiring), issued_by=None, now=clock.now())
    wait_until(lambda: IssuedCommand.objects.get(pk=row.pk).answered_at, within_s=20, what="a composite schedule")
    told = read_schedule(IssuedCommand.objects.get(pk=row.pk).response, clock.now())
    assert told is not None
    return told
