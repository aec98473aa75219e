"""Start and trigger in the words of 2.1."""

from chargers.commands import StartCharging, TriggerMessage
from chargers.ocpp.dialect import Call
from chargers.ocpp.v2x.remote_control import TRIGGERS, write_start, write_trigger
from chargers.ocpp.v2x.versions import v21
from chargers.ocpp.v21.smart_charging import PROFILES

TRIGGERS_21 = TRIGGERS | {"SignV2G20Certificate"}


@v21.asks(StartCharging)
def start(command: StartCharging) -> Call:
    return write_start(command, PROFILES)


@v21.asks(TriggerMessage)
def trigger(command: TriggerMessage) -> Call:
    if command.message in TRIGGERS_21:
        return write_trigger(command)
    # What the standard has no word for, the station may (it lists them in CustomTriggers).
    written = write_trigger(command)
    return Call(
        written.action,
        {"requestedMessage": "CustomTrigger", "customTrigger": command.message}
        | {name: value for name, value in written.payload.items() if name == "evse"},
    )
