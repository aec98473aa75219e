"""How one version of OCPP says things: a table from its actions to our events, and from our commands to its actions.

A message is added in three places of one functional block's module: `@tells` reads it, `@answers` writes its answer,
`@asks` says a command, and `@hears` reads the answer where that is more than a `status` word.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from chargers.commands import Command, RawCall
from chargers.events import Event

Payload = dict[str, Any]
C = TypeVar("C", bound=Command)
F = TypeVar("F", bound=Callable[..., Any])

# What one version of OCPP-J does not know as an action, and knows but we do not do (1.6 §4.3.2, 2.x part 4 §4.3).
Teller = Callable[[Payload, datetime], Event[Any]]
Answerer = Callable[[Any], Payload]


class CommandNotSpoken(Exception):
    """This version of OCPP has no way to say the command."""


class NotRecognised(Exception):
    """A raw call says something that we cannot read back."""


@dataclass(frozen=True, slots=True)
class Call:
    action: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class Hearing:
    """What an answer to a command of ours comes to."""

    accepted: bool
    status: str = ""
    events: tuple[Event[Any], ...] = ()  # what else the answer tells, such as the settings that were asked for


@dataclass(slots=True)
class Dialect:
    subprotocol: str
    version: str  # as `ocpp`'s schemas name it
    tellers: dict[str, Teller] = field(default_factory=dict)
    answerers: dict[str, Answerer] = field(default_factory=dict)
    askers: dict[type[Command], Callable[[Any], Call]] = field(default_factory=dict)
    hearers: dict[str, Callable[[Payload, Payload, datetime], Hearing]] = field(default_factory=dict)
    recognisers: dict[str, Callable[[Payload], Command]] = field(default_factory=dict)

    def tells(self, action: str) -> Callable[[F], F]:
        """This function reads the CALL `action` of a charger: (payload, when heard) -> event."""

        def keep(function: F) -> F:
            self.tellers[action] = function
            return function

        return keep

    def answers(self, action: str) -> Callable[[F], F]:
        """This function writes the CALLRESULT to `action`: (the event's answer) -> payload. Without one it is {}."""

        def keep(function: F) -> F:
            self.answerers[action] = function
            return function

        return keep

    def asks(self, command: type[Command]) -> Callable[[F], F]:
        """This function says `command`: (command) -> Call."""

        def keep(function: F) -> F:
            self.askers[command] = function
            return function

        return keep

    def hears(self, action: str) -> Callable[[F], F]:
        """This function reads the CALLRESULT to our `action`: (request, response, when heard) -> Hearing."""

        def keep(function: F) -> F:
            self.hearers[action] = function
            return function

        return keep

    def recognises(self, action: str) -> Callable[[F], F]:
        """This function reads our own CALL `action` back into the command it says: (payload) -> command."""

        def keep(function: F) -> F:
            self.recognisers[action] = function
            return function

        return keep

    def read(self, action: str, payload: Payload, heard_at: datetime) -> Event[Any]:
        """Raises KeyError where no teller is there."""
        return self.tellers[action](payload, heard_at)

    def reply(self, action: str, answer: Any) -> Payload:
        answerer = self.answerers.get(action)
        return answerer(answer) if answerer else {}

    def say(self, command: Command) -> Call:
        """The command on the wire, of this version. Raises CommandNotSpoken."""
        if isinstance(command, RawCall):
            return Call(command.action, command.payload)
        asker = self.askers.get(type(command))
        if asker is None:
            raise CommandNotSpoken(f"{self.subprotocol} has no way to say {command.kind}")
        return asker(command)

    def recognise(self, command: Command) -> Command:
        """A raw call counts like the typed one that says the same; one that has no such sister stays as it is.

        Raises NotRecognised where it has one, but what it says cannot be read.
        """
        recogniser = self.recognisers.get(command.action) if isinstance(command, RawCall) else None
        if recogniser is None or not isinstance(command, RawCall):
            return command
        try:
            return recogniser(command.payload)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise NotRecognised(f"{command.action}: {error!r}") from error

    def hear(self, action: str, request: Payload, response: Payload, heard_at: datetime) -> Hearing:
        hearer = self.hearers.get(action)
        if hearer is not None:
            return hearer(request, response, heard_at)
        status = response.get("status", "")
        # An answer without a status word, such as GetLocalListVersion's, is an acceptance by being one.
        return Hearing(status in ("", "Accepted"), status)
