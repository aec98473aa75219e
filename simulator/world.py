"""The whole yard at work: chargers, vehicles that come and go, and the clock that drives them."""

import math
from collections.abc import Iterator

from simulator.agenda import Agenda
from simulator.books import Books
from simulator.charger import Charger
from simulator.clock import Clock, Moment
from simulator.evse import Evse, EvseBusy
from simulator.surroundings import LinkTimes, Surroundings
from simulator.transaction import Card, Transaction
from simulator.vehicle import Vehicle, Visit, plan_visits
from simulator.yard import VehiclePlan, YardPlan

# How long a driver needs from the plug to the card reader, in seconds.
CARD_AFTER_S = (15.0, 90.0)


class World:
    """Independent of any transport: who wants to hear the chargers gives them links."""

    def __init__(self, yard: YardPlan, clock: Clock, timers: Agenda, *, times: LinkTimes, books: Books) -> None:
        self.yard = yard
        self.clock = clock
        self.agenda = Agenda(now=clock.now)
        self.timers = timers
        self.books = books
        around = Surroundings(clock=clock, agenda=self.agenda, timers=timers, books=books, times=times)
        self.chargers = {plan.identity: Charger(plan, around, seed=yard.seed) for plan in yard.chargers}
        self.bays = {evse.plan.bay: evse for evse in self.evses() if evse.plan.bay}
        self.vehicles = {plan.name: Vehicle(plan, soc=plan.target_soc) for plan in yard.vehicles}
        self._visits: dict[str, Iterator[Visit]] = {}
        self._until: Moment = math.inf

    def catch_up(self) -> int:
        """Do what is due, each thing in its own time; before anything else happens to the yard."""
        done = 0
        while (when := self.agenda.next_at()) is not None and when <= self.clock.now():
            with self.clock.standing_at(when):
                self.agenda.do_next()
            done += 1
        return done

    def evses(self) -> Iterator[Evse]:
        for charger in self.chargers.values():
            yield from charger.evses

    def begin(self, *, until: Moment = math.inf) -> None:
        """Let the day plans run; who should be here already arrives at once.

        Stays that would outlast `until` are left out.
        """
        self._until = until
        for plan in self.yard.vehicles:
            self._visits[plan.name] = plan_visits(plan, self.clock.now(), zone=self.yard.zone, seed=self.yard.seed)
            self._plan_next(plan)

    def _plan_next(self, plan: VehiclePlan) -> None:
        visit = next(self._visits[plan.name], None)
        if visit is not None and plan.days is not None and visit.leaves_at <= self._until:
            evse = self.bays[plan.days.bay]
            # Who came while the yard was dark begins to charge now, and has not since then.
            self.agenda.at(max(visit.arrives_at, self.clock.now()), lambda: self._arrive(plan, evse, visit))

    def _arrive(self, plan: VehiclePlan, evse: Evse, visit: Visit) -> None:
        vehicle = self.vehicles[plan.name]
        if vehicle.drove_for != visit.arrives_at:
            vehicle.drive(visit.used_kwh)
            vehicle.drove_for = visit.arrives_at
        try:
            # By hand it may have been plugged in elsewhere.
            if any(each.vehicle is vehicle for each in self.evses()):
                raise EvseBusy
            vehicle.leaves_at = visit.leaves_at
            evse.plug_in(vehicle)
        except EvseBusy:
            # Somebody stands in its bay: it goes home uncharged and comes again another day.
            self._plan_next(plan)
            return
        self.agenda.after(evse.charger.random.uniform(*CARD_AFTER_S), lambda: self._show_card(vehicle, evse))
        self.agenda.at(visit.leaves_at, lambda: self._leave(vehicle, evse))

    def _show_card(self, vehicle: Vehicle, evse: Evse) -> None:
        # A remote start may have been quicker: showing the card now would stop it.
        if evse.vehicle is vehicle and evse.transaction is None:
            evse.present_card(Card(vehicle.plan.id_token))

    def _leave(self, vehicle: Vehicle, evse: Evse) -> None:
        vehicle.leaves_at = None
        if evse.vehicle is vehicle:
            evse.unplug()
        self._plan_next(vehicle.plan)

    def find_evse(self, charger: str, number: int) -> Evse | None:
        found = self.chargers.get(charger)
        return found.evse(number) if found else None

    def true_wh(self, transaction: Transaction) -> float:
        """What has truly flowed in a transaction, up to this moment if it runs."""
        if transaction.true_stop_wh is not None:
            return transaction.true_stop_wh - transaction.true_start_wh
        evse = self.find_evse(transaction.charger, transaction.evse)
        if evse is None:
            return math.nan
        evse.advance(self.clock.now())
        return evse.register_wh - transaction.true_start_wh
