"""A call's JSON to begin with."""

import pytest

from chargers.ocpp import schemas
from depot.yard.calls import calls_to
from depot.yard.skeleton import optional_members, skeleton


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
def test_a_skeleton_has_what_the_schema_requires(protocol: str) -> None:
    for action in calls_to(protocol):
        wanted = schemas.schema(protocol, action)

        begun = skeleton(wanted)

        # Only values that no one can guess (a text's pattern, a length, a number's exact range) may still be missing.
        left = {error.kind.name for error in schemas.errors(protocol, action, begun)}
        assert left <= {"pattern", "minLength", "anyOf", "oneOf", "exclusiveMinimum", "multipleOf", "format"}, action


def test_a_skeleton_takes_the_first_word_of_an_enum() -> None:
    assert skeleton(schemas.schema("ocpp1.6", "Reset")) == {"type": "Hard"}


def test_what_may_be_added_is_named_without_what_is_there() -> None:
    added = optional_members(schemas.schema("ocpp1.6", "RemoteStartTransaction"))

    assert added == ["connectorId", "chargingProfile"]


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
def test_calls_are_those_that_go_to_a_charger(protocol: str) -> None:
    calls = calls_to(protocol)

    assert "BootNotification" not in calls
    assert "Heartbeat" not in calls
    assert {"Reset", "DataTransfer", "TriggerMessage", "SetChargingProfile"} <= set(calls)
    assert calls == sorted(calls)
