"""Bring what is wanted to the chargers: reductions at once, raises inside the room that others have given up.

Nothing here waits for an answer: what cannot go out now stays wanted, and each answer of a charger lets more of it go.
One writer per depot at a time: it reads the books, reserves and sends under the lock of one row.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.db import transaction

from chargers.commands import ChargingProfile, InstallProfile, ProfilePurpose, RateUnit
from chargers.held.possible import candidates
from chargers.models import IssuedCommand
from chargers.profiles import Circumstances, InstalledProfiles, RunningTransaction, Supply, compose, follow
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_command
from depot import live
from depot.access.services import the_depot
from depot.board.emergency import active_in
from depot.energy.delivery.books import Books, Station, open_books, reference_of
from depot.energy.delivery.fallback import Asker, share_out
from depot.energy.delivery.ladder import Rung
from depot.energy.delivery.learning import learn_refusal
from depot.energy.delivery.models import Fallback, State, Target, Writer
from depot.energy.delivery.schedule import Shape, fallback_profile, plan_profile, windows_profile
from depot.energy.delivery.starting import start_or_stop
from depot.energy.delivery.waking import told_steps
from depot.energy.delivery.wanted import Step, Wanted, Window, kept_steps, next_step_at
from depot.energy.instance import Control
from depot.energy.ledger import Ledger, Overload
from depot.energy.models import Wiring
from depot.models import Depot

logger = logging.getLogger(__name__)

# Chargers write profiles to their flash, and some throttle them (quirk 63).
BETWEEN_RAISES = timedelta(seconds=60)
LOOK_AGAIN = timedelta(seconds=15)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of it at once; the rest follows with the chargers' answers."""

    sent: tuple[int, ...]  # commands
    states: dict[int, str]  # by EVSE
    overloads: tuple[Overload, ...]  # circuits that are not guaranteed, and because of whom

    @property
    def waits(self) -> bool:
        return any(state in (State.NO_ROOM, State.TOO_SOON, State.SENT) for state in self.states.values())


def deliver(depot: Depot, wanted: Sequence[Wanted], *, now: datetime) -> Delivery:
    """Told the same thing twice, it sends nothing the second time. EVSEs that are not told of keep what they have."""
    with transaction.atomic():
        writer = _take_the_pen(depot)
        ours = set(Wiring.objects.filter(circuit__depot=depot).values_list("evse", flat=True))
        for each in wanted:
            if each.evse_id in ours:
                told = {"steps": kept_steps(each.steps), "until": each.until, "wanted_at": now, "depot": depot}
                Target.objects.update_or_create(evse_id=each.evse_id, defaults=told)
        return _work(depot, writer, now)


def carry_on(depot: Depot, *, now: datetime) -> Delivery:
    """Something changed: an answer came, a charge began, a charger is back, a minute is over."""
    with transaction.atomic():
        return _work(depot, _take_the_pen(depot), now)


def set_windows(depot: Depot, windows: dict[int, Sequence[Window]], *, now: datetime) -> Delivery:
    """A manager's windows by EVSE, kept by the chargers themselves with us or without us, up to their fallback."""
    with transaction.atomic():
        writer = _take_the_pen(depot)
        for evse_id, its in windows.items():
            rows = [[each.from_s, each.to_s, each.limit_w] for each in its]
            Target.objects.update_or_create(evse_id=evse_id, defaults={"depot": depot, "windows": rows})
        return _work(depot, writer, now)


def balance(depot: Depot, building_w: float, measured_at: datetime, *, now: datetime) -> Delivery:
    """The building's meter moved: who has to give way is told at once, and who may have more where there is room.

    The books read the meter themselves; a value that is stale by now counts as the building's most.
    """
    del building_w, measured_at
    return carry_on(depot, now=now)


def _take_the_pen(depot: Depot) -> Writer:
    Writer.objects.get_or_create(depot=depot)
    return Writer.objects.select_for_update().get(depot=depot)


def _work(depot: Depot, writer: Writer, now: datetime) -> Delivery:
    books = open_books(depot, now)
    round_ = Round(depot, books, now)
    if active_in(depot) is None:
        round_.go()
    overloads = tuple(books.ledger.overloads())
    writer.overloads = [
        {"name": each.name, "line": each.line, "over_w": round(each.over_w), "by": [name for name, _ in each.by][:8]}
        for each in overloads
    ]
    writer.looked_at, writer.next_look_at = now, round_.next_look_at()
    writer.save()
    if round_.sent:
        live.tell({round_.books.by_evse[evse_id].charger.pk for evse_id in round_.sent}, what="limits")
    states = {target.evse_id: target.state for target in round_.targets.values()}
    return Delivery(tuple(each.pk for each in round_.sent.values()), states, overloads)


@dataclass(slots=True)
class Proposal:
    """One profile that a charger is to get."""

    target: Target
    station: Station
    wiring: Wiring
    rung: Rung
    command: InstallProfile
    is_plan: bool


class Round:
    """One pass over a depot, with the pen in hand."""

    def __init__(self, depot: Depot, books: Books, now: datetime) -> None:
        self.depot, self.books, self.now = depot, books, now
        self.ledger: Ledger = books.ledger
        self.sent: dict[int, IssuedCommand] = {}  # by EVSE
        self.looks: list[datetime] = []
        self.actor = the_depot()
        known = {target.evse_id: target for target in Target.objects.select_related("evse").filter(depot=depot)}
        self.targets = {
            evse_id: known.get(evse_id) or Target(evse_id=evse_id, depot=depot) for evse_id in books.by_evse
        }

    def go(self) -> None:
        before = {evse_id: _digest(target) for evse_id, target in self.targets.items()}
        self._share_out_fallbacks()
        proposals = [
            proposal
            for evse_id, station in self.books.by_evse.items()
            if (proposal := self._propose(self.targets[evse_id], station)) is not None
        ]
        held_back = self._send_reductions(proposals)
        held_back = self._send_raises(held_back)
        for proposal in held_back:
            self._send_what_fits(proposal)
        self._give_way()
        for evse_id, station in self.books.by_evse.items():
            start_or_stop(self, self.targets[evse_id], station)
        for evse_id, target in self.targets.items():
            if target.pk is None or _digest(target) != before[evse_id]:
                target.save()

    def next_look_at(self) -> datetime | None:
        unfinished = {State.NO_ROOM, State.TOO_SOON, State.SENT, State.NO_CHARGE}
        waiting = [target for target in self.targets.values() if target.state in unfinished]
        self.looks += [max(target.not_before or self.now, self.now + LOOK_AGAIN) for target in waiting]
        return min(self.looks, default=None)

    # What is to be there

    def _share_out_fallbacks(self) -> None:
        askers = []
        for station in self.books.stations.values():
            for wiring, point in zip(station.wirings, station.unit.points, strict=True):
                holds = point.control == Control.MANAGED and not point.ignores_limits
                askers.append(
                    Asker(
                        point=point,
                        rank=wiring.fallback_rank,
                        asked_w=wiring.fallback_w,
                        fixed_w=None if holds else point.rating_w,
                    )
                )
        given = share_out(self.ledger.nodes, askers)
        for evse_id, target in self.targets.items():
            target.fallback_w = given.get(evse_id)
            if target.fallback_w is None:
                target.fallback_state = Fallback.IMPOSSIBLE

    def _propose(self, target: Target, station: Station) -> Proposal | None:
        """The next profile for an EVSE; None where it holds all that it should, or cannot be told."""
        wiring = next(each for each in station.wirings if each.evse_id == target.evse_id)
        point = next(each for each in station.unit.points if each.key == target.evse_id)
        rung = station.rung
        is_wanted = target.until is not None and target.until > self.now
        if not station.charger.energy_management_on:
            self._rest(target, State.SWITCHED_OFF)
            return None
        if wiring.control != Control.MANAGED or rung is None:
            out = wiring.control not in (Control.MANAGED, Control.START_STOP)
            self._rest(target, State.OUT_OF_HANDS if out else State.BY_START_AND_STOP)
            return None
        if not station.link.is_online:
            self._rest(target, State.OFFLINE)
            return None
        shape = station.shape(wiring, rung, target.fallback_w or 0)
        if shape.purpose is ProfilePurpose.STATION_MAX and len(station.wirings) > 1:
            self._rest(target, State.OUT_OF_HANDS, "its profiles bound all its connectors together")
            return None
        default = self._propose_default(target, station, wiring, rung, shape, is_wanted=is_wanted)
        if default is not None or not is_wanted:
            if default is None:
                target.state, target.why = State.NOTHING, ""
            return default
        if rung.purpose is not ProfilePurpose.TX:
            return None
        session = station.sessions.get(target.evse_id)
        if session is None:
            self._rest(target, State.NO_CHARGE)
            return None
        assert target.until is not None
        steps = told_steps(target, shape, self.now)
        plan = plan_profile(steps, target.until, shape, reference=point.transaction, now=self.now)
        self._look_at_next_step(shape, steps)
        return self._unless_held(target, station, wiring, rung, plan, shape, is_plan=True)

    def _propose_default(
        self, target: Target, station: Station, wiring: Wiring, rung: Rung, shape: Shape, *, is_wanted: bool
    ) -> Proposal | None:
        """What holds without a plan; where plans are defaults too, the plan."""
        if rung.purpose is not ProfilePurpose.TX and is_wanted:
            assert target.until is not None
            steps = told_steps(target, shape, self.now)
            profile = plan_profile(steps, target.until, shape, reference=None, now=self.now)
            self._look_at_next_step(shape, steps)
            return self._unless_held(target, station, wiring, rung, profile, shape, is_plan=True)
        own = rung if rung.purpose is not ProfilePurpose.TX else station.rung_for(ProfilePurpose.TX_DEFAULT)
        if own is None:
            target.fallback_state = Fallback.IMPOSSIBLE
            return None
        its = replace(shape, purpose=own.purpose, stack_level=own.stack_level)
        fallback = self._unless_held(target, station, wiring, own, fallback_profile(its), its, is_plan=False)
        if fallback is not None or not target.windows or rung.purpose is not ProfilePurpose.TX:
            return fallback
        windows = tuple(Window(*row) for row in target.windows)
        midnight = _midnight(self.depot, self.now)
        profile = windows_profile(windows, its, midnight=midnight)
        above = Rung(own.purpose, own.stack_level + 1)
        return self._unless_held(target, station, wiring, above, profile, its, is_plan=False)

    def _look_at_next_step(self, shape: Shape, steps: tuple[Step, ...]) -> None:
        change = next_step_at(steps, self.now)
        if shape.max_periods == 1 and change is not None:
            self.looks.append(change)

    def _unless_held(
        self,
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
        if self._says_the_same(station, wiring, command, target.until):
            if is_plan:
                target.state, target.why = (State.SENT if station.is_open else State.HELD), ""
            if not is_plan or shape.purpose is not ProfilePurpose.TX:
                target.fallback_state = Fallback.HELD
            return None
        return Proposal(target, station, wiring, rung, command, is_plan)

    def _rest(self, target: Target, state: State, why: str = "") -> None:
        target.state = state if target.until is not None and target.until > self.now else State.NOTHING
        target.why = why

    def _says_the_same(self, station: Station, wiring: Wiring, command: InstallProfile, until: datetime | None) -> bool:
        """Would the charger, whichever set it holds, go on as it does, and hold this profile's slot already?"""
        if station.possible is None or not station.unit.is_known:
            return False
        # Of what is on its way only the newest counts: it is not sent a second time before that is answered.
        sets = candidates(station.possible)
        for installed in sets[-1:] if station.is_open else sets:
            slot = {(held.evse, held.profile.profile_id, held.profile.stack_level) for held in installed.held}
            profile = command.profile
            if (command.evse, profile.profile_id, profile.stack_level) not in slot:
                return False
            after = follow(installed, command, now=self.now)
            if after != installed and self._course(installed, station, wiring, until) != self._course(
                after, station, wiring, until
            ):
                return False
        return True

    def _course(
        self, installed: InstalledProfiles, station: Station, wiring: Wiring, until: datetime | None
    ) -> list[object]:
        """What a charger would do from now on: with its transaction, and with another one."""
        number, session = wiring.evse.number, station.sessions.get(wiring.evse_id)
        supply = Supply(phases=None if wiring.evse.is_dc else len(wiring.lines))
        places = [Circumstances(evses=(number,), assumed_since=self.now, supply=supply)]
        if session is not None:
            running = RunningTransaction(reference=reference_of(session), charging_since=session.started_at)
            places.append(Circumstances(evses=(number,), transactions={number: running}, supply=supply))
        last = max(until or self.now, self.now) + DAY + timedelta(hours=1)
        return [
            compose(installed, where, evse=number, since=self.now, until=last, unit=RateUnit.WATT) for where in places
        ]

    # What goes out

    def _send_reductions(self, proposals: list[Proposal]) -> list[Proposal]:
        left = []
        for proposal in proposals:
            after = proposal.station.with_asked(proposal.command, self.now)
            verdict = self.ledger.ask(after)
            if verdict.may_send and verdict.is_reduction:
                self._send(proposal)
            else:
                left.append(proposal)
        return left

    def _send_raises(self, proposals: list[Proposal]) -> list[Proposal]:
        left = []
        for proposal in proposals:
            target = proposal.target
            if proposal.station.is_open or proposal.station.charger.pk in self._busy():
                self._wait(proposal, State.SENT, "the charger has not answered yet")
                continue
            verdict = self.ledger.ask(proposal.station.with_asked(proposal.command, self.now))
            if not verdict.may_send:
                self._wait(proposal, State.NO_ROOM, f"no room on {', '.join(verdict.stands_in_the_way)}")
                left.append(proposal)
            elif target.not_before is not None and target.not_before > self.now and proposal.is_plan:
                self._wait(proposal, State.TOO_SOON, "")
            else:
                self._send(proposal)
        return left

    def _busy(self) -> set[int]:
        return {self.books.by_evse[evse_id].charger.pk for evse_id in self.sent}

    def _wait(self, proposal: Proposal, state: State, why: str) -> None:
        if proposal.is_plan:
            proposal.target.state, proposal.target.why = state, why[:200]

    def _send_what_fits(self, proposal: Proposal, *, only_down: bool = False) -> None:
        """Of a plan that cannot go out as a whole: what others leave of it, so that it gives up at least its own."""
        target, station, wiring = proposal.target, proposal.station, proposal.wiring
        if not proposal.is_plan or target.until is None or station.charger.pk in self._busy():
            return
        shape = station.shape(wiring, proposal.rung, target.fallback_w or 0)
        # Who is about to give way makes more room than there is now: one message then instead of two.
        too_soon = target.not_before is not None and target.not_before > self.now
        others_move = bool(self.sent) or any(each.is_open for each in self.books.stations.values())
        may_rise = not (too_soon or others_move or only_down)
        steps = self._cut(told_steps(target, shape, self.now), target.until, station, target.evse_id, may_rise=may_rise)
        reference = proposal.command.profile.reference
        profile = plan_profile(steps, target.until, shape, reference=reference, now=self.now, down=True)
        command = InstallProfile(evse=shape.place, profile=profile)
        if self._says_the_same(station, wiring, command, target.until):
            return
        verdict = self.ledger.ask(station.with_asked(command, self.now))
        if verdict.may_send and (verdict.is_reduction or may_rise):
            why = target.why or "others need the power"
            self._send(Proposal(target, station, wiring, proposal.rung, command, is_plan=True))
            if target.evse_id in self.sent:
                target.state, target.why = State.NO_ROOM, why

    def _give_way(self) -> None:
        """The building draws more than was thought, or a charger ignores its limit: those that obey give up theirs."""
        if not self.ledger.overloads():
            return
        for evse_id, target in self.targets.items():
            station = self.books.by_evse[evse_id]
            rung = station.rung
            if target.state != State.HELD or rung is None or target.until is None or not station.link.is_online:
                continue
            wiring = next(each for each in station.wirings if each.evse_id == evse_id)
            shape = station.shape(wiring, rung, target.fallback_w or 0)
            reference = next(each.transaction for each in station.unit.points if each.key == evse_id)
            plan = plan_profile((), self.now, shape, reference=reference, now=self.now)
            command = InstallProfile(evse=shape.place, profile=plan)
            self._send_what_fits(Proposal(target, station, wiring, rung, command, is_plan=True), only_down=True)

    def _cut(
        self, steps: tuple[Step, ...], until: datetime, station: Station, evse_id: int, *, may_rise: bool
    ) -> tuple[Step, ...]:
        """What is wanted, within the room there is; or, where it may not rise, within what it holds as well."""
        lasts_s = (until - self.now) / SECOND
        own = [max(0.0, (step.starts_at - self.now) / SECOND) for step in steps if step.starts_at < until]
        # Where the room changes the clock's error on either side is a piece of its own.
        error_s, times = self.ledger.clock_error_s + 1, self.ledger.times
        edges = np.unique(np.concatenate([[0.0], own, times, times - error_s, times + error_s]))
        edges = edges[(edges >= 0) & (edges < lasts_s)]
        room = self.ledger.room_w(station.charger.pk, evse_id, edges)
        if not may_rise:
            room = np.minimum(room, self.ledger.held_w(station.charger.pk, evse_id, edges))
        cut = []
        for at_s, free_w in zip(edges, room, strict=True):
            at = self.now + float(at_s) * SECOND
            wanted_w = [step.limit_w for step in steps if step.starts_at <= at]
            cut.append(Step(at, min(wanted_w[-1] if wanted_w else 0, int(free_w))))
        return tuple(cut)

    def _send(self, proposal: Proposal) -> None:
        target, station = proposal.target, proposal.station
        after = station.with_asked(proposal.command, self.now)
        try:
            with transaction.atomic():
                row = issue_command(station.charger, proposal.command, issued_by=self.actor, now=self.now)
        except ChargerOffline:
            target.state = State.OFFLINE
            return
        except (CommandNotSpoken, CommandInvalid) as error:
            logger.warning("%s cannot be told %s: %s", station.charger.identity, proposal.rung, error)
            learn_refusal(
                station.charger, proposal.rung, "NotSupported", f"cannot be said to it: {error}", now=self.now
            )
            self.looks.append(self.now)
            return
        except CommandNotAllowed as error:
            target.state, target.why = State.OUT_OF_HANDS, str(error)[:200]
            return
        self.ledger.put(after)
        self.sent[target.evse_id] = row
        target.command, target.rung = row, str(proposal.rung)
        target.sends_plan = proposal.is_plan
        if proposal.is_plan:
            target.state, target.why, target.not_before = State.SENT, "", self.now + BETWEEN_RAISES
        else:
            target.fallback_state = Fallback.ASKED


def _digest(target: Target) -> tuple[object, ...]:
    return (
        target.state, target.why, target.command_id, target.rung, target.not_before, target.fallback_w,
        target.fallback_state, target.obedience, target.waking, target.resume_token_id,
    )  # fmt: skip


def _midnight(depot: Depot, now: datetime) -> datetime:
    local = now.astimezone(ZoneInfo(depot.time_zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


__all__ = ["BETWEEN_RAISES", "Delivery", "balance", "carry_on", "deliver", "set_windows"]
