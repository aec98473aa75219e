"""1.6's triggers, firmware and diagnostics."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from simulator.clock import read_moment
from simulator.files import bring_log, fetch_firmware
from simulator.frames import Payload
from simulator.outbox import Message
from simulator.remote import say, tell_stage
from simulator.speech import Answers

if TYPE_CHECKING:
    from simulator.charger import Charger

ANSWERS = Answers()


def _tell_statuses(charger: "Charger", number: int | None) -> None:
    evse = charger.evse(number) if number else None
    for message in charger.speech.statuses() if evse is None else [charger.speech.present_status(evse)]:
        say(charger, message)


def _tell_samples(charger: "Charger", number: int | None) -> None:
    for evse in charger.evses:
        if number in (None, 0, evse.number):
            evse.sample("Trigger")


def _tell(action: str, payload: Payload) -> Callable[["Charger", int | None], None]:
    return lambda charger, _number: say(charger, Message(action=action, payload=dict(payload)))


TRIGGERS: dict[str, Callable[["Charger", int | None], None]] = {
    "BootNotification": lambda charger, _: say(charger, charger.speech.boot("Triggered")),
    "Heartbeat": _tell("Heartbeat", {}),
    "StatusNotification": _tell_statuses,
    "MeterValues": _tell_samples,
    "DiagnosticsStatusNotification": _tell("DiagnosticsStatusNotification", {"status": "Idle"}),
    "FirmwareStatusNotification": _tell("FirmwareStatusNotification", {"status": "Idle"}),
}


@ANSWERS.to("TriggerMessage")
def trigger(charger: "Charger", asked: Payload) -> Payload:
    return answer_trigger(charger, asked, TRIGGERS)


def answer_trigger(
    charger: "Charger", asked: Payload, triggers: dict[str, Callable[["Charger", int | None], None]]
) -> Payload:
    tell = triggers.get(asked["requestedMessage"])
    number = asked.get("connectorId")
    if tell is None:
        return {"status": "NotImplemented"}
    if number is not None and number != 0 and charger.evse(number) is None:
        return {"status": "Rejected"}
    charger.after_answer(lambda: tell(charger, number))
    return {"status": "Accepted"}


@ANSWERS.to("GetDiagnostics")
def get_diagnostics(charger: "Charger", asked: Payload) -> Payload:
    name = f"{charger.identity}-diagnostics.log"
    tell = partial(tell_stage, charger, "DiagnosticsStatusNotification")
    bring_log(charger, asked["location"], name, tell, failed="UploadFailed")
    return {"fileName": name}


@ANSWERS.to("UpdateFirmware")
def update_firmware(charger: "Charger", asked: Payload) -> Payload:
    tell = partial(tell_stage, charger, "FirmwareStatusNotification")
    at = read_moment(asked["retrieveDate"])
    fetch_firmware(charger, asked["location"], tell, at=at, seal=None, before=("Installing", "Installed"))
    return {}
