"""Of what cannot go out as a whole, the part that fits."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from chargers.commands import ClearProfiles, InstallProfile, UpdateDynamicSchedule
from depot.energy.delivery.books import Station, reference_of
from depot.energy.delivery.leading import HOLDS_S, next_command
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.schedule import plan_profile
from depot.energy.delivery.services.proposing import lead_of
from depot.energy.delivery.services.round import Proposal, Round
from depot.energy.delivery.services.sameness import says_the_same
from depot.energy.delivery.services.sending import send
from depot.energy.delivery.waking import told_steps
from depot.energy.delivery.wanted import Step
from depot.energy.ledger import Ledger

SECOND = timedelta(seconds=1)


def send_what_fits(of: Round, proposal: Proposal) -> None:
    """Of a plan that cannot go out as a whole: what others leave of it, so that it gives up at least its own."""
    # Who is about to give way makes more room than there is now: one message then instead of two.
    _send_part_of(of, proposal, of.ledger, may_rise=_may_rise(of, proposal.target), is_part=True)


def send_what_is_left(of: Round, proposal: Proposal, room_by: Ledger) -> None:
    """Of what an EVSE holds: no more than others leave it by that ledger."""
    _send_part_of(of, proposal, room_by, may_rise=False, is_part=False)


def _send_part_of(of: Round, proposal: Proposal, room_by: Ledger, *, may_rise: bool, is_part: bool) -> None:
    target, station, wiring = proposal.target, proposal.station, proposal.wiring
    if not proposal.is_plan or target.until is None or station.charger.pk in of.busy():
        return
    shape = proposal.shape
    if shape.leads:
        _send_moment_that_fits(of, proposal, room_by, may_rise=may_rise)
        return
    lead = lead_of(target, station, shape, of.now)
    steps = told_steps(target, target.course() if lead is None else target.planned(), of.now)
    steps = _cut(of.now, room_by, steps, target.until, station, target.evse_id, may_rise=may_rise)
    reference = next(each.transaction for each in station.unit.points if each.key == target.evse_id)
    profile = plan_profile(steps, target.until, shape, reference=reference, now=of.now, down=True)
    command = InstallProfile(evse=shape.place, profile=profile)
    if says_the_same(of, station, wiring, command, target.until, is_plan=is_part, is_part=is_part):
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


def _send_moment_that_fits(of: Round, proposal: Proposal, room_by: Ledger, *, may_rise: bool) -> None:
    """Of a limit of the moment: the least that others leave as long as it lasts."""
    target, station = proposal.target, proposal.station
    lead = target.lead
    if lead is None or isinstance(proposal.command, ClearProfiles):
        return
    error_s = room_by.clock_error_s + 1
    edges = np.unique(np.concatenate([[0.0], room_by.times]))
    room = room_by.room_w(station.charger.pk, target.evse_id, edges[edges <= HOLDS_S + error_s])
    fitting = replace(lead, limit_w=min(lead.limit_w, int(room.min())))
    reference = reference_of(station.sessions[target.evse_id])
    command = next_command(station.possible, proposal.shape, fitting, reference, now=of.now, down=True)
    if command is None:
        return
    _send_part(of, proposal, command, may_rise=may_rise)


def _cut(
    now: datetime,
    room_by: Ledger,
    steps: tuple[Step, ...],
    until: datetime,
    station: Station,
    evse_id: int,
    *,
    may_rise: bool,
) -> tuple[Step, ...]:
    """What is wanted, within the room there is; or, where it may not rise, within what it holds as well."""
    lasts_s = (until - now) / SECOND
    own = [max(0.0, (step.starts_at - now) / SECOND) for step in steps if step.starts_at < until]
    # Where the room changes the clock's error on either side is a piece of its own.
    error_s, times = room_by.clock_error_s + 1, room_by.times
    edges = np.unique(np.concatenate([[0.0], own, times, times - error_s, times + error_s]))
    edges = edges[(edges >= 0) & (edges < lasts_s)]
    room = room_by.room_w(station.charger.pk, evse_id, edges)
    if not may_rise:
        room = np.minimum(room, room_by.held_w(station.charger.pk, evse_id, edges))
    cut = []
    for at_s, free_w in zip(edges, room, strict=True):
        at = now + float(at_s) * SECOND
        wanted_w = [step.limit_w for step in steps if step.starts_at <= at]
        cut.append(Step(at, min(wanted_w[-1] if wanted_w else 0, int(free_w))))
    return tuple(cut)
