"""Start and trigger in the words of 2.0.1."""

from chargers.commands import StartCharging, TriggerMessage
from chargers.ocpp.dialect import Call, CommandNotSpoken
from chargers.ocpp.v2x.remote_control import TRIGGERS, write_start, write_trigger
from chargers.ocpp.v2x.versions import v201
from chargers.ocpp.v2x.words import TOKEN_TYPES
from chargers.ocpp.v201.smart_charging import PROFILES


@v201.asks(StartCharging)
def start(command: StartCharging) -> Call:
    return write_start(command, PROFILES, TOKEN_TYPES)


@v201.asks(TriggerMessage)
def trigger(command: TriggerMessage) -> Call:
    if command.message not in TRIGGERS:
        raise CommandNotSpoken(f"OCPP 2.0.1 cannot trigger {command.message}")
    return write_trigger(command)
