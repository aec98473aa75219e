"""What a yard remembers from one run of the process to the next, as its chargers do through a power cut."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from simulator.charger import Charger
from simulator.transaction import Card, Transaction
from simulator.world import World

Told = dict[str, Any]


def cut_power(world: World) -> None:
    """The end of the process is a power cut: what runs ends now, and is told after the return."""
    for charger in world.chargers.values():
        if charger.link is not None:
            charger.lose_link(charger.link)
        charger.is_powered = False
        for evse in charger.evses:
            evse.stop("PowerLoss")


def write_memory(world: World) -> Told:
    vehicles = {name: {"soc": each.soc, "drove_for": each.drove_for} for name, each in world.vehicles.items()}
    return {
        "chargers": {name: _write_charger(each) for name, each in world.chargers.items()},
        "vehicles": vehicles,
    }


def _write_charger(charger: Charger) -> Told:
    kept = [each for each in charger.outbox.kept if each.transaction is not None]
    transactions = {each.transaction.key: asdict(each.transaction) for each in kept if each.transaction}
    return {
        "evses": {
            str(evse.number): {
                "register_wh": evse.register_wh,
                "export_wh": evse.export_wh,
                "meter_jump_wh": evse.meter_jump_wh,
                "is_operative": evse.is_operative,
            }
            for evse in charger.evses
        },
        "settings": charger.settings.values(),
        "password": charger.password,
        "password_as_shipped": charger.plan.password,
        "firmware": charger.firmware,
        "is_operative": charger.is_operative,
        "tokens": asdict(charger.tokens),
        "profiles": [{"evse": each.evse, "profile": each.told} for each in charger.profiles.profiles],
        "transactions": transactions,
        "queue": [
            {"action": each.action, "payload": each.payload, "transaction": each.transaction.key}
            for each in kept
            if each.transaction
        ],
    }


def restore_memory(world: World, told: Told) -> None:
    """Before the yard begins; what has left the yard file since is passed over."""
    for name, memory in told["chargers"].items():
        if name in world.chargers:
            _restore_charger(world.chargers[name], memory)
    for name, memory in told["vehicles"].items():
        if name in world.vehicles:
            world.vehicles[name].soc = memory["soc"]
            world.vehicles[name].drove_for = memory["drove_for"]


def _restore_charger(charger: Charger, memory: Told) -> None:
    for evse in charger.evses:
        if (kept := memory["evses"].get(str(evse.number))) is not None:
            evse.register_wh, evse.meter_jump_wh = kept["register_wh"], kept["meter_jump_wh"]
            evse.export_wh = kept.get("export_wh", 0.0)
            evse.is_operative = kept["is_operative"]
    charger.settings.restore(memory["settings"])
    # The server may have set another password since; a yard file that was changed afterwards knows better.
    if memory["password_as_shipped"] == charger.plan.password:
        charger.password = memory["password"]
    charger.firmware, charger.is_operative = memory["firmware"], memory["is_operative"]
    tokens = memory["tokens"]
    charger.tokens.list_version = tokens["list_version"]
    charger.tokens.local_list, charger.tokens.cache = tokens["local_list"], tokens["cache"]
    for each in memory["profiles"]:
        charger.profiles.install(each["profile"], each["evse"], transaction=None)
    transactions = {key: _read_transaction(each) for key, each in memory["transactions"].items()}
    for transaction in transactions.values():
        charger.books.open(transaction)
    for each in memory["queue"]:
        transaction = transactions[each["transaction"]]
        charger.outbox.post(charger.speech.restore(each["action"], each["payload"], transaction))


def _read_transaction(told: Told) -> Transaction:
    return Transaction(**{**told, "card": Card(**told["card"])})


def save_memory(world: World, path: Path) -> None:
    """Whole or not at all: the old file stays until the new one is written."""
    draft = path.with_name(f"{path.name}.new")
    # It holds passwords: for its owner's eyes.
    draft.touch(mode=0o600)
    with draft.open("wb") as out:
        out.write(orjson.dumps(write_memory(world), option=orjson.OPT_INDENT_2))
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)


def load_memory(world: World, path: Path) -> None:
    if path.exists():
        restore_memory(world, orjson.loads(path.read_bytes()))
