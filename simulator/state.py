"""The yard as the control port shows it."""

from typing import Any

from simulator.charger import Charger
from simulator.clock import Moment, write_moment
from simulator.evse import Evse
from simulator.faults import Faults
from simulator.incidents import INCIDENTS
from simulator.runner import YardRunner


def write_state(runner: YardRunner) -> dict[str, Any]:
    world, now = runner.world, runner.clock.now()
    chargers = [_write_charger(each, runner.wires[each.identity].refused, now) for each in world.chargers.values()]
    places = {evse.vehicle.plan.name: evse for evse in world.evses() if evse.vehicle}
    return {
        "moment": write_moment(now),
        "rate": runner.clock.rate,
        "name": world.yard.name,
        "power_w": round(sum(evse["power_w"] for each in chargers for evse in each["evses"]), 1),
        "chargers": chargers,
        "vehicles": [
            {
                "name": name,
                "id_token": vehicle.plan.id_token,
                "soc": round(vehicle.soc, 4),
                "charger": places[name].charger.identity if name in places else None,
                "evse": places[name].number if name in places else None,
                "bay": places[name].plan.bay if name in places else None,
            }
            for name, vehicle in world.vehicles.items()
        ],
    }


def _write_charger(charger: Charger, refused: str, now: Moment) -> dict[str, Any]:
    return {
        "identity": charger.identity,
        "name": charger.plan.name,
        "version": charger.plan.version,
        "manners": charger.plan.manners,
        "link": "up" if charger.link is not None else "down",
        "refused": refused,
        "registration": charger.registration,
        "is_powered": charger.is_powered,
        "is_online": charger.is_online,
        "queued": len(charger.outbox.kept),
        "faults": charger.faults.standing(),
        "evses": [_write_evse(each, now) for each in charger.evses],
    }


def _write_evse(evse: Evse, now: Moment) -> dict[str, Any]:
    evse.advance(now)
    transaction = evse.transaction
    return {
        "number": evse.number,
        "bay": evse.plan.bay,
        "status": evse.status,
        "vehicle": evse.vehicle.plan.name if evse.vehicle else None,
        "soc": round(evse.vehicle.soc, 4) if evse.vehicle else None,
        "power_w": round(evse.power_w, 1),
        "offer_w": round(evse.offer_w, 1),
        "limit_w": evse.limit_w if evse.limit_w is None else round(evse.limit_w, 1),
        "register_wh": round(evse.register_wh, 3),
        "transaction": None
        if transaction is None
        else {
            "key": transaction.key,
            "server_id": transaction.server_id,
            "id_token": transaction.card.id_token,
            "started_at": write_moment(transaction.started_at),
            "wh": round(evse.register_wh - transaction.true_start_wh, 3),
        },
    }


def write_books(runner: YardRunner) -> dict[str, Any]:
    return runner.world.books.write(runner.world.true_wh)


def write_faults() -> dict[str, Any]:
    """What can go wrong: the standing faults with their value when all is well, and the incidents."""
    ordinary = Faults()
    return {
        "standing": {name: getattr(ordinary, name) for name in Faults.__slots__},
        "incidents": sorted(INCIDENTS),
    }
