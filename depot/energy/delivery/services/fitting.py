"""Of what cannot go out as a whole, the part that fits; and, where a circuit is over, those who give up theirs."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from chargers.commands import ClearProfiles, InstallProfile, ProfilePurpose, Rates, UpdateDynamicSchedule
from depot.energy.delivery.books import Station, reference_of
from depot.energy.delivery.giving import giving_rung, giving_shape
from depot.energy.delivery.leading import HOLDS_S, leading_rung, leading_shape, next_command
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.schedule import plan_profile
from depot.energy.delivery.services.proposing import holds_slot, lead_of
from depot.energy.delivery.services.round import Proposal, Round
from depot.energy.delivery.services.sameness import says_the_same
from depot.energy.delivery.services.sending import send
from depot.energy.delivery.waking import told_steps
from depot.energy.delivery.wanted import Step

SECOND = timedelta(seconds=1)


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
    _send_part(of, proposal, command, may_rise=may_rise)


def _send_part(
    of: Round, proposal: Proposal, command: InstallProfile | UpdateDynamicSchedule | ClearProfiles, *, may_rise: bool
) -> None:
    part = replace(proposal, command=command, _after=None)
    verdict = of.ledger.ask(part.after(of.now))
    if not verdict.may_send or not (verdict.is_reduction or may_rise):
        return
    target = proposal.target
    why = target.why or "others need the power"
    send(of, part)
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
    _send_part(of, proposal, command, may_rise=may_rise)


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
