"""A form from a schema: every call of every version has one, and what is typed comes out as the payload."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chargers.ocpp import schemas
from chargers.ocpp.coverage import SAMPLES
from chargers.ocpp.dialect import CommandNotSpoken
from chargers.ocpp.dialects import DIALECTS
from depot.yard.calls import calls_to
from depot.yard.schema_form import boxes_of, fields_of, read_form, values_of
from depot.yard.skeleton import skeleton

BERLIN = ZoneInfo("Europe/Berlin")
CALLS = [(protocol, action) for protocol in DIALECTS for action in calls_to(protocol)]


def said_by_us() -> list[tuple[str, str, dict[str, object]]]:
    said = []
    for protocol, dialect in DIALECTS.items():
        for sample in SAMPLES:
            try:
                call = dialect.say(sample)
            except CommandNotSpoken:
                continue
            if call.action in calls_to(protocol):
                said.append((protocol, call.action, call.payload))
    return said


def with_texts(value: Any) -> Any:
    """A row in which nothing stands is no row."""
    if isinstance(value, dict):
        return {name: with_texts(member) for name, member in value.items()}
    if isinstance(value, list):
        return [with_texts(member) for member in value]
    return value if value != "" else "x"


@pytest.mark.parametrize(("protocol", "action"), CALLS)
def test_the_least_of_each_call_is_typed_and_read_again(protocol: str, action: str) -> None:
    least = with_texts(skeleton(schemas.schema(protocol, action)))
    root = fields_of(protocol, action)

    payload, misread = read_form(root, values_of(root, least, BERLIN), BERLIN)

    assert (payload, misread.errors) == (least, {})


@pytest.mark.parametrize(("protocol", "action", "payload"), said_by_us())
def test_what_we_say_ourselves_is_typed_and_read_again(protocol: str, action: str, payload: dict[str, object]) -> None:
    root = fields_of(protocol, action)

    again, misread = read_form(root, values_of(root, payload, BERLIN), BERLIN)

    assert misread.errors == {}
    assert schemas.check(protocol, action, again) is None
    assert values_of(root, again, BERLIN) == values_of(root, payload, BERLIN)


@pytest.mark.parametrize(("protocol", "action"), CALLS)
def test_a_form_sent_as_it_came_says_what_is_needed_or_is_a_call(protocol: str, action: str) -> None:
    root = fields_of(protocol, action)
    typed = {box.name: "" for box in every_box(boxes_of(root, {}, {}, BERLIN)) if not box.boxes}

    payload, misread = read_form(root, typed, BERLIN)

    assert misread.errors or schemas.check(protocol, action, payload) is None or "" in str(payload)


def every_box(boxes: object) -> list[object]:
    return [each for box in boxes for each in (box, *every_box(box.boxes))]  # type: ignore[attr-defined]


def read(action: str, **typed: str) -> tuple[dict[str, object], dict[str, str]]:
    payload, misread = read_form(
        fields_of("ocpp2.0.1", action), {name.replace("__", "."): value for name, value in typed.items()}, BERLIN
    )
    return payload, misread.errors


def test_a_moment_is_the_depots_time_and_goes_out_in_utc() -> None:
    payload, _ = read(
        "ReserveNow", id="1", expiryDateTime="2027-07-01 22:00", idToken__idToken="A", idToken__type="Local"
    )

    assert payload["expiryDateTime"] == "2027-07-01T20:00:00Z"


def test_what_is_left_empty_is_left_out() -> None:
    payload, errors = read("Reset", type="Immediate", evseId="", customData="")

    assert (payload, errors) == ({"type": "Immediate"}, {})


def test_what_is_needed_and_missing_is_named_by_its_box() -> None:
    _, errors = read("ReserveNow", id="1", idToken__idToken="A")

    assert errors == {"expiryDateTime": "This is needed.", "idToken.type": "This is needed."}


@pytest.mark.parametrize(
    ("typed", "words"), [("one", "A whole number."), ("1.5", "A whole number."), ("", "This is needed.")]
)
def test_a_number_that_is_none_is_told_so(typed: str, words: str) -> None:
    _, errors = read("GetBaseReport", requestId=typed, reportBase="FullInventory")

    assert errors == {"requestId": words}


def test_rows_come_in_their_order_and_empty_ones_are_left_out() -> None:
    payload, errors = read(
        "GetVariables",
        getVariableData__0__component__name="A", getVariableData__0__variable__name="B",
        getVariableData__1__component__name="", getVariableData__1__variable__name="",
        getVariableData__2__component__name="C", getVariableData__2__variable__name="D",
    )  # fmt: skip

    assert errors == {}
    assert [row["component"]["name"] for row in payload["getVariableData"]] == ["A", "C"]  # type: ignore[attr-defined]


def test_a_text_beyond_its_length_says_both_lengths() -> None:
    _, errors = read(
        "GetVariables", getVariableData__0__component__name="x" * 51, getVariableData__0__variable__name="B"
    )

    assert errors == {"getVariableData.0.component.name": "At most 50 characters; these are 51."}
