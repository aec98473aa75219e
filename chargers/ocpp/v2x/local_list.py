"""The tokens that a charger may accept by itself (2.x D01, D02)."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from chargers.commands import ListEntry, ReadLocalListVersion, SendLocalList
from chargers.events import TokenDecision, TokenStatus
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v2x.versions import both, v21, v201
from chargers.ocpp.v2x.words import TOKEN_TYPES, write_token, write_token_info
from chargers.ocpp.values import moment


def send(command: SendLocalList, token_types: Collection[str] | None) -> Call:
    if command.version < 1:
        raise CommandNotSpoken("Version 0 says that there is no list (D01.FR.18)")
    # In the order of the specification's table: some chargers look for members where they expect them.
    payload: Payload = {
        "versionNumber": command.version,
        "updateType": "Full" if command.is_full else "Differential",
    }
    entries = [_entry(entry, command.is_full, token_types) for entry in command.entries]
    if entries:
        payload["localAuthorizationList"] = entries
    elif not command.is_full:
        raise CommandNotSpoken("A change of nothing is no change")
    return Call("SendLocalList", payload)


def _entry(entry: ListEntry, is_full: bool, token_types: Collection[str] | None) -> Payload:
    told: Payload = {"idToken": write_token(entry.token, entry.token_type, token_types)}
    if entry.status is not None:
        return told | {"idTokenInfo": write_token_info(TokenDecision(entry.status, entry.expires_at, entry.group))}
    if is_full:
        raise CommandNotSpoken("A full list holds only what stays on it")
    return told


v201.asks(SendLocalList)(partial(send, token_types=TOKEN_TYPES))
v21.asks(SendLocalList)(partial(send, token_types=None))


@both.recognises("SendLocalList")
def read_list(said: Payload) -> SendLocalList:
    return SendLocalList(
        version=said["versionNumber"],
        is_full=said["updateType"] == "Full",
        entries=tuple(_read_entry(entry) for entry in said.get("localAuthorizationList") or ()),
    )


def _read_entry(said: Payload) -> ListEntry:
    token, info = said["idToken"], said.get("idTokenInfo")
    if info is None:
        return ListEntry(token=token["idToken"], token_type=token["type"], status=None)
    return ListEntry(
        token=token["idToken"],
        token_type=token["type"],
        status=TokenStatus(info["status"]),
        expires_at=moment(info.get("cacheExpiryDateTime")),
        group=(info.get("groupIdToken") or {}).get("idToken", ""),
    )


@both.asks(ReadLocalListVersion)
def read_version(command: ReadLocalListVersion) -> Call:
    return Call("GetLocalListVersion", {})


@both.hears("GetLocalListVersion")
def version_read(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    return Hearing(True, f"Version {response['versionNumber']}"[:60])
