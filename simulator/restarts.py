"""Power cuts and reboots: what a charger forgets, what it keeps, and what it tells afterwards."""

from simulator.charger import Charger
from simulator.evse import Evse
from simulator.profile_store import ProfileStore
from simulator.settings import Settings
from simulator.tokens import KnownTokens, Reservations


def lose_power(charger: Charger, *, seconds: float, keeps_memory: bool = True) -> None:
    """The power goes for some real seconds. Without a memory even the queue of transactions is gone."""
    if charger.link is not None:
        charger.link.abort()
        charger.lose_link(charger.link)
    charger.is_powered = False
    for evse in charger.evses:
        if evse.transaction is not None and not (keeps_memory and charger.manners.resumes_after_power_loss):
            evse.stop("PowerLoss")
        evse.drop_card()
    charger.postponed.clear()
    charger.balance()
    if not keeps_memory:
        _forget(charger)
    charger.timers.after(seconds, lambda: return_power(charger, reason="PowerUp"))


def _forget(charger: Charger) -> None:
    """A blank controller: as shipped, and nothing of its transactions ever reaches the server."""
    for message in charger.outbox.kept:
        if message.transaction is not None:
            message.transaction.stop_abandoned |= not message.transaction.stop_acknowledged
            message.transaction.start_abandoned |= not message.transaction.start_acknowledged
    charger.outbox.forget()
    charger.settings = Settings({"NumberOfConnectors": str(len(charger.plan.evses)), **charger.plan.settings})
    charger.tokens, charger.reservations = KnownTokens(), Reservations()
    charger.profiles = ProfileStore(charger.plan)
    charger.password = charger.plan.password


def return_power(charger: Charger, *, reason: str) -> None:
    charger.is_powered, charger.is_booted = True, False
    charger.registration, charger.boot_reason = "", reason
    charger.powered_since = charger.clock.now()
    charger.exchange.call_number = 0
    charger.profiles.reboot()
    charger.balance()
    for evse in charger.evses:
        evse.update_status()
        evse.plan_sample()
    charger.on_wish()


def reboot(charger: Charger, *, stop_reason: str, keeps_link: bool, boot_reason: str = "RemoteReset") -> None:
    """End what runs, say so, and begin anew: on the same socket where the maker does so, else on a new one."""
    for evse in charger.evses:
        evse.stop(stop_reason)
    if keeps_link and charger.link is not None:
        charger.is_booted, charger.boot_reason = False, boot_reason
        charger.profiles.reboot()
        charger.boot()
        return
    if charger.link is not None:
        # The stops go out just before the socket closes; who does not answer in time is told again later.
        charger.link.close()
    charger.is_powered = False
    charger.balance()
    charger.timers.after(charger.times.reboot_s, lambda: return_power(charger, reason=boot_reason))


def restart_evse(evse: Evse) -> None:
    """2.x can restart a single EVSE: only its transaction ends."""
    evse.stop("SoftReset")
    evse.update_status()
