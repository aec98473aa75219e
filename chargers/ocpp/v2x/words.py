"""Small types of OCPP 2.x that several blocks share: tokens, places, variables, the word of an answer."""

from collections.abc import Collection

from chargers.events import Setting, Status, Token, TokenDecision
from chargers.ocpp.dialect import CommandNotSpoken, Hearing, Payload
from chargers.ocpp.values import whole, wire_moment

# In the spelling of ConnectorStatusEnumType, folded; behind it the words of 1.6, which some firmware says in 2.x too.
STATUSES = {
    "available": Status.AVAILABLE,
    "occupied": Status.OCCUPIED,
    "reserved": Status.RESERVED,
    "unavailable": Status.UNAVAILABLE,
    "faulted": Status.FAULTED,
    "preparing": Status.PREPARING,
    "charging": Status.CHARGING,
    "suspendedev": Status.SUSPENDED_EV,
    "suspendedevse": Status.SUSPENDED_EVSE,
    "finishing": Status.FINISHING,
}
# The longest id token of 2.0.1; 2.1 takes 255 characters, but a group of ours is never longer than this.
GROUP_LENGTH = 36
# IdTokenEnumType of 2.0.1; in 2.1 it is open.
TOKEN_TYPES = frozenset(
    {"Central", "eMAID", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress", "NoAuthorization"}
)
# EVSEs and connectors are counted from 1; what is far beyond is no place of a charger.
LARGEST_NUMBER = 32_767
# A command's status is shown in one line.
STATUS_LENGTH = 60


def read_status(word: str) -> Status:
    return STATUSES.get(word.strip().casefold(), Status.UNKNOWN)


def read_token(said: Payload | None) -> Token | None:
    if not said:
        return None
    return Token(str(said.get("idToken") or ""), str(said.get("type") or ""))


def write_token(value: str, type: str, known_types: Collection[str] | None) -> Payload:
    """`known_types`: the only ones that the version has; None where any word will do.

    Raises CommandNotSpoken: a token of another type would be another token.
    """
    if known_types is not None and type not in known_types:
        raise CommandNotSpoken(f"OCPP 2.0.1 knows no token of type {type}")
    if known_types is not None and len(value) > GROUP_LENGTH:
        raise CommandNotSpoken(f"OCPP 2.0.1 takes id tokens of at most {GROUP_LENGTH} characters")
    return {"idToken": value, "type": type}


def read_number(said: object) -> int | None:
    """The number of an EVSE or connector, or None where it names none: absent, 0, or out of all reason."""
    found = whole(said)
    return found if found is not None and 0 < found <= LARGEST_NUMBER else None


def read_place(evse: Payload | None) -> tuple[int | None, int | None]:
    """EVSEType as (EVSE, connector)."""
    if not evse:
        return None, None
    return read_number(evse.get("id")), read_number(evse.get("connectorId"))


def read_setting(said: Payload) -> Setting:
    """The `component` and `variable` of anything that names a variable of the device model."""
    component, variable = said["component"], said["variable"]
    evse, connector = read_place(component.get("evse"))
    return Setting(
        variable=variable["name"],
        component=component["name"],
        component_instance=component.get("instance") or "",
        variable_instance=variable.get("instance") or "",
        evse=evse,
        connector=connector,
    )


def write_setting(setting: Setting) -> Payload:
    component: Payload = {"name": setting.component}
    if setting.component_instance:
        component["instance"] = setting.component_instance
    if setting.evse is not None:
        component["evse"] = write_place(setting.evse, setting.connector)
    variable: Payload = {"name": setting.variable}
    if setting.variable_instance:
        variable["instance"] = setting.variable_instance
    return {"component": component, "variable": variable}


def write_place(evse: int, connector: int | None) -> Payload:
    return {"id": evse} if connector is None else {"id": evse, "connectorId": connector}


def write_token_info(decision: TokenDecision) -> Payload:
    """IdTokenInfoType: what we think of a token."""
    info: Payload = {"status": decision.status.value}
    remembered_until = decision.cache_until or decision.expires_at
    if remembered_until is not None:
        info["cacheExpiryDateTime"] = wire_moment(remembered_until)
    if decision.evses:
        info["evseId"] = list(decision.evses)
    if decision.priority is not None:
        info["chargingPriority"] = decision.priority
    if decision.language:
        info["language1"] = decision.language
    # A group cut short would be another group, so one that is too long is not told.
    if 0 < len(decision.group) <= GROUP_LENGTH:
        info["groupIdToken"] = {"idToken": decision.group, "type": "Central"}
    if decision.message:
        message = {"format": "UTF8", "language": decision.message_language, "content": decision.message}
        info["personalMessage"] = {name: said for name, said in message.items() if said}
    return info


def hear_status(response: Payload, *accepted: str) -> Hearing:
    """The answer's status word, which is an acceptance when it is one of `accepted`."""
    status = str(response.get("status") or "")
    return Hearing(status in accepted, status[:STATUS_LENGTH])
