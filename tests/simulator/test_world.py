"""Vehicles come and go by their day plans."""

from typing import Any

from simulator.agenda import Agenda
from simulator.books import Books
from simulator.clock import StillClock, read_moment
from simulator.surroundings import LinkTimes
from simulator.world import World
from simulator.yard import build_yard

NOON = read_moment("2026-11-19T12:00:00Z")


def make_world(**days: Any) -> World:
    plan = {"bay": "A1", "arrives": "17:00", "leaves": "05:00", "jitter_min": 0, "uses_kwh": [10, 10], **days}
    evses = [{"number": number, "bay": f"A{number}", "max_w": 7000} for number in (1, 2)]
    yard = build_yard(
        {
            "chargers": [{"identity": "CP1", "evses": evses}],
            "vehicles": [
                {"name": "Van 1", "id_token": "VAN1", "battery_kwh": 50, "days": plan},
                {"name": "Van 2", "id_token": "VAN2", "battery_kwh": 50},
            ],
        }
    )
    clock = StillClock(NOON)
    world = World(yard, clock, Agenda(now=clock.now), times=LinkTimes(), books=Books())
    world.begin()
    return world


def run(world: World, until: str) -> None:
    clock, end = world.clock, read_moment(until)
    while (when := world.agenda.next_at()) is not None and when <= end:
        clock.set(max(when, clock.now()))
        world.agenda.do_next()
    clock.set(end)


def test_a_vehicle_arrives_emptier_and_leaves_in_the_morning() -> None:
    world = make_world()
    bay, van = world.bays["A1"], world.vehicles["Van 1"]

    run(world, "2026-11-19T17:00:01Z")
    evening = (bay.vehicle, van.soc)
    run(world, "2026-11-20T05:00:01Z")

    assert evening == (van, 0.8)
    assert bay.vehicle is None


def test_a_vehicle_whose_bay_is_taken_comes_another_day() -> None:
    world = make_world()
    bay = world.bays["A1"]
    bay.plug_in(world.vehicles["Van 2"])

    run(world, "2026-11-19T18:00:00Z")
    taken = bay.vehicle
    bay.unplug()
    run(world, "2026-11-20T18:00:00Z")

    assert taken is world.vehicles["Van 2"]
    assert bay.vehicle is world.vehicles["Van 1"]


def test_a_vehicle_is_never_in_two_bays() -> None:
    world = make_world()
    world.bays["A2"].plug_in(world.vehicles["Van 1"])

    run(world, "2026-11-19T18:00:00Z")

    assert world.bays["A1"].vehicle is None


def test_weekends_are_quiet() -> None:
    world = make_world(weekdays=["thu"])
    run(world, "2026-11-20T06:00:00Z")

    run(world, "2026-11-25T23:00:00Z")
    midweek = world.bays["A1"].vehicle
    run(world, "2026-11-26T18:00:00Z")

    assert midweek is None
    assert world.bays["A1"].vehicle is world.vehicles["Van 1"]


def test_the_books_know_the_peak_and_when_it_was() -> None:
    books = Books()

    books.flows("CP1", 1, 5000, NOON)
    books.flows("CP2", 1, 3000, NOON + 60)
    books.flows("CP1", 1, 0, NOON + 120)

    told = books.write(lambda _: 0.0)
    assert (told["power_w"], told["peak_w"], told["peak_at"]) == (3000, 8000, "2026-11-19T12:01:00.000Z")
    assert [power_w for _, power_w in told["curve"]] == [5000, 8000, 3000]
