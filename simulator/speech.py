"""What every version's speech can say, and which version a charger speaks."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from simulator.frames import Payload, Refusal
from simulator.outbox import Message
from simulator.transaction import Card, Transaction

if TYPE_CHECKING:
    from simulator.charger import Charger
    from simulator.evse import Evse

Handler = Callable[["Charger", Payload], Payload]
HandlerT = TypeVar("HandlerT", bound=Handler)


class Answers(dict[str, Handler]):
    """The CALLs of one version that a charger can answer."""

    def to(self, action: str) -> Callable[[HandlerT], HandlerT]:
        def register(handler: HandlerT) -> HandlerT:
            self[action] = handler
            return handler

        return register


class Speech(ABC):
    """One version of OCPP, from the charger's side."""

    answers: ClassVar[Mapping[str, Handler]]
    # Actions that the version has and this charger does not support; the others are unknown to it.
    unsupported: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, charger: "Charger") -> None:
        self.charger = charger

    def answer(self, action: str, payload: Any) -> Payload:
        handler = self.answers.get(action)
        if handler is None:
            known = action in self.unsupported
            raise Refusal("NotSupported" if known else "NotImplemented", action)
        if not isinstance(payload, dict):
            raise Refusal(self.malformed, "the payload is no object")
        try:
            return handler(self.charger, payload)
        except (KeyError, TypeError, ValueError, AttributeError) as reason:
            raise Refusal(self.malformed, f"{action}: {type(reason).__name__} {reason}"[:255]) from reason

    malformed: ClassVar[str]

    @abstractmethod
    def boot(self, reason: str) -> Message: ...

    @abstractmethod
    def status(self, evse: "Evse") -> list[Message]:
        """What is told when an EVSE's status changes; nothing where the version's fewer words stay the same."""

    @abstractmethod
    def present_status(self, evse: "Evse") -> Message:
        """The status of one EVSE, changed or not."""

    @abstractmethod
    def statuses(self) -> list[Message]:
        """The state of everything, after a boot or a return."""

    @abstractmethod
    def authorize(self, card: Card, evse: "Evse") -> Message: ...

    @abstractmethod
    def started(self, transaction: Transaction, evse: "Evse") -> Iterator[Message]: ...

    @abstractmethod
    def changed(self, transaction: Transaction, evse: "Evse") -> Iterator[Message]: ...

    @abstractmethod
    def sampled(self, transaction: Transaction, evse: "Evse", context: str) -> Iterator[Message]: ...

    @abstractmethod
    def idle_sample(self, evse: "Evse", context: str) -> Iterator[Message]:
        """Meter values of an EVSE at which no transaction runs."""

    @abstractmethod
    def stopped(self, transaction: Transaction, evse: "Evse", card: Card | None) -> Iterator[Message]: ...

    @abstractmethod
    def restore(self, action: str, payload: Payload, transaction: Transaction) -> Message:
        """A message that was kept through a power cut, with its ears for the answer."""

    @abstractmethod
    def finish(self, message: Message) -> Payload:
        """The payload as it goes out: what was unknown when the message was made is filled in now."""

    def follow(self, profile: Payload) -> None:
        """What a newly installed profile asks for besides being obeyed; most ask for nothing."""
        return

    def heartbeat(self) -> Message:
        return Message(action="Heartbeat", payload={})

    def judge_alone(self, card: Card, evse: "Evse") -> Callable[[str], None]:
        """What to do when the server gives no verdict on a card."""
        return lambda _error: self.charger.authorize_alone(card, evse)


def make_speech(charger: "Charger") -> Speech:
    from simulator.v2x.tells import Speech21, Speech201
    from simulator.v16.tells import Speech16

    kinds: dict[str, type[Speech]] = {"1.6": Speech16, "2.0.1": Speech201, "2.1": Speech21}
    return kinds[charger.plan.version](charger)
