"""One EVSE: a vehicle on its cable, a card before it, the power that flows, and the transaction about it."""

import math
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from simulator.agenda import Appointment
from simulator.clock import Moment
from simulator.metering import Reading
from simulator.transaction import Card, Transaction
from simulator.vehicle import Vehicle
from simulator.yard import EvsePlan

if TYPE_CHECKING:
    from simulator.charger import Charger


class Status(StrEnum):
    """The words of 1.6; 2.x has fewer of them."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


class EvseBusy(Exception):
    """There is a vehicle, or a transaction, in the way."""


class Evse:
    def __init__(self, charger: "Charger", plan: EvsePlan, register_wh: float) -> None:
        self.charger = charger
        self.plan = plan
        self.register_wh = register_wh
        self.export_wh = 0.0
        self.vehicle: Vehicle | None = None
        self.transaction: Transaction | None = None
        self.card: Card | None = None
        self.offer_w = 0.0
        self.limit_w: float | None = None  # what profiles allow here; None is no limit
        self.is_operative = True
        self.fault_code = ""
        self.was_charged = False  # a transaction ended and the vehicle is still there
        self.meter_jump_wh = 0.0
        self.session_zero_wh = 0.0
        self.status = Status.AVAILABLE
        self.status_since: Moment = charger.clock.now()
        self.advanced_at: Moment = charger.clock.now()
        self._card_limit: Appointment | None = None
        self._sampling: Appointment | None = None

    @property
    def number(self) -> int:
        return self.plan.number

    # Power and energy

    @property
    def full_w(self) -> float:
        return self.vehicle.max_w(self.plan) if self.vehicle else 0.0

    @property
    def power_w(self) -> float:
        """Negative: out of the vehicle."""
        if self.vehicle is None:
            return 0.0
        if self.offer_w < 0:
            return self.offer_w if self.vehicle.may_give else 0.0
        return self.vehicle.power_w(self.offer_w)

    @property
    def may_charge(self) -> bool:
        """Whether the contactor may close: what is offered then is the profiles' business."""
        transaction = self.transaction
        if transaction is None or self.vehicle is None or self.fault_code or not self.charger.is_powered:
            return False
        return not transaction.is_refused or self._may_charge_refused(transaction)

    def _may_charge_refused(self, transaction: Transaction) -> bool:
        settings = self.charger.settings
        used_wh = self.register_wh - transaction.true_start_wh
        return not settings.is_on("StopTransactionOnInvalidId") and used_wh < settings.number("MaxEnergyOnInvalidId")

    def advance(self, now: Moment) -> None:
        """Let flow what has flowed since the last look."""
        if self.vehicle and self.offer_w > 0:
            self.register_wh += self.vehicle.charge(now - self.advanced_at, self.offer_w)
        elif self.vehicle and self.offer_w < 0:
            self.export_wh += self.vehicle.give(now - self.advanced_at, -self.offer_w)
        self.advanced_at = now

    def take_offer(self, offer_w: float, now: Moment) -> None:
        transaction = self.transaction
        too_little = offer_w >= 0 and self.vehicle is not None and offer_w < self.vehicle.least_w(self.plan) - 0.05
        if self.vehicle is None or not self.may_charge or too_little:
            offer_w = 0.0
        self.offer_w = offer_w
        if transaction and offer_w != 0 and transaction.charging_since is None:
            transaction.charging_since = self.charger.own_time()
        self.charger.books.flows(self.charger.identity, self.number, self.power_w, now)
        self.update_status()

    def seconds_until_change(self) -> float:
        """When, undisturbed, its power ends: the vehicle is full, or an unknown card's energy is used up."""
        if self.vehicle is None or self.offer_w == 0:
            return math.inf
        if self.offer_w < 0:
            return self.vehicle.seconds_until_spent(-self.offer_w)
        until_full_s = self.vehicle.seconds_until_full(self.offer_w)
        transaction = self.transaction
        if transaction and transaction.is_refused and self.power_w > 0:
            used_wh = self.register_wh - transaction.true_start_wh
            left_wh = self.charger.settings.number("MaxEnergyOnInvalidId") - used_wh
            return min(until_full_s, max(0.0, left_wh) * 3600 / self.power_w + 0.01)
        return until_full_s

    def reported_wh(self) -> int:
        zero_wh = self.session_zero_wh if self.charger.faults.register_resets else 0.0
        # A sum of parts may fall short of the whole Wh it makes by a rounding.
        return math.floor(self.register_wh - zero_wh + self.meter_jump_wh + 1e-6)

    def _reported_export_wh(self) -> int | None:
        """None: this outlet has never been one that gives back, and its meter tells no such register."""
        can_give = self.vehicle is not None and self.vehicle.max_discharge_w(self.plan) > 0
        return math.floor(self.export_wh + 1e-6) if self.charger.plan.version == "2.1" and can_give else None

    def read_meter(self, context: str) -> Reading:
        vehicle = self.vehicle
        return Reading(
            at=self.charger.own_time(),
            register_wh=self.reported_wh(),
            export_wh=self._reported_export_wh(),
            power_w=self.power_w,
            offered_w=max(0.0, self.offer_w),
            voltage_v=self.plan.voltage_v,
            phases=vehicle.phases_at(self.plan) if vehicle else 1 if self.plan.current == "DC" else self.plan.phases,
            is_dc=self.plan.current == "DC",
            soc=vehicle.soc if vehicle else None,
            context=context,
        )

    # Status

    def find_status(self) -> Status:
        if self.fault_code:
            return Status.FAULTED
        if self.transaction is not None:
            if self.power_w != 0:
                return Status.CHARGING
            is_offered = self.offer_w != 0 or self.vehicle is None
            return Status.SUSPENDED_EV if is_offered else Status.SUSPENDED_EVSE
        if not (self.is_operative and self.charger.is_operative):
            return Status.UNAVAILABLE
        if self.vehicle is not None:
            return Status.FINISHING if self.was_charged else Status.PREPARING
        if self.card is not None:
            return Status.PREPARING
        return Status.RESERVED if self.charger.reservations.holds(self.number) else Status.AVAILABLE

    def update_status(self) -> None:
        status = self.find_status()
        if status == self.status:
            return
        self.status, self.status_since = status, self.charger.own_time()
        if self.charger.is_powered:
            self.charger.tell_status(self)
            if self.transaction is not None:
                self.charger.tell_charging_state(self.transaction, self)

    # What happens before it

    def plug_in(self, vehicle: Vehicle) -> None:
        if self.vehicle is not None:
            raise EvseBusy
        self.vehicle, self.was_charged = vehicle, False
        self.advanced_at = self.charger.clock.now()
        self.charger.balance()
        if not self.charger.is_powered:
            return
        if self.card is not None:
            self.begin(self.card)
        elif vehicle.plan.contract and self.charger.speaks_contracts:
            self.charger.authorize(Card(vehicle.plan.emaid, "eMAID", contract=vehicle.plan.contract), self)

    def unplug(self) -> Vehicle | None:
        """The vehicle goes; one that is charging pulls its transaction's end behind it."""
        vehicle = self.vehicle
        ends = self.charger.settings.is_on("StopTransactionOnEVSideDisconnect")
        if self.transaction is not None and self.charger.is_powered and ends:
            self.stop("EVDisconnected")
        self.advance(self.charger.clock.now())
        self.vehicle, self.was_charged, self.offer_w = None, False, 0.0
        self.charger.postponed.pop(self.number, None)
        if self.charger.is_powered:
            self.drop_card()
        self.charger.balance()
        return vehicle

    def present_card(self, card: Card) -> None:
        """A card is shown: it starts, or, the same card again, stops."""
        if not self.charger.is_powered or self.fault_code:
            return
        if self.transaction is not None:
            same_group = card.group and card.group == self.transaction.card.group
            if card.id_token == self.transaction.card.id_token or same_group:
                self.stop("Local", card)
            return
        self.charger.authorize(card, self)

    def accept_card(self, card: Card) -> None:
        """The card may charge: at once when a vehicle is there, else if one comes in time."""
        if self.transaction is not None or not self.charger.is_powered:
            return
        if self.vehicle is not None:
            self.begin(card)
            return
        self.card = card
        self.update_status()
        self._card_limit = self.charger.agenda.after(
            self.charger.settings.number("ConnectionTimeOut"), lambda: self.drop_card(card)
        )

    def drop_card(self, only: Card | None = None) -> None:
        if only is not None and self.card is not only:
            return
        self.card = None
        if self._card_limit is not None:
            self._card_limit.cancel()
        self.update_status()

    # The transaction

    def begin(self, card: Card) -> None:
        now = self.charger.clock.now()
        self.advance(now)
        self.drop_card()
        self.session_zero_wh = self.register_wh
        transaction = Transaction(
            key=str(UUID(int=self.charger.random.getrandbits(128), version=4)),
            charger=self.charger.identity,
            evse=self.number,
            connector=self.plan.connectors[0].number,
            vehicle=self.vehicle.plan.name if self.vehicle else "",
            card=card,
            started_at=self.charger.own_time(),
            register_start_wh=self.reported_wh(),
            true_start_wh=self.register_wh,
            is_offline_start=not self.charger.is_online,
        )
        self.transaction = transaction
        self.charger.books.open(transaction)
        transaction.reservation_id = self.charger.reservations.use(self.number, card)
        if card.profile is not None:
            self.charger.profiles.install(card.profile, self.number, transaction=None, starts=True)
        self.charger.profiles.start_transaction(self.number, transaction.key)
        self.charger.tell_started(transaction, self)
        self.plan_sample()
        self.charger.balance()

    def plan_sample(self) -> None:
        if self._sampling is not None:
            self._sampling.cancel()
        interval_s = self.charger.settings.number("MeterValueSampleInterval")
        if self.transaction is not None and interval_s > 0:
            self._sampling = self.charger.agenda.after(interval_s, self._sample_again)

    def _sample_again(self) -> None:
        if self.transaction is not None and self.charger.is_powered:
            self.sample("Sample.Periodic")
            self.plan_sample()

    def sample(self, context: str) -> None:
        """Tell what the meter shows now."""
        if not self.charger.is_powered or self.charger.faults.silent_meter:
            return
        self.advance(self.charger.clock.now())
        if self.transaction is not None:
            self.charger.tell_sample(self.transaction, self, context)
        else:
            self.charger.tell_idle_sample(self, context)

    def stop(self, reason: str, card: Card | None = None) -> None:
        """End the transaction; the vehicle stays on its cable."""
        transaction = self.transaction
        if transaction is None:
            return
        self.advance(self.charger.clock.now())
        self.close_transaction(transaction, reason)
        self.transaction, self.was_charged = None, self.vehicle is not None
        self.charger.tell_stopped(transaction, self, card)
        self.charger.profiles.end_transaction(self.number)
        self.charger.balance()
        self.charger.after_transaction(self)

    def close_transaction(self, transaction: Transaction, reason: str) -> None:
        transaction.ended_at = self.charger.own_time()
        transaction.register_stop_wh = self.reported_wh()
        transaction.true_stop_wh = self.register_wh
        transaction.stop_reason = reason
        if self._sampling is not None:
            self._sampling.cancel()

    def refuse_transaction(self, transaction: Transaction) -> None:
        """The server does not accept the card that this transaction was started with."""
        transaction.is_refused = True
        if self.transaction is not transaction:
            return
        if self.charger.settings.is_on("StopTransactionOnInvalidId"):
            self.stop("DeAuthorized")
        else:
            self.charger.balance()
