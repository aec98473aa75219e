"""What goes out now: every reduction, raises inside the room there is, and of the rest what fits."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from django.db import transaction

from chargers.commands import InstallProfile
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_command
from depot.energy.delivery.books import Station
from depot.energy.delivery.giving import giving_rung, giving_shape
from depot.energy.delivery.learning import learn_refusal
from depot.energy.delivery.models import Fallback, State
from depot.energy.delivery.schedule import plan_profile
from depot.energy.delivery.services.proposing import holds_slot, says_the_same
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
    # Who is about to give way makes more room than there is now: one message then instead of two.
    too_soon = target.not_before is not None and target.not_before > of.now
    others_move = bool(of.sent) or any(each.is_open for each in of.books.stations.values())
    may_rise = not (too_soon or others_move or only_down)
    steps = _cut(of, told_steps(target, shape, of.now), target.until, station, target.evse_id, may_rise=may_rise)
    reference = proposal.command.profile.reference
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
        for its, level in ((giving_shape(shape), giving_rung(rung)), (shape, rung)):
            if its is not shape and not holds_slot(station, its):
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
        learn_refusal(station.charger, proposal.rung, "NotSupported", f"cannot be said to it: {error}", now=of.now)
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
