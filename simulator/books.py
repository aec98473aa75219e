"""The yard's own books: what truly flowed, whatever the chargers told or the server kept."""

from collections import deque
from collections.abc import Callable
from typing import Any

from simulator.clock import Moment, write_moment
from simulator.transaction import Transaction

LOG_KEEPS = 100_000


class Books:
    """Every transaction, and the site's power over time."""

    def __init__(self, *, keeps: int | None = None) -> None:
        self.transactions: dict[str, Transaction] = {}
        self._keeps = keeps
        self._power: dict[tuple[str, int], float] = {}
        self.power_w = 0.0
        self.peak_w = 0.0
        self.peak_at: Moment | None = None
        self._curve: list[tuple[Moment, float]] = []
        self._log: deque[tuple[Moment, str, int, float]] = deque(maxlen=LOG_KEEPS)

    def open(self, transaction: Transaction) -> None:
        self.transactions[transaction.key] = transaction
        if self._keeps is not None and len(self.transactions) > self._keeps:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        for key, transaction in self.transactions.items():
            if not transaction.is_open:
                del self.transactions[key]
                return

    def flows(self, charger: str, evse: int, power_w: float, now: Moment) -> None:
        """Note what an EVSE draws from this moment on."""
        place = (charger, evse)
        if self._power.get(place, 0.0) == power_w:
            return
        self._power[place] = power_w
        self._log.append((now, charger, evse, power_w))
        # Summed anew, since adding differences for months would drift.
        self.power_w = sum(self._power.values())
        if self.power_w > self.peak_w:
            self.peak_w, self.peak_at = self.power_w, now
        if self._curve and self._curve[-1][0] == now:
            self._curve[-1] = (now, self.power_w)
        else:
            self._curve.append((now, self.power_w))
            if len(self._curve) > 20000:
                del self._curve[:10000]

    def write_log(self) -> list[list[Any]]:
        """Who drew how much from which moment on, in the order of time; the oldest may be forgotten."""
        return [[write_moment(at), charger, evse, round(power_w, 1)] for at, charger, evse, power_w in self._log]

    def write(self, true_wh_now: Callable[[Transaction], float]) -> dict[str, Any]:
        return {
            "power_w": round(self.power_w, 1),
            "peak_w": round(self.peak_w, 1),
            "peak_at": None if self.peak_at is None else write_moment(self.peak_at),
            "curve": [[write_moment(at), round(power_w, 1)] for at, power_w in self._curve],
            "transactions": [_write(each, true_wh_now(each)) for each in self.transactions.values()],
        }


def _write(transaction: Transaction, true_wh: float) -> dict[str, Any]:
    ended_at = transaction.ended_at
    return {
        "key": transaction.key,
        "charger": transaction.charger,
        "evse": transaction.evse,
        "connector": transaction.connector,
        "vehicle": transaction.vehicle,
        "id_token": transaction.card.id_token,
        "transaction_id": transaction.key if transaction.server_id is None else transaction.server_id,
        "server_id": transaction.server_id,
        "true_wh": round(true_wh, 3),
        "register_start_wh": transaction.register_start_wh,
        "register_stop_wh": transaction.register_stop_wh,
        "started_at": write_moment(transaction.started_at),
        "ended_at": None if ended_at is None else write_moment(ended_at),
        "stop_reason": transaction.stop_reason,
        "start_acknowledged": transaction.start_acknowledged,
        "stop_acknowledged": transaction.stop_acknowledged,
        "abandoned": transaction.start_abandoned or transaction.stop_abandoned,
        "refused": transaction.is_refused,
    }
