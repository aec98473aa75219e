"""Some chargers end a charge that is given nothing, and ask for a card again: they are paused otherwise (quirk 60)."""

from datetime import datetime, timedelta

from chargers.choices import CommandState
from chargers.events import ChargingEnded
from chargers.models import Capability
from depot.energy.delivery.learning import show
from depot.energy.delivery.models import Target
from depot.energy.delivery.wanted import limit_at
from depot.notices import services as notices
from sessions.models import Session

# Reasons of an end that neither a person nor a fault nor we brought about.
BY_ITSELF = {"", "Local", "Other", "StoppedByEV", "Timeout"}
SOON = timedelta(minutes=3)
# A vehicle may be full, or its cable be pulled, just when its limit falls to nothing: once is no proof.
ONCE = "ended_a_charge_at_nothing"


def heed_end(session: Session, event: ChargingEnded, *, now: datetime) -> None:
    """A charge ended by itself right after its limit fell to 0; the second time the charger is told 0 no more."""
    if (
        event.offline
        or event.token is not None
        or session.ended_at is None
        or (session.stop_reason or "") not in BY_ITSELF
    ):
        return
    target = Target.objects.filter(evse=session.evse_id).select_related("command").first()
    if target is None or not _fell_to_nothing(target, session.ended_at):
        return
    charger = session.charger
    evidence = f"Session {session.pk} ended by itself right after its limit had fallen to 0"
    if not Capability.objects.filter(charger=charger, name=ONCE, firmware=charger.firmware).exists():
        show(charger, ONCE, "yes", evidence, now=now)
        told = "should it do so again, it is held by stopping and starting instead"
    else:
        show(charger, "pause", "remote_stop", f"{evidence}, and one before", now=now)
        told = "from now on it is held by stopping and starting instead"
    vehicle = session.vehicle or "the vehicle"
    notices.write(
        "limits.charge_ended",
        charger,
        f"{charger} ended the charge of {vehicle} when it was told 0: start it again; {told}",
        at=now,
        session=session.pk,
    )


def _fell_to_nothing(target: Target, at: datetime) -> bool:
    command = target.command
    if target.until is None or command is None or command.state != CommandState.ACCEPTED or not target.sends_plan:
        return False
    steps = target.course()
    if limit_at(steps, target.until, at) != 0:
        return False
    before = limit_at(steps, target.until, at - SOON)
    # A plan that begins with nothing: it fell when that was told.
    return before > 0 if before is not None else command.issued_at >= at - SOON
