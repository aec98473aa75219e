"""A virtual charger: its power, its link to the server, its registration, and the power it gives to its EVSEs."""

from collections.abc import Callable, Iterator
from random import Random

from simulator.agenda import Agenda, Appointment
from simulator.balancing import Balance
from simulator.books import Books
from simulator.certificates import CertificateStore
from simulator.clock import Clock, Moment
from simulator.evse import Evse
from simulator.exchange import Exchange
from simulator.faults import Faults
from simulator.frames import Payload
from simulator.manners import MANNERS, Manners
from simulator.outbox import Message, Outbox
from simulator.profile_store import ProfileStore
from simulator.settings import Settings
from simulator.speech import Speech, make_speech
from simulator.surroundings import Done, Errand, Link, LinkTimes, Surroundings
from simulator.tokens import KnownTokens, Reservations
from simulator.transaction import Card, Transaction
from simulator.yard import ChargerPlan

# Real seconds, where the server named no interval.
BOOT_AGAIN_S = 60.0


class Charger:
    def __init__(self, plan: ChargerPlan, around: Surroundings, *, seed: int = 1) -> None:
        self.plan: ChargerPlan = plan
        self.clock: Clock = around.clock
        self.agenda: Agenda = around.agenda
        self.timers: Agenda = around.timers
        self.books: Books = around.books
        self.times: LinkTimes = around.times
        self.random = Random(f"{seed}/{plan.identity}")
        self.manners: Manners = MANNERS[plan.manners]
        self.faults: Faults = Faults.read(plan.faults)
        self.password: str = plan.password
        self.firmware: str = plan.firmware
        self.certificates = CertificateStore()
        self.monitors: dict[int, Payload] = {}
        self.display_messages: dict[int, Payload] = {}
        self.tariffs: dict[str, int] = {}
        own = {"NumberOfConnectors": str(len(plan.evses)), "SecurityProfile": "1" if plan.password else "0"}
        self.settings: Settings = Settings({**own, **plan.settings})
        self.tokens: KnownTokens = KnownTokens()
        self.reservations: Reservations = Reservations()
        self.profiles: ProfileStore = ProfileStore(plan)
        self.is_powered: bool = True
        self.is_operative: bool = True
        self.powered_since = self.clock.now()
        self.link: Link | None = None
        self.registration = ""  # the boot's answer; empty before it
        self.is_booted = False  # once accepted since the power came
        self.boot_reason = "PowerUp"
        self.offline_until: float = 0.0  # a real time
        self.offline_since: Moment | None = self.clock.now()
        self.on_wish: Callable[[], None] = lambda: None  # the transport looks again whether a link is wanted
        self.on_second_socket: Callable[[], None] = lambda: None
        # Without a network each file comes and goes, and is empty.
        self.carry: Callable[[Errand, Done], None] = lambda _errand, done: done(b"")
        self.evses: list[Evse] = [Evse(self, each, self.random.randrange(200_000, 9_000_000)) for each in plan.evses]
        self.speech: Speech = make_speech(self)
        self.exchange = Exchange(self)
        self.outbox: Outbox = self.exchange.outbox
        self._balance = Balance(self)
        self._boot_again: Appointment | None = None
        self._heartbeat: Appointment | None = None
        self._ping: Appointment | None = None
        self._aligned: Appointment | None = None
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
        self.exchange.begin()
        self.plan_ping()
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
        for appointment in (self._heartbeat, self._boot_again, self._ping):
            if appointment is not None:
                appointment.cancel()
        self.profiles.go_offline(self.own_time())
        self.balance()

    def drop_link(self, *, stays_away_s: float = 0.0) -> None:
        self.offline_until = self.timers.now() + stays_away_s
        if self.link is not None:
            self.link.abort()
        if stays_away_s:
            self.timers.at(self.offline_until, self.on_wish)

    def boot(self) -> None:
        self.registration = ""
        self._post_boot()
        if self.manners.pipelines:
            self.tell_everything()

    def _post_boot(self) -> None:
        """Until it is accepted nothing else may go (1.6 part 4.2, 2.x B01), so one without an answer is told again."""
        message = self.speech.boot(self.boot_reason)
        message.on_failure = lambda _error: self._boot_after(BOOT_AGAIN_S)
        self.outbox.post(message, urgent=True)

    def hear_registration(self, status: str, interval_s: float) -> None:
        self.registration = status
        if status == "Accepted":
            self.is_booted = True
            if interval_s > 0:
                self.settings.change("HeartbeatInterval", str(int(interval_s)))
            self._become_online()
            return
        self._boot_after(interval_s if interval_s > 0 else BOOT_AGAIN_S)

    def _boot_after(self, wait_s: float) -> None:
        self._boot_again = self.timers.after(wait_s * self.times.pace, self._boot_once_more)

    def _boot_once_more(self) -> None:
        if self.link is not None and self.registration != "Accepted":
            self._post_boot()

    def _become_online(self) -> None:
        self.registration = "Accepted"
        self.offline_since = None
        self.profiles.go_online(self.own_time())
        if not self.manners.pipelines:
            self.tell_everything()
        self.plan_heartbeat()
        self.plan_aligned()
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

    def plan_ping(self) -> None:
        if self._ping is not None:
            self._ping.cancel()
        interval_s = self.settings.number("WebSocketPingInterval") * self.times.pace
        if interval_s > 0:
            self._ping = self.timers.after(interval_s, self._send_ping)

    def _send_ping(self) -> None:
        if self.link is not None:
            self.link.ping()
            self.plan_ping()

    def plan_aligned(self) -> None:
        """The next meter values by the clock's face: every interval, counted from midnight."""
        if self._aligned is not None:
            self._aligned.cancel()
        interval_s = self.settings.number("ClockAlignedDataInterval")
        if interval_s > 0:
            now = self.clock.now()
            self._aligned = self.agenda.at(now - now % interval_s + interval_s, self._sample_aligned)

    def _sample_aligned(self) -> None:
        self.plan_aligned()
        for evse in self.evses:
            evse.sample("Sample.Clock")

    # Frames

    def hear(self, text: str | bytes, link: Link | None = None) -> None:
        """Something came in, by the charger's link if no other one is named."""
        self.exchange.hear(text, link or self.link)

    def after_answer(self, act: Callable[[], None]) -> None:
        self.exchange.after_answer(act)

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

    def tell_idle_sample(self, evse: Evse, context: str) -> None:
        if self.link is not None:
            self._post(self.speech.idle_sample(evse, context))

    def tell_stopped(self, transaction: Transaction, evse: Evse, card: Card | None) -> None:
        if self.faults.forgets_stop:
            transaction.stop_abandoned = True
            return
        self._post(self.speech.stopped(transaction, evse, card))

    # Cards

    @property
    def speaks_contracts(self) -> bool:
        """Does it understand a vehicle that proves itself by its contract certificate (2.x C07)?"""
        return self.plan.version != "1.6"

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
        self._balance.settle()

    def after_transaction(self, evse: Evse) -> None:
        if self.restart_when_idle and not any(each.transaction for each in self.evses):
            restart, self.restart_when_idle = self.restart_when_idle, None
            restart()
