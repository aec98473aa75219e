"""What goes out now: every reduction, raises inside the room there is, and of the rest what fits."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from django.db import transaction

from chargers.commands import ClearProfiles, InstallProfile, ProfilePurpose, Rates, UpdateDynamicSchedule
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_command
from depot.energy.delivery.books import Station, reference_of
from depot.energy.delivery.giving import giving_rung, giving_shape
from depot.energy.delivery.leading import HOLDS_S, leading_rung, leading_shape, next_command
from depot.energy.delivery.learning import FOLLOWS_UPDATES, learn_refusal, show
from depot.energy.delivery.models import Fallback, State, Target
from depot.energy.delivery.schedule import plan_profile
from depot.energy.delivery.services.proposing import holds_slot, lead_of, says_the_same
from depot.energy.delivery.services.round import Proposal, Round
from depot.energy.delivery.waking import told_steps
from depot.energy.delivery.wanted import Step

logger = logging.getLogger(__name__)

SECOND = timedelta(seconds=1)


def send_reductions(of: Round, proposals: list[Proposal]) -> list[Proposal]:
    left = []
    for proposal in proposals:
        verdict = of.ledger.ask(proposal.after(of.now))
        if verdict.may_send and verdict.is_reduction:
            _send(of, proposal)
        else:
            left.append(proposal)
    return left


def send_raises(of: Round, proposals: list[Proposal]) -> list[Proposal]:
    left = []
    for proposal in proposals:
        target = proposal.target
        if proposal.station.is_open or proposal.station.charger.pk in of.busy():
            of.wait(proposal, State.SENT, "the charger has not answered yet")
            continue
        verdict = of.ledger.ask(proposal.after(of.now))
        if not verdict.may_send:
            of.wait(proposal, State.NO_ROOM, f"no room on {', '.join(verdict.stands_in_the_way)}")
            left.append(proposal)
        elif target.not_before is not None and target.not_before > of.now and proposal.is_plan:
            of.wait(proposal, State.TOO_SOON, "")
        else:
            _send(of, proposal)
    return left


def send_what_fits(of: Round, proposal: Proposal, *, only_down: bool = False) -> None:
    """Of a plan that cannot go out as a whole: what others leave of it, so that it gives up at least its own."""
    target, station, wiring = proposal.target, proposal.station, proposal.wiring
    if not proposal.is_plan or target.until is None or station.charger.pk in of.busy():
        return
    shape = proposal.shape
    if shape.leads:
        _send_moment_that_fits(of, proposal, only_down=only_down)
        return
    # Who is about to give way makes more room than there is now: one message then instead of two.
    may_rise = not only_down and _may_rise(of, target)
    lead = lead_of(target, station, shape, of.now)
    steps = told_steps(target, target.course() if lead is None else target.planned(), shape, of.now)
    steps = _cut(of, steps, target.until, station, target.evse_id, may_rise=may_rise)
    reference = next(each.transaction for each in station.unit.points if each.key == target.evse_id)
    profile = plan_profile(steps, target.until, shape, reference=reference, now=of.now, down=True)
    command = InstallProfile(evse=shape.place, profile=profile)
    if says_the_same(of, station, wiring, command, target.until, is_plan=not only_down, is_part=not only_down):
        return
    cut = replace(proposal, command=command, _after=None)
    verdict = of.ledger.ask(cut.after(of.now))
    if verdict.may_send and (verdict.is_reduction or may_rise):
        why = target.why or "others need the power"
        _send(of, cut)
        if target.evse_id in of.sent:
            target.state, target.why = State.NO_ROOM, why


def _may_rise(of: Round, target: Target) -> bool:
    too_soon = target.not_before is not None and target.not_before > of.now
    return not too_soon and not of.sent and not any(each.is_open for each in of.books.stations.values())


def _send_moment_that_fits(of: Round, proposal: Proposal, *, only_down: bool) -> None:
    """Of a limit of the moment: the least that others leave as long as it lasts."""
    target, station = proposal.target, proposal.station
    lead = target.lead
    if lead is None or isinstance(proposal.command, ClearProfiles):
        return
    may_rise = not only_down and _may_rise(of, target)
    error_s = of.ledger.clock_error_s + 1
    edges = np.unique(np.concatenate([[0.0], of.ledger.times]))
    room = of.ledger.room_w(station.charger.pk, target.evse_id, edges[edges <= HOLDS_S + error_s])
    fitting = replace(lead, limit_w=min(lead.limit_w, int(room.min())))
    reference = reference_of(station.sessions[target.evse_id])
    command = next_command(station.possible, proposal.shape, fitting, reference, now=of.now, down=True)
    if command is None:
        return
    cut = replace(proposal, command=command, _after=None)
    verdict = of.ledger.ask(cut.after(of.now))
    if verdict.may_send and (verdict.is_reduction or may_rise):
        why = target.why or "others need the power"
        _send(of, cut)
        if target.evse_id in of.sent:
            target.state, target.why = State.NO_ROOM, why


def give_way(of: Round) -> None:
    """The building draws more than was thought, or a charger ignores its limit: those that obey give up theirs."""
    if not of.ledger.overloads():
        return
    for evse_id, target in of.targets.items():
        station = of.books.by_evse[evse_id]
        rung = station.rung
        if target.state != State.HELD or rung is None or target.until is None or not station.link.is_online:
            continue
        wiring = next(each for each in station.wirings if each.evse_id == evse_id)
        shape = station.shape(wiring, rung, target.fallback_w or 0)
        reference = next(each.transaction for each in station.unit.points if each.key == evse_id)
        # The level that leads comes first; the one beneath it follows when that is answered.
        if lead_of(target, station, shape, of.now) is not None:
            moment = leading_shape(shape)
            nothing = UpdateDynamicSchedule(profile_id=moment.profile_id, rates=Rates(limit=0.0))
            its_proposal = Proposal(target, station, wiring, leading_rung(rung), nothing, True, moment)
            send_what_fits(of, its_proposal, only_down=True)
        for its, level in ((giving_shape(shape), giving_rung(rung)), (shape, rung)):
            if its is not shape and (shape.purpose is not ProfilePurpose.TX or not holds_slot(station, its)):
                continue
            plan = plan_profile((), of.now, its, reference=reference, now=of.now)
            command = InstallProfile(evse=its.place, profile=plan)
            send_what_fits(of, Proposal(target, station, wiring, level, command, True, its), only_down=True)


def _cut(
    of: Round, steps: tuple[Step, ...], until: datetime, station: Station, evse_id: int, *, may_rise: bool
) -> tuple[Step, ...]:
    """What is wanted, within the room there is; or, where it may not rise, within what it holds as well."""
    lasts_s = (until - of.now) / SECOND
    own = [max(0.0, (step.starts_at - of.now) / SECOND) for step in steps if step.starts_at < until]
    # Where the room changes the clock's error on either side is a piece of its own.
    error_s, times = of.ledger.clock_error_s + 1, of.ledger.times
    edges = np.unique(np.concatenate([[0.0], own, times, times - error_s, times + error_s]))
    edges = edges[(edges >= 0) & (edges < lasts_s)]
    room = of.ledger.room_w(station.charger.pk, evse_id, edges)
    if not may_rise:
        room = np.minimum(room, of.ledger.held_w(station.charger.pk, evse_id, edges))
    cut = []
    for at_s, free_w in zip(edges, room, strict=True):
        at = of.now + float(at_s) * SECOND
        wanted_w = [step.limit_w for step in steps if step.starts_at <= at]
        cut.append(Step(at, min(wanted_w[-1] if wanted_w else 0, int(free_w))))
    return tuple(cut)


def _send(of: Round, proposal: Proposal) -> None:
    target, station = proposal.target, proposal.station
    if of.was_just_refused(proposal):
        of.wait(proposal, State.TOO_SOON, "the charger has just refused it")
        return
    after = proposal.after(of.now)
    try:
        with transaction.atomic():
            row = issue_command(station.charger, proposal.command, issued_by=of.actor, now=of.now)
    except ChargerOffline:
        target.state = State.OFFLINE
        return
    except (CommandNotSpoken, CommandInvalid) as error:
        logger.warning("%s cannot be told %s: %s", station.charger.identity, proposal.rung, error)
        why = f"cannot be said to it: {error}"
        if proposal.shape.leads:
            show(station.charger, FOLLOWS_UPDATES, "no", why, now=of.now)
        else:
            learn_refusal(station.charger, proposal.rung, "NotSupported", why, now=of.now)
        of.looks.append(of.now)
        return
    except CommandNotAllowed as error:
        target.state, target.why = State.OUT_OF_HANDS, str(error)[:200]
        return
    of.ledger.put(after)
    of.sent[target.evse_id] = row
    target.command, target.rung = row, str(proposal.rung)
    target.sends_plan = proposal.is_plan
    if proposal.is_plan:
        target.state, target.why, target.not_before = State.SENT, "", of.now + station.between_raises
    else:
        target.fallback_state = Fallback.ASKED
