"""Asking something of a charger from a page: one call, and what came of it in the reader's words."""

from datetime import UTC, datetime

from django.contrib import messages
from django.db import transaction

from chargers.commands import Command
from chargers.models import Charger, IssuedCommand
from chargers.queries import Link
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_in_parts
from depot import clock, live
from depot.access import audit
from depot.access.pages import UserRequest
from depot.board import figures


def ask(request: UserRequest, charger: Charger, command: Command, what: str) -> IssuedCommand | None:
    """Issue `command`; None where it cannot be asked, and then the page says why."""
    try:
        with transaction.atomic():
            *_, issued = issue_in_parts(charger, command, issued_by=request.user, now=clock.now())
            audit.note(request, f"asked {command.kind}", charger, command=issued.pk)
            live.tell([charger.pk], what="command")
    except ChargerOffline as offline:
        messages.error(request, f"{what}: not sent. {offline_words(offline.since)}")
    except CommandNotSpoken:
        messages.error(request, f"{what}: not sent. The charger's version of OCPP has no such call.")
    except CommandInvalid as broken:
        messages.error(request, f"{what}: not sent. It breaks the schema of the charger's version: {broken}")
    except CommandNotAllowed as why:
        messages.error(request, f"{what}: not sent. {why}")
    else:
        messages.info(request, f"{what}: asked. Below is how far it came.")
        return issued
    return None


def offline_words(since: datetime | None) -> str:
    """Why nothing can be asked, and since when (real time)."""
    if since is None:
        return "The charger has never called in."
    return f"There is no contact with the charger since {figures.length(datetime.now(UTC) - since)}."


def why_not(link: Link) -> str:
    """Why the buttons are disabled; "" when they are not."""
    return "" if link.is_online else offline_words(link.since)
