"""What is to be done later, in one heap for a whole yard: a thousand idle chargers need no thousand timers."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

Action = Callable[[], None]


@dataclass(order=True, slots=True)
class Appointment:
    when: float
    order: int
    action: Action | None = field(compare=False)

    def cancel(self) -> None:
        self.action = None


class Agenda:
    """Appointments by time; equal times are kept in the order they were made."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self.now = now
        self.on_earlier: Action | None = None
        self._heap: list[Appointment] = []
        self._order = count()

    def at(self, when: float, action: Action) -> Appointment:
        appointment = Appointment(when, next(self._order), action)
        is_earliest = not self._heap or appointment < self._heap[0]
        heapq.heappush(self._heap, appointment)
        if is_earliest and self.on_earlier is not None:
            self.on_earlier()
        return appointment

    def after(self, seconds: float, action: Action) -> Appointment:
        return self.at(self.now() + seconds, action)

    def next_at(self) -> float | None:
        while self._heap and self._heap[0].action is None:
            heapq.heappop(self._heap)
        return self._heap[0].when if self._heap else None

    def do_next(self) -> None:
        """Do the earliest thing, whatever the time."""
        action = heapq.heappop(self._heap).action
        if action is not None:
            action()

    def do_due(self, *, at_most: int = 1000) -> int:
        """Do what is due; bounded, so that a long sleep's backlog does not starve the sockets."""
        done = 0
        while done < at_most and (when := self.next_at()) is not None and when <= self.now():
            self.do_next()
            done += 1
        return done
