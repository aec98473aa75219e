"""The closed loop: what each charger draws beside what it has acknowledged, sample by sample."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from chargers.commands import RateUnit
from chargers.held import services as held
from chargers.held.models import Holding
from chargers.held.possible import candidates, read_from_row
from chargers.profiles import Circumstances, RunningTransaction, compose
from chargers.quirks import quarantine_of
from chargers.services import issue_command
from depot.access.services import the_depot
from depot.energy.delivery.asking import CANNOT
from depot.energy.delivery.books import OBEYS, reference_of
from depot.energy.delivery.learning import show
from depot.energy.delivery.looking import something_changed
from depot.energy.delivery.models import Target
from depot.energy.delivery.obedience import Act, is_over, judge
from depot.energy.delivery.standing import Obedience
from depot.energy.delivery.verifying import READS, question_for
from depot.energy.models import Wiring
from depot.energy.services.marks import want_plan_of_charger
from depot.energy.worst import bound_of
from depot.notices import services as notices
from sessions import services as sessions
from sessions.models import Session

# A vehicle follows a new limit within some seconds, and clocks may be wrong.
FOLLOWS_WITHIN = timedelta(seconds=20)
CLOCK = timedelta(seconds=30)


def watch(now: datetime) -> int:
    """Look at each new sample once; how many there were."""
    fresh = (
        Session.objects.running()
        .filter(evse__limit_target__isnull=False, last_reading_at__isnull=False, power_w__isnull=False)
        .filter(Q(evse__limit_target__judged_at=None) | Q(last_reading_at__gt=F("evse__limit_target__judged_at")))
        .select_related("charger", "evse__limit_target")
    )
    looked = 0
    for session in fresh:
        with transaction.atomic():
            _look(session, now)
        looked += 1
    return looked


def _look(session: Session, now: datetime) -> None:
    evse = session.evse
    assert evse is not None
    target = Target.objects.select_for_update().get(evse=evse)
    sampled_at = session.last_reading_at
    if target.judged_at is not None and sampled_at is not None and target.judged_at >= sampled_at:
        return  # another tick was quicker: one sample counts once
    target.judged_at = session.last_reading_at
    promised_w = promised(session, now)
    if promised_w is None:
        target.over_samples = 0
        target.save(update_fields=["judged_at", "over_samples"])
        return
    over = is_over(session.power_w or 0, promised_w)
    before = Obedience(target.obedience)
    after, target.over_samples, act = judge(before, target.over_samples, over=over)
    target.obedience = after
    target.save(update_fields=["judged_at", "over_samples", "obedience"])
    _do(act, session, promised_w, now)
    if not over:
        _read_back_once(session, target, now)


def promised(session: Session, now: datetime) -> float | None:
    """The most W that it may draw by anything that it may hold, around its newest sample.

    None: nothing limits it for certain, or the sample is of a time before what it holds now.
    """
    holding = Holding.objects.filter(charger=session.charger_id).first()
    at, evse = session.last_reading_at, session.evse
    if holding is None or at is None or evse is None or now - holding.changed_at < FOLLOWS_WITHIN:
        return None
    # A sample that waited on a bad line was drawn by what it held then.
    drawn_at = at - timedelta(seconds=session.charger.clock_offset_s or 0.0)
    if drawn_at < holding.changed_at:
        return None
    wiring = Wiring.objects.select_related("circuit", "evse").filter(evse=evse).first()
    possible = read_from_row(holding.possible)
    if wiring is None or not possible.is_known:
        return None
    running = RunningTransaction(reference=reference_of(session), charging_since=session.started_at)
    where = Circumstances(evses=(evse.number,), transactions={evse.number: running}, supply=wiring.supply)
    # By our own clock: the charger's sample bears the time that it believes in.
    around = min(at, now)
    bounds = [
        bound_of(each.level, RateUnit.WATT)
        for installed in candidates(possible)
        for each in compose(
            installed, where, evse=evse.number, since=around - CLOCK, until=around + CLOCK, unit=RateUnit.WATT
        )
    ]
    return _highest(bounds)


def _highest(bounds: Iterable[float | None]) -> float | None:
    known = list(bounds)
    return None if not known or None in known else max(each for each in known if each is not None)


def _do(act: Act, session: Session, promised_w: float, now: datetime) -> None:
    charger, evse = session.charger, session.evse
    assert evse is not None
    told = f"{charger} draws {(session.power_w or 0) / 1000:.1f} kW and may draw {promised_w / 1000:.1f} kW"
    if act is Act.TELL_AGAIN:
        # By its meter it does not hold what it acknowledged.
        held.note_lost(charger.pk, now=now)
        something_changed([charger.pk], now=now)
    elif act is Act.COUNT_FULL:
        show(charger, f"{OBEYS}{evse.number}", "no", told, now=now)
        notices.write("limits.ignored", charger, f"{told}: it counts at its rating, others give way", at=now)
        want_plan_of_charger(charger.pk, f"{charger} ignores its limit", now=now)
        something_changed([charger.pk], now=now)
    elif act is Act.STOP:
        try:
            with transaction.atomic():
                sessions.request_stop(session, requested_by=the_depot(), now=now)
        except CANNOT as error:
            told = f"{told}; it could not be stopped: {error}"
        else:
            told = f"{told}; it is asked to stop"
        notices.write("limits.stopped", charger, told, at=now)


def _read_back_once(session: Session, target: Target, now: datetime) -> None:
    """A charger that keeps its limit is asked once what it means to do, and again when it has booted or is back."""
    charger = session.charger
    if target.read_back_at is not None and (charger.booted_at is None or target.read_back_at > charger.booted_at):
        return
    wiring = Wiring.objects.select_related("evse", "circuit").filter(evse=target.evse_id).first()
    cannot = Q(name=READS, value="no") | Q(name=quarantine_of("GetCompositeSchedule"), value="yes")
    if wiring is None or charger.capabilities.filter(cannot, firmware=charger.firmware).exists():
        return
    target.read_back_at = now
    target.save(update_fields=["read_back_at"])
    try:
        with transaction.atomic():
            issue_command(charger, question_for(wiring), issued_by=the_depot(), now=now)
    except CANNOT:
        return
