"""What is left to send of a local list, and in which message."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargers.commands import ListEntry
from chargers.events import TokenStatus
from chargers.upkeep.lists import (
    Limits,
    after,
    by_key,
    digest_of,
    drift_between,
    fitted,
    key_of,
    next_list,
    size_of,
)
from tests.factories import THURSDAY


def card(name: str, **fields: object) -> ListEntry:
    return ListEntry(token=name, token_type="ISO14443", **fields)  # type: ignore[arg-type]


def blocked(name: str) -> ListEntry:
    return card(name, status=TokenStatus.BLOCKED)


A, B, C = card("A"), card("B"), card("C")


def test_a_list_that_nobody_knows_is_sent_whole() -> None:
    sent = next_list(None, [A, B], version=4, limits=Limits())

    assert sent is not None
    assert (sent.is_full, sent.version, sent.entries) == (True, 5, (A, B))


def test_a_list_that_holds_what_it_should_needs_no_message() -> None:
    assert next_list(by_key([B, A]), [A, B], version=4, limits=Limits()) is None


def test_a_known_list_is_sent_what_differs() -> None:
    sent = next_list(by_key([A, B]), [A, C], version=4, limits=Limits())

    assert sent is not None
    assert not sent.is_full
    assert sent.entries == (replace(B, status=None), C)


def test_a_blocked_card_goes_before_all_that_is_new() -> None:
    sent = next_list(by_key([A]), [B, C, blocked("A")], version=4, limits=Limits(at_once=1))

    assert sent is not None
    assert sent.entries == (blocked("A"),)


def test_a_list_that_is_too_long_for_one_message_begins_whole_and_goes_on_in_parts() -> None:
    wanted = [card(f"C{n}") for n in range(5)]
    limits = Limits(at_once=2)
    held, messages = None, []

    while (sent := next_list(held, wanted, version=len(messages), limits=limits)) is not None:
        messages.append((sent.is_full, sent.version, len(sent.entries)))
        held = after(held or {}, sent)

    assert messages == [(True, 1, 2), (False, 2, 2), (False, 3, 1)]
    assert held == by_key(wanted)


def test_a_message_keeps_to_the_bytes_that_a_charger_takes() -> None:
    wanted = [card(f"CARD{n}") for n in range(9)]

    sent = next_list(None, wanted, version=0, limits=Limits(bytes_at_once=100 + 3 * (size_of(wanted[0]) + 1)))

    assert sent is not None
    assert len(sent.entries) == 3


@pytest.mark.parametrize(
    "limits", [Limits(entries=2), Limits(storage_bytes=2 * size_of(A) + 1)], ids=["by number", "by size"]
)
def test_what_a_charger_has_no_room_for_is_left_out_and_counted(limits: Limits) -> None:
    assert fitted([A, B, C], "ocpp2.0.1", limits) == ((A, B), 1)


@pytest.mark.parametrize(
    ("protocol", "entry", "is_told"),
    [
        ("ocpp1.6", card("X" * 21), False),
        ("ocpp2.0.1", card("X" * 21), True),
        ("ocpp2.0.1", card("X" * 37), False),
        ("ocpp2.1", card("X" * 37), True),
        ("ocpp2.0.1", ListEntry(token="X", token_type="VIN"), False),
        ("ocpp2.1", ListEntry(token="X", token_type="VIN"), True),
    ],
)
def test_what_a_version_has_no_words_for_is_left_out(protocol: str, entry: ListEntry, is_told: bool) -> None:
    kept, left_out = fitted([entry], protocol, Limits())

    assert (bool(kept), left_out) == (is_told, int(not is_told))


def test_in_1_6_a_card_has_no_type_by_which_it_could_differ() -> None:
    kept, _ = fitted([A], "ocpp1.6", Limits())

    assert kept == (replace(A, token_type="Central"),)


def test_a_card_is_the_same_in_any_case() -> None:
    assert key_of(card("Van12")) == key_of(card("VAN12"))


names = st.sampled_from([f"T{n}" for n in range(8)])
entries = st.builds(
    card,
    names,
    status=st.sampled_from([TokenStatus.ACCEPTED, TokenStatus.BLOCKED]),
    expires_at=st.sampled_from([None, THURSDAY]),
    group=st.sampled_from(["", "G"]),
)
lists = st.lists(entries, max_size=8, unique_by=key_of)


@given(held=st.one_of(st.none(), lists), wanted=lists, at_once=st.integers(1, 4))
def test_whatever_it_holds_the_messages_end_at_what_is_wanted(
    held: list[ListEntry] | None, wanted: list[ListEntry], at_once: int
) -> None:
    now = None if held is None else by_key(held)

    for version in range(30):
        sent = next_list(now, wanted, version=version, limits=Limits(at_once=at_once))
        if sent is None:
            break
        assert len(sent.entries) <= at_once
        now = after(now or {}, sent)

    assert now is not None
    assert not drift_between(now, wanted)
    assert digest_of(now.values()) == digest_of(wanted)
