"""1.6's local list and reservations."""

from typing import TYPE_CHECKING

from simulator import remote
from simulator.clock import read_moment
from simulator.frames import Payload
from simulator.speech import Answers
from simulator.tokens import Reservation

if TYPE_CHECKING:
    from simulator.charger import Charger

ANSWERS = Answers()


@ANSWERS.to("GetLocalListVersion")
def get_list_version(charger: "Charger", asked: Payload) -> Payload:
    is_enabled = charger.settings.is_on("LocalAuthListEnabled")
    return {"listVersion": charger.tokens.list_version if is_enabled else -1}


@ANSWERS.to("SendLocalList")
def take_list(charger: "Charger", asked: Payload) -> Payload:
    settings, tokens = charger.settings, charger.tokens
    if not settings.is_on("LocalAuthListEnabled"):
        return {"status": "NotSupported"}
    update, version = asked["updateType"], asked["listVersion"]
    entries = [(each["idTag"], each.get("idTagInfo")) for each in asked.get("localAuthorizationList", [])]
    if update == "Differential" and version <= tokens.list_version:
        return {"status": "VersionMismatch"}
    too_many = len(entries) > settings.number("SendLocalListMaxLength")
    if too_many or (update == "Full" and any(verdict is None for _, verdict in entries)):
        return {"status": "Failed"}
    tokens.change_list(version, update, entries)
    return {"status": "Accepted"}


@ANSWERS.to("ReserveNow")
def reserve(charger: "Charger", asked: Payload) -> Payload:
    reservation = Reservation(
        id=asked["reservationId"],
        evse=asked["connectorId"],
        id_token=asked["idTag"],
        group=asked.get("parentIdTag", ""),
        expires_at=read_moment(asked["expiryDate"]),
    )
    return {"status": remote.reserve(charger, reservation)}


@ANSWERS.to("CancelReservation")
def cancel_reservation(charger: "Charger", asked: Payload) -> Payload:
    return {"status": "Accepted" if remote.cancel_reservation(charger, asked["reservationId"]) else "Rejected"}
