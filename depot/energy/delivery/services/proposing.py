"""The next profile of each EVSE: what it falls back to, a manager's windows, the plan; none where it holds them all."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chargers.commands import ChargingProfile, InstallProfile, ProfilePurpose, RateUnit
from chargers.held.possible import candidates
from depot.energy.delivery.books import Station, reference_of
from depot.energy.delivery.fallback import Asker, share_out
from depot.energy.delivery.giving import allow_once, giving_rung, giving_shape
from depot.energy.delivery.ladder import Rung
from depot.energy.delivery.leading import leading_rung, leading_shape, next_command
from depot.energy.delivery.models import Fallback, State, Target
from depot.energy.delivery.schedule import Shape, fallback_profile, plan_profile, windows_profile
from depot.energy.delivery.services.round import Proposal, Round
from depot.energy.delivery.services.sameness import says_the_same
from depot.energy.delivery.waking import told_steps
from depot.energy.delivery.wanted import Lead, Step, Window, limit_at, next_step_at
from depot.energy.instance import Control
from depot.energy.models import Wiring
from depot.models import Depot


def share_out_fallbacks(of: Round) -> None:
    askers = []
    for station in of.books.stations.values():
        for wiring, point in zip(station.wirings, station.unit.points, strict=True):
            holds = point.control == Control.MANAGED and not point.ignores_limits
            askers.append(
                Asker(
                    point=point,
                    rank=wiring.fallback_rank,
                    asked_w=wiring.fallback_w,
                    fixed_w=None if holds else point.rating_w,
                    on_one_line=_spends_on_unknown_lines(station, wiring),
                )
            )
    given = share_out(of.ledger.nodes, askers)
    for evse_id, target in of.targets.items():
        target.fallback_w = given.get(evse_id)
        if target.fallback_w is None:
            target.fallback_state = Fallback.IMPOSSIBLE


def _spends_on_unknown_lines(station: Station, wiring: Wiring) -> bool:
    takes_watts = station.traits.rate_unit is RateUnit.WATT
    return takes_watts and not wiring.evse.is_dc and wiring.evse.phases is None


def propose(of: Round, target: Target, station: Station) -> Proposal | None:
    """The next profile for an EVSE; None where it holds all that it should, or cannot be told."""
    wiring = next(each for each in station.wirings if each.evse_id == target.evse_id)
    rung = station.rung
    is_wanted = target.until is not None and target.until > of.now
    if not station.charger.energy_management_on:
        of.rest(target, State.SWITCHED_OFF)
        return None
    if wiring.control != Control.MANAGED or rung is None:
        out = wiring.control not in (Control.MANAGED, Control.START_STOP)
        of.rest(target, State.OUT_OF_HANDS if out else State.BY_START_AND_STOP)
        return None
    if not station.link.is_online:
        of.rest(target, State.OFFLINE)
        return None
    if station.is_being_proven:
        of.rest(target, State.NO_CHARGE, "it was restarted in order to see whether its limits last")
        return None
    if of.is_asked_what_it_kept(station):
        of.rest(target, State.SENT, "it has booted, and is asked what it still holds")
        return None
    shape = station.shape(wiring, rung, target.fallback_w or 0)
    if shape.purpose is ProfilePurpose.STATION_MAX and len(station.wirings) > 1:
        of.rest(target, State.OUT_OF_HANDS, "its profiles bound all its connectors together")
        return None
    default = _propose_default(of, target, station, wiring, rung, shape, is_wanted=is_wanted)
    if default is not None:
        return default
    if not is_wanted:
        of.rest(target, State.NOTHING)
        return None
    if rung.purpose is not ProfilePurpose.TX:
        return None
    session = station.sessions.get(target.evse_id)
    if session is None:
        of.rest(target, State.NO_CHARGE)
        return None
    assert target.until is not None
    lead = lead_of(target, station, shape, of.now)
    moment = _propose_lead(of, target, station, wiring, rung, shape, lead)
    if moment is not None:
        return moment
    course = target.course() if lead is None else target.planned()
    steps = told_steps(target, course, of.now)
    plan = plan_profile(steps, target.until, shape, reference=reference_of(session), now=of.now)
    _look_at_next_step(of, shape, steps)
    night = _unless_held(of, target, station, wiring, rung, plan, shape, is_plan=True)
    return night or _propose_giving(of, target, station, wiring, rung, shape, steps)


def lead_of(target: Target, station: Station, shape: Shape, now: datetime) -> Lead | None:
    """What leads above the plan; None too where its charger is told that with the plan."""
    lead = target.lead
    may_lead = station.follows_updates and shape.purpose is ProfilePurpose.TX and not shape.tells_one_period
    if not may_lead or lead is None or not target.steps:
        return None
    if lead.until <= now or target.until is None:
        return None
    current_w = limit_at(told_steps(target, target.course(), now), target.until, now)
    return None if current_w is None else Lead(current_w, lead.since, lead.until)


def _propose_lead(
    of: Round, target: Target, station: Station, wiring: Wiring, rung: Rung, shape: Shape, lead: Lead | None
) -> Proposal | None:
    its = leading_shape(shape)
    reference = reference_of(station.sessions[target.evse_id])
    command = next_command(station.possible, its, lead, reference, now=of.now)
    if command is None:
        return None
    return Proposal(target, station, wiring, leading_rung(rung), command, True, its)


def _propose_giving(
    of: Round, target: Target, station: Station, wiring: Wiring, rung: Rung, shape: Shape, steps: tuple[Step, ...]
) -> Proposal | None:
    """On the level above: what is to come out of the vehicle. Once there it is kept as the plan is, for it leads."""
    if not station.gives_back or target.until is None:
        return None
    its = giving_shape(shape)
    has_slot = holds_slot(station, its)
    if not has_slot and not any(step.limit_w < 0 for step in steps if step.starts_at < target.until):
        return None
    reference = reference_of(station.sessions[target.evse_id])
    if not has_slot:
        phases = len(wiring.lines)
        allow_once(station.charger, reference, is_dc=wiring.evse.is_dc, phases=phases, now=of.now)
    profile = plan_profile(steps, target.until, its, reference=reference, now=of.now)
    return _unless_held(of, target, station, wiring, giving_rung(rung), profile, its, is_plan=True)


def holds_slot(station: Station, shape: Shape) -> bool:
    """May it hold a profile of this number already?"""
    return station.possible is not None and any(
        held.profile.profile_id == shape.profile_id and held.evse == shape.place
        for installed in candidates(station.possible)
        for held in installed.held
    )


def _propose_default(
    of: Round, target: Target, station: Station, wiring: Wiring, rung: Rung, shape: Shape, *, is_wanted: bool
) -> Proposal | None:
    """What holds without a plan; where plans are defaults too, the plan."""
    if rung.purpose is not ProfilePurpose.TX and is_wanted:
        assert target.until is not None
        steps = told_steps(target, target.course(), of.now)
        profile = plan_profile(steps, target.until, shape, reference=None, now=of.now)
        _look_at_next_step(of, shape, steps)
        return _unless_held(of, target, station, wiring, rung, profile, shape, is_plan=True)
    own = rung if rung.purpose is not ProfilePurpose.TX else station.rung_for(ProfilePurpose.TX_DEFAULT)
    if own is None:
        target.fallback_state = Fallback.IMPOSSIBLE
        return None
    its = replace(shape, purpose=own.purpose, stack_level=own.stack_level)
    fallback = _unless_held(of, target, station, wiring, own, fallback_profile(its), its, is_plan=False)
    if fallback is not None or not target.windows or rung.purpose is not ProfilePurpose.TX:
        return fallback
    windows = tuple(Window(*row) for row in target.windows)
    midnight = _midnight(of.depot, of.now)
    profile = windows_profile(windows, its, midnight=midnight)
    above = Rung(own.purpose, own.stack_level + 1)
    return _unless_held(of, target, station, wiring, above, profile, its, is_plan=False)


def _look_at_next_step(of: Round, shape: Shape, steps: tuple[Step, ...]) -> None:
    change = next_step_at(steps, of.now)
    if shape.tells_one_period and change is not None:
        of.looks.append(change)


def _unless_held(
    of: Round,
    target: Target,
    station: Station,
    wiring: Wiring,
    rung: Rung,
    profile: ChargingProfile,
    shape: Shape,
    *,
    is_plan: bool,
) -> Proposal | None:
    command = InstallProfile(evse=shape.place, profile=profile)
    if says_the_same(of, station, wiring, command, target.until, is_plan=is_plan):
        if is_plan:
            target.state, target.why = (State.SENT if station.is_open else State.HELD), ""
        # What is asked and not answered is not held yet; what was held before the asking is.
        if (not is_plan or shape.purpose is not ProfilePurpose.TX) and not station.is_open:
            target.fallback_state = Fallback.HELD
        return None
    return Proposal(target, station, wiring, rung, command, is_plan, shape)


def _midnight(depot: Depot, now: datetime) -> datetime:
    """From where the wall's clock has counted the hours that it shows now.

    On the day on which clocks are changed this moves with them, and with it the windows of the hours to come. In UTC:
    what is added to it is time that passes.
    """
    wall = now.astimezone(ZoneInfo(depot.time_zone)).time()
    return now - timedelta(hours=wall.hour, minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
