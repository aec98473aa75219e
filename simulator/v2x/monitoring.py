"""2.x: variable monitors. Kept and reported; a virtual charger's variables cross no threshold."""

from typing import TYPE_CHECKING

from simulator.clock import write_moment
from simulator.frames import Payload
from simulator.outbox import Message
from simulator.speech import Answers
from simulator.v2x.variables import find_place

if TYPE_CHECKING:
    from simulator.charger import Charger

ANSWERS = Answers()


@ANSWERS.to("SetMonitoringBase")
def set_base(charger: "Charger", asked: Payload) -> Payload:
    if asked["monitoringBase"] != "All":
        charger.monitors.clear()
    return {"status": "Accepted"}


@ANSWERS.to("SetMonitoringLevel")
def set_level(charger: "Charger", asked: Payload) -> Payload:
    return {"status": "Accepted" if 0 <= asked["severity"] <= 9 else "Rejected"}


@ANSWERS.to("SetVariableMonitoring")
def set_monitors(charger: "Charger", asked: Payload) -> Payload:
    return {"setMonitoringResult": [_set_monitor(charger, each) for each in asked["setMonitoringData"]]}


def _set_monitor(charger: "Charger", wanted: Payload) -> Payload:
    result = {name: wanted[name] for name in ("component", "variable", "type", "severity")}
    place = find_place(charger, wanted["component"], wanted["variable"])
    if isinstance(place, str):
        return {**result, "status": place}
    number = wanted.get("id", max(charger.monitors, default=0) + 1)
    charger.monitors[number] = wanted
    return {**result, "id": number, "status": "Accepted"}


@ANSWERS.to("ClearVariableMonitoring")
def clear_monitors(charger: "Charger", asked: Payload) -> Payload:
    return {
        "clearMonitoringResult": [
            {"id": number, "status": "Accepted" if charger.monitors.pop(number, None) else "NotFound"}
            for number in asked["id"]
        ]
    }


@ANSWERS.to("GetMonitoringReport")
def get_report(charger: "Charger", asked: Payload) -> Payload:
    monitors = dict(charger.monitors)
    if not monitors:
        return {"status": "EmptyResultSet"}
    charger.after_answer(lambda: _report(charger, asked["requestId"], monitors))
    return {"status": "Accepted"}


def _report(charger: "Charger", request_id: int, monitors: dict[int, Payload]) -> None:
    payload: Payload = {
        "requestId": request_id,
        "seqNo": 0,
        "generatedAt": write_moment(charger.own_time()),
        "monitor": [_write_monitor(charger, number, each) for number, each in monitors.items()],
    }
    charger.outbox.post(Message(action="NotifyMonitoringReport", payload=payload))


def _write_monitor(charger: "Charger", number: int, wanted: Payload) -> Payload:
    monitor: Payload = {
        "id": number,
        "transaction": wanted.get("transaction", False),
        "value": wanted["value"],
        "type": wanted["type"],
        "severity": wanted["severity"],
    }
    if charger.plan.version == "2.1":
        monitor["eventNotificationType"] = "CustomMonitor"
    return {"component": wanted["component"], "variable": wanted["variable"], "variableMonitoring": [monitor]}
