"""A virtual charger: its power, its link to the server, its registration, and the power it gives to its EVSEs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Protocol

from simulator.agenda import Agenda, Appointment
from simulator.books import Books
from simulator.clock import Clock, Moment
from simulator.evse import Evse
from simulator.faults import Faults
from simulator.frames import (
    CALL,
    CALL_ERROR,
    CALL_RESULT,
    Payload,
    Refusal,
    UnreadableFrame,
    read_frame,
    write_call,
    write_error,
    write_result,
)
from simulator.manners import MANNERS
from simulator.outbox import Message, Outbox, Retries
from simulator.profile_store import ProfileStore
from simulator.settings import Settings
from simulator.sharing import Want, share
from simulator.speech import Speech, make_speech
from simulator.tokens import KnownTokens, Reservations
from simulator.transaction import Card, Transaction
from simulator.yard import ChargerPlan


class Link(Protocol):
    """What a transport gives a charger: it sends without waiting."""

    def send(self, text: str) -> None: ...

    def close(self) -> None: ...

    def abort(self) -> None: ...


@dataclass(slots=True, kw_only=True)
class LinkTimes:
    """Real seconds of the link's own life; tests run them at another pace."""

    call_timeout_s: float = 30.0
    reconnect_first_s: float = 1.0
    reconnect_most_s: float = 30.0
    reboot_s: float = 5.0
    pace: float = 1.0  # multiplies what the server or the configuration wants: boot, heartbeat and retry intervals

    def paced(self, pace: float) -> "LinkTimes":
        return LinkTimes(
            call_timeout_s=self.call_timeout_s * pace,
            reconnect_first_s=self.reconnect_first_s * pace,
            reconnect_most_s=self.reconnect_most_s * pace,
            reboot_s=self.reboot_s * pace,
            pace=self.pace * pace,
        )


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """What all chargers of a yard share."""

    clock: Clock
    agenda: Agenda  # virtual moments
    timers: Agenda  # real seconds
    books: Books
    times: LinkTimes


class Charger:
    def __init__(self, plan: ChargerPlan, around: Surroundings, *, seed: int = 1) -> None:
        self.plan = plan
        self.clock, self.agenda, self.timers = around.clock, around.agenda, around.timers
        self.books, self.times = around.books, around.times
        self.random = Random(f"{seed}/{plan.identity}")
        self.manners = MANNERS[plan.manners]
        self.faults = Faults.read(plan.faults)
        self.password = plan.password
        self.settings = Settings({"NumberOfConnectors": str(len(plan.evses)), **plan.settings})
        self.tokens = KnownTokens()
        self.reservations = Reservations()
        self.profiles = ProfileStore(plan)
        self.is_powered = True
        self.is_operative = True
        self.powered_since = self.clock.now()
        self.link: Link | None = None
        self.registration = ""  # the boot's answer; empty before it
        self.is_booted = False  # once accepted since the power came
        self.boot_reason = "PowerUp"
        self.offline_until: float = 0.0  # a real time
        self.offline_since: Moment | None = self.clock.now()
        self.on_wish: Callable[[], None] = lambda: None  # the transport looks again whether a link is wanted
        self.on_second_socket: Callable[[], None] = lambda: None
        self.call_number = 0
        self.silences = 0
        self.evses = [Evse(self, each, self.random.randrange(200_000, 9_000_000)) for each in plan.evses]
        self.speech: Speech = make_speech(self)
        self.outbox = Outbox(
            send=self._send,
            may_send=self._may_send,
            timers=self.timers,
            retries=Retries(
                attempts=lambda: max(1, self.settings.number("TransactionMessageAttempts")),
                interval_s=lambda: self.settings.number("TransactionMessageRetryInterval") * self.times.pace,
            ),
            call_timeout_s=self.times.call_timeout_s,
            on_silence=self._notice_silence,
        )
        self._afterwards: list[Callable[[], None]] = []
        self._boot_again: Appointment | None = None
        self._heartbeat: Appointment | None = None
        self._rebalance: Appointment | None = None
        self.postponed: dict[int, Card] = {}  # cards that could not be judged offline
        self.restart_when_idle: Callable[[], None] | None = None

    @property
    def identity(self) -> str:
        return self.plan.identity

    def evse(self, number: int) -> Evse | None:
        return next((each for each in self.evses if each.number == number), None)

    def own_time(self) -> Moment:
        """What the charger believes the time to be."""
        now = self.clock.now()
        if self.faults.clock_1970:
            return now - self.powered_since
        return now + self.faults.clock_offset_s

    # The link

    @property
    def is_online(self) -> bool:
        return self.link is not None and self.registration == "Accepted"

    @property
    def wants_link(self) -> bool:
        return self.is_powered and self.timers.now() >= self.offline_until

    def open_link(self, link: Link) -> None:
        self.link = link
        self.silences = 0
        if self.manners.boots_on_reconnect or not self.is_booted:
            self.boot()
        else:
            self._become_online()

    def lose_link(self, link: Link) -> None:
        if link is not self.link:
            return  # the late end of an older socket says nothing about this one
        self.link = None
        self.offline_since = self.clock.now()
        self.outbox.lose_link()
        for appointment in (self._heartbeat, self._boot_again):
            if appointment is not None:
                appointment.cancel()
        self.profiles.go_offline(self.offline_since)

    def drop_link(self, *, stays_away_s: float = 0.0) -> None:
        self.offline_until = self.timers.now() + stays_away_s
        if self.link is not None:
            self.link.abort()
        if stays_away_s:
            self.timers.at(self.offline_until, self.on_wish)

    def _notice_silence(self) -> None:
        # Two CALLs in a row without an answer: the server behind this socket is gone, whatever TCP says.
        self.silences += 1
        if self.silences >= 2 and self.link is not None:
            self.link.abort()

    def boot(self) -> None:
        self.registration = ""
        self.outbox.post(self.speech.boot(self.boot_reason), urgent=True)
        if self.manners.pipelines:
            self.tell_everything()

    def hear_registration(self, status: str, interval_s: float) -> None:
        self.registration = status
        if status == "Accepted":
            self.is_booted = True
            if interval_s > 0:
                self.settings.change("HeartbeatInterval", str(int(interval_s)))
            self._become_online()
            return
        wait_s = (interval_s if interval_s > 0 else 60.0) * self.times.pace
        self._boot_again = self.timers.after(wait_s, self._boot_once_more)

    def _boot_once_more(self) -> None:
        if self.link is not None and self.registration != "Accepted":
            self.outbox.post(self.speech.boot(self.boot_reason), urgent=True)

    def _become_online(self) -> None:
        self.registration = "Accepted"
        self.offline_since = None
        self.profiles.go_online(self.clock.now())
        if not self.manners.pipelines:
            self.tell_everything()
        self.plan_heartbeat()
        self.outbox.pump()
        self.balance()
        for number, card in list(self.postponed.items()):
            del self.postponed[number]
            evse = self.evse(number)
            if evse is not None and evse.vehicle is not None and evse.transaction is None:
                self.authorize(card, evse)

    def plan_heartbeat(self) -> None:
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        interval_s = self.settings.number("HeartbeatInterval") * self.times.pace
        if interval_s > 0:
            self._heartbeat = self.timers.after(interval_s, self._beat)

    def _beat(self) -> None:
        if self.is_online:
            self.outbox.post(self.speech.heartbeat())
            self.plan_heartbeat()

    # Frames

    def _may_send(self, message: Message) -> bool:
        if self.link is None:
            return False
        if self.registration == "Accepted" or message.is_asked or message.action == "BootNotification":
            return True
        return self.manners.pipelines and self.registration == ""

    def _send(self, message: Message) -> str | None:
        if self.link is None:
            return None
        payload = self.speech.finish(message)
        message_id = self._next_call_id()
        self.link.send(write_call(message_id, message.action, payload))
        if self.faults.sends_twice:
            self.link.send(write_call(self._next_call_id(), message.action, payload))
        return message_id

    def _next_call_id(self) -> str:
        if self.manners.counts_message_ids:
            self.call_number += 1
            return f"36:{self.call_number}"
        return f"{self.random.getrandbits(64):016x}"

    def hear(self, text: str | bytes) -> None:
        try:
            frame = read_frame(text)
        except UnreadableFrame:
            return
        if frame.kind == CALL:
            self._answer(frame.id, frame.action, frame.payload)
        elif frame.kind == CALL_RESULT:
            self.silences = 0
            self.outbox.settle(frame.id, frame.payload)
        elif frame.kind == CALL_ERROR:
            self.silences = 0
            self.outbox.settle(frame.id, None, frame.code)

    def _answer(self, message_id: str, action: str, payload: Payload) -> None:
        try:
            answer = write_result(message_id, self.speech.answer(action, payload))
        except Refusal as refusal:
            answer = write_error(message_id, refusal.code, refusal.description)
        afterwards, self._afterwards = self._afterwards, []
        if self.faults.never_answers:
            return
        link = self.link

        def reply() -> None:
            # An answer belongs to the socket that asked.
            if link is not None and link is self.link:
                link.send(answer)
            for action in afterwards:
                action()

        if self.faults.slow_answers_s > 0:
            self.timers.after(self.faults.slow_answers_s, reply)
        else:
            reply()

    def after_answer(self, action: Callable[[], None]) -> None:
        """Do it once the answer to the CALL in hand has gone out."""
        self._afterwards.append(action)

    # What it tells

    def tell_everything(self) -> None:
        for message in self.speech.statuses():
            self.outbox.post(message, urgent=self.manners.tells_live_first)

    def tell_status(self, evse: Evse) -> None:
        if self.link is not None:
            for message in self.speech.status(evse):
                self.outbox.post(message)

    def _post(self, messages: Iterator[Message]) -> None:
        for message in messages:
            self.outbox.post(message)

    def tell_charging_state(self, transaction: Transaction, evse: Evse) -> None:
        self._post(self.speech.changed(transaction, evse))

    def tell_started(self, transaction: Transaction, evse: Evse) -> None:
        self._post(self.speech.started(transaction, evse))

    def tell_sample(self, transaction: Transaction, evse: Evse, context: str) -> None:
        self._post(self.speech.sampled(transaction, evse, context))

    def tell_stopped(self, transaction: Transaction, evse: Evse, card: Card | None) -> None:
        if self.faults.forgets_stop:
            transaction.stop_abandoned = True
            return
        self._post(self.speech.stopped(transaction, evse, card))

    # Cards

    def authorize(self, card: Card, evse: Evse) -> None:
        if not self.reservations.allow(evse.number, card):
            return
        needs_no_asking = card.is_remote and not self.settings.is_on("AuthorizeRemoteTxRequests")
        if needs_no_asking:
            evse.accept_card(card)
        elif not self.is_online:
            self.authorize_alone(card, evse)
        elif self.settings.is_on("LocalPreAuthorize") and self._knows(card):
            evse.accept_card(card)
        elif self.manners.authorizes_first or card.is_remote:
            self.outbox.post(self.speech.authorize(card, evse))
        else:
            evse.accept_card(card)

    def _knows(self, card: Card) -> bool:
        verdict = self.tokens.find(card.id_token, self.settings, self.clock.now())
        return verdict is not None and verdict["status"] == "Accepted"

    def authorize_alone(self, card: Card, evse: Evse) -> None:
        if self.tokens.allow_offline(card, self.settings, self.clock.now()):
            evse.accept_card(card)
        else:
            self.postponed[evse.number] = card

    # Power

    def balance(self) -> None:
        """Share out what may flow from now on, and look again when that changes by itself."""
        now = self.clock.now()
        for evse in self.evses:
            evse.advance(now)
        for evse, offer_w in zip(self.evses, self._find_offers(now), strict=True):
            evse.take_offer(offer_w, now)
        if self._rebalance is not None:
            self._rebalance.cancel()
        ahead_s = min(evse.seconds_until_change() for evse in self.evses)
        next_at = min(now + ahead_s + 0.001, self.profiles.next_change(self.evses, now))
        if next_at < float("inf"):
            self._rebalance = self.agenda.at(next_at, self.balance)

    def _find_offers(self, now: Moment) -> list[float]:
        for evse in self.evses:
            evse.limit_w = self.profiles.limit_w(evse, now)
        wants = [self._find_want(evse) for evse in self.evses]
        station_w = None if self.faults.ignores_limits else self.profiles.station_limit_w(self.evses, now)
        return share(station_w, wants)

    def _find_want(self, evse: Evse) -> Want:
        if evse.vehicle is None or not evse.may_charge:
            return Want(0.0, 0.0)
        is_limited = evse.limit_w is not None and not self.faults.ignores_limits
        most_w = min(evse.full_w, evse.limit_w) if is_limited and evse.limit_w is not None else evse.full_w
        return Want(most_w, evse.vehicle.least_w(evse.plan))

    def after_transaction(self, evse: Evse) -> None:
        if self.restart_when_idle and not any(each.transaction for each in self.evses):
            restart, self.restart_when_idle = self.restart_when_idle, None
            restart()
