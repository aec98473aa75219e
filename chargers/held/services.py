"""Keep what a charger may hold, from each fact, in the transaction of that fact."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from chargers.choices import CommandState
from chargers.commands import Command, RawCall
from chargers.held import possible as held
from chargers.held.models import Holding
from chargers.held.possible import Asked, Possible, Unreadable
from chargers.models import Charger, Evse, IssuedCommand
from chargers.ocpp.dialect import NotRecognised
from chargers.ocpp.dialects import DIALECTS
from chargers.prepared import Prepared
from chargers.profiles import InstalledProfiles
from chargers.queries import traits_of_charger

# Raw calls of these change profiles, whether we can read them or not. Only those of a start may bring none.
PROFILE_ACTIONS = {"SetChargingProfile", "ClearChargingProfile", "UpdateDynamicSchedule"}
START_ACTIONS = {"RemoteStartTransaction", "RequestStartTransaction"}
# Name of the capability that says: its profiles were still there after it had booted.
KEEPS_THROUGH_BOOT = "profiles_survive_reboot"
ASKED = "asked"  # its value while a restart is under way that is to show it


@dataclass(frozen=True, slots=True)
class Held:
    """What one charger may hold now."""

    candidates: tuple[InstalledProfiles, ...]
    is_known: bool
    is_open: bool
    offline_since: datetime | None


def held_by(charger_ids: Collection[int]) -> dict[int, Held]:
    """Only those that were ever sent a profile."""
    found = {}
    for row in Holding.objects.filter(charger__in=charger_ids):
        possible = held.read_from_row(row.possible)
        found[row.charger_id] = Held(held.candidates(possible), possible.is_known, possible.is_open, row.offline_since)
    return found


def change_of(protocol: str, command: Command, charger_id: int) -> Asked | None:
    """What a command, typed or raw, changes of the charger's profiles."""
    try:
        meant = DIALECTS[protocol].recognise(command)
    except NotRecognised:
        assert isinstance(command, RawCall), "only what is raw can be unreadable"
        return Unreadable() if command.action in PROFILE_ACTIONS | START_ACTIONS else None
    if isinstance(meant, RawCall):
        return Unreadable() if meant.action in PROFILE_ACTIONS else None
    numbers: Collection[int] = ()
    if getattr(meant, "profile", None) is not None and getattr(meant, "evse", 0) is None:
        numbers = list(Evse.objects.filter(charger=charger_id).values_list("number", flat=True))
    return held.change_asked_by(meant, numbers)


def note_asked(row: IssuedCommand, command: Command, protocol: str) -> None:
    """A command was written: from now on the charger may hold what it asks for."""
    change = change_of(protocol, command, row.charger_id)
    if change is None:
        return
    holding = Holding.objects.select_for_update().filter(charger=row.charger_id).first()
    if holding is None:
        Holding.objects.get_or_create(
            charger_id=row.charger_id,
            defaults={"possible": held.keep_in_row(held.nothing_held(protocol)), "changed_at": row.issued_at},
        )
        holding = Holding.objects.select_for_update().get(charger=row.charger_id)
    possible = held.read_from_row(holding.possible)
    if possible.states[0].protocol != protocol:
        # Another version numbers and replaces otherwise: what was installed in the old one may be gone or be there.
        possible = held.nothing_held(protocol)
    _keep(holding, held.ask(possible, change, command_id=row.pk, at=row.issued_at), row.issued_at)


def note_settled(command: IssuedCommand, *, now: datetime) -> None:
    """It was answered, given up, or never sent."""
    acts: dict[str, Callable[[Possible, int], Possible]] = {
        CommandState.ACCEPTED: partial(held.accept, at=now),
        CommandState.REJECTED: held.drop,
        CommandState.ERROR: held.drop,
        CommandState.EXPIRED: held.drop,
        CommandState.CANCELLED: held.drop,
        CommandState.UNANSWERED: held.leave_open,
    }
    if command.kind not in {"install_profile", "clear_profiles", "update_dynamic_schedule", "start", "raw"}:
        return
    act = acts[command.state]
    _change(command.charger_id, lambda possible: act(possible, command.pk), now)


def note_end(charger_id: int, evse: int, reference: str, *, now: datetime) -> bool:
    """A transaction ended, and its own profiles with it. False: this charger was never sent a profile."""
    return _change(charger_id, lambda old: held.happen(old, held.Ended(evse=evse, reference=reference), at=now), now)


def note_boot(charger: Charger, *, now: datetime) -> None:
    """It booted. Whether its profiles are still there is certain only of one that has shown so."""

    def boot(old: Possible) -> Possible:
        shown = charger.capabilities.filter(name=KEEPS_THROUGH_BOOT, value="yes", firmware=charger.firmware)
        return held.happen(old, held.Rebooted(has_proven=shown.exists()), at=now)

    _change(charger.pk, boot, now)


def note_gone(charger_ids: Collection[int], *, now: datetime) -> None:
    """Their links broke: they keep what they hold, as far as it holds offline."""
    Holding.objects.filter(charger__in=charger_ids, offline_since=None).update(offline_since=now)


def note_return(charger_ids: Collection[int], *, now: datetime) -> list[int]:
    """Their links are back; the ids of those that hold profiles, which are to be looked after (quirk 62)."""
    returned = []
    for holding in Holding.objects.select_for_update().select_related("charger").filter(charger__in=charger_ids):
        away_s = (now - holding.offline_since).total_seconds() if holding.offline_since else 0.0
        forgets = traits_of_charger(holding.charger).profile_survives_reconnect is False
        fact = held.Returned(offline_s=away_s, forgets=forgets)
        holding.offline_since = None
        _keep(holding, held.happen(held.read_from_row(holding.possible), fact, at=now), now)
        returned.append(holding.charger_id)
    return returned


def note_narrowed(charger_id: int, left: Collection[InstalledProfiles], *, now: datetime) -> None:
    """By what it means to do, it can hold no other set than these."""
    _change(charger_id, lambda old: held.narrow(old, left), now)


def note_lost(charger_id: int, *, now: datetime) -> None:
    """It does other than it holds by our books: it may hold nothing at all."""
    _change(charger_id, lambda old: held.happen(old, held.Rebooted(has_proven=False), at=now), now)


_holdings_of = Prepared(lambda charger: Holding.objects.select_for_update().filter(charger=charger), int)


def _change(charger_id: int, change: Callable[[Possible], Possible], now: datetime) -> bool:
    is_there = False
    for holding in _holdings_of(charger_id):
        is_there = True
        before = held.read_from_row(holding.possible)
        after = change(before)
        if after != before:
            _keep(holding, after, now)
    return is_there


def _keep(holding: Holding, possible: Possible, now: datetime) -> None:
    holding.possible = held.keep_in_row(possible)
    holding.changed_at = now
    holding.save(update_fields=["possible", "offline_since", "changed_at"])
