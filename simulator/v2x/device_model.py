"""2.x: reading, setting and reporting variables."""

from typing import TYPE_CHECKING

from simulator import remote
from simulator.clock import write_moment
from simulator.frames import Payload
from simulator.outbox import Message
from simulator.speech import Answers
from simulator.v2x.variables import Place, find_place, list_places

if TYPE_CHECKING:
    from simulator.charger import Charger

ANSWERS = Answers()
# Small on purpose: a report of this yard comes in several parts.
ITEMS_PER_REPORT = 20
SETTING_STATUSES = {"NotSupported": "Rejected"}


@ANSWERS.to("GetVariables")
def get_variables(charger: "Charger", asked: Payload) -> Payload:
    return {"getVariableResult": [_get_variable(charger, each) for each in asked["getVariableData"]]}


def _get_variable(charger: "Charger", wanted: Payload) -> Payload:
    result: Payload = {"component": wanted["component"], "variable": wanted["variable"]}
    if "attributeType" in wanted:
        result["attributeType"] = wanted["attributeType"]
    place = find_place(charger, wanted["component"], wanted["variable"])
    if isinstance(place, str):
        return {**result, "attributeStatus": place}
    if wanted.get("attributeType", "Actual") != "Actual":
        return {**result, "attributeStatus": "NotSupportedAttributeType"}
    if place.variable.is_writeonly:
        return {**result, "attributeStatus": "Rejected"}
    return {**result, "attributeStatus": "Accepted", "attributeValue": place.read(charger)}


@ANSWERS.to("SetVariables")
def set_variables(charger: "Charger", asked: Payload) -> Payload:
    return {"setVariableResult": [_set_variable(charger, each) for each in asked["setVariableData"]]}


def _set_variable(charger: "Charger", wanted: Payload) -> Payload:
    result: Payload = {"component": wanted["component"], "variable": wanted["variable"]}
    if "attributeType" in wanted:
        result["attributeType"] = wanted["attributeType"]
    place = find_place(charger, wanted["component"], wanted["variable"])
    if isinstance(place, str):
        return {**result, "attributeStatus": place}
    if wanted.get("attributeType", "Actual") != "Actual":
        return {**result, "attributeStatus": "NotSupportedAttributeType"}
    if not place.variable.setting:
        return {**result, "attributeStatus": "Rejected", "attributeStatusInfo": {"reasonCode": "ReadOnly"}}
    status = remote.change_setting(charger, place.variable.setting, wanted["attributeValue"])
    return {**result, "attributeStatus": SETTING_STATUSES.get(status, status)}


@ANSWERS.to("GetBaseReport")
def get_base_report(charger: "Charger", asked: Payload) -> Payload:
    base = asked["reportBase"]
    places = list(list_places(charger))
    if base == "ConfigurationInventory":
        places = [place for place in places if place.variable.setting]
    elif base == "SummaryInventory":
        places = [place for place in places if place.variable.name in ("AvailabilityState", "Available")]
    charger.after_answer(lambda: _report(charger, asked["requestId"], places))
    return {"status": "Accepted"}


@ANSWERS.to("GetReport")
def get_report(charger: "Charger", asked: Payload) -> Payload:
    wanted, criteria = asked.get("componentVariable"), asked.get("componentCriteria")
    places = list(list_places(charger))
    if wanted is not None:
        places = [place for place in places if any(_is_meant(place, each) for each in wanted)]
    if criteria is not None and "Problem" in criteria:
        # Components here are never switched off and never have a problem.
        places = []
    if not places:
        return {"status": "EmptyResultSet"}
    charger.after_answer(lambda: _report(charger, asked["requestId"], places))
    return {"status": "Accepted"}


def _is_meant(place: Place, wanted: Payload) -> bool:
    component, variable = wanted["component"], wanted.get("variable")
    number = component.get("evse", {}).get("id")
    return bool(
        component["name"] == place.variable.component
        and (number is None or (place.evse is not None and place.evse.number == number))
        and (variable is None or variable["name"] == place.variable.name)
    )


def _report(charger: "Charger", request_id: int, places: list[Place]) -> None:
    parts = [places[at : at + ITEMS_PER_REPORT] for at in range(0, len(places), ITEMS_PER_REPORT)]
    for number, part in enumerate(parts):
        payload: Payload = {
            "requestId": request_id,
            "generatedAt": write_moment(charger.own_time()),
            "seqNo": number,
            "tbc": number < len(parts) - 1,
            "reportData": [_write_place(charger, place) for place in part],
        }
        charger.outbox.post(Message(action="NotifyReport", payload=payload))


def _write_place(charger: "Charger", place: Place) -> Payload:
    variable = place.variable
    attribute: Payload = {"type": "Actual", "mutability": variable.mutability, "persistent": bool(variable.setting)}
    if not variable.is_writeonly:
        attribute["value"] = place.read(charger)
    characteristics: Payload = {"dataType": variable.kind, "supportsMonitoring": False}
    if variable.unit:
        characteristics["unit"] = variable.unit
    if variable.name == "AvailabilityState":
        characteristics["valuesList"] = "Available,Occupied,Reserved,Unavailable,Faulted"
    return {**place.write_names(), "variableAttribute": [attribute], "variableCharacteristics": characteristics}
