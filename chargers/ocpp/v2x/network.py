"""Network profiles (2.x B09)."""

from datetime import datetime
from functools import partial

from chargers.commands import NetworkInterface, SetNetworkProfile
from chargers.events import NetworkProfileTaken
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.newer import refuse_newer
from chargers.ocpp.v2x.versions import both, v21, v201
from chargers.ocpp.v2x.words import hear_status


def network_profile(command: SetNetworkProfile, version: str, version_word: str) -> Call:
    refuse_newer(command, version)
    if command.interface is NetworkInterface.ANY and version == "2.0.1":
        raise CommandNotSpoken("OCPP 2.0.1 has no word for any interface")
    connection: Payload = {
        "ocppVersion": version_word,
        "ocppTransport": "JSON",
        "ocppCsmsUrl": command.url,
        "messageTimeout": command.timeout_s,
        "securityProfile": command.security_profile,
        "ocppInterface": command.interface.value,
    }
    if command.identity:
        connection["identity"] = command.identity
    return Call("SetNetworkProfile", {"configurationSlot": command.slot, "connectionData": connection})


# OCPP20 is what 2.0.1 calls itself here; 2.1 has a word for each.
v201.asks(SetNetworkProfile)(partial(network_profile, version="2.0.1", version_word="OCPP20"))
v21.asks(SetNetworkProfile)(partial(network_profile, version="2.1", version_word="OCPP21"))


@both.hears("SetNetworkProfile")
def profile_taken(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    hearing = hear_status(response, "Accepted")
    if not hearing.accepted or "connectionData" not in request:
        return hearing
    data = request["connectionData"]
    taken = NetworkProfileTaken(
        slot=request["configurationSlot"],
        url=data["ocppCsmsUrl"],
        security_profile=data["securityProfile"],
        interface=data["ocppInterface"],
        version=data.get("ocppVersion") or "",
    )
    return Hearing(True, hearing.status, (taken,))
