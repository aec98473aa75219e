"""The tokens that a charger may accept by itself (1.6 §5.10, §5.15)."""

from datetime import datetime

from chargers.commands import ListEntry, ReadLocalListVersion, SendLocalList
from chargers.events import TokenDecision, TokenStatus
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v16.words import TOKEN_LENGTH, TOKEN_STATUSES, dialect, id_tag_info
from chargers.ocpp.values import moment


@dialect.asks(SendLocalList)
def send(command: SendLocalList) -> Call:
    if command.version < 1:
        raise CommandNotSpoken("Version 0 says that the list is empty, and -1 that there is none (§5.10)")
    if not command.entries and not command.is_full:
        raise CommandNotSpoken("A change of nothing is no change")
    return Call(
        "SendLocalList",
        {
            "listVersion": command.version,
            "localAuthorizationList": [_entry(entry, command.is_full) for entry in command.entries],
            "updateType": "Full" if command.is_full else "Differential",
        },
    )


def _entry(entry: ListEntry, is_full: bool) -> Payload:
    if len(entry.token) > TOKEN_LENGTH:
        raise CommandNotSpoken(f"1.6 takes id tokens of at most {TOKEN_LENGTH} characters")
    if entry.status is not None:
        info = id_tag_info(TokenDecision(entry.status, entry.expires_at, entry.group))
        return {"idTag": entry.token, "idTagInfo": info}
    if is_full:
        raise CommandNotSpoken("A full list holds only what stays on it")
    return {"idTag": entry.token}


@dialect.recognises("SendLocalList")
def read_list(said: Payload) -> SendLocalList:
    return SendLocalList(
        version=said["listVersion"],
        is_full=said["updateType"] == "Full",
        entries=tuple(_read_entry(entry) for entry in said.get("localAuthorizationList") or ()),
    )


def _read_entry(said: Payload) -> ListEntry:
    info = said.get("idTagInfo")
    if info is None:
        return ListEntry(token=said["idTag"], status=None)
    words = {word: status for status, word in TOKEN_STATUSES.items()}
    return ListEntry(
        token=said["idTag"],
        status=words.get(info["status"], TokenStatus.INVALID),
        expires_at=moment(info.get("expiryDate")),
        group=info.get("parentIdTag") or "",
    )


@dialect.asks(ReadLocalListVersion)
def read_version(command: ReadLocalListVersion) -> Call:
    return Call("GetLocalListVersion", {})


@dialect.hears("GetLocalListVersion")
def version_read(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # -1: local lists are nothing to it (§5.10).
    version = response["listVersion"]
    return Hearing(version != -1, f"Version {version}"[:60] if version != -1 else "NotSupported")
