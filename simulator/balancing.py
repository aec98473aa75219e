"""What may flow at a charger's EVSEs: shared out anew whenever something changes, and when time changes it."""

import math
from typing import TYPE_CHECKING

from simulator.agenda import Appointment
from simulator.clock import Moment
from simulator.evse import Evse
from simulator.sharing import Want, share

if TYPE_CHECKING:
    from simulator.charger import Charger

# A look exactly at the edge could, by a rounding, still see the time before it.
JUST_AFTER_S = 0.001


class Balance:
    def __init__(self, charger: "Charger") -> None:
        self._charger = charger
        self._next: Appointment | None = None

    def settle(self) -> None:
        """Let flow what flowed, share out what may flow from now on, and look again when that changes by itself."""
        charger = self._charger
        now = charger.clock.now()
        # Profiles begin and end by the time that the charger believes in.
        believed = charger.own_time()
        for evse in charger.evses:
            evse.advance(now)
        for evse, offer_w in zip(charger.evses, self._find_offers(believed), strict=True):
            evse.take_offer(offer_w, now)
        if self._next is not None:
            self._next.cancel()
        ahead_s = min(evse.seconds_until_change() for evse in charger.evses)
        change_s = charger.profiles.next_change(charger.evses, believed) - believed
        next_at = now + min(ahead_s, change_s) + JUST_AFTER_S
        if next_at < math.inf:
            self._next = charger.agenda.at(next_at, self.settle)

    def _find_offers(self, now: Moment) -> list[float]:
        charger = self._charger
        for evse in charger.evses:
            evse.limit_w = charger.profiles.limit_w(evse, now)
        station_w = None if charger.faults.ignores_limits else charger.profiles.station_limit_w(charger.evses, now)
        offers = share(station_w, [self._find_want(evse) for evse in charger.evses])
        return [
            -gives_w if (gives_w := self._find_gift(evse)) > 0 else offer
            for evse, offer in zip(charger.evses, offers, strict=True)
        ]

    def _find_gift(self, evse: Evse) -> float:
        """What a vehicle is to give back: as much as the setpoint asks, within what it can (2.1 Q03, Q04)."""
        if evse.vehicle is None or not evse.may_charge or evse.limit_w is None or evse.limit_w >= 0:
            return 0.0
        if self._charger.plan.version != "2.1" or self._charger.faults.ignores_limits or not evse.vehicle.may_give:
            return 0.0
        return min(-evse.limit_w, evse.vehicle.max_discharge_w(evse.plan))

    def _find_want(self, evse: Evse) -> Want:
        if evse.vehicle is None or not evse.may_charge:
            return Want(0.0, 0.0)
        most_w = evse.full_w
        if evse.limit_w is not None and not self._charger.faults.ignores_limits:
            most_w = min(most_w, max(0.0, evse.limit_w))
        least_w = evse.vehicle.least_w(evse.plan)
        return Want(most_w, least_w) if most_w >= least_w else Want(0.0, 0.0)
