"""2.x: the local list and reservations."""

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
    return {"versionNumber": charger.tokens.list_version}


@ANSWERS.to("SendLocalList")
def take_list(charger: "Charger", asked: Payload) -> Payload:
    settings, tokens = charger.settings, charger.tokens
    update, version = asked["updateType"], asked["versionNumber"]
    listed = asked.get("localAuthorizationList", [])
    entries = [(each["idToken"]["idToken"], each.get("idTokenInfo")) for each in listed]
    if update == "Differential" and version <= tokens.list_version:
        return {"status": "VersionMismatch"}
    too_many = len(entries) > settings.number("SendLocalListMaxLength")
    if not settings.is_on("LocalAuthListEnabled") or version == 0 or too_many:
        return {"status": "Failed"}
    tokens.change_list(version, update, entries)
    return {"status": "Accepted"}


@ANSWERS.to("ReserveNow")
def reserve(charger: "Charger", asked: Payload) -> Payload:
    reservation = Reservation(
        id=asked["id"],
        evse=asked.get("evseId", 0),
        id_token=asked["idToken"]["idToken"],
        group=asked.get("groupIdToken", {}).get("idToken", ""),
        expires_at=read_moment(asked["expiryDateTime"]),
    )
    return {"status": remote.reserve(charger, reservation)}


@ANSWERS.to("CancelReservation")
def cancel_reservation(charger: "Charger", asked: Payload) -> Payload:
    return {"status": "Accepted" if remote.cancel_reservation(charger, asked["reservationId"]) else "Rejected"}
