"""OCPP-J frames: text to frame and back (1.6 OCPP-J §4, 2.x part 4 §4). Nothing that a charger sends raises here."""

from dataclasses import dataclass
from typing import Any

import orjson

Payload = dict[str, Any]

CALL, RESULT, ERROR, RESULT_ERROR, SEND = 2, 3, 4, 5, 6
UNREADABLE_ID = "-1"
ID_LENGTH = 36
TEXT_LENGTH = 255
# As JSON writes it. No database of ours keeps it in a text, and no charger means anything by it.
NUL = "\\u0000"


@dataclass(frozen=True, slots=True)
class CallFrame:
    message_id: str
    action: str
    payload: Payload
    wants_answer: bool = True  # False: 2.1 SEND


@dataclass(frozen=True, slots=True)
class ResultFrame:
    message_id: str
    payload: Any


@dataclass(frozen=True, slots=True)
class ErrorFrame:
    """CALLERROR, and 2.1's CALLRESULTERROR where `of_result`."""

    message_id: str
    code: str
    description: str
    details: Any = None
    of_result: bool = False


@dataclass(frozen=True, slots=True)
class BadCall:
    """Something that should have been a CALL and is to be answered with a CALLERROR."""

    message_id: str
    code: str
    description: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Something that is never answered: an unknown message type, a malformed answer."""

    why: str
    message_id: str = ""


Frame = CallFrame | ResultFrame | ErrorFrame | BadCall | Ignored


def holds_nul(text: str | bytes) -> bool:
    return NUL in text if isinstance(text, str) else NUL.encode() in text


def _without_nul(said: Any) -> Any:
    if isinstance(said, str):
        return said.replace("\x00", "")
    if isinstance(said, list):
        return [_without_nul(item) for item in said]
    if isinstance(said, dict):
        return {_without_nul(key): _without_nul(item) for key, item in said.items()}
    return said


def parse(text: str | bytes, subprotocol: str) -> Frame:
    """One text message as a frame, without what no text can hold (NUL)."""
    is_16 = subprotocol == "ocpp1.6"
    # 1.6 has no code for a frame that is none; FormationViolation is the nearest in its table.
    no_frame = "FormationViolation" if is_16 else "RpcFrameworkError"
    try:
        said = orjson.loads(text)
    except ValueError as error:
        return BadCall(UNREADABLE_ID, no_frame, f"not JSON: {error}")
    if not isinstance(said, list) or not said:
        return BadCall(UNREADABLE_ID, no_frame, "a frame is a JSON array")
    if holds_nul(text):
        # Not its id, by which the charger knows the answer.
        said = [*said[:2], *_without_nul(said[2:])]
    kind, *rest = said
    if not isinstance(kind, int) or isinstance(kind, bool):
        return BadCall(UNREADABLE_ID, no_frame, "a frame begins with its message type number")
    has_id = bool(rest) and isinstance(rest[0], str) and len(rest[0]) > 0
    if kind == CALL or (kind == SEND and subprotocol == "ocpp2.1"):
        return _call(kind, rest, has_id, is_16, no_frame)
    if kind == RESULT:
        return ResultFrame(rest[0], rest[1]) if has_id and len(rest) >= 2 else Ignored("a CALLRESULT that is none")
    if kind == ERROR or (kind == RESULT_ERROR and subprotocol == "ocpp2.1"):
        if not has_id or len(rest) < 2:
            return Ignored("a CALLERROR that is none")
        description = rest[2] if len(rest) > 2 and isinstance(rest[2], str) else ""
        return ErrorFrame(rest[0], str(rest[1]), description, rest[3] if len(rest) > 3 else None, kind == RESULT_ERROR)
    return Ignored(f"message type {kind}", rest[0] if has_id else "")


def _call(kind: int, rest: list[Any], has_id: bool, is_16: bool, no_frame: str) -> Frame:
    wrong = ""
    if not has_id:
        wrong = "the message id is no text"
    elif len(rest) < 2 or not isinstance(rest[1], str):
        wrong = "the action is no text"
    elif len(rest) < 3 or not isinstance(rest[2], dict):
        wrong = "the payload is no JSON object"
    if not wrong:
        return CallFrame(rest[0], rest[1], rest[2], kind == CALL)
    if kind == SEND:
        return Ignored(f"a SEND: {wrong}")
    if not has_id:
        return BadCall(UNREADABLE_ID, no_frame, wrong)
    return BadCall(rest[0][:ID_LENGTH], "FormationViolation" if is_16 else "FormatViolation", wrong)


def call(message_id: str, action: str, payload: Payload) -> str:
    # Compact separators and the members' own order: some chargers match raw text.
    return _text([CALL, message_id, action, payload])


def result(message_id: str, payload: Payload) -> str:
    return _text([RESULT, message_id, payload])


def error(message_id: str, code: str, description: str) -> str:
    return _text([ERROR, message_id, code, description[:TEXT_LENGTH], {}])


def result_error(message_id: str, code: str, description: str) -> str:
    """2.1 part 4 §4.2.4: the answer to a CALLRESULT that cannot be used."""
    return _text([RESULT_ERROR, message_id, code, description[:TEXT_LENGTH], {}])


def _text(frame: list[Any]) -> str:
    return orjson.dumps(frame).decode()
