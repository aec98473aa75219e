"""Charging profiles."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.clock import Moment
from simulator.yard import ChargerPlan

if TYPE_CHECKING:
    from simulator.evse import Evse


class ProfileStore:
    def __init__(self, plan: ChargerPlan) -> None:
        self.plan = plan

    def limit_w(self, evse: "Evse", now: Moment) -> float | None:
        return None

    def station_limit_w(self, now: Moment) -> float | None:
        return None

    def next_change(self, evses: "Sequence[Evse]", now: Moment) -> Moment:
        return float("inf")

    def end_transaction(self, evse: int) -> None: ...

    def go_offline(self, now: Moment) -> None: ...

    def go_online(self, now: Moment) -> None: ...

    def reboot(self) -> None: ...
