"""What separates a charger's local list from the wanted one, and the next message that brings it nearer. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from chargers.commands import ListEntry, SendLocalList
from chargers.events import TokenStatus, token_key

# What no charger has been seen to refuse; used until it says how much it takes.
ITEMS_AT_ONCE = 20
# The longest id token of each version.
TOKEN_LENGTHS = {"ocpp1.6": 20, "ocpp2.0.1": 36, "ocpp2.1": 255}
# Types of 2.0.1; a token of another type cannot be told to it.
TYPES_201 = {"Central", "eMAID", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress", "NoAuthorization"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a charger takes, as it says itself; None: it says nothing."""

    entries: int | None = None
    storage_bytes: int | None = None
    at_once: int | None = None
    bytes_at_once: int | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    missing: tuple[ListEntry, ...] = ()  # not there, or there with other words
    surplus: tuple[ListEntry, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.surplus)


def key_of(entry: ListEntry) -> str:
    return token_key(entry.token)


def by_key(entries: Iterable[ListEntry]) -> dict[str, ListEntry]:
    return {key_of(entry): entry for entry in entries}


def size_of(entry: ListEntry) -> int:
    """About how many bytes it takes on the wire."""
    info = {"status": str(entry.status), "groupIdToken": {"idToken": entry.group, "type": "Central"}}
    told = {"idToken": {"idToken": entry.token, "type": entry.token_type}, "idTokenInfo": info}
    date = len('"cacheExpiryDateTime":"2026-01-01T00:00:00.000Z",') if entry.expires_at else 0
    return len(json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()) + date


def fitted(wanted: Sequence[ListEntry], protocol: str, limits: Limits) -> tuple[tuple[ListEntry, ...], int]:
    """As much of it as the charger has words and room for, the first before the last; and how many are left out."""
    kept: list[ListEntry] = []
    taken = 0
    for entry in wanted:
        size = size_of(entry)
        has_room = (limits.entries is None or len(kept) < limits.entries) and (
            limits.storage_bytes is None or taken + size <= limits.storage_bytes
        )
        if has_room and _can_be_said(entry, protocol):
            kept.append(_as_heard(entry, protocol))
            taken += size
    return tuple(kept), len(wanted) - len(kept)


def _can_be_said(entry: ListEntry, protocol: str) -> bool:
    if len(entry.token) > TOKEN_LENGTHS.get(protocol, 255):
        return False
    return protocol != "ocpp2.0.1" or entry.token_type in TYPES_201


def _as_heard(entry: ListEntry, protocol: str) -> ListEntry:
    """In 1.6 a token has no type, so that none can differ."""
    return replace(entry, token_type="Central") if protocol == "ocpp1.6" else entry


def drift_between(held: Mapping[str, ListEntry], wanted: Sequence[ListEntry]) -> Drift:
    missing = tuple(entry for entry in wanted if held.get(key_of(entry)) != entry)
    keys = {key_of(entry) for entry in wanted}
    return Drift(missing, tuple(entry for key, entry in held.items() if key not in keys))


def next_list(
    held: Mapping[str, ListEntry] | None, wanted: Sequence[ListEntry], *, version: int, limits: Limits
) -> SendLocalList | None:
    """The next message; None when nothing is left to send. `held` None: nobody knows what stands on it.

    What may no longer charge goes first: a card that was blocked, then what makes room, then the new ones.
    """
    if held is None:
        return SendLocalList(version=version + 1, is_full=True, entries=_first_of(wanted, limits))
    drift = drift_between(held, wanted)
    if not drift:
        return None
    refused = [entry for entry in drift.missing if entry.status is not TokenStatus.ACCEPTED]
    welcome = [entry for entry in drift.missing if entry.status is TokenStatus.ACCEPTED]
    gone = [replace(entry, status=None, expires_at=None, group="") for entry in drift.surplus]
    known = [entry for entry in refused if key_of(entry) in held]
    new = [entry for entry in refused if key_of(entry) not in held]
    changes = _first_of([*known, *gone, *welcome, *new], limits)
    return SendLocalList(version=version + 1, is_full=False, entries=changes)


def _first_of(entries: Sequence[ListEntry], limits: Limits) -> tuple[ListEntry, ...]:
    most = max(limits.at_once or ITEMS_AT_ONCE, 1)
    chosen: list[ListEntry] = []
    taken = 100  # what stands around the entries
    for entry in entries[:most]:
        taken += size_of(entry) + 1
        if chosen and limits.bytes_at_once is not None and taken > limits.bytes_at_once:
            break
        chosen.append(entry)
    return tuple(chosen)


def after(held: Mapping[str, ListEntry], sent: SendLocalList) -> dict[str, ListEntry]:
    """What stands on the list once `sent` was accepted."""
    left = {} if sent.is_full else dict(held)
    for entry in sent.entries:
        if entry.status is None:
            left.pop(key_of(entry), None)
        else:
            left[key_of(entry)] = entry
    return left


def digest_of(entries: Iterable[ListEntry]) -> str:
    """Two lists of the same digest hold the same, in whatever order."""
    told = sorted(
        (
            key_of(entry),
            entry.token,
            entry.token_type,
            str(entry.status),
            entry.expires_at.isoformat() if entry.expires_at else "",
            entry.group,
        )
        for entry in entries
    )
    return sha256(json.dumps(told).encode()).hexdigest()
