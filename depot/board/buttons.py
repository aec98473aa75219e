"""The one button of a bay's row, for who looks at it."""

from dataclasses import dataclass

from django.urls import reverse

from chargers.models import Evse
from chargers.queries import Link
from depot.access.models import User
from depot.board.state import Act, State
from sessions.models import Session
from sessions.reserving.models import Reservation

NEEDED_PERMISSION = {
    Act.START: "charging_sessions.start_session",
    Act.NOW: "energy.add_chargenow",
    Act.STOP: "charging_sessions.stop_session",
    Act.RESET: "chargers.engineer_charger",
    Act.BRING_BACK: "chargers.engineer_charger",
    Act.RELEASE: "reserving.delete_reservation",
}
WHOM_TO_ASK = "Your role may look, not stop: ask a dispatcher"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    label: str
    url: str
    asks: bool = False  # opens a form first
    why_not: str = ""  # disabled, and this is why


def button_for(
    user: User,
    state: State,
    evse: Evse,
    session: Session | None,
    link: Link,
    *,
    reservation: Reservation | None = None,
) -> Button | None:
    """A button you may not use is not shown; except Stop, which says whom to ask."""
    act = state.act
    if act is None or (act == Act.STOP and session is None) or (act == Act.RELEASE and reservation is None):
        return None
    allowed = user.has_perm(NEEDED_PERMISSION[act])
    if not allowed and act != Act.STOP:
        return None
    why_not = ""
    if not link.is_online:
        why_not = "No contact with the charger: it cannot be told now"
    elif state.is_asked:
        why_not = "Asked already; waiting for the charger"
    elif not allowed:
        why_not = WHOM_TO_ASK
    match act:
        case Act.STOP:
            assert session is not None
            url = reverse("session-stop", args=[session.pk])
        case Act.START:
            url = reverse("evse-start", args=[evse.pk])
        case Act.NOW:
            url = reverse("evse-charge-now", args=[evse.pk])
        case Act.RESET:
            url = reverse("charger-reset", args=[evse.charger_id])
        case Act.RELEASE:
            assert reservation is not None
            url = reverse("reservation-release", args=[reservation.pk])
        case Act.BRING_BACK:
            url = reverse("evse-bring-back", args=[evse.pk])
    label = "Asked" if state.is_asked else act.label
    return Button(label=label, url=url, asks=act in (Act.START, Act.NOW), why_not=why_not)
