"""The words in which a charger's rows speak."""

from django.db import models


class Standing(models.TextChoices):
    WAITING = "waiting", "In the waiting room"
    ADOPTED = "adopted", "Ours"
    REFUSED = "refused", "Refused"


class Trust(models.TextChoices):
    """How a charger proves who it is."""

    PASSWORD = "password", "Password"
    NOTHING = "nothing", "Nothing: anyone who knows its name is it"


class Protocol(models.TextChoices):
    V16 = "ocpp1.6", "OCPP 1.6J"
    V201 = "ocpp2.0.1", "OCPP 2.0.1"
    V21 = "ocpp2.1", "OCPP 2.1"


class ConnectorStatus(models.TextChoices):
    """`chargers.events.Status`, with the words for people."""

    AVAILABLE = "available", "Free"
    PREPARING = "preparing", "Plugged in"
    CHARGING = "charging", "Charging"
    SUSPENDED_EV = "suspended_ev", "Vehicle draws nothing"
    SUSPENDED_EVSE = "suspended_evse", "Held by the charger"
    FINISHING = "finishing", "Finishing"
    OCCUPIED = "occupied", "Plugged in"
    RESERVED = "reserved", "Reserved"
    UNAVAILABLE = "unavailable", "Out of service"
    FAULTED = "faulted", "Fault"
    UNKNOWN = "unknown", "Unknown"


class CommandState(models.TextChoices):
    REQUESTED = "requested", "Asked"
    SENT = "sent", "On its way"
    ACCEPTED = "accepted", "Accepted by the charger"
    REJECTED = "rejected", "Refused by the charger"
    ERROR = "error", "Answered with an error"
    UNANSWERED = "unanswered", "No answer"
    EXPIRED = "expired", "Never sent: too late"
    CANCELLED = "cancelled", "Taken back"


class EffectState(models.TextChoices):
    NONE_EXPECTED = "", "Nothing to see"
    AWAITED = "awaited", "Waiting to see it"
    SEEN = "seen", "Seen"
    NOT_SEEN = "not_seen", "No effect"


class Refusal(models.TextChoices):
    """Why a handshake was refused, in the order in which the door looks."""

    BUSY = "busy", "Too many tries from this address"
    FULL = "full", "No room for more connections"
    DATABASE_AWAY = "database_away", "The depot could not look it up just now"
    BAD_PATH = "bad_path", "No name in the address"
    BAD_IDENTITY = "bad_identity", "A name that cannot be one"
    SPOOFED_PROXY = "spoofed_proxy", "Claims to come through our proxy, and does not"
    UNKNOWN = "unknown", "Not known here, and the waiting room is closed"
    WAITING_ROOM_FULL = "waiting_room_full", "The waiting room is full"
    REFUSED_BY_US = "refused_by_us", "Refused by a person"
    NOT_ENCRYPTED = "not_encrypted", "Came over an open line (ws), and must come encrypted (wss)"
    NO_CERTIFICATE = "no_certificate", "Showed no client certificate"
    CERTIFICATE_FOREIGN = "cert_foreign", "Its certificate is signed by nobody who is accepted here"
    CERTIFICATE_EXPIRED = "cert_expired", "Its certificate has expired"
    CERTIFICATE_EARLY = "cert_early", "Its certificate is not valid yet"
    CERTIFICATE_REVOKED = "cert_revoked", "Its certificate is revoked"
    CERTIFICATE_OTHER = "cert_other", "Its certificate is another charger's"
    CERTIFICATE_OWNER = "cert_owner", "Its certificate belongs to another organization"
    CERTIFICATE_UNFIT = "cert_unfit", "Its certificate is not fit for this"
    NO_PASSWORD = "no_password", "Sent no password"
    WRONG_USER = "wrong_user", "The user name is not the charger's name"
    WRONG_PASSWORD = "wrong_password", "Wrong password"
    NO_SUBPROTOCOL = "no_subprotocol", "Offered no OCPP version"
    WRONG_SUBPROTOCOL = "wrong_subprotocol", "Offered no version that we speak, or not the pinned one"


class Direction(models.TextChoices):
    IN = "in", "From the charger"
    OUT = "out", "To the charger"
