"""What the yard does with a charger's word, one at a time: the lower floor's handler, the notice, the telling.

Each runs in the atomic block that the inbox opened, and returns the answer that the event expects.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from chargers import outbox
from chargers import services as chargers
from chargers.certificates import door
from chargers.choices import Standing
from chargers.events import (
    BootDecision,
    Booted,
    ChargeAnswer,
    ChargingEnded,
    ChargingStarted,
    ChargingState,
    ChargingUpdated,
    CommandAnswered,
    CommandSent,
    CommandUnanswered,
    DataAnswer,
    DataTransferred,
    JobProgressed,
    MetersRead,
    Registration,
    SecurityEventHappened,
    SettingsReported,
    StartDecision,
    Status,
    StatusChanged,
    TokenDecision,
)
from chargers.held import services as held
from chargers.inbox import Caller, Heard
from chargers.models import Charger, Connection, Evse, UnreadFact
from chargers.prepared import Prepared
from depot import authorizing, effects, live, queries, reserving
from depot.energy.delivery import ending, hearing
from depot.notices import services as notices
from depot.notices.models import Notice
from depot.onsite import terms
from depot.upkeep import others
from sessions import services as sessions

logger = logging.getLogger(__name__)

FAULT_IS_NEWS_AFTER = timedelta(days=1)
# Vendors whose DataTransfer we know and acknowledge (quirk 28); others get UnknownVendorId.
KNOWN_VENDORS = {"sungrow", "evnexgetnetstat", "evnex", "en+", "com.enplus"}


_chargers = Prepared(lambda pk: queries.chargers_with_keeping().filter(pk=pk), int)


def _charger_of(caller: Caller) -> Charger:
    (charger,) = _chargers(caller.charger_id)
    return charger


def boot(caller: Caller, event: Booted, heard: Heard) -> BootDecision:
    charger = _charger_of(caller)
    other = door.whose_certificate(charger, event.serial)
    if other:
        return _refuse_boot(
            charger, f"It tells the serial number {event.serial}, and came with {other}'s certificate", heard
        )
    if chargers.note_boot(charger, event, now=heard.at):
        notices.write("charger.firmware_changed", charger, f"{charger} now runs {charger.firmware}", at=heard.at)
    Connection.objects.filter(pk=caller.connection_id).update(booted=True)
    effects.booted(charger, now=heard.at)
    held.note_boot(charger, now=heard.at)
    hearing.something_changed([charger.pk], now=heard.at)
    live.tell([charger.pk], what="boot")
    if charger.standing == Standing.ADOPTED:
        interval_s = charger.heartbeat_interval_s or settings.HEARTBEAT_INTERVAL_S
        return BootDecision(Registration.ACCEPTED, heard.at, interval_s)
    return BootDecision(Registration.PENDING, heard.at, settings.WAITING_ROOM_INTERVAL_S)


def _refuse_boot(charger: Charger, why: str, heard: Heard) -> BootDecision:
    """The line is closed: who it is and who it says it is are two (B01.FR.12)."""
    notices.write("charger.serial_differs", charger, f"{charger} is not let in. {why}", at=heard.at)
    transaction.on_commit(lambda: outbox.hang_up(charger.pk, why), robust=True)
    return BootDecision(Registration.REJECTED, heard.at, settings.WAITING_ROOM_INTERVAL_S)


def start(caller: Caller, event: ChargingStarted, heard: Heard) -> StartDecision:
    charger = _charger_of(caller)
    place = reserving.with_keeping(queries.place_of(charger.pk, event.evse), charger, event, now=heard.at)
    outcome = sessions.start_session(charger, event, place=place, heard_at=heard.at)
    reserving.note_use(charger, event, outcome, now=heard.at)
    authorizing.tell_of_refused(charger, outcome, heard)
    if not event.offline:
        chargers.note_clock(charger, told=event.at, heard_at=heard.at)
    terms.keep_terms(charger, event, now=heard.at)
    _tell_of(outcome, charger, "start")
    hearing.something_changed([charger.pk], now=heard.at)
    if event.token is None and not event.offline:
        _autostart(charger, event.evse, now=heard.at)
    assert isinstance(outcome.decision, StartDecision)
    return replace(outcome.decision, token=terms.kept_by_charger(caller, outcome.decision.token, outcome.session))


def update(caller: Caller, event: ChargingUpdated, heard: Heard) -> ChargeAnswer | TokenDecision | None:
    charger = _charger_of(caller)
    place = reserving.with_keeping(queries.place_of(charger.pk, event.evse), charger, event, now=heard.at)
    outcome = sessions.update_session(charger, event, place=place, heard_at=heard.at)
    reserving.note_use(charger, event, outcome, now=heard.at)
    terms.keep_terms(charger, event, now=heard.at)
    _tell_of(outcome, charger, "update")
    if event.token is None and event.state == ChargingState.EV_CONNECTED:
        _autostart(charger, event.evse, now=heard.at)
    token = outcome.decision if isinstance(outcome.decision, TokenDecision) else None
    return terms.answered(caller, outcome.session, token, offline=event.offline, now=heard.at)


def end(caller: Caller, event: ChargingEnded, heard: Heard) -> ChargeAnswer | TokenDecision | None:
    charger = _charger_of(caller)
    place = queries.place_of(charger.pk, event.evse)
    outcome = sessions.end_session(charger, event, place=place, heard_at=heard.at)
    if outcome.session is not None and outcome.is_news and outcome.session.evse is not None:
        reference = outcome.session.reference or str(outcome.session.pk)
        if held.note_end(charger.pk, outcome.session.evse.number, reference, now=heard.at):
            ending.heed_end(outcome.session, event, now=heard.at)
        hearing.something_changed([charger.pk], now=heard.at)
    terms.keep_terms(charger, event, now=heard.at)
    _tell_of(outcome, charger, "end")
    token = outcome.decision if isinstance(outcome.decision, TokenDecision) else None
    return terms.answered(caller, outcome.session, token, offline=event.offline, now=heard.at)


def stray_readings(caller: Caller, event: MetersRead, heard: Heard) -> None:
    charger = _charger_of(caller)
    place = queries.place_of(charger.pk, event.evse)
    outcome = sessions.adopt_readings(charger, event, place=place, heard_at=heard.at)
    _tell_of(outcome, charger, "readings")


def telling_status(caller: Caller, event: StatusChanged, heard: Heard) -> None:
    charger = _charger_of(caller)
    if not event.evse:
        _tell_of_fault(charger, event, heard)
        return
    outcome = sessions.heed_status(charger, event, heard_at=heard.at)
    if outcome.session is not None and outcome.session.ended_at and outcome.is_news:
        notices.write(
            "session.closed_by_evidence",
            charger,
            f"{charger} forgot to end a session; closed when its connector said {event.raw}",
            at=heard.at,
        )
    _tell_of(outcome, charger, "status")
    if event.status in (Status.PREPARING, Status.OCCUPIED):
        _autostart(charger, event.evse, now=heard.at)


def _tell_of_fault(charger: Charger, event: StatusChanged, heard: Heard) -> None:
    """Of the charger itself, which has no outlet to show it at; the same one again is news after a day."""
    words = ", ".join(
        word for word in (event.error_code, event.vendor_error_code, event.info) if word not in ("", "NoError")
    )
    text = f"{charger} is faulted: {words or 'it does not say why'}"
    told = Notice.objects.filter(kind="charger.faulted", subject=str(charger)[:120], text=text[:400])
    if not told.filter(at__gt=heard.at - FAULT_IS_NEWS_AFTER).exists():
        notices.write("charger.faulted", charger, text, at=heard.at)


def _autostart(charger: Charger, evse_number: int | None, *, now: datetime) -> None:
    """A bay's own vehicle was plugged in: it starts without a card."""
    if not evse_number:
        return
    place = queries.place_of(charger.pk, evse_number)
    if place.own_vehicle_id is None or not charger.automation_on:
        return
    evse = Evse.objects.select_related("charger").get(charger=charger, number=evse_number)
    try:
        with transaction.atomic():
            sessions.autostart(evse, place=place, now=now)
    except (sessions.VehicleHasNoToken, sessions.TokenMayNotCharge, chargers.CommandNotSpoken) as error:
        notices.write("autostart.impossible", charger, f"{place.bay_name}: {error}", at=now)
    except (chargers.ChargerOffline, sessions.EvseOccupied, sessions.NeedsReplug) as error:
        # Its own next word, or a person, tells how it goes on.
        logger.info("%s: not started: %r", charger.identity, error)


def _tell_of(outcome: sessions.Outcome, charger: Charger, what: str) -> None:
    live.tell([charger.pk], [outcome.session.pk] if outcome.session else [], what=what)


def data(caller: Caller, event: DataTransferred, heard: Heard) -> DataAnswer:
    known = event.vendor_id.casefold() in KNOWN_VENDORS
    return DataAnswer("Accepted" if known else "UnknownVendorId")


def job(caller: Caller, event: JobProgressed, heard: Heard) -> None:
    chargers.keep_job(_charger_of(caller), event, now=heard.at)
    live.tell([caller.charger_id], what="job")


def security_event(caller: Caller, event: SecurityEventHappened, heard: Heard) -> None:
    charger = _charger_of(caller)
    chargers.keep_security_event(charger, event, now=heard.at)
    notices.write("charger.security_event", charger, f"{charger} reports {event.type}", at=heard.at)


def settings_reported(caller: Caller, event: SettingsReported, heard: Heard) -> None:
    charger = _charger_of(caller)
    others.note_changes_of_others(charger, event, now=heard.at)
    chargers.keep_settings(charger, event, now=heard.at)
    hearing.settings_reported(charger, event, now=heard.at)
    live.tell([caller.charger_id], what="settings")


def command_sent(caller: Caller, event: CommandSent, heard: Heard) -> None:
    chargers.mark_sent(event)
    live.tell([caller.charger_id], what="command")


def command_answered(caller: Caller, event: CommandAnswered, heard: Heard) -> None:
    command = chargers.settle_command(event, now=heard.at)
    if command is not None:
        effects.command_settled(command, now=heard.at)
        live.tell([caller.charger_id], what="command")


def command_unanswered(caller: Caller, event: CommandUnanswered, heard: Heard) -> None:
    command = chargers.settle_unanswered(event, now=heard.at)
    if command is not None:
        effects.command_settled(command, now=heard.at)
        live.tell([caller.charger_id], what="command")


def unread_fact_kept(caller: Caller, fact: UnreadFact, heard: Heard) -> None:
    charger = _charger_of(caller)
    if caller.standing == Standing.ADOPTED:
        notices.write(
            "fact.unread", charger, f"{charger}: a {fact.action} is stored but not understood: {fact.why}", at=heard.at
        )
    live.tell([charger.pk], what="unread")
