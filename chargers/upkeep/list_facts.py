"""What a charger's answers tell of its local list, whoever asked: a raw call counts like our own."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from chargers.choices import CommandState
from chargers.commands import ListEntry, RawCall, SendLocalList, command_from_row
from chargers.events import TokenStatus
from chargers.models import IssuedCommand
from chargers.ocpp.dialect import NotRecognised
from chargers.ocpp.dialects import DIALECTS
from chargers.upkeep.lists import after, by_key, digest_of, key_of
from chargers.upkeep.models import ListedToken, LocalList

ACTIONS = ("SendLocalList", "GetLocalListVersion")
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
TRIES_MAX = 5
NOT_THERE = "It keeps no local list"
# A CALLERROR that says so; any other may pass.
NEVER = {"NotSupported", "NotImplemented"}


def list_of(charger_id: int) -> LocalList:
    """The charger's row, made when there is none."""
    local_list, _ = LocalList.objects.get_or_create(charger_id=charger_id)
    return local_list


def held_on(local_list: LocalList) -> dict[str, ListEntry]:
    return by_key(
        ListEntry(
            token=row.token,
            token_type=row.type,
            status=TokenStatus(row.status),
            expires_at=row.expires_at,
            group=row.group,
        )
        for row in local_list.tokens.all()
    )


def heed_answer(command: IssuedCommand, *, now: datetime) -> LocalList | None:
    """A command about the local list came to its end; the list's row where that made us give up on it."""
    if command.action not in ACTIONS:
        return None
    local_list = list_of(command.charger_id)
    had_given_up = local_list.gave_up_at is not None
    match command.state:
        case CommandState.EXPIRED | CommandState.CANCELLED:
            pass  # it was never sent, and nothing was learned
        case CommandState.UNANSWERED:
            _doubt(local_list)
            _stumble(local_list, "It did not answer", now)
        case CommandState.ERROR if command.error_code in NEVER:
            _give_up(local_list, NOT_THERE, now)
        case CommandState.ERROR:
            _doubt(local_list)
            _stumble(local_list, f"It answered with {command.error_code}", now)
        case _ if command.action == "SendLocalList":
            _heed_list(local_list, command, now)
        case _:
            _heed_version(local_list, command, now)
    # What comes next is seen at the next look.
    local_list.looked_at = None
    local_list.save()
    return local_list if local_list.gave_up_at is not None and not had_given_up else None


def _heed_list(local_list: LocalList, command: IssuedCommand, now: datetime) -> None:
    match command.status:
        case "Accepted":
            _take(local_list, command)
        case "NotSupported":
            _give_up(local_list, NOT_THERE, now)
        case "VersionMismatch":
            # A change needs a version above its own (2.x D01.FR.19): learn it, then send everything (D01.FR.03).
            _doubt(local_list)
            _stumble(local_list, "It has another version of the list than we thought", now, at_once=True)
        case status:
            _doubt(local_list)
            _stumble(local_list, f"It refused the list: {status}"[:200], now)


def _take(local_list: LocalList, command: IssuedCommand) -> None:
    sent = _sent(command)
    local_list.is_verified = False
    local_list.retry_after = None
    if sent is None:
        local_list.is_known = False
        return
    local_list.version = sent.version
    if sent.is_full or local_list.is_known:
        held = after({} if sent.is_full else held_on(local_list), sent)
        _write(local_list, held)
        local_list.is_known = True
    local_list.trouble = ""


def _sent(command: IssuedCommand) -> SendLocalList | None:
    """What was sent, in our words; None where a raw call cannot be read."""
    asked = command_from_row(command.kind, command.wording)
    if isinstance(asked, RawCall):
        protocol = command.charger.protocol or "ocpp1.6"
        try:
            asked = DIALECTS[protocol].recognise(asked)
        except NotRecognised:
            return None
    return asked if isinstance(asked, SendLocalList) else None


def _write(local_list: LocalList, held: Mapping[str, ListEntry]) -> None:
    """Bring the rows of the list to what it holds, touching only those that differ."""
    before = held_on(local_list)
    gone = before.keys() - held.keys()
    for start in range(0, len(gone), 500):
        local_list.tokens.filter(key__in=sorted(gone)[start : start + 500]).delete()
    ListedToken.objects.bulk_create(
        [
            ListedToken(
                local_list=local_list,
                key=key_of(entry),
                token=entry.token,
                type=entry.token_type[:20],
                status=str(entry.status),
                expires_at=entry.expires_at,
                group=entry.group[:36],
            )
            for key, entry in sorted(held.items())
            if before.get(key) != entry
        ],
        update_conflicts=True,
        unique_fields=["local_list", "key"],
        update_fields=["token", "type", "status", "expires_at", "group"],
        batch_size=500,
    )
    local_list.digest = digest_of(held.values())


def _heed_version(local_list: LocalList, command: IssuedCommand, now: datetime) -> None:
    response = command.response if isinstance(command.response, dict) else {}
    told = response.get("listVersion", response.get("versionNumber"))
    if not isinstance(told, int):
        _stumble(local_list, "It did not tell the version of its list", now)
        return
    local_list.reported_version, local_list.reported_at = told, now
    if told == -1:  # 1.6 §5.10
        _give_up(local_list, NOT_THERE, now)
        return
    local_list.is_verified = True
    if told == local_list.version:
        local_list.tries = 0 if local_list.is_known else local_list.tries
    elif local_list.version and local_list.is_known:
        # Lost, switched off, or changed by another. One that takes a list and has none must not be sent it for ever.
        _stumble(local_list, f"It tells version {told} of its list, and took {local_list.version}", now, at_once=True)
        local_list.is_known = False
    # Its own number counts: the next one must be above it.
    local_list.version = told
    if told == 0:
        # No list, or an empty one (1.6 §5.10, 2.x D01.FR.18): what stands on it is known without sending anything.
        _write(local_list, {})
        local_list.is_known = True


def _doubt(local_list: LocalList) -> None:
    local_list.is_known = local_list.is_verified = False


def _stumble(local_list: LocalList, trouble: str, now: datetime, *, at_once: bool = False) -> None:
    """Try again later, and after some tries not any more."""
    local_list.tries += 1
    if local_list.tries >= TRIES_MAX:
        _give_up(local_list, trouble, now)
        return
    local_list.trouble = trouble
    local_list.retry_after = (
        now if at_once and local_list.tries == 1 else now + BACK_OFF[min(local_list.tries, len(BACK_OFF)) - 1]
    )


def _give_up(local_list: LocalList, why: str, now: datetime) -> None:
    local_list.trouble = why[:200]
    local_list.gave_up_at = now
    local_list.gave_up_firmware = local_list.charger.firmware
    local_list.retry_after = None


def try_again(local_list: LocalList) -> None:
    """A person, or a new firmware, says that it is worth another try."""
    local_list.gave_up_at = local_list.retry_after = local_list.reported_at = None
    local_list.tries, local_list.trouble, local_list.gave_up_firmware = 0, "", ""
    local_list.is_known = local_list.is_verified = False
    local_list.save()
