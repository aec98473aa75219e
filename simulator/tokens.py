"""Which cards a charger knows without asking: its local list and its cache; and what is reserved for whom."""

from dataclasses import dataclass, field

from simulator.clock import Moment, read_moment
from simulator.frames import Payload
from simulator.settings import Settings
from simulator.transaction import Card


@dataclass(slots=True)
class KnownTokens:
    """The verdicts are kept as the version words them; "status" is common to all of them."""

    list_version: int = 0
    local_list: dict[str, Payload] = field(default_factory=dict)
    cache: dict[str, Payload] = field(default_factory=dict)

    def remember(self, id_token: str, verdict: Payload, settings: Settings) -> None:
        if settings.is_on("AuthorizationCacheEnabled"):
            self.cache[id_token.lower()] = verdict

    def find(self, id_token: str, settings: Settings, now: Moment) -> Payload | None:
        name = id_token.lower()
        verdict = self.local_list.get(name) if settings.is_on("LocalAuthListEnabled") else None
        if verdict is None and settings.is_on("AuthorizationCacheEnabled"):
            verdict = self.cache.get(name)
        if verdict is None:
            return None
        expiry = verdict.get("expiryDate") or verdict.get("cacheExpiryDateTime")
        return {**verdict, "status": "Expired"} if expiry and read_moment(expiry) <= now else verdict

    def allow_offline(self, card: Card, settings: Settings, now: Moment) -> bool:
        verdict = self.find(card.id_token, settings, now)
        if verdict is not None and settings.is_on("LocalAuthorizeOffline"):
            return bool(verdict["status"] == "Accepted")
        return verdict is None and settings.is_on("AllowOfflineTxForUnknownId")

    def change_list(self, version: int, update: str, entries: list[tuple[str, Payload | None]]) -> None:
        """Full replaces; a differential entry without a verdict takes its token out."""
        if update == "Full":
            self.local_list.clear()
        for id_token, verdict in entries:
            if verdict is None:
                self.local_list.pop(id_token.lower(), None)
            else:
                self.local_list[id_token.lower()] = verdict
        self.list_version = version


@dataclass(frozen=True, slots=True)
class Reservation:
    id: int
    evse: int  # 0 is any of them
    id_token: str
    group: str
    expires_at: Moment


@dataclass(slots=True)
class Reservations:
    held: dict[int, Reservation] = field(default_factory=dict)

    def hold(self, reservation: Reservation) -> None:
        self.held[reservation.id] = reservation

    def cancel(self, reservation_id: int) -> Reservation | None:
        return self.held.pop(reservation_id, None)

    def find(self, evse: int) -> Reservation | None:
        return next((each for each in self.held.values() if each.evse == evse), None)

    def holds(self, evse: int) -> bool:
        return self.find(evse) is not None

    def allow(self, evse: int, card: Card) -> bool:
        reservation = self.find(evse)
        if reservation is None:
            return True
        is_group = bool(reservation.group) and reservation.group == card.group
        return is_group or reservation.id_token.lower() == card.id_token.lower()

    def use(self, evse: int, card: Card) -> int | None:
        """The reservation that this start consumes."""
        for reservation in self.held.values():
            if reservation.evse in (evse, 0) and reservation.id_token.lower() == card.id_token.lower():
                del self.held[reservation.id]
                return reservation.id
        return None
