"""Charges that a charger no longer talks about, though its link is up: it is asked for one word of them, then to boot.

Such a charger waits for something that was lost, most often for the answer to its boot: until then it may tell nothing
of its own (1.6 §4.2, 2.x B02.FR.02), and nobody would know what its vehicles have.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from chargers.choices import CommandState, Standing
from chargers.commands import TriggerMessage
from chargers.greeting import can_be_triggered
from chargers.models import Charger, IssuedCommand
from chargers.queries import online_charger_ids, traits_of_charger
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_command
from sessions.models import Session

SAMPLED_BY = {"metervaluesampleinterval", "txupdatedinterval"}
# A sample or two may get lost, and a charge at rest is not measured by every charger.
SAMPLES_MISSED = 3
SILENT_AFTER = timedelta(minutes=10)
SILENT_AT_REST_AFTER = timedelta(minutes=30)
ASKED_AGAIN_AFTER = timedelta(minutes=10)
NEVER_HEARD = (CommandState.UNANSWERED, CommandState.EXPIRED)
REFUSED = (ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken)


def ask_the_silent(now: datetime) -> int:
    """How many chargers were asked; each is asked two questions at most about one silence."""
    quiet = (
        Session.objects.running()
        .values("charger")
        .annotate(heard_at=Max("last_heard_at"), drawn_w=Max("power_w"))
        .filter(heard_at__lt=now - SILENT_AFTER)
    )
    last_told = {row["charger"]: (row["heard_at"], bool(row["drawn_w"])) for row in quiet}
    there = online_charger_ids() & last_told.keys() if last_told else set()
    asked = 0
    for charger in Charger.objects.filter(pk__in=there, standing=Standing.ADOPTED, automation_on=True).order_by("pk"):
        silent_since, draws = last_told[charger.pk]
        if now - silent_since > _patience_with(charger, draws=draws):
            asked += _ask(charger, silent_since, now)
    return asked


def _patience_with(charger: Charger, *, draws: bool) -> timedelta:
    told = charger.settings.filter(attribute="Actual").values_list("variable", "value")
    intervals = [int(value) for name, value in told if value and value.isdecimal() and name.casefold() in SAMPLED_BY]
    at_least = SILENT_AFTER if draws else SILENT_AT_REST_AFTER
    return max(at_least, SAMPLES_MISSED * timedelta(seconds=max(intervals, default=0)))


def _ask(charger: Charger, silent_since: datetime, now: datetime) -> int:
    if not can_be_triggered(charger, charger.protocol):
        return 0
    asked = IssuedCommand.objects.filter(
        charger=charger, kind=TriggerMessage.kind, issued_by=None, issued_at__gte=silent_since
    )
    if asked.filter(issued_at__gt=now - ASKED_AGAIN_AFTER).exists():
        return 0
    messages = {row["message"] for row in asked.exclude(state__in=NEVER_HEARD).values_list("wording", flat=True)}
    question = next((each for each in _questions(charger) if each.message not in messages), None)
    if question is None:
        return 0
    try:
        with transaction.atomic():
            issue_command(charger, question, issued_by=None, now=now)
    except REFUSED:
        return 0  # it left a moment ago, or has shown that this question breaks its link
    return 1


def _questions(charger: Charger) -> list[TriggerMessage]:
    """The mildest first. A 2.x charger tells of a charge by TransactionEvent only (F06.FR.07)."""
    boot = TriggerMessage(message="BootNotification")
    if charger.protocol != "ocpp1.6":
        return [TriggerMessage(message="TransactionEvent"), boot]
    if traits_of_charger(charger).triggers_meter_values is False:
        return [boot]
    return [TriggerMessage(message="MeterValues"), boot]
