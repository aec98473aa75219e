"""Whatever we may ask keeps its schema in each version, or is not said: every command, by the types of its fields."""

import dataclasses
import types
import typing
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargers.commands import (
    CertificateHash,
    Command,
    ReportSomeSettings,
    SendLocalList,
    certificates,
    command_from_row,
    command_to_row,
    cost,
    customers,
    display,
    local_list,
    monitoring,
    network,
    reading,
    reservations,
    uploads,
    vendor,
)
from chargers.ocpp import schemas
from chargers.ocpp.dialect import CommandNotSpoken, Dialect
from chargers.ocpp.dialects import DIALECTS

ROOMS = (
    certificates, cost, customers, display, local_list, monitoring, network, reading, reservations, uploads, vendor,
)  # fmt: skip
KINDS = [
    kind
    for room in ROOMS
    for kind in vars(room).values()
    if isinstance(kind, type) and issubclass(kind, Command) and kind.kind and kind.__module__ == room.__name__
]
# As long as the shortest text of the schemas allows.
WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=20)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: WORDS,
    int: st.integers(0, 1000),
    float: st.floats(0, 500_000),
    bool: st.booleans(),
    datetime: MOMENTS,
}
# What the schemas bound more narrowly.
WORDED: dict[tuple[type[Any], str], st.SearchStrategy[Any]] = {
    (CertificateHash, "algorithm"): st.sampled_from(["SHA256", "SHA384", "SHA512"]),
    (ReportSomeSettings, "criteria"): st.lists(
        st.sampled_from(["Active", "Available", "Enabled", "Problem"]), max_size=4
    ).map(tuple),
    (display.ShowMessage, "language"): st.sampled_from(["de", "en-GB", "sgn-ase"]),
    (cost.ShowCost, "total"): st.decimals(0, 1000, places=2),
    (monitoring.Monitor, "severity"): st.integers(0, 9),
    (monitoring.SetMonitoringLevel, "severity"): st.integers(0, 9),
}
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def of_type(wanted: Any) -> st.SearchStrategy[Any]:
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(st.none() if one is types.NoneType else of_type(one) for one in arguments))
    if origin is tuple:
        return st.lists(of_type(arguments[0]), max_size=3).map(tuple)
    if dataclasses.is_dataclass(wanted) and isinstance(wanted, type):
        return built(wanted)
    if issubclass(wanted, Enum):
        return st.sampled_from(wanted)
    return PLAIN[wanted]


def built(kind: type[Any]) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    members = {
        field.name: WORDED[kind, field.name] if (kind, field.name) in WORDED else of_type(hints[field.name])
        for field in dataclasses.fields(kind)
    }
    # What may be left out is left out now and then: an empty text is no word.
    for field in dataclasses.fields(kind):
        if field.default is not dataclasses.MISSING:
            members[field.name] |= st.just(field.default)
    return st.builds(kind, **members)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
@QUICK
@given(data=st.data())
def test_every_command_keeps_its_schema_or_is_not_said(
    dialect: Dialect, kind: type[Command], data: st.DataObject
) -> None:
    command = data.draw(built(kind))

    with suppress(CommandNotSpoken):
        call = dialect.say(command)
        assert schemas.check(dialect.subprotocol, call.action, call.payload) is None


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
@QUICK
@given(data=st.data())
def test_every_command_survives_its_row(kind: type[Command], data: st.DataObject) -> None:
    command = data.draw(built(kind))

    assert command_from_row(command.kind, command_to_row(command)) == command


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
def test_a_local_list_is_never_sent_as_version_0(dialect: Dialect) -> None:
    with pytest.raises(CommandNotSpoken):
        dialect.say(SendLocalList(version=0, is_full=True))
