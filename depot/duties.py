"""The yard's recurring duties: dead sockets, greetings, effects, settling, forgetting what is old."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import models, transaction

from chargers import greeting
from chargers.device_model.services import old_reports
from chargers.held import services as held
from chargers.models import Connection, RefusedHandshake, TracedCall
from chargers.queries import LEASE, charger_ids_with_a_socket, online_charger_ids
from chargers.streams.models import StreamValue
from chargers.upkeep.models import BrokenLink
from depot import certificates, effects, limits, live, reserving, settling, unread
from depot.access import retention
from depot.board import emergency
from depot.energy import duties as energy
from depot.energy.delivery.duties import keep_limits
from depot.energy.pages import nights, warnings
from depot.energy.response.services import heed_caps
from depot.energy.services.live import heed_silence
from depot.firmware import services as campaigns
from depot.notices.models import Notice
from depot.onsite import costs
from depot.upkeep import lists, measurands, quarantine, silent
from depot.uploads.services import forget_old_uploads
from depot.yard.services import old_imports
from sessions.invariants import violations
from sessions.models import MeterReading, SessionMessage
from sessions.services import charger_left, close_forgotten

logger = logging.getLogger(__name__)

# Rows deleted in one transaction, and how often at most in one run: pruning never holds a lock for long.
PRUNED_AT_ONCE = 5_000
PRUNING_ROUNDS = 40


def do_what_is_due(now: datetime) -> None:
    """Each duty in its own transactions; one that fails does not keep the others from being done."""
    duties: list[Callable[[datetime], object]] = [
        close_dead_sockets,
        greeting.greet_the_newly_connected,
        effects.note_overdue,
        effects.expire,
        unread.read_after_adoption,
        silent.ask_the_silent,
        close_forgotten_sessions,
        settling.settle_due,
        emergency.carry_on,
        keep_limits,
        heed_silence,
        heed_caps,
        energy.sum_quarters,
        energy.plan_what_is_due,
        nights.note_labels,
        nights.score_labels,
        warnings.tell_of_departures,
        warnings.tell_of_meters,
        reserving.keep_true,
        limits.stop_those_at_their_limit,
        limits.pay_from_credit,
        costs.tell_costs,
        campaigns.carry_on,
        lists.keep_lists,
        quarantine.hold_back_what_breaks_links,
        certificates.give_certificates,
        certificates.renew_certificates,
        certificates.end_late_upgrades,
    ]
    for duty in duties:
        try:
            duty(now)
        except Exception:
            logger.exception("%s failed", duty.__name__)


def close_dead_sockets(now: datetime) -> int:
    """Sockets whose process died without a word are closed in the books; their chargers are shown offline."""
    dead = Connection.objects.filter(closed_at=None, gateway__renewed_at__lt=datetime.now(UTC) - LEASE)
    found = dict(dead.values_list("pk", "charger"))
    if found:
        with transaction.atomic():
            dead.filter(pk__in=found).update(
                closed_at=models.F("last_frame_at"), close_reason="The process that held it is gone"
            )
            chargers = set(found.values())
            gone = chargers - charger_ids_with_a_socket(chargers)
            charger_left(gone, now=now)
            held.note_gone(gone, now=now)
            live.tell(chargers, what="links")
    return len(found)


def close_forgotten_sessions(now: datetime) -> int:
    """Sessions whose charger is there and has long shown no sign of them."""
    closed = close_forgotten(online_charger_ids(), now=now)
    for outcome in closed:
        if outcome.session is not None:
            live.tell([outcome.session.charger_id], [outcome.session.pk], what="end")
    return len(closed)


def check_sessions(now: datetime) -> int:
    """What must hold of every session, looked at nightly; what does not is told to people."""
    measurands.note_never_sent(now)
    broken = violations(now)
    for violation in broken:
        logger.error("session %s: %s does not hold", violation.session_id, violation.rule)
    if broken:
        rules = sorted({violation.rule for violation in broken})
        Notice.objects.create(
            at=now,
            kind="session.rule_broken",
            subject=f"{len(broken)} sessions",
            text=f"Sessions that break a rule of theirs: {'; '.join(rules)}"[:400],
            detail={"sessions": [violation.session_id for violation in broken]},
        )
    return len(broken)


def prune(now: datetime) -> int:
    """Forget what each table keeps only for a time."""
    real = datetime.now(UTC)
    old: list[models.QuerySet[models.Model]] = [
        TracedCall.objects.filter(at__lt=now - timedelta(days=settings.TRACE_KEPT_DAYS)),
        RefusedHandshake.objects.filter(at__lt=real - timedelta(days=30)),
        Connection.objects.filter(closed_at__lt=real - timedelta(days=90)),
        MeterReading.objects.filter(at__lt=now - timedelta(days=settings.METER_CURVE_KEPT_DAYS)),
        StreamValue.objects.filter(heard_at__lt=now - timedelta(days=settings.STREAM_VALUES_KEPT_DAYS)),
        SessionMessage.objects.filter(heard_at__lt=now - timedelta(days=365)),
        BrokenLink.objects.filter(at__lt=real - timedelta(days=30)),
        old_imports(now),
        *old_reports(now),
        energy.old_samples(now),
        energy.old_plans(now),
        nights.old_labels(now),
    ]
    return sum(_prune(rows) for rows in old) + retention.prune(now=now) + forget_old_uploads(real)


def _prune(rows: "models.QuerySet[models.Model]") -> int:
    deleted = 0
    for _ in range(PRUNING_ROUNDS):
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[:PRUNED_AT_ONCE])
        if not ids:
            break
        rows.model._base_manager.filter(pk__in=ids).delete()
        deleted += len(ids)
    return deleted


def read_unread(now: datetime) -> int:
    """Try again what was stored but not understood; by hand after a fix, and after an adoption."""
    return unread.read_all(now)
