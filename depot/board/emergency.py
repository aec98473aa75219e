"""Site to minimum: every EVSE of a depot to 6 A; who refuses is stopped; what each confirmed; and its release."""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from chargers.choices import CommandState
from chargers.commands import (
    ChargingProfile,
    ChargingSchedule,
    ClearProfiles,
    InstallProfile,
    ProfileKind,
    ProfilePurpose,
    RateUnit,
    SchedulePeriod,
    StopCharging,
)
from chargers.models import Evse, IssuedCommand, SettingValue
from chargers.queries import links_of
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_command
from depot import live
from depot.access.models import User
from depot.board.minimum import VOLTS, Running, Step, Target, is_lifted, next_asks, next_clears
from depot.board.models import Emergency, EmergencyStep, Outcome, Purpose
from depot.models import Depot
from sessions.models import Session

logger = logging.getLogger(__name__)

# Ours, and nobody else's: what is installed under these is lifted at the release.
FIRST_PROFILE_ID = 6_000_000
# A direct-current point knows no amperes of a phase: the power of three phases counts.
DC_PHASES = 3
SPEAKS_WATTS_ONLY = {"Power", "W"}
RATE_SETTINGS = ("ChargingScheduleAllowedChargingRateUnit", "RateUnit")
OWN_NUMBERS = "MaxExternalConstraintsId"
STACK_SETTINGS = ("ChargeProfileMaxStackLevel", "ProfileStackLevel")


class AlreadyAtMinimum(Exception):
    """It was called before and not released."""


class NotAtMinimum(Exception):
    """There is nothing to release."""


def call(depot: Depot, *, called_by: User, now: datetime) -> Emergency:
    """Ask every EVSE of the depot for its minimum; what they say comes later, as facts."""
    with transaction.atomic():
        # One at a time: two people may press it in the same second.
        Depot.objects.select_for_update().get(pk=depot.pk)
        if active_in(depot) is not None:
            raise AlreadyAtMinimum
        emergency = Emergency.objects.create(depot=depot, called_at=now, called_by=called_by)
        _go_on(emergency, now)
    return emergency


def release(depot: Depot, *, released_by: User, now: datetime) -> Emergency:
    """Lift what was installed. Vehicles that were stopped stay stopped."""
    with transaction.atomic():
        emergency = Emergency.objects.select_for_update(of=("self",)).filter(depot=depot, released_at=None).first()
        if emergency is None:
            raise NotAtMinimum
        emergency.released_at, emergency.released_by = now, released_by
        emergency.save(update_fields=["released_at", "released_by"])
        _go_on(emergency, now)
    return emergency


def active_in(depot: Depot | None) -> Emergency | None:
    return Emergency.objects.filter(depot=depot, released_at=None).first() if depot else None


def heed_command(command: IssuedCommand, now: datetime) -> None:
    """A command has settled: if it was one of ours, note what came of it and go on from there."""
    step = EmergencyStep.objects.select_related("emergency").filter(command=command, outcome=Outcome.OPEN).first()
    if step is None or command.state in (CommandState.REQUESTED, CommandState.SENT):
        return
    with transaction.atomic():
        emergency = Emergency.objects.select_for_update(of=("self",)).get(pk=step.emergency_id)
        step.outcome, step.note = _outcome_of(command)
        step.settled_at = now
        step.save(update_fields=["outcome", "note", "settled_at"])
        _go_on(emergency, now, evse_ids=[step.evse_id])


def _outcome_of(command: IssuedCommand) -> tuple[Outcome, str]:
    said = command.status or command.error_code
    match CommandState(command.state):
        case CommandState.ACCEPTED:
            return Outcome.DONE, ""
        case CommandState.EXPIRED | CommandState.CANCELLED:
            return Outcome.NO_CONTACT, ""
        case CommandState.UNANSWERED:
            # In an emergency no answer is as bad as a refusal.
            return Outcome.REFUSED, "no answer"
    return Outcome.REFUSED, said[:200]


def carry_on(now: datetime) -> None:
    """What nobody tells: a charger is back, a vehicle was plugged in meanwhile, a limit is not kept."""
    for emergency in Emergency.objects.filter(settled_at=None).values_list("pk", flat=True):
        with transaction.atomic():
            _go_on(Emergency.objects.select_for_update(of=("self",)).get(pk=emergency), now)


def _go_on(emergency: Emergency, now: datetime, *, evse_ids: Sequence[int] | None = None) -> None:
    evses = list(evses_of(emergency.depot_id, evse_ids))
    targets = targets_of(emergency, evses)
    for evse in evses:
        target = targets[evse.pk]
        if emergency.released_at is None:
            for purpose in next_asks(target):
                _ask(emergency, evse, purpose, target.running, now)
        else:
            for purpose, _ in next_clears(target):
                _ask(emergency, evse, purpose, None, now)
    is_over = emergency.released_at is not None and evse_ids is None
    if is_over and all(is_lifted(target) for target in targets.values()):
        emergency.settled_at = now
        emergency.save(update_fields=["settled_at"])


def evses_of(depot_id: int, evse_ids: Sequence[int] | None = None) -> QuerySet[Evse]:
    evses = Evse.objects.filter(bay__depot=depot_id).select_related("charger", "bay")
    return evses if evse_ids is None else evses.filter(pk__in=evse_ids)


def targets_of(emergency: Emergency, evses: Sequence[Evse]) -> dict[int, Target]:
    """How each EVSE stands, in a fixed number of queries."""
    ids = [evse.pk for evse in evses]
    links = links_of({evse.charger_id for evse in evses})
    steps: dict[int, list[Step]] = {}
    for step in EmergencyStep.objects.filter(emergency=emergency, evse__in=ids).order_by("pk"):
        steps.setdefault(step.evse_id, []).append(
            Step(
                purpose=Purpose(step.purpose),
                outcome=Outcome(step.outcome),
                session_id=step.session_id,
                settled_at=step.settled_at,
                note=step.note,
            )
        )
    running = {
        session.evse_id: Running(session_id=session.pk, power_w=session.power_w, read_at=session.last_reading_at)
        for session in Session.objects.running().filter(evse__in=ids)
    }
    return {
        evse.pk: Target(
            steps=steps.get(evse.pk, []),
            running=running.get(evse.pk),
            is_online=links[evse.charger_id].is_online,
            most_w=minimum_w(evse, emergency.amperes),
        )
        for evse in evses
    }


def minimum_w(evse: Evse, amperes: int) -> float:
    """What `amperes` per phase come to; phases that are not known count as three, to accuse nobody."""
    return amperes * VOLTS * (evse.phases or DC_PHASES)


def _ask(emergency: Emergency, evse: Evse, purpose: Purpose, running: Running | None, now: datetime) -> None:
    session = None
    if running is not None and purpose in (Purpose.SESSION, Purpose.STOP):
        session = Session.objects.get(pk=running.session_id)
    step = EmergencyStep(emergency=emergency, evse=evse, purpose=purpose, session=session, at=now)
    try:
        command = _command_for(emergency, evse, purpose, session)
        step.command = issue_command(evse.charger, command, issued_by=_who(emergency), now=now)
    except ChargerOffline:
        step.outcome, step.settled_at = Outcome.NO_CONTACT, now
    except (CommandNotSpoken, CommandInvalid, CommandNotAllowed) as refused:
        logger.warning("emergency %s: %s cannot be asked of EVSE %s: %s", emergency.pk, purpose, evse.pk, refused)
        step.outcome, step.settled_at, step.note = Outcome.REFUSED, now, str(refused)[:200]
    step.save()
    live.tell([evse.charger_id], what="emergency")


def _who(emergency: Emergency) -> User:
    user: User = emergency.released_by or emergency.called_by
    return user


def _command_for(
    emergency: Emergency, evse: Evse, purpose: Purpose, session: Session | None
) -> InstallProfile | ClearProfiles | StopCharging:
    match purpose:
        case Purpose.DEFAULT:
            return InstallProfile(evse=evse.number, profile=_profile(emergency, evse, None))
        case Purpose.SESSION:
            assert session is not None
            return InstallProfile(evse=evse.number, profile=_profile(emergency, evse, session.reference))
        case Purpose.STOP:
            assert session is not None
            return StopCharging(reference=session.reference)
        case Purpose.CLEAR_DEFAULT:
            return ClearProfiles(profile_id=_profile_id(evse, for_session=False))
        case Purpose.CLEAR_SESSION:
            return ClearProfiles(profile_id=_profile_id(evse, for_session=True))


def _profile_id(evse: Evse, *, for_session: bool) -> int:
    told = SettingValue.objects.filter(charger=evse.charger_id, variable__iexact=OWN_NUMBERS, attribute="Actual")
    own_to = told.values_list("value", flat=True).first() or ""
    # 2.1 K01.FR.80: the charger's own profiles have the numbers below.
    first = max(FIRST_PROFILE_ID, int(own_to) + 1 if own_to.isdecimal() else 0)
    return first + 10 * evse.number + int(for_session)


def _profile(emergency: Emergency, evse: Evse, reference: str | None) -> ChargingProfile:
    """Relative and without end: it holds whatever the charger's clock says, until it is lifted."""
    settings = _settings_of(evse)
    watts_only = evse.is_dc or any(settings.get(name) in SPEAKS_WATTS_ONLY for name in RATE_SETTINGS)
    unit = RateUnit.WATT if watts_only else RateUnit.AMPERE
    limit = minimum_w(evse, emergency.amperes) if watts_only else float(emergency.amperes)
    return ChargingProfile(
        profile_id=_profile_id(evse, for_session=reference is not None),
        stack_level=_stack_level(settings),
        purpose=ProfilePurpose.TX_DEFAULT if reference is None else ProfilePurpose.TX,
        kind=ProfileKind.RELATIVE,
        schedules=(ChargingSchedule(unit=unit, periods=(SchedulePeriod(start_s=0, limit=limit),)),),
        reference=reference,
    )


def _settings_of(evse: Evse) -> dict[str, str]:
    told = SettingValue.objects.filter(charger=evse.charger_id, variable__in=[*RATE_SETTINGS, *STACK_SETTINGS])
    return {name: value for name, value in told.values_list("variable", "value") if value}


def _stack_level(settings: dict[str, str]) -> int:
    """The highest that the charger takes, so that ours holds; 0, which each takes, where it does not say."""
    said = next((settings[name] for name in STACK_SETTINGS if name in settings), "")
    return int(said) if said.isascii() and said.isdigit() else 0
