"""Frames between a charger and its server: its CALLs one at a time, its answers as they are asked for."""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from simulator.frames import (
    CALL,
    CALL_ERROR,
    CALL_RESULT,
    NoAnswer,
    Payload,
    Refusal,
    UnreadableFrame,
    read_frame,
    write_call,
    write_error,
    write_result,
)
from simulator.outbox import Message, Outbox, Retries

if TYPE_CHECKING:
    from simulator.charger import Charger
    from simulator.surroundings import Link


class Exchange:
    def __init__(self, charger: "Charger") -> None:
        self.charger = charger
        self.call_number = 0
        self._silences = 0
        # Of its own, so that what gets lost changes nothing else that chance decides.
        self._luck = Random(f"links/{charger.plan.identity}")
        self._afterwards: list[Callable[[], None]] = []
        self.outbox = Outbox(
            send=self._send,
            may_send=self._may_send,
            timers=charger.timers,
            retries=Retries(
                attempts=lambda: max(1, charger.settings.number("TransactionMessageAttempts")),
                interval_s=lambda: charger.settings.number("TransactionMessageRetryInterval") * charger.times.pace,
            ),
            call_timeout_s=charger.times.call_timeout_s,
            on_silence=self._notice_silence,
        )

    def begin(self) -> None:
        """A new socket: the old one's silences are forgiven."""
        self._silences = 0

    def _may_send(self, message: Message) -> bool:
        charger = self.charger
        if charger.link is None:
            return False
        if charger.registration == "Accepted" or message.is_asked or message.action == "BootNotification":
            return True
        return charger.manners.pipelines and charger.registration == ""

    def _send(self, message: Message) -> str | None:
        link = self.charger.link
        if link is None:
            return None
        payload = self.charger.speech.finish(message)
        message_id = self._next_id()
        if not self._is_lost(self.charger.faults.loses_requests):
            link.send(write_call(message_id, message.action, payload))
        if self.charger.faults.sends_twice:
            link.send(write_call(self._next_id(), message.action, payload))
        return message_id

    def _is_lost(self, share: float) -> bool:
        return share > 0 and self._luck.random() < share

    def _next_id(self) -> str:
        if self.charger.manners.counts_message_ids:
            self.call_number += 1
            return f"36:{self.call_number}"
        return f"{self.charger.random.getrandbits(64):016x}"

    def hear(self, text: str | bytes, link: "Link | None") -> None:
        try:
            frame = read_frame(text)
        except UnreadableFrame:
            return
        faults = self.charger.faults
        if self._is_lost(faults.loses_requests if frame.kind == CALL else faults.loses_answers):
            return
        if frame.kind == CALL:
            self._answer(link, frame.id, frame.action, frame.payload)
        elif frame.kind == CALL_RESULT:
            self._silences = 0
            self.outbox.settle(frame.id, frame.payload)
        elif frame.kind == CALL_ERROR:
            self._silences = 0
            self.outbox.settle(frame.id, None, frame.code)

    def _answer(self, link: "Link | None", message_id: str, action: str, payload: Payload) -> None:
        charger = self.charger
        try:
            answer = write_result(message_id, charger.speech.answer(action, payload))
        except Refusal as refusal:
            self._afterwards.clear()
            answer = write_error(message_id, refusal.code, refusal.description)
        except NoAnswer:
            answer = ""
        afterwards, self._afterwards = self._afterwards, []
        if charger.faults.never_answers:
            return

        def reply() -> None:
            # An answer belongs to the socket that asked, even if the charger has a newer one.
            if answer and link is not None and not self._is_lost(charger.faults.loses_answers):
                link.send(answer)
            for act in afterwards:
                act()

        if charger.faults.slow_answers_s > 0:
            charger.timers.after(charger.faults.slow_answers_s, reply)
        else:
            reply()

    def after_answer(self, act: Callable[[], None]) -> None:
        """Do it once the answer to the CALL in hand has gone out."""
        self._afterwards.append(act)

    def _notice_silence(self) -> None:
        # Two CALLs in a row without an answer: the server behind this socket is gone, whatever TCP says.
        self._silences += 1
        if self._silences >= 2 and self.charger.link is not None:
            self.charger.link.abort()
