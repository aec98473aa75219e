"""The two versions of OCPP 2: a block that both speak registers on `both`, a difference on its own version."""

from collections.abc import Callable
from typing import Any, TypeVar

from chargers.commands import Command
from chargers.ocpp.dialect import Dialect

F = TypeVar("F", bound=Callable[..., Any])

v201 = Dialect("ocpp2.0.1", "2.0.1")
v21 = Dialect("ocpp2.1", "2.1")


class Versions:
    """Some dialects as one: what is registered here, each of them speaks."""

    def __init__(self, *dialects: Dialect) -> None:
        self.dialects = dialects

    def tells(self, action: str) -> Callable[[F], F]:
        return self._each(lambda dialect, function: dialect.tells(action)(function))

    def answers(self, action: str) -> Callable[[F], F]:
        return self._each(lambda dialect, function: dialect.answers(action)(function))

    def asks(self, command: type[Command]) -> Callable[[F], F]:
        return self._each(lambda dialect, function: dialect.asks(command)(function))

    def hears(self, action: str) -> Callable[[F], F]:
        return self._each(lambda dialect, function: dialect.hears(action)(function))

    def recognises(self, action: str) -> Callable[[F], F]:
        return self._each(lambda dialect, function: dialect.recognises(action)(function))

    def _each(self, register: Callable[[Dialect, F], F]) -> Callable[[F], F]:
        def keep(function: F) -> F:
            for dialect in self.dialects:
                register(dialect, function)
            return function

        return keep


both = Versions(v201, v21)
