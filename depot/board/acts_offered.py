"""What may be done at a bay beyond the one button of its row."""

from dataclasses import dataclass

from django.urls import reverse

from depot.access.models import User
from depot.board.buttons import WHOM_TO_ASK
from depot.board.rows import BayRow
from depot.board.state import Act, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    label: str
    url: str
    asks: bool = False  # shows a form in its place
    opens: bool = False  # a page with a form
    is_first: bool = False
    why_not: str = ""


def acts_offered(user: User, row: BayRow) -> list[Offer]:
    """The likeliest first; what the user may not do is left out, except Stop, which says whom to ask."""
    if row.evse_id is None or row.charger_id is None:
        return []
    why_not = ""
    if row.link is None or not row.link.is_online:
        why_not = "No contact with the charger: it cannot be told now"
    elif row.state.is_asked:
        why_not = "Asked already; waiting for the charger"
    offers = []
    if row.session_id is not None:
        allowed = user.has_perm("charging_sessions.stop_session")
        offers.append(
            Offer(
                label=f"Stop {row.name}",
                url=reverse("session-stop", args=[row.session_id]),
                is_first=True,
                why_not=why_not or ("" if allowed else WHOM_TO_ASK),
            )
        )
    elif row.is_paused:
        pass  # it is started again by the plan, or at once: see `at_once`
    elif row.shape not in (Shape.FAULT, Shape.OFF) and user.has_perm("charging_sessions.start_session"):
        offers.append(
            Offer(
                label="Start a vehicle…",
                url=reverse("evse-start", args=[row.evse_id]),
                asks=True,
                is_first=True,
                why_not=why_not,
            )
        )
    if row.reservation_id is not None and user.has_perm("reserving.delete_reservation"):
        url = reverse("reservation-release", args=[row.reservation_id])
        offers.append(Offer(label="Release the place", url=url, is_first=True, why_not=why_not))
    elif row.shape in (Shape.FREE, Shape.RESERVED) and user.has_perm("reserving.add_reservation"):
        url = reverse("evse-reserve", args=[row.evse_id])
        offers.append(Offer(label="Reserve…", url=url, opens=True, why_not=why_not))
    if row.has_vehicle and user.has_perm("chargers.operate_charger"):
        offers.append(Offer(label="Unlock cable", url=reverse("evse-unlock", args=[row.evse_id]), why_not=why_not))
    if user.has_perm("chargers.engineer_charger"):
        if row.state.act == Act.BRING_BACK:
            url = reverse("evse-bring-back", args=[row.evse_id])
            offers.append(Offer(label="Bring back into service", url=url, is_first=True, why_not=why_not))
        if row.shape == Shape.FAULT:
            url = reverse("charger-reset", args=[row.charger_id])
            offers.append(Offer(label=f"Reset {row.charger_name}", url=url, why_not=why_not))
    return offers
