"""What a charger still has to tell: one CALL at a time, transaction messages kept until they are acknowledged."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from simulator.agenda import Agenda, Appointment
from simulator.frames import Payload
from simulator.transaction import Transaction


@dataclass(slots=True, kw_only=True)
class Message:
    action: str
    payload: Payload
    on_answer: Callable[[Payload], None] | None = None
    on_failure: Callable[[str], None] | None = None
    # A transaction message outlives the link, and the power too where the charger has a memory.
    transaction: Transaction | None = None
    is_asked: bool = False  # by TriggerMessage, which a pending registration does not hinder
    is_replay: bool = False
    order: int = 0
    attempts: int = 0
    not_before: float = 0.0


@dataclass(slots=True)
class Retries:
    """How often a transaction message is offered, and the seconds that each further wait grows by."""

    attempts: Callable[[], int]
    interval_s: Callable[[], float]


@dataclass(slots=True)
class Outbox:
    """Urgent messages first, then the others in the order they came about.

    A lost link costs no attempt: what was under way is offered again after the return. An error
    or a silence does cost one, and after n of them the next wait is n times the interval.
    """

    send: Callable[[Message], str | None]
    may_send: Callable[[Message], bool]
    timers: Agenda
    retries: Retries
    call_timeout_s: float = 30.0
    on_silence: Callable[[], None] = lambda: None
    pending: Message | None = None
    pending_id: str = ""
    _urgent: deque[Message] = field(default_factory=deque)
    _ordinary: deque[Message] = field(default_factory=deque)
    kept: deque[Message] = field(default_factory=deque)
    acknowledged: deque[Message] = field(default_factory=lambda: deque(maxlen=40))
    _order: Any = field(default_factory=count)
    _deadline: Appointment | None = None
    _retry: Appointment | None = None

    def post(self, message: Message, *, urgent: bool = False) -> None:
        message.order = next(self._order)
        if message.transaction is not None:
            self.kept.append(message)
        elif urgent:
            self._urgent.append(message)
        else:
            self._ordinary.append(message)
        self.pump()

    def pump(self) -> None:
        """Send the next message, if one may go."""
        if self.pending is not None:
            return
        message = self._choose()
        if message is None:
            return
        sent_id = self.send(message)
        if sent_id is None:
            return
        self._take(message)
        self.pending, self.pending_id = message, sent_id
        self._deadline = self.timers.after(self.call_timeout_s, lambda: self._time_out(message))

    def _choose(self) -> Message | None:
        if self._urgent and self.may_send(self._urgent[0]):
            return self._urgent[0]
        first_kept = self.kept[0] if self.kept else None
        if first_kept and (first_kept.not_before > self.timers.now() or not self.may_send(first_kept)):
            # The queue of transactions waits for its turn; other messages pass it meanwhile.
            first_kept = None
        ordinary = self._ordinary[0] if self._ordinary and self.may_send(self._ordinary[0]) else None
        if first_kept and ordinary:
            return min(first_kept, ordinary, key=lambda each: each.order)
        return first_kept or ordinary

    def _take(self, message: Message) -> None:
        for queue in (self._urgent, self._ordinary):
            if queue and queue[0] is message:
                queue.popleft()

    def settle(self, message_id: str, payload: Payload | None, error: str = "") -> bool:
        """The server answered; False when that was no answer to what is under way."""
        message = self.pending
        if message is None or message_id != self.pending_id:
            return False
        self._close_pending()
        if payload is None:
            self._fail(message, error)
        else:
            self._drop_kept(message)
            if message.transaction is not None and not message.is_replay:
                self.acknowledged.append(message)
            if message.on_answer is not None:
                message.on_answer(payload)
        self.pump()
        return True

    def _time_out(self, message: Message) -> None:
        if self.pending is not message:
            return
        self._close_pending()
        self._fail(message, "timeout")
        self.on_silence()
        self.pump()

    def _fail(self, message: Message, error: str) -> None:
        if message.transaction is not None:
            message.attempts += 1
            if message.attempts < self.retries.attempts():
                wait_s = self.retries.interval_s() * message.attempts
                message.not_before = self.timers.now() + wait_s
                self._retry = self.timers.at(message.not_before, self.pump)
                return
            self._drop_kept(message)
        if message.on_failure is not None:
            message.on_failure(error)

    def _drop_kept(self, message: Message) -> None:
        if self.kept and self.kept[0] is message:
            self.kept.popleft()

    def replay(self) -> None:
        """Tell the last transaction's messages once more, as they were: a charger that lost track of its queue."""
        if not self.acknowledged:
            return
        last = self.acknowledged[-1].transaction
        for message in [each for each in self.acknowledged if each.transaction is last]:
            again = Message(
                action=message.action, payload=message.payload, transaction=message.transaction, is_replay=True
            )
            self.post(again)

    def _close_pending(self) -> None:
        self.pending, self.pending_id = None, ""
        if self._deadline is not None:
            self._deadline.cancel()

    def lose_link(self) -> None:
        """What is not about a transaction is dropped: its moment is over."""
        self._close_pending()
        self._urgent.clear()
        self._ordinary.clear()

    def forget(self) -> None:
        self.lose_link()
        self.kept.clear()
        self.acknowledged.clear()

    @property
    def is_empty(self) -> bool:
        return self.pending is None and not (self._urgent or self._ordinary or self.kept)
