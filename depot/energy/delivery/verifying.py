"""What chargers hold is read back and compared: after the first plan, after a boot, and when they return."""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from chargers.choices import CommandState
from chargers.commands import RateUnit, ReadCompositeSchedule
from chargers.held import services as held
from chargers.held.models import Holding
from chargers.held.possible import candidates, read_from_row
from chargers.models import Charger, Evse, IssuedCommand
from chargers.profiles import Circumstances, RunningTransaction
from chargers.profiles.installed import OCPP_16
from chargers.queries import link_of
from depot.energy.delivery.books import reference_of
from depot.energy.delivery.learning import show
from depot.energy.delivery.looking import something_changed
from depot.energy.delivery.readback import Told, agrees, read_schedule
from depot.energy.models import Wiring
from depot.notices import services as notices
from sessions.models import Session

READS = "reads_composite"
AGREES = "composite_agrees"
LOOKED_AHEAD_S = 6 * 3600
JUST_BACK = timedelta(minutes=10)  # real time
JUST_BOOTED = timedelta(minutes=10)


def question_for(wiring: Wiring) -> ReadCompositeSchedule:
    unit = RateUnit.WATT if wiring.evse.is_dc else RateUnit.AMPERE
    return ReadCompositeSchedule(evse=wiring.evse.number, duration_s=LOOKED_AHEAD_S, unit=unit)


@transaction.atomic
def heed_schedule(command: IssuedCommand, *, now: datetime) -> None:
    """The charger told what it means to do: what it cannot hold then is ruled out, and a difference is told of."""
    number = command.evse_number or 0
    evse = Evse.objects.select_related("charger").filter(charger=command.charger_id, number=number).first()
    wiring = None if evse is None else Wiring.objects.select_related("circuit", "evse").filter(evse=evse).first()
    holding = Holding.objects.select_for_update().filter(charger=command.charger_id).first()
    if evse is None or wiring is None or holding is None:
        return
    told = read_schedule(command.response, now)
    if told is None:
        if command.state in (CommandState.REJECTED, CommandState.ERROR):
            word = command.error_code or command.status
            show(evse.charger, READS, "no", f"GetCompositeSchedule was answered {word}", now=now)
            _end_proof(evse.charger, f"After a restart GetCompositeSchedule was answered {word}", now)
        return
    _compare(evse, wiring, holding, told, command, now)


def _compare(evse: Evse, wiring: Wiring, holding: Holding, told: Told, command: IssuedCommand, now: datetime) -> None:
    possible = read_from_row(holding.possible)
    where = _circumstances(evse, wiring, now)
    phases = 1 if evse.is_dc else len(wiring.lines)
    most = float(wiring.rating_w)
    if told.unit is RateUnit.AMPERE:
        most /= float(wiring.circuit.voltage_v) * phases
    verdicts = {
        installed: agrees(told, installed, where, evse=evse.number, most=most) for installed in candidates(possible)
    }
    fitting = [installed for installed, (same, _) in verdicts.items() if same]
    charger = evse.charger
    if fitting:
        show(charger, AGREES, "yes", f"Its composite schedule is ours (command {command.pk})", now=now)
        has_profiles = all(installed.held for installed in fitting)
        was_in_doubt = any(not installed.held for installed in verdicts)
        if has_profiles and was_in_doubt and charger.booted_at is not None and charger.booted_at >= now - JUST_BOOTED:
            show(charger, held.KEEPS_THROUGH_BOOT, "yes", "Its profiles were there after it had booted", now=now)
        _end_proof(charger, "What it meant to do after a restart is the same with and without limits", now)
        held.note_narrowed(charger.pk, fitting, now=now)
        if was_in_doubt:
            something_changed([charger.pk], now=now)
        return
    _end_proof(charger, f"After a restart it meant to do other than it was told (command {command.pk})", now)
    if not where.transactions and possible.states[0].protocol == OCPP_16:
        # Only 2.x says that without a charge the default counts (K08.FR.06): this may be no difference at all.
        return
    is_more = any(more for _, more in verdicts.values())
    since = link_of(charger.pk).since
    if is_more and _was_thought_to_keep(charger, now):
        lost = f"After a boot it meant to give more than it was told (command {command.pk})"
        show(charger, held.KEEPS_THROUGH_BOOT, "no", lost, now=now)
        held.note_lost(charger.pk, now=now)
    if is_more and since is not None and datetime.now(UTC) - since < JUST_BACK:
        lost = f"After a broken link it meant to give more than it was told (command {command.pk})"
        show(charger, "profile_survives_reconnect", "no", lost, now=now)
        held.note_lost(charger.pk, now=now)
    if show(charger, AGREES, "no", f"Its composite schedule is not ours (command {command.pk})", now=now):
        notices.write(
            "limits.differ", charger, f"{charger} means to do other than it was told", at=now, command=command.pk
        )
        if is_more:
            # It may give more than it holds by our books: what bounds it is told again.
            held.note_lost(charger.pk, now=now)


def _was_thought_to_keep(charger: Charger, now: datetime) -> bool:
    """Its limits through a boot, and it has just booted."""
    has_booted = charger.booted_at is not None and charger.booted_at >= now - JUST_BOOTED
    known = charger.capabilities.filter(name=held.KEEPS_THROUGH_BOOT, value="yes", firmware=charger.firmware)
    return has_booted and known.exists()


def _end_proof(charger: Charger, evidence: str, now: datetime) -> None:
    """Where it was restarted to see whether its limits last, and that was not seen: it counts as no."""
    if charger.capabilities.filter(name=held.KEEPS_THROUGH_BOOT, value=held.ASKED).exists():
        show(charger, held.KEEPS_THROUGH_BOOT, "no", evidence, now=now)
        something_changed([charger.pk], now=now)


def _circumstances(evse: Evse, wiring: Wiring, now: datetime) -> Circumstances:
    session = Session.objects.running().filter(evse=evse).first()
    if session is None:
        return Circumstances(evses=(evse.number,), assumed_since=now, supply=wiring.supply)
    running = RunningTransaction(reference=reference_of(session), charging_since=session.started_at)
    return Circumstances(evses=(evse.number,), transactions={evse.number: running}, supply=wiring.supply)
