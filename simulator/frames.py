"""OCPP-J frames: arrays of JSON, and the error words of each version."""

from dataclasses import dataclass
from typing import Any

import orjson

Payload = dict[str, Any]

CALL, CALL_RESULT, CALL_ERROR, CALL_RESULT_ERROR, SEND = 2, 3, 4, 5, 6

SUBPROTOCOLS = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}


class Refusal(Exception):
    """The charger answers a CALL with a CALLERROR."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.description = description


class NoAnswer(Exception):
    """The charger leaves a CALL unanswered, as some do before they reboot."""


class UnreadableFrame(Exception):
    """What was heard is no OCPP-J frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    kind: int
    id: str
    action: str = ""
    payload: Any = None
    code: str = ""
    description: str = ""


def read_frame(text: str | bytes) -> Frame:
    try:
        parts = orjson.loads(text)
        kind, message_id = parts[0], parts[1]
        if kind in (CALL, SEND):
            return Frame(kind, message_id, action=parts[2], payload=parts[3])
        if kind == CALL_RESULT:
            return Frame(kind, message_id, payload=parts[2])
        if kind in (CALL_ERROR, CALL_RESULT_ERROR):
            return Frame(kind, message_id, code=parts[2], description=parts[3] if len(parts) > 3 else "")
    except (orjson.JSONDecodeError, LookupError, TypeError) as reason:
        raise UnreadableFrame(str(text)[:200]) from reason
    raise UnreadableFrame(f"message type {kind!r}")


def write_call(message_id: str, action: str, payload: Payload) -> str:
    return orjson.dumps([CALL, message_id, action, payload]).decode()


def write_result(message_id: str, payload: Payload) -> str:
    return orjson.dumps([CALL_RESULT, message_id, payload]).decode()


def write_error(message_id: str, code: str, description: str) -> str:
    return orjson.dumps([CALL_ERROR, message_id, code, description, {}]).decode()
