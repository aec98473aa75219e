"""What a charge has come to, told to the charger that shows it while it runs (2.x I02)."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from billing.onsite.models import ChargeCost, HeldTariff
from billing.services import cost_so_far
from chargers.choices import Protocol
from chargers.commands import ShowCost
from chargers.models import IssuedCommand, SettingValue
from chargers.queries import links_of, online_charger_ids
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_command
from sessions.models import Session

logger = logging.getLogger(__name__)

# Often enough for somebody who stands before the display, and no load for a yard of hundreds.
TOLD_EVERY = timedelta(minutes=5)
COMPONENT = "TariffCostCtrlr"


def tell_costs(now: datetime) -> int:
    """Each charge whose charger shows costs, or stops by them: what it comes to, where that has changed.

    Periodic meter values are answered without it, for they are written by the batch.
    """
    sessions = Session.objects.running().filter(tariff_key__isnull=False, charger__automation_on=True)
    candidates = list(sessions.filter(charger__in=online_charger_ids()).exclude(reference="").select_related("charger"))
    if not candidates:
        return 0
    protocols = links_of({session.charger_id for session in candidates})
    showing = _showing_costs({session.charger_id for session in candidates})
    told = 0
    for session in candidates:
        protocol = protocols[session.charger_id].protocol
        # A charger of 2.1 that is to stop at a cost needs to know it, display or not (E16.FR.11).
        stops_by_it = protocol == Protocol.V21 and session.limit_cost is not None
        if protocol != Protocol.V16 and (stops_by_it or session.charger_id in showing) and _is_due(session, now):
            told += _tell(session, now)
    return told


def _showing_costs(charger_ids: Iterable[int]) -> set[int]:
    """Those whose display of costs is switched on; where they do not say so, those that have one (TariffCostCtrlr)."""
    rows = SettingValue.objects.filter(
        charger__in=charger_ids,
        component__iexact=COMPONENT,
        variable__in=["Enabled", "Available"],
        variable_instance__iexact="Cost",
        attribute="Actual",
    )
    said: dict[int, dict[str, bool]] = {}
    for charger_id, variable, value in rows.values_list("charger", "variable", "value"):
        said.setdefault(charger_id, {})[variable] = (value or "").casefold() == "true"
    return {charger_id for charger_id, words in said.items() if words.get("Enabled", words.get("Available", False))}


def _is_due(session: Session, now: datetime) -> bool:
    """Not where the charger counts by a price list of ours itself (2.1 I07, I08), nor where it was just told."""
    since = now - TOLD_EVERY
    asked = IssuedCommand.objects.filter(
        charger=session.charger_id, kind=ShowCost.kind, wording__reference=session.reference, issued_at__gt=since
    )
    told = ChargeCost.objects.filter(charger=session.charger_id, reference=session.reference, told_at__gt=since)
    return not (HeldTariff.objects.filter(charger=session.charger_id).exists() or told.exists() or asked.exists())


def _tell(session: Session, now: datetime) -> bool:
    bill = cost_so_far(session, now)
    if bill is None or bill.total == _told_before(session):
        return False
    try:
        with transaction.atomic():
            command = ShowCost(reference=session.reference, total=bill.total)
            issue_command(session.charger, command, issued_by=None, now=now)
    except (ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken) as error:
        logger.info("session %s: its cost was not told: %s", session.pk, error)
        return False
    return True


def _told_before(session: Session) -> Decimal | None:
    cost = ChargeCost.objects.filter(charger=session.charger_id, reference=session.reference).first()
    return cost.told_total if cost is not None else None
