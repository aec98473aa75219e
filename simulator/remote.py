"""What a server may ask of a charger in every version; the versions' rooms only translate."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from simulator.clock import write_moment
from simulator.evse import Evse
from simulator.frames import Payload
from simulator.outbox import Message
from simulator.profiles import BadProfile, Kind, Purpose, check_periods, read_profile
from simulator.restarts import reboot
from simulator.settings import BadValue, ReadOnlySetting, UnknownSetting
from simulator.tokens import Reservation
from simulator.transaction import Card

if TYPE_CHECKING:
    from simulator.charger import Charger

# Real seconds between the stages of an upload or an update.
STAGE_S = 1.0


def choose_evse(charger: "Charger", number: int | None) -> Evse | None:
    """Where a remote start goes: the EVSE that is named, else one with a vehicle, else any that is free."""
    if number is not None:
        evse = charger.evse(number)
        return evse if evse is not None and is_free(evse) else None
    free = [evse for evse in charger.evses if is_free(evse)]
    return next((evse for evse in free if evse.vehicle is not None), free[0] if free else None)


def is_free(evse: Evse) -> bool:
    return evse.transaction is None and not evse.fault_code and evse.is_operative and evse.charger.is_operative


def start(charger: "Charger", number: int | None, card: Card) -> bool:
    evse = choose_evse(charger, number)
    if evse is None or not charger.reservations.allow(evse.number, card):
        return False
    if card.profile is not None:
        try:
            profile = read_profile(card.profile, evse.number)
            check_periods(profile)
        except BadProfile:
            return False
        if profile.purpose is not Purpose.TX:
            return False
    charger.after_answer(lambda: evse.present_card(card))
    return True


def stop(charger: "Charger", name: str) -> bool:
    """End the transaction that the server calls so."""
    for evse in charger.evses:
        if evse.transaction is not None and charger.profiles.name(evse) == name:
            charger.after_answer(lambda evse=evse: evse.stop("Remote"))  # type: ignore[misc]
            return True
    return False


def change_availability(charger: "Charger", evse: Evse | None, *, is_operative: bool) -> str:
    """One EVSE, or with None the whole station; what charges is let finish."""
    evses = charger.evses if evse is None else [evse]
    if evse is None:
        charger.is_operative = is_operative
    for each in evses:
        each.is_operative = is_operative
    charger.after_answer(_refresher(charger))
    is_busy = not is_operative and any(each.transaction is not None for each in evses)
    return "Scheduled" if is_busy else "Accepted"


def change_setting(charger: "Charger", name: str, value: str) -> str:
    """Accepted, RebootRequired, Rejected or NotSupported."""
    if name.lower() == "securityprofile" and not can_come_by(charger, value):
        return "Rejected"
    try:
        setting = charger.settings.change(name, value)
    except UnknownSetting:
        return "NotSupported"
    except (ReadOnlySetting, BadValue):
        return "Rejected"
    found = charger.settings.find(name)
    if found == "HeartbeatInterval":
        charger.plan_heartbeat()
    elif found == "WebSocketPingInterval":
        charger.plan_ping()
    elif found == "ClockAlignedDataInterval":
        charger.plan_aligned()
    elif found == "MeterValueSampleInterval":
        for evse in charger.evses:
            evse.plan_sample()
    elif found == "AuthorizationKey":
        take_password(charger, value)
    return "RebootRequired" if setting.needs_reboot else "Accepted"


def can_come_by(charger: "Charger", profile: str) -> bool:
    """A virtual charger speaks no TLS, and like any other it goes to no lower security profile than its own."""
    return profile.isdecimal() and charger.settings.number("SecurityProfile") <= int(profile) <= 1


def take_password(charger: "Charger", password: str) -> None:
    """From now on the charger shows this password; it comes back at once to prove it."""
    charger.password = password
    charger.after_answer(lambda: charger.link.close() if charger.link is not None else None)


def reset(charger: "Charger", *, is_hard: bool) -> None:
    stop_reason = "HardReset" if is_hard else "SoftReset"
    keeps_link = not is_hard and charger.manners.soft_reset_keeps_link
    charger.after_answer(lambda: reboot(charger, stop_reason=stop_reason, keeps_link=keeps_link))


def unlock(evse: Evse) -> None:
    """Release the cable; a transaction ends with it."""
    evse.charger.after_answer(lambda: evse.stop("UnlockCommand"))


def reserve(charger: "Charger", reservation: Reservation) -> str:
    """Accepted, Occupied, Faulted or Unavailable."""
    evses = [each for each in charger.evses if reservation.evse in (0, each.number)]
    if not evses:
        return "Rejected"
    if all(evse.fault_code for evse in evses):
        return "Faulted"
    if all(not (evse.is_operative and charger.is_operative) for evse in evses):
        return "Unavailable"

    def is_taken(evse: Evse) -> bool:
        held = charger.reservations.find(evse.number)
        return evse.vehicle is not None or evse.card is not None or (held is not None and held.id != reservation.id)

    if all(is_taken(evse) for evse in evses):
        return "Occupied"
    charger.reservations.hold(reservation)
    refresh = _refresher(charger)
    charger.after_answer(refresh)

    def expire() -> None:
        # A reservation that was renewed under the same number lives on.
        if charger.reservations.held.get(reservation.id) is reservation:
            charger.reservations.cancel(reservation.id)
            refresh()

    charger.agenda.at(reservation.expires_at, expire)
    return "Accepted"


def cancel_reservation(charger: "Charger", reservation_id: int) -> bool:
    charger.after_answer(_refresher(charger))
    return charger.reservations.cancel(reservation_id) is not None


def _refresher(charger: "Charger") -> Callable[[], None]:
    def refresh() -> None:
        for evse in charger.evses:
            evse.update_status()

    return refresh


def say(charger: "Charger", message: Message) -> None:
    """Because it was asked for: told even while the registration is pending."""
    message.is_asked = True
    charger.outbox.post(message, urgent=True)


def tell_stage(charger: "Charger", action: str, status: str, more: Payload | None = None) -> Callable[[], None]:
    """A stage of an upload or an update: saying how far it is."""

    def tell() -> None:
        if charger.link is not None:
            charger.outbox.post(Message(action=action, payload={"status": status, **(more or {})}))

    return tell


def go_through(charger: "Charger", stages: list[Callable[[], None]], *, at: float | None = None) -> None:
    """Do one stage after the other, as an upload or an update goes; `at` is a virtual moment to begin at."""
    if at is not None and at > charger.clock.now():
        charger.agenda.at(at, lambda: go_on(charger, stages))
    else:
        charger.after_answer(lambda: go_on(charger, stages))


def go_on(charger: "Charger", stages: list[Callable[[], None]]) -> None:
    for number, stage in enumerate(stages):
        charger.timers.after(number * STAGE_S * charger.times.pace, stage)


def install_firmware(charger: "Charger", location: str) -> None:
    """Named after the file it came from; the boot that follows tells it."""
    charger.firmware = PurePosixPath(urlsplit(location).path).stem[:50] or charger.firmware
    reboot(charger, stop_reason="Reboot", keeps_link=False, boot_reason="FirmwareUpdate")


def install_profile(charger: "Charger", evse_number: int, told: dict[str, Any]) -> str:
    """Install a charging profile; the reason why not, or an empty text."""
    evse = charger.evse(evse_number)
    if evse is None and evse_number != 0:
        return "UnknownEvse"
    if told.get("chargingProfileKind") == Kind.DYNAMIC:
        told = {"dynUpdateTime": write_moment(charger.own_time())} | told  # 2.1 K28.FR.05
    try:
        charger.profiles.install(told, evse_number, transaction=charger.profiles.name(evse) if evse else None)
    except BadProfile as reason:
        return str(reason)
    charger.after_answer(charger.balance)
    charger.after_answer(lambda: charger.speech.follow(told))
    return ""


def write_signing_request(charger: "Charger") -> str:
    """In its own name, with the owner that it was told (1.6 CpoName, 2.x OrganizationName)."""
    return charger.certificates.request(charger.identity, charger.settings.text("CpoName"))
