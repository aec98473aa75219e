"""Whole nights, for as long as they take, and only when asked for: `run.py nights`."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from chargers.models import IssuedCommand
from depot import clock
from depot.access.keys import make_key
from depot.access.models import Role, Scope
from depot.energy.delivery.models import Target
from depot.energy.delivery.obedience import SAMPLES
from depot.energy.delivery.standing import Obedience
from depot.energy.models import MeterKind, MeterSource, Wiring
from depot.notices.models import Notice
from tests.access.actors import browser_of, person
from tests.nights.checker import Bound, Flow, energy_wh, excesses, highest_w
from tests.nights.conftest import BeginNight
from tests.nights.depots import Limits, Plan, Van, bounds_of, leaving, plan_yard, points_of
from tests.nights.night import Happening, Night, wall
from tests.processes.asking import ask_to_post

pytestmark = [pytest.mark.django_db(transaction=True)]

RATE = float(os.environ.get("NIGHTS_RATE", "120"))
# Where it matters how long something takes, as who waits how long for a lost frame, a minute must be some seconds: so
# long does a machine with other work take for an answer.
UNHURRIED = min(RATE, 30.0)
SEED = int(os.environ.get("NIGHTS_SEED", "7"))
EVENING, MORNING = wall(2026, 11, 19, 18), wall(2026, 11, 20, 6, 40)
BAYS = ("A01", "A02", "A03", "A04", "B11", "B12", "B13", "B14")
VANS = tuple(
    Van(bay=bay, arrives=comes, leaves=leaves, uses_kwh=kwh)
    for bay, comes, leaves, kwh in zip(
        BAYS,
        ("18:05", "18:20", "18:40", "19:00", "18:10", "19:30", "20:00", "18:30"),
        ("04:30", "05:00", "06:00", "06:30", "06:00", "05:30", "06:30", "06:00"),
        (24, 18, 28, 16, 20, 22, 18, 30),
        strict=True,
    )
)
# All have come by the time power is cheap, and then they take all there is.
CHEAP = wall(2026, 11, 19, 22)
EARLY = tuple(replace(van, arrives="22:02", leaves="06:00") for van in VANS)
# Chargers' clocks are wrong, and the yard's log is by the true one.
AT_THE_EDGE = timedelta(seconds=90)
# The samples that show a disobedient charger, and the time in which the others are told and follow.
SAMPLE_S = 60
REACTION = SAMPLES * timedelta(seconds=SAMPLE_S) * 2 + timedelta(minutes=4)


def lossy_yard() -> Plan:
    return plan_yard(VANS, clock_offset_s=30)


def strikes(random: Random, count: int) -> list[Happening]:
    """One after the other at random moments between evening and morning."""
    kinds = [
        (Night.kill_and_restart, "the server killed"),
        (Night.drop_one, "a charger gone"),
        (Night.drop_one, "a charger gone"),
    ]
    hours = (MORNING - EVENING) / timedelta(hours=1) - 2
    found = []
    for _ in range(count):
        act, name = random.choice(kinds)
        found.append(Happening(EVENING + timedelta(hours=random.uniform(1, hours)), act, name))
    cut = wall(2026, 11, 20, 1, 10)
    found += [
        Happening(cut, Night.cut_the_power, "the power of the whole yard"),
        Happening(cut + timedelta(minutes=12), Night.show_cards_again, "cards are shown again"),
        Happening(cut + timedelta(minutes=30), Night.show_cards_again, "cards are shown again"),
    ]
    return found


def test_a_whole_night_keeps_every_circuit_and_has_the_vans_ready(begin_night: BeginNight) -> None:
    night = begin_night(VANS, evening=EVENING, rate=UNHURRIED, patience=1 / UNHURRIED, plan=lossy_yard())
    night.to_all("loses_requests", value=0.1)
    night.to_all("loses_answers", value=0.1)

    night.live_until(MORNING, strikes(Random(SEED), 9))
    log = night.log()

    tell(night, log)
    assert [str(each) for each in night.excesses(log)] == []
    assert night.short(log) == {}


def test_a_sender_without_a_ledger_is_caught(begin_night: BeginNight) -> None:
    """The check can fail: the same night, with raises sent as they are wished."""
    night = begin_night(VANS, evening=EVENING, rate=UNHURRIED, patience=1 / UNHURRIED, plan=lossy_yard(), naive=True)
    # All there is moves from one to the other: nothing of it is kept for whoever loses its plan.
    Wiring.objects.update(fallback_w=0)
    night.to_all("loses_requests", value=0.3)
    night.to_all("loses_answers", value=0.3)

    night.live_until(wall(2026, 11, 20, 1), strikes(Random(SEED), 4))
    log = night.log()

    tell(night, log)
    assert night.excesses(log) != []


def test_who_accepts_and_ignores_is_named_and_the_others_give_way(begin_night: BeginNight) -> None:
    night = begin_night(EARLY, evening=CHEAP, rate=RATE, plan=plan_yard(EARLY, sample_every_s=SAMPLE_S))
    ignores, ends = wall(2026, 11, 19, 22, 45), wall(2026, 11, 20, 0, 15)

    night.live_until(
        ends,
        [Happening(ignores, lambda its: its.to("N21-B", "ignores_limits", value=True), "one ignores its limit")],
    )
    log = night.log()

    tell(night, log)
    over = night.excesses(log)
    assert [str(each) for each in over if each.lasted > REACTION] == []
    assert [str(each) for each in over if each.since < ignores] == []
    assert highest_w(log, ("N21-B", 1), ignores, ends) > 10_000
    assert drawn_w(night, log, ignores) > 0.6 * (night.limits.grid_w - night.limits.reserved_w), "they had to give way"
    assert Target.objects.get(evse__charger__identity="N21-B").obedience in (Obedience.COUNTED, Obedience.STOPPED)
    assert "N21-B" in Notice.objects.filter(kind="limits.ignored").get().text


def test_a_building_that_draws_more_takes_from_the_vehicles_within_a_sample(begin_night: BeginNight) -> None:
    # So short of time that the vans take more than the building will leave them.
    hurried = tuple(replace(van, leaves="05:00") for van in EARLY)
    night = begin_night(
        hurried,
        evening=CHEAP,
        rate=UNHURRIED,
        limits=Limits(reserved_w=16_000),
        plan=plan_yard(hurried, sample_every_s=SAMPLE_S),
    )
    source = MeterSource.objects.get(depot=night.depot, kind=MeterKind.BUILDING)
    MeterSource.objects.filter(pk=source.pk).update(constant=None, counts_live=True, stale_after_s=180)
    rises, ends, draws_w = wall(2026, 11, 19, 23), wall(2026, 11, 20, 0), (4_000, 15_000)

    _, key = make_key("the building's meter", scopes=[Scope.ENGINEER], all_depots=True, made_by=None, now=CHEAP)

    def show(w: int) -> None:
        ask_to_post(night.server, f"/api/v1/meters/{source.pk}/samples/", key, samples=[{"value": w}])

    shown = [CHEAP + timedelta(minutes=minute) for minute in range((ends - CHEAP) // timedelta(minutes=1))]
    night.live_until(
        ends,
        [Happening(at, lambda its, w=draws_w[at >= rises]: show(w), "a sample") for at in shown],  # type: ignore[misc]
    )
    log = night.log()

    tell(night, log)
    grid = night.limits.grid_w
    bounds = bounds_of(night.limits) | {
        "Grid connection": [Bound(w=grid - draws_w[0]), Bound(since=rises, w=grid - draws_w[1])]
    }
    over = excesses(log, points_of(night.depot), bounds, until=clock.now())
    assert [str(each) for each in over if each.lasted > timedelta(minutes=3)] == []
    assert drawn_w(night, log, rises) > grid - draws_w[1], "what the building took had to come from the vehicles"
    assert drawn_w(night, log, ends) > 0.6 * (grid - draws_w[1]), "and what it left was used"


@pytest.mark.parametrize(
    ("evening", "forbidden"),
    [
        (wall(2026, 10, 24, 23), (datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC))),
        (wall(2027, 3, 27, 23), None),
    ],
    ids=["of 25 hours", "of 23 hours"],
)
def test_a_night_in_which_clocks_are_changed_has_each_hour_once(
    begin_night: BeginNight, evening: datetime, forbidden: tuple[datetime, datetime] | None
) -> None:
    """Each van needs most of the hours that a rule leaves it: those from 2 to 3 come twice, or not at all."""
    vans = tuple(Van(bay=bay, arrives="23:05", leaves="05:30", uses_kwh=21) for bay in BAYS)
    wide = Limits(grid_w=60_000, panel_a_w=30_000, panel_b_a=70)
    night = begin_night(vans, evening=evening, rate=RATE, limits=wide, plan=plan_yard(vans, clock_offset_s=30))
    write_rules(
        night,
        {"kind": "nothing", "from_time": "02:00", "to_time": "03:00"},
        {"kind": "at_most", "limit_w": 5_000},
    )

    morning = leaving(vans[0], evening).astimezone(UTC)
    night.live_until(morning + timedelta(minutes=5))
    log = night.log()

    tell(night, log)
    places = [night.place_of(van) for van in vans]
    assert [str(each) for each in night.excesses(log)] == []
    assert night.short(log) == {}
    if forbidden is not None:
        within = forbidden[0] + AT_THE_EDGE, forbidden[1] - AT_THE_EDGE
        assert {place: w for place in places if (w := highest_w(log, place, *within)) > 0} == {}
    assert max(highest_w(log, place, morning - timedelta(hours=6), morning) for place in places) <= 5_000


def test_a_managers_rules_are_kept_by_the_chargers_with_the_server_dead(begin_night: BeginNight) -> None:
    evening = wall(2026, 11, 19, 15, 30)
    vans = tuple(replace(van, arrives="15:40") for van in VANS)
    night = begin_night(vans, evening=evening, rate=RATE, plan=plan_yard(vans, clock_offset_s=30))
    write_rules(
        night,
        {"kind": "at_most", "limit_w": 7_200, "from_time": "22:00", "to_time": "06:00"},
        {"kind": "nothing", "from_time": "16:00", "to_time": "19:00"},
        {"kind": "first", "leaves_before": "05:00"},
    )

    night.live_until(MORNING, [Happening(wall(2026, 11, 19, 23), Night.kill, "the server killed for good")])
    log = night.log()

    tell(night, log)
    places = [night.place_of(van) for van in vans]
    forbidden = wall(2026, 11, 19, 16) + AT_THE_EDGE, wall(2026, 11, 19, 19) - AT_THE_EDGE
    capped = wall(2026, 11, 19, 22) + AT_THE_EDGE, wall(2026, 11, 20, 6) - AT_THE_EDGE
    assert {place: w for place in places if (w := highest_w(log, place, *forbidden)) > 0} == {}
    assert {place: w for place in places if (w := highest_w(log, place, *capped)) > 7_200} == {}
    assert [str(each) for each in night.excesses(log)] == []
    assert night.short(log) == {}
    assert max(highest_w(log, place, forbidden[1], capped[0]) for place in places) > 0


def write_rules(night: Night, *rules: dict[str, object]) -> None:
    """As the fleet manager, over REST. The first that speaks of an hour decides it."""
    manager = browser_of(person(Role.FLEET_MANAGER))
    for position, rule in enumerate(rules):
        added = manager.post("/api/v1/rules/", {"depot": night.depot.pk, "position": position, **rule}, format="json")
        assert added.status_code == 201, added.data
        activated = manager.post(f"/api/v1/rules/{added.data['id']}/activate/", format="json")
        assert activated.status_code == 200, activated.data


def drawn_w(night: Night, log: list[Flow], at: datetime) -> float:
    """By all vehicles in the minutes before."""
    since = at - timedelta(minutes=5)
    hours = (at - since) / timedelta(hours=1)
    return sum(energy_wh(log, night.place_of(van), since, at) for van in night.vans) / hours


def tell(night: Night, log: list[Flow]) -> None:
    """For whoever watches with -s: what happened, and what came of it."""
    lines = [f"{at:%H:%M} {name}" for at, name in night.strikes if name != "a sample"]
    lines += [f"{van}: {got:.0f} of {wanted:.0f} Wh" for van, (got, wanted) in night.given_wh(log).items()]
    told = IssuedCommand.objects.filter(kind="install_profile")
    lines.append(
        f"{told.count()} profiles told, {told.filter(state='unanswered').count()} unanswered, {len(log)} steps"
    )
    print("\n".join(lines), flush=True)  # noqa: T201
