"""One transaction as its charger sees it."""

from dataclasses import dataclass, field
from typing import Any

from simulator.clock import Moment


@dataclass(frozen=True, slots=True)
class Card:
    """A token shown to the charger, by a driver or by a remote start."""

    id_token: str
    type: str = "ISO14443"
    remote_start_id: int | None = None
    is_remote: bool = False
    group: str = ""
    profile: dict[str, Any] | None = None
    contract: str = ""  # the chain of a vehicle's contract certificate, in PEM


@dataclass(slots=True, kw_only=True)
class Transaction:
    key: str  # what 2.x tells as transactionId, and the books' key
    charger: str
    evse: int
    connector: int
    vehicle: str
    card: Card
    started_at: Moment
    register_start_wh: int  # as reported, faults of the meter included
    true_start_wh: float
    is_offline_start: bool = False
    server_id: int | None = None  # what a 1.6 server calls it
    seq_no: int = -1
    ended_at: Moment | None = None
    register_stop_wh: int | None = None
    true_stop_wh: float | None = None
    stop_reason: str = ""
    start_acknowledged: bool = False
    stop_acknowledged: bool = False
    start_abandoned: bool = False
    stop_abandoned: bool = False
    is_refused: bool = False
    reservation_id: int | None = None
    charging_state: str = ""
    # The moment the contactor closed: relative profiles begin here.
    charging_since: Moment | None = None
    samples: list[dict[str, Any]] = field(default_factory=list)

    def next_seq_no(self) -> int:
        self.seq_no += 1
        return self.seq_no

    @property
    def is_open(self) -> bool:
        return self.ended_at is None
