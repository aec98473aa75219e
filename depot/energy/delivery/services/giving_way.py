"""Where a circuit is over: those that obey give up theirs, as many as it takes.

What chargers are told now is hoped to be done soon; where that is not enough, or not done by the next look, the next
ones give way.
"""

from collections.abc import Iterable, Sequence

from chargers.commands import InstallProfile, ProfilePurpose, Rates, UpdateDynamicSchedule
from depot.energy.delivery.books import Station
from depot.energy.delivery.giving import giving_rung, giving_shape
from depot.energy.delivery.leading import leading_rung, leading_shape
from depot.energy.delivery.models import State, Target
from depot.energy.delivery.schedule import plan_profile
from depot.energy.delivery.services.fitting import send_what_is_left
from depot.energy.delivery.services.hoping import hoped_ledger, hoped_of
from depot.energy.delivery.services.proposing import holds_slot, lead_of
from depot.energy.delivery.services.round import LOOK_AGAIN, Proposal, Round
from depot.energy.ledger import Ledger


def give_way(of: Round, proposals: Sequence[Proposal]) -> None:
    """The building draws more than was thought, or a charger ignores its limits or may have lost them."""
    if not of.ledger.overloads():
        return
    of.looks.append(of.now + LOOK_AGAIN)
    # One that could not be told what it falls back to is not hoped for.
    hoped = hoped_ledger(of, [one for one in proposals if one.station.is_open or one.station.charger.pk in of.told])
    for target in _who_can(of, hoped):
        if not hoped.overloads():
            return
        station = of.books.by_evse[target.evse_id]
        for proposal in _levels(of, target, station):
            send_what_is_left(of, proposal, hoped)
        if target.evse_id in of.sent:
            hoped.put(hoped_of(of, station, proposals))


def _who_can(of: Round, hoped: Ledger) -> list[Target]:
    """Those that hold a plan, who may draw the most first: so the fewest are told."""

    def may_draw_w(target: Target) -> float:
        flow = hoped.flow(hoped.units[of.books.by_evse[target.evse_id].charger.pk])
        return float(flow.by_point[target.evse_id][1][0])

    held = [
        target
        for evse_id, target in of.targets.items()
        if target.state == State.HELD and target.until is not None and of.books.by_evse[evse_id].link.is_online
    ]
    return sorted(held, key=lambda target: (-may_draw_w(target), target.evse_id))


def _levels(of: Round, target: Target, station: Station) -> Iterable[Proposal]:
    """Nothing, on each level that may lead at an EVSE, the highest first; the one beneath follows the answer."""
    rung = station.rung
    if rung is None:
        return
    wiring = next(each for each in station.wirings if each.evse_id == target.evse_id)
    shape = station.shape(wiring, rung, target.fallback_w or 0)
    reference = next(each.transaction for each in station.unit.points if each.key == target.evse_id)
    if lead_of(target, station, shape, of.now) is not None:
        moment = leading_shape(shape)
        nothing = UpdateDynamicSchedule(profile_id=moment.profile_id, rates=Rates(limit=0.0))
        yield Proposal(target, station, wiring, leading_rung(rung), nothing, True, moment)
    for its, level in ((giving_shape(shape), giving_rung(rung)), (shape, rung)):
        if its is not shape and (shape.purpose is not ProfilePurpose.TX or not holds_slot(station, its)):
            continue
        plan = plan_profile((), of.now, its, reference=reference, now=of.now)
        yield Proposal(target, station, wiring, level, InstallProfile(evse=its.place, profile=plan), True, its)
