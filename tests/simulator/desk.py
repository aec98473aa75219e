"""A charger on the desk: no sockets, a clock moved by hand, and a server that is asked for each answer."""

import json
from collections.abc import Callable
from typing import Any

from simulator.agenda import Agenda
from simulator.books import Books
from simulator.charger import Charger
from simulator.clock import StillClock
from simulator.evse import Evse
from simulator.frames import SUBPROTOCOLS
from simulator.recorder import Answerer
from simulator.surroundings import LinkTimes
from simulator.transaction import Card
from simulator.vehicle import Vehicle
from simulator.world import World
from tests.simulator.server import find_schema_errors
from tests.simulator.yards import THURSDAY, make_yard

Say = Callable[[dict[str, Any]], dict[str, Any] | str | None]


class Link:
    def __init__(self, desk: "Desk") -> None:
        self.desk = desk
        self.is_open = True

    def send(self, text: str) -> None:
        if self.is_open:
            self.desk.take(self, json.loads(text))

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        self.is_open = False
        self.desk.charger.lose_link(self)

    def ping(self) -> None:
        self.desk.pings += 1


class Desk:
    """`answers` overrides the accepting server: a payload, a text for a CALLERROR, None for silence."""

    def __init__(
        self,
        version: str = "1.6",
        *,
        moment: float = THURSDAY,
        evses: int | list[dict[str, Any]] = 1,
        **more: Any,
    ) -> None:
        self.version = version
        self.clock = StillClock(moment)
        self.timers = Agenda(now=self.clock.now)
        yard = make_yard(version, evses=evses, **more)
        self.world = World(yard, self.clock, self.timers, times=LinkTimes(), books=Books())
        self.charger: Charger = self.world.chargers["CP1"]
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.ids: list[str] = []
        self.pings = 0
        self.answers: dict[str, Say] = {}
        self.is_reachable = True
        self.link: Link | None = None
        self._answerer = Answerer()
        self._asked = 0
        self._inbox: list[tuple[Link, Any]] = []
        self._replies: dict[str, Any] = {}
        self.charger.on_wish = self.connect

    # The server's side

    def take(self, link: Link, frame: Any) -> None:
        if frame[0] != 2:
            self._replies[frame[1]] = frame
            return
        _, message_id, action, payload = frame
        errors = find_schema_errors(SUBPROTOCOLS[self.version], action, payload)
        assert errors == []
        self.told.append((action, payload))
        self.ids.append(message_id)
        say = self.answers.get(action)
        answer = say(payload) if say else self._answerer.answer(self.version, action, payload, self.clock.now())
        if isinstance(answer, str):
            self._inbox.append((link, [4, message_id, answer, "", {}]))
        elif answer is not None:
            self._inbox.append((link, [3, message_id, answer]))

    def _deliver(self) -> None:
        while self._inbox:
            link, frame = self._inbox.pop(0)
            if link.is_open:
                self.charger.hear(json.dumps(frame))

    def ask(self, action: str, payload: dict[str, Any]) -> Any:
        """A CALL to the charger: its answer's payload, the error's code, or None for silence."""
        assert find_schema_errors(SUBPROTOCOLS[self.version], action, payload) == []
        return self.ask_raw(action, payload)

    def ask_raw(self, action: str, payload: Any) -> Any:
        self._asked += 1
        name = f"ask-{self._asked}"
        self.charger.hear(json.dumps([2, name, action, payload]))
        self._deliver()
        reply = self._replies.get(name)
        if reply is None:
            return None
        if reply[0] == 4:
            return reply[2]
        assert find_schema_errors(SUBPROTOCOLS[self.version], f"{action}Response", reply[2]) == []
        return reply[2]

    # Time and link

    def connect(self) -> "Desk":
        if self.is_reachable and self.charger.wants_link and (self.link is None or not self.link.is_open):
            self.link = Link(self)
            self.charger.open_link(self.link)
            self._deliver()
        return self

    def disconnect(self) -> None:
        """The network is gone until `reconnect`."""
        self.is_reachable = False
        if self.link is not None:
            self.link.abort()

    def reconnect(self) -> None:
        self.is_reachable = True
        self.connect()

    def run(self, seconds: float) -> None:
        """Let time pass, and everything that falls into it happen."""
        until = self.clock.now() + seconds
        self._deliver()
        while True:
            due = [(each.next_at(), each) for each in (self.timers, self.world.agenda)]
            waiting = [(when, each) for when, each in due if when is not None and when <= until]
            if not waiting:
                break
            when, agenda = min(waiting, key=lambda pair: pair[0])
            self.clock.move_to(max(when, self.clock.now()))
            agenda.do_next()
            self._deliver()
        self.clock.move_to(until)

    # The driver's side

    def evse(self, number: int = 1) -> Evse:
        found = self.charger.evse(number)
        assert found is not None
        return found

    def van(self, number: int = 1, soc: float = 0.3) -> Vehicle:
        vehicle = self.world.vehicles[f"Van {number}"]
        vehicle.soc = soc
        return vehicle

    def plug(self, number: int = 1, *, van: int | None = None, soc: float = 0.3) -> Evse:
        self.evse(number).plug_in(self.van(van or number, soc))
        self._deliver()
        return self.evse(number)

    def charge(self, number: int = 1, *, soc: float = 0.3) -> Evse:
        """Plug in and show the van's card."""
        evse = self.plug(number, soc=soc)
        evse.present_card(Card(f"VAN{number}"))
        self._deliver()
        return evse

    def settle(self) -> None:
        self._deliver()

    # What was told

    def heard(self, action: str, **members: Any) -> list[dict[str, Any]]:
        return [
            payload
            for told, payload in self.told
            if told == action and all(payload.get(name) == value for name, value in members.items())
        ]

    def starts(self) -> list[dict[str, Any]]:
        if self.version == "1.6":
            return self.heard("StartTransaction")
        return self.heard("TransactionEvent", eventType="Started")

    def stops(self) -> list[dict[str, Any]]:
        if self.version == "1.6":
            return self.heard("StopTransaction")
        return self.heard("TransactionEvent", eventType="Ended")

    def stop_reason(self, stop: dict[str, Any]) -> str:
        return str(stop["reason"] if self.version == "1.6" else stop["transactionInfo"]["stoppedReason"])

    def forget(self) -> None:
        self.told.clear()

    def books(self) -> Any:
        return next(iter(self.world.books.transactions.values()))
