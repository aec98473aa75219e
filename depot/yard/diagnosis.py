"""PURE: how far a charger came when it tried to connect, and what mends the step at which it failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from enum import StrEnum

SPOKEN = "ocpp2.1, ocpp2.0.1, ocpp1.6"


class StepName(StrEnum):
    REACHED = "Reached us"
    PATH = "Path"
    IDENTITY = "Identity"
    PASSWORD = "Password"
    SUBPROTOCOL = "OCPP version"
    BOOT = "Boot"


ORDER = tuple(StepName)


class StepState(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    WAITING = "waiting"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True)
class Step:
    name: StepName
    state: StepState
    words: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A handshake that was refused, as the row tells it."""

    at: datetime
    identity: str
    address: str
    path: str
    offered: str
    reason: str
    answered_with: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LetIn:
    """A socket that was opened, and whether the charger booted on it."""

    at: datetime
    address: str
    protocol: str
    authenticated: bool
    closed_at: datetime | None
    close_reason: str
    heard: bool
    booted: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class Try:
    at: datetime
    address: str
    steps: tuple[Step, ...]

    @property
    def failed(self) -> Step | None:
        return next((step for step in self.steps if step.state == StepState.FAILED), None)

    @property
    def is_through(self) -> bool:
        return all(step.state == StepState.PASSED for step in self.steps)


# Reason -> (the step that failed, what happened, what mends it). {path}, {offered}, {identity}, {status} are filled in.
FAILURES: dict[str, tuple[StepName, str, str]] = {
    "busy": (
        StepName.REACHED,
        "too many tries came from this address, so this one was not looked at",
        "Wait a minute. If many chargers share one address (a router), raise HANDSHAKES_PER_MINUTE_PER_ADDRESS.",
    ),
    "full": (
        StepName.REACHED,
        "all places for connections are taken",
        "Raise CHARGER_SOCKETS_MAX, or start one more gateway.",
    ),
    "database_away": (
        StepName.REACHED,
        "the depot could not look it up just then",
        "Nothing to do at the charger: it tries again by itself. If it goes on, look at the database.",
    ),
    "bad_path": (
        StepName.PATH,
        "it asked for “{path}”, and there is no name in that",
        "End the address with the identity: /ocpp/<identity>. Some chargers add the identity themselves: then type the "
        "address without it.",
    ),
    "bad_identity": (
        StepName.IDENTITY,
        "“{identity}” cannot be a charger's name",
        "Use 1 to 48 letters, digits and marks without blanks, the same here and in the charger.",
    ),
    "unknown": (
        StepName.IDENTITY,
        "“{identity}” is not known here, and the waiting room is closed",
        "Add a charger with exactly this identity, or correct the name in the charger.",
    ),
    "waiting_room_full": (
        StepName.IDENTITY,
        "“{identity}” is not known here, and the waiting room is full",
        "Adopt or refuse who waits there, or add a charger with exactly this identity.",
    ),
    "refused_by_us": (
        StepName.IDENTITY,
        "someone here refused “{identity}”",
        "If that was a mistake, take the refusal back in the waiting room.",
    ),
    "spoofed_proxy": (
        StepName.REACHED,
        "it claims to come through our proxy, with a client certificate, and does not",
        "If a proxy stands in front, name its address in TRUSTED_PROXIES. If none does, somebody tries to get in.",
    ),
    "not_encrypted": (
        StepName.PASSWORD,
        "it came over an open line (ws), and must come encrypted (wss)",
        "Type an address that begins with wss:// into the charger, or change what is required on its Security page.",
    ),
    "no_certificate": (
        StepName.PASSWORD,
        "it showed no client certificate, and must have one",
        "Have it ask for one while a lower profile is required on its Security page; a proxy in front must ask for "
        "client certificates and hand them on.",
    ),
    "cert_foreign": (
        StepName.PASSWORD,
        "its client certificate is signed by nobody who is accepted here",
        "Have it ask for one of ours, or accept its maker's authority on the page Certificates.",
    ),
    "cert_expired": (
        StepName.PASSWORD,
        "its client certificate has ended",
        "Require a lower profile on its Security page, let it come in by its password, and have it ask for a new one.",
    ),
    "cert_early": (
        StepName.PASSWORD,
        "its client certificate is not valid yet",
        "Look at the clocks, here and where the certificate was made.",
    ),
    "cert_revoked": (
        StepName.PASSWORD,
        "its client certificate is revoked",
        "If that was a mistake, have it ask for a new one: what is revoked stays so.",
    ),
    "cert_other": (
        StepName.PASSWORD,
        "its client certificate is another charger's",
        "Its common name must be the identity or the serial number. Have it ask for one of its own.",
    ),
    "cert_owner": (
        StepName.PASSWORD,
        "its client certificate belongs to another organization",
        "Tell it our owner's name on its Security page, and have it ask for a new one.",
    ),
    "cert_unfit": (
        StepName.PASSWORD,
        "its client certificate is not fit for this",
        "Have it ask for one of ours on its Security page.",
    ),
    "no_password": (
        StepName.PASSWORD,
        "it sent no password",
        "Type the password into the charger (in OCPP 1.6 the key is AuthorizationKey), switch on Basic authentication "
        "(security profile 1 or 2), and restart it.",
    ),
    "wrong_user": (
        StepName.PASSWORD,
        "the user name it sent is not its identity",
        "Set the user name to exactly {identity}; many chargers do this by themselves when the field is left empty.",
    ),
    "wrong_password": (
        StepName.PASSWORD,
        "the password is wrong",
        "Type it again, character by character, or make a new one. Some chargers want 16 to 40 characters, and some "
        "take a new one only after a restart.",
    ),
    "no_subprotocol": (
        StepName.SUBPROTOCOL,
        "it offered no OCPP version",
        "Choose “OCPP 1.6 JSON” (not SOAP) or a 2.x version in the charger. A proxy on the way may also have taken the "
        "header Sec-WebSocket-Protocol away.",
    ),
    "wrong_subprotocol": (
        StepName.SUBPROTOCOL,
        "it offered “{offered}”; we speak " + SPOKEN,
        "Choose one of these versions in the charger; if it is pinned to one version here, that one, or take the pin "
        "away.",
    ),
}


def explain_refused(refused: Refused) -> Try:
    failing, words, remedy = FAILURES.get(
        refused.reason, (StepName.REACHED, f"it was refused ({refused.reason})", "See the log of the gateway.")
    )
    facts = {
        "path": refused.path,
        "offered": refused.offered or "nothing",
        "identity": refused.identity or "its identity",
        "status": str(refused.answered_with),
    }
    steps = []
    for name in ORDER:
        if ORDER.index(name) < ORDER.index(failing):
            steps.append(Step(name, StepState.PASSED, _passed(name, refused)))
        elif name == failing:
            more = f": {refused.detail}" if refused.detail else ""
            said = f"{words.format(**facts)}{more} (answered {refused.answered_with})"
            steps.append(Step(name, StepState.FAILED, said, remedy.format(**facts)))
        else:
            steps.append(Step(name, StepState.NOT_REACHED))
    return Try(refused.at, refused.address, tuple(steps))


def _passed(name: StepName, refused: Refused) -> str:
    match name:
        case StepName.REACHED:
            return f"from {refused.address}"
        case StepName.PATH:
            return refused.path
        case StepName.IDENTITY:
            return refused.identity
        case _:
            return ""


def explain_let_in(link: LetIn, identity: str) -> Try:
    boot = Step(StepName.BOOT, StepState.PASSED, "it said who it is")
    if not link.booted:
        boot = _without_boot(link)
    return Try(
        link.at,
        link.address,
        (
            Step(StepName.REACHED, StepState.PASSED, f"from {link.address}" if link.address else ""),
            Step(StepName.PATH, StepState.PASSED),
            Step(
                StepName.IDENTITY,
                StepState.PASSED,
                f"{identity}, not known yet: it is in the waiting room" if link.waits else identity,
            ),
            Step(StepName.PASSWORD, StepState.PASSED, "right" if link.authenticated else "none is asked for"),
            Step(StepName.SUBPROTOCOL, StepState.PASSED, link.protocol),
            boot,
        ),
    )


def _without_boot(link: LetIn) -> Step:
    if link.closed_at is None and link.heard:
        return Step(
            StepName.BOOT,
            StepState.PASSED,
            "it went on talking without one; after a short break of the line that is usual",
        )
    if link.closed_at is None:
        return Step(StepName.BOOT, StepState.WAITING, "connected; it has not said who it is yet")
    if link.heard:
        closed = f"it talked without one, then the link closed: {link.close_reason}"
        return Step(StepName.BOOT, StepState.PASSED, closed)
    return Step(
        StepName.BOOT,
        StepState.FAILED,
        f"the link closed before it said anything: {link.close_reason or 'no reason was given'}",
        "Look whether a proxy or firewall on the way closes WebSocket connections, and restart the charger.",
    )


def looks_like(one: str, other: str) -> bool:
    """May `one` be a mistyped `other`? Same letters in another case or with other marks, or nearly the same."""
    plain_one, plain_other = (
        "".join(letter for letter in name.casefold() if letter.isalnum()) for name in (one, other)
    )
    if not plain_one or not plain_other:
        return False
    return plain_one == plain_other or SequenceMatcher(None, plain_one, plain_other).ratio() >= 0.85


def newest_first(tries: Sequence[Try]) -> list[Try]:
    return sorted(tries, key=lambda a_try: a_try.at, reverse=True)
