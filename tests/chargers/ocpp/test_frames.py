"""Frames: what a charger may send never raises, and reads as OCPP-J says."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargers.ocpp import frames
from chargers.ocpp.frames import BadCall, CallFrame, ErrorFrame, Ignored, ResultFrame

VERSIONS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def test_a_call_is_read_as_it_stands() -> None:
    frame = frames.parse('[2,"36:352","Heartbeat",{}]', "ocpp1.6")

    assert frame == CallFrame("36:352", "Heartbeat", {})


@pytest.mark.parametrize(
    ("text", "id_", "code"),
    [
        ("{nonsense", "-1", "RpcFrameworkError"),
        ("[]", "-1", "RpcFrameworkError"),
        ('{"a":1}', "-1", "RpcFrameworkError"),
        ('["2","a","Heartbeat",{}]', "-1", "RpcFrameworkError"),
        ('[true,"a","Heartbeat",{}]', "-1", "RpcFrameworkError"),
        ('[2,null,"Heartbeat",{}]', "-1", "RpcFrameworkError"),
        ("[2]", "-1", "RpcFrameworkError"),
        ('[2,"a"]', "a", "FormatViolation"),
        ('[2,"a",7,{}]', "a", "FormatViolation"),
        ('[2,"a","Heartbeat"]', "a", "FormatViolation"),
        ('[2,"a","Heartbeat",[]]', "a", "FormatViolation"),
        ("[" * 3000 + "]" * 3000, "-1", "RpcFrameworkError"),
    ],
)
def test_a_call_that_is_none_is_answered_with_the_code_of_the_version(text: str, id_: str, code: str) -> None:
    frame = frames.parse(text, "ocpp2.0.1")

    assert isinstance(frame, BadCall)
    assert (frame.message_id, frame.code) == (id_, code)


def test_in_1_6_a_malformed_frame_is_a_formation_violation() -> None:
    frame = frames.parse("[2]", "ocpp1.6")

    assert isinstance(frame, BadCall)
    assert frame.code == "FormationViolation"


@pytest.mark.parametrize("text", ['[7,"a"]', '[0,"a",{}]', "[3]", '[3,"a"]', '[4,"a"]', "[3,12,{}]"])
def test_unknown_types_and_malformed_answers_are_never_answered(text: str) -> None:
    assert isinstance(frames.parse(text, "ocpp2.0.1"), Ignored)


def test_only_2_1_knows_send_and_result_errors() -> None:
    send, error = '[6,"a","NotifyPeriodicEventStream",{}]', '[5,"a","GenericError","",{}]'

    assert frames.parse(send, "ocpp2.1") == CallFrame("a", "NotifyPeriodicEventStream", {}, wants_answer=False)
    assert frames.parse(error, "ocpp2.1") == ErrorFrame("a", "GenericError", "", {}, of_result=True)
    assert isinstance(frames.parse(send, "ocpp2.0.1"), Ignored)
    assert isinstance(frames.parse(error, "ocpp1.6"), Ignored)


def test_a_malformed_send_is_never_answered() -> None:
    assert isinstance(frames.parse('[6,"a","NotifyPeriodicEventStream"]', "ocpp2.1"), Ignored)


def test_what_we_write_has_compact_separators() -> None:
    assert frames.call("1", "Reset", {"type": "Soft"}) == '[2,"1","Reset",{"type":"Soft"}]'


def test_a_long_description_of_an_error_is_cut_to_what_the_protocol_allows() -> None:
    assert len(orjson.loads(frames.error("1", "GenericError", "x" * 600))[3]) == 255


@given(st.sampled_from(VERSIONS), st.text() | st.binary())
def test_any_text_is_a_frame_of_some_kind(version: str, text: str | bytes) -> None:
    frame = frames.parse(text, version)

    assert isinstance(frame, CallFrame | ResultFrame | ErrorFrame | BadCall | Ignored)


@given(st.sampled_from(VERSIONS), st.lists(st.integers(0, 8) | json_values, max_size=6))
def test_any_json_array_is_a_frame_of_some_kind(version: str, said: list[object]) -> None:
    frame = frames.parse(orjson.dumps(said), version)

    assert isinstance(frame, CallFrame | ResultFrame | ErrorFrame | BadCall | Ignored)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_nul_is_left_out_of_whatever_is_said_but_not_of_the_id_that_is_answered(version: str) -> None:
    frame = frames.parse(r'[2,"a\u0000b","Boot\u0000",{"x\u0000":["\u0000",{"y":"\\u0000z\u0000"}]}]', version)

    assert frame == CallFrame("a\x00b", "Boot", {"x": ["", {"y": r"\u0000z"}]})
