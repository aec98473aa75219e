"""What a charger's word about its update means for a campaign (1.6 §4.5 and security white paper, 2.x L01)."""

from dataclasses import dataclass
from datetime import time

from depot.firmware.models import StepState

SUCCESS = {"Installed"}
FAILURES = {
    "DownloadFailed": "It could not fetch the file",
    "InstallationFailed": "It could not install it",
    "InvalidSignature": "It found the signature wrong",
    "InstallVerificationFailed": "It found the installed firmware wrong",
    "InvalidCertificate": "It does not accept the maker's certificate",
    "RevokedCertificate": "The maker's certificate is revoked",
}
STAGES = {
    "Downloading": "Fetches the file",
    "Downloaded": "Has the file",
    "DownloadScheduled": "Fetches it later",
    "DownloadPaused": "Paused while fetching",
    "Installing": "Installs it",
    "InstallRebooting": "Restarts to install it",
    "InstallScheduled": "Installs it later",
    "SignatureVerified": "Found the signature right",
    "Idle": "Says that it does nothing",
}


@dataclass(frozen=True, slots=True)
class Progress:
    state: StepState
    note: str


def progress_of(told: str, *, firmware: str, wanted: str, before: str, has_booted: bool) -> Progress | None:
    """From what it last told of its update, "" for nothing yet, and the firmware that it says it runs.

    The firmware that it runs outranks what it tells: many a charger restarts and never says "Installed". One that
    says so before it restarts may never come back: until it has booted since it was asked, nobody follows it.
    """
    if firmware == wanted and before != wanted:
        return Progress(StepState.INSTALLED, f"Runs {wanted}")
    if told in FAILURES:
        return Progress(StepState.FAILED, FAILURES[told])
    if told in SUCCESS and firmware != wanted and not has_booted:
        return Progress(StepState.UNDER_WAY, "Says it installed it, and has not started with it yet")
    if told in SUCCESS:
        words = f"Says it installed it, and runs {firmware}" if firmware != wanted else f"Runs {wanted}"
        return Progress(StepState.INSTALLED, words)
    if told and told != "Idle":
        return Progress(StepState.UNDER_WAY, STAGES.get(told, told))
    return None


def is_open(now: time, begin: time | None, end: time | None) -> bool:
    """Is it within the daily window? One that ends before it begins goes over midnight."""
    if begin is None or end is None or begin == end:
        return True
    return begin <= now < end if begin < end else now >= begin or now < end
