"""PURE: a traced call in one plain sentence, and in a few words for its row. Never fails, whatever a charger sent."""

import json
from collections.abc import Callable
from typing import Any

Payload = dict[str, Any]
Words = Callable[[Payload, Payload], str]

WORDS: dict[str, Words] = {}


def words(*actions: str) -> Callable[[Words], Words]:
    def keep(function: Words) -> Words:
        WORDS.update(dict.fromkeys(actions, function))
        return function

    return keep


def at(value: Any, *path: str | int) -> Any:
    """What stands at `path`, or None where anything on the way is not as it should be."""
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def text(value: Any) -> str:
    """A scalar as text; anything else says nothing."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def joined(*parts: str, by: str = ", ") -> str:
    return by.join(part for part in parts if part)


def outlet(said: Payload) -> str:
    """Which outlet a payload is about, in the words of its version; "" where it is about the whole charger or none."""
    evse = at(said, "evse", "id") or at(said, "evseId")
    if evse:
        connector = at(said, "evse", "connectorId") or at(said, "connectorId")
        return f"EVSE {text(evse)}" + (f", connector {text(connector)}" if connector else "")
    connector = at(said, "connectorId")
    return f"connector {text(connector)}" if connector else ""


def brief(action: str, request: Any, answer: Any) -> str:
    """A few words for the row of a call."""
    if not isinstance(request, dict):
        return ""
    reply = answer if isinstance(answer, dict) else {}
    if action in WORDS:
        return joined(outlet(request), WORDS[action](request, reply), by=" · ")
    scalars = [text(value) for name, value in request.items() if name != "connectorId" and text(value)]
    return joined(outlet(request), ", ".join(scalars[:3])[:80], by=" · ")


def explain(*, from_charger: bool, action: str, request: Any, answer: Any, is_error: bool, repairs: str) -> str:
    """One sentence about the call, and one about its answer."""
    said = brief(action, request, answer)
    opening = f"The charger tells {action}" if from_charger else f"We ask {action}"
    sentences = [f"{opening}: {said}." if said else f"{opening}."]
    if is_error:
        sentences.append(_error(answer, from_charger))
    elif answer in (None, ""):
        sentences.append("There is no answer (yet).")
    elif status := _status_of(answer):
        sentences.append(f"{'We answered' if from_charger else 'It answered'} {status}.")
    if repairs:
        sentences.append(f"Repaired on the way in: {repairs}.")
    return " ".join(sentences)


def _status_of(answer: Any) -> str:
    places = (("status",), ("idTagInfo", "status"), ("idTokenInfo", "status"))
    return next((text(at(answer, *place)) for place in places if at(answer, *place)), "")


def _error(answer: Any, from_charger: bool) -> str:
    code, description = (text(at(answer, place)) for place in (0, 1))
    who = "We answered with the error" if from_charger else "It answered with the error"
    return f"{who} {code or 'unknown'}" + (f": {description}." if description else ".")


def pretty(raw: str) -> str:
    """JSON with its members one to a line; text that is no JSON stays as it is."""
    try:
        return json.dumps(json.loads(raw), indent=2, ensure_ascii=False)
    except ValueError:
        return raw


@words("BootNotification")
def _boot(said: Payload, reply: Payload) -> str:
    station = at(said, "chargingStation")
    known = station if isinstance(station, dict) else said
    vendor = text(at(known, "vendorName") or at(known, "chargePointVendor"))
    model = text(at(known, "model") or at(known, "chargePointModel"))
    return joined(vendor, model, text(at(known, "firmwareVersion")))


@words("Heartbeat", "ClearCache", "GetLocalListVersion")
def _nothing(said: Payload, reply: Payload) -> str:
    return ""


@words("StatusNotification")
def _status(said: Payload, reply: Payload) -> str:
    status = text(at(said, "status") or at(said, "connectorStatus"))
    error = text(at(said, "errorCode"))
    return f"{status}, {error}" if error not in ("", "NoError") else status


@words("Authorize")
def _authorize(said: Payload, reply: Payload) -> str:
    return text(at(said, "idTag") or at(said, "idToken", "idToken"))


@words("StartTransaction")
def _start(said: Payload, reply: Payload) -> str:
    register, number = text(at(said, "meterStart")), text(at(reply, "transactionId"))
    return joined(text(at(said, "idTag")), register and f"{register} Wh", number and f"no. {number}")


@words("StopTransaction")
def _stop(said: Payload, reply: Payload) -> str:
    number, register = text(at(said, "transactionId")), text(at(said, "meterStop"))
    return joined(f"no. {number}", register and f"{register} Wh", text(at(said, "reason")))


@words("TransactionEvent")
def _transaction(said: Payload, reply: Payload) -> str:
    return joined(
        text(at(said, "eventType")),
        text(at(said, "triggerReason")),
        text(at(said, "transactionInfo", "chargingState")),
        readings(at(said, "meterValue")),
    )


@words("MeterValues")
def _meter(said: Payload, reply: Payload) -> str:
    return readings(at(said, "meterValue"))


def readings(values: Any) -> str:
    """Power, charge and register of the newest of `values`, where they are told."""
    samples = at(values, -1, "sampledValue")
    told = {}
    for sample in samples if isinstance(samples, list) else ():
        measurand = text(at(sample, "measurand")) or "Energy.Active.Import.Register"
        # A value per phase comes beside, or instead of, the sum; only the sum is shown.
        if at(sample, "phase") is None and measurand not in told:
            unit = text(at(sample, "unit") or at(sample, "unitOfMeasure", "unit"))
            told[measurand] = (text(at(sample, "value")), unit)
    shown = []
    for measurand, usual in (
        ("Power.Active.Import", "W"),
        ("SoC", "%"),
        ("Energy.Active.Import.Register", "Wh"),
    ):
        value, unit = told.get(measurand, ("", ""))
        if value:
            shown.append(f"{value} {'%' if unit == 'Percent' else unit or usual}")
    return ", ".join(shown)


@words("ChangeConfiguration")
def _change_configuration(said: Payload, reply: Payload) -> str:
    return f"{text(at(said, 'key'))} = {text(at(said, 'value'))}"


@words("GetConfiguration")
def _get_configuration(said: Payload, reply: Payload) -> str:
    keys, found = at(said, "key"), at(reply, "configurationKey")
    asked = ", ".join(text(key) for key in keys[:4]) if isinstance(keys, list) and keys else "everything"
    return f"{asked} ({len(found)} told)" if isinstance(found, list) else asked


@words("SetVariables", "GetVariables")
def _variables(said: Payload, reply: Payload) -> str:
    data = at(said, "setVariableData") or at(said, "getVariableData")
    if not isinstance(data, list):
        return ""
    named = [
        f"{text(at(one, 'component', 'name'))}.{text(at(one, 'variable', 'name'))}"
        + (f" = {text(at(one, 'attributeValue'))}" if at(one, "attributeValue") is not None else "")
        for one in data[:2]
    ]
    return ", ".join(named) + (f" and {len(data) - 2} more" if len(data) > 2 else "")


@words("NotifyReport")
def _report(said: Payload, reply: Payload) -> str:
    data = at(said, "reportData")
    part = f"part {text(at(said, 'seqNo'))}" if at(said, "seqNo") is not None else ""
    count = f"{len(data)} variables" if isinstance(data, list) else ""
    return joined(part, count)


@words("RemoteStartTransaction", "RequestStartTransaction")
def _remote_start(said: Payload, reply: Payload) -> str:
    return text(at(said, "idTag") or at(said, "idToken", "idToken"))


@words("RemoteStopTransaction", "RequestStopTransaction", "GetTransactionStatus")
def _remote_stop(said: Payload, reply: Payload) -> str:
    return f"no. {text(at(said, 'transactionId'))}"


@words("Reset", "ChangeAvailability")
def _type(said: Payload, reply: Payload) -> str:
    return text(at(said, "type") or at(said, "operationalStatus"))


@words("TriggerMessage", "ExtendedTriggerMessage")
def _trigger(said: Payload, reply: Payload) -> str:
    return text(at(said, "requestedMessage"))


@words("SetChargingProfile")
def _profile(said: Payload, reply: Payload) -> str:
    profile = at(said, "csChargingProfiles") or at(said, "chargingProfile")
    schedule = at(profile, "chargingSchedule")
    schedule = schedule[0] if isinstance(schedule, list) and schedule else schedule
    unit = text(at(schedule, "chargingRateUnit"))
    periods = at(schedule, "chargingSchedulePeriod")
    steps = [f"{text(at(step, 'limit'))} {unit}" for step in periods[:3]] if isinstance(periods, list) else []
    more = " …" if isinstance(periods, list) and len(periods) > 3 else ""
    return joined(text(at(profile, "chargingProfilePurpose")), " → ".join(steps) + more)


@words("DataTransfer")
def _data(said: Payload, reply: Payload) -> str:
    return joined(text(at(said, "vendorId")), text(at(said, "messageId")))


@words("SecurityEventNotification")
def _security(said: Payload, reply: Payload) -> str:
    return joined(text(at(said, "type")), text(at(said, "techInfo")))
