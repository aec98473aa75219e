"""What chargers say that lets a delivery go on: answers, starts, ends, boots and returns."""

from collections.abc import Collection
from datetime import datetime

from chargers.choices import CommandState
from chargers.commands import Command, InstallProfile, UpdateDynamicSchedule, command_from_row
from chargers.events import SettingsReported
from chargers.models import Charger, IssuedCommand
from depot.energy.delivery.books import reference_of
from depot.energy.delivery.giving import is_giving
from depot.energy.delivery.ladder import read_rung
from depot.energy.delivery.leading import is_leading, learn_following
from depot.energy.delivery.learning import (
    ANSWERED,
    Signs,
    learn_acceptance,
    learn_from_answer,
    learn_from_silence,
    learn_giving,
)
from depot.energy.delivery.looking import something_changed
from depot.energy.delivery.models import Target
from depot.energy.delivery.promises import is_of_promises
from depot.energy.delivery.verifying import heed_schedule
from depot.energy.services.marks import want_plan_of_charger
from sessions.models import Session

OF_INTEREST = {"install_profile", "clear_profiles", "update_dynamic_schedule", "start", "stop", "raw"}


def command_settled(command: IssuedCommand, *, now: datetime) -> None:
    """It was answered, or never will be: we learn from it, and look at the depot again."""
    if command.kind == "read_composite_schedule":
        heed_schedule(command, now=now)
        return
    if command.kind not in OF_INTEREST:
        return
    target = Target.objects.select_related("evse").filter(command=command).first()
    if target is not None and command.kind in (InstallProfile.kind, UpdateDynamicSchedule.kind):
        _learn(target, command, now)
    something_changed([command.charger_id], now=now)


def _learn(target: Target, command: IssuedCommand, now: datetime) -> None:
    asked = command_from_row(command.kind, command.wording)
    if is_leading(asked):
        if command.state in ANSWERED and learn_following(
            command, is_over=_signs_of(target, asked, now).is_over, now=now
        ):
            Target.objects.filter(pk=target.pk).update(not_before=None)
        return
    assert isinstance(asked, InstallProfile)
    rung = read_rung(target.rung)
    gives = is_giving(asked)
    has_zero = any(period.limit == 0 for period in asked.profile.schedules[0].periods)
    if command.state == CommandState.ACCEPTED and target.sends_plan:
        if gives:
            learn_giving(command, is_refused=False, is_over=False, now=now)
        else:
            learn_acceptance(command, rung, has_zero=has_zero, now=now)
    elif command.state in (CommandState.REJECTED, CommandState.ERROR):
        signs = _signs_of(target, asked, now)
        if gives:
            if learn_giving(command, is_refused=True, is_over=signs.is_over, now=now):
                want_plan_of_charger(command.charger_id, f"{command.charger} lets nothing be given back", now=now)
        elif learn_from_answer(command, rung, has_zero=has_zero, signs=signs, now=now):
            # Another way is another message: it need not wait for this one's minute.
            Target.objects.filter(pk=target.pk).update(not_before=None)
    elif command.state == CommandState.UNANSWERED:
        learn_from_silence(command, now=now)


def _signs_of(target: Target, asked: Command, now: datetime) -> Signs:
    """Was its transaction over when the charger answered, and when did that last show that it runs?"""
    running = {reference_of(session): session for session in Session.objects.running().filter(evse=target.evse)}
    reference = asked.profile.reference if isinstance(asked, InstallProfile) else next(iter(running), "")
    if reference is None:
        return Signs(is_over=False, last_at=now)
    session = running.get(reference)
    return Signs(is_over=session is None, last_at=None if session is None else session.last_reading_at)


def settings_reported(charger: Charger, event: SettingsReported, *, now: datetime) -> None:
    """It said whether what is given back there ends without us: the plan may count on it from now on, or no more."""
    if any(is_of_promises(report.setting) for report in event.reports):
        want_plan_of_charger(charger.pk, f"{charger} said whether what is given back ends without us", now=now)


def links_changed(charger_ids: Collection[int], *, is_back: bool, now: datetime) -> None:
    """Who returns is asked again what it means to do: some lose their profiles with the link (quirk 62)."""
    if is_back:
        Target.objects.filter(evse__charger__in=charger_ids).update(read_back_at=None)
    something_changed(charger_ids, now=now)


__all__ = ["command_settled", "links_changed", "settings_reported", "something_changed"]
