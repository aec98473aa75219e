"""Messages on the display: taken, reported, gone; and what is known of a customer."""

from datetime import datetime

from chargers.commands.base import from_row, to_row
from chargers.device_model.models import CustomerFile, DisplayMessage, Report
from chargers.device_model.models.display import MessageStanding
from chargers.device_model.services.assembling import Assembled, take_part
from chargers.events import CustomerTold, DisplayedMessage, MessagesReported, MessageTaken, ReportKind
from chargers.models import Charger


def keep_message(charger: Charger, event: MessageTaken, *, now: datetime) -> None:
    _keep(charger, event.message, MessageStanding.TAKEN, now)


def forget_message(charger: Charger, number: int) -> None:
    DisplayMessage.objects.filter(charger=charger, number=number).delete()


def take_messages(charger: Charger, event: MessagesReported, *, now: datetime) -> Assembled | None:
    assembled = take_part(
        charger,
        ReportKind.MESSAGES,
        event.request_id,
        [to_row(message) for message in event.messages],
        sequence=event.sequence,
        more=event.more,
        items=len(event.messages),
        now=now,
    )
    if assembled is not None:
        messages = [from_row(DisplayedMessage, row) for content in assembled.contents for row in content]
        rows = [_keep(charger, message, MessageStanding.REPORTED, now) for message in messages]
        assembled.report.rows = [row.pk for row in rows]
        assembled.report.save(update_fields=["rows"])
        forget_unreported_messages(assembled.report)
    return assembled


def forget_unreported_messages(report: Report) -> None:
    """Where all were asked for, what was not told of is gone."""
    if report.is_everything:
        DisplayMessage.objects.filter(charger=report.charger_id).exclude(pk__in=report.rows).delete()


def _keep(charger: Charger, message: DisplayedMessage, standing: MessageStanding, now: datetime) -> DisplayMessage:
    row, _ = DisplayMessage.objects.update_or_create(
        charger=charger,
        number=message.message_id,
        defaults={
            "priority": message.priority[:12],
            "text": message.text,
            "format": message.format[:10],
            "language": message.language[:8],
            "state": message.state[:12],
            "since": message.since,
            "until": message.until,
            "reference": message.reference[:36],
            "place": message.place[:50],
            "standing": standing,
            "told_at": now,
        },
    )
    return row


def promise_customer(charger: Charger, request_id: int, about: str, *, now: datetime) -> None:
    """Whom it will be about: the charger's own words need not say so."""
    CustomerFile.objects.update_or_create(
        charger=charger,
        request_id=request_id,
        defaults={"about": about[:255]},
        create_defaults={"about": about[:255], "told_at": now},
    )


def take_customer(charger: Charger, event: CustomerTold, *, now: datetime) -> Assembled | None:
    """A piece of the text; it is read once all pieces are there (N09.FR.05, FR.06)."""
    assembled = take_part(
        charger,
        ReportKind.CUSTOMER,
        event.request_id,
        event.text,
        sequence=event.sequence,
        more=event.more,
        items=1,
        now=now,
    )
    if assembled is not None:
        CustomerFile.objects.update_or_create(
            charger=charger,
            request_id=event.request_id,
            defaults={"text": "".join(assembled.contents), "told_at": now},
        )
    return assembled
