"""1.6's triggers, firmware and diagnostics."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator import remote
from simulator.clock import read_moment
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
    action = "DiagnosticsStatusNotification"
    remote.go_through(charger, [tell_stage(charger, action, status) for status in ("Uploading", "Uploaded")])
    return {"fileName": f"{charger.identity}-diagnostics.log"}


@ANSWERS.to("UpdateFirmware")
def update_firmware(charger: "Charger", asked: Payload) -> Payload:
    action = "FirmwareStatusNotification"
    stages = [tell_stage(charger, action, status) for status in ("Downloading", "Downloaded", "Installing")]
    stages.append(tell_stage(charger, action, "Installed"))
    stages.append(lambda: remote.install_firmware(charger, asked["location"]))
    remote.go_through(charger, stages, at=read_moment(asked["retrieveDate"]))
    return {}
