"""What the yard does with what a charger reports: keeps it, tells of it, and answers where an answer is wanted.

Each runs in the atomic block that the inbox opened.
"""

import logging

from chargers.choices import CommandState, Standing
from chargers.commands import InstallProfile
from chargers.commands.base import to_row
from chargers.device_model import services as device_model
from chargers.device_model.models import VehicleSchedule
from chargers.device_model.services.power import profile_given
from chargers.events import (
    CustomerTold,
    LimitImposed,
    LimitLifted,
    MessageGone,
    MessagesReported,
    MessageTaken,
    MonitorsAnswered,
    MonitorsGone,
    MonitorsReported,
    NeedsAnswer,
    NeedsStatus,
    NeedsTold,
    NetworkProfileTaken,
    ProfilesReported,
    ReportKind,
    ReportPromised,
    SettingsReported,
    VariableAlerted,
    VehicleScheduleTold,
)
from chargers.grid.models import ChargeTerms
from chargers.inbox import Caller, Heard
from chargers.models import Charger, Evse, IssuedCommand
from chargers.ocpp.values import digest
from chargers.queries import evse_of
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_command
from depot import handlers, live
from depot.energy import services as energy
from depot.energy.models import NeedSource, Wiring
from depot.energy.models.circuits import Control
from depot.notices import services as notices
from sessions.models import Session
from sessions.queries import running_sessions

logger = logging.getLogger(__name__)

UNKNOWN_EVSE, NOT_ENABLED, NOT_ALLOWED = "UnknownEvse", "NotEnabled", "UnsupportedRequest"
MOST_WH = 2_000_000  # no vehicle's battery is larger
# Whoever limits us, in words; a source that has none stands in its own.
SOURCES = {
    "EMS": "an energy manager on site",
    "SO": "the grid operator",
    "CSO": "the operator",
    "Other": "somebody else",
}


def _charger_of(caller: Caller) -> Charger:
    return Charger.objects.get(pk=caller.charger_id)


def promised(caller: Caller, event: ReportPromised, heard: Heard) -> None:
    charger = _charger_of(caller)
    report = device_model.promise_report(charger, event, now=heard.at)
    match event.kind:
        case ReportKind.CUSTOMER:
            device_model.promise_customer(charger, event.request_id, event.about, now=heard.at)
        case ReportKind.MONITORS if report.is_over:
            device_model.forget_unreported_monitors(report)
        case ReportKind.MESSAGES if report.is_over:
            device_model.forget_unreported_messages(report)
        case ReportKind.PROFILES if report.is_over:
            device_model.forget_unreported_profiles(report)
    live.tell([charger.pk], what="report")


def variables(caller: Caller, event: SettingsReported, heard: Heard) -> None:
    """Each part counts as it comes; that nothing is missing is known when the last one is here."""
    handlers.settings_reported(caller, event, heard)
    # Answers to questions for single variables are reports without a number; a stranger's reports are not followed.
    if event.request_id and caller.standing == Standing.ADOPTED:
        device_model.take_part(
            _charger_of(caller),
            ReportKind.SETTINGS,
            event.request_id,
            digest({"reports": [to_row(report) for report in event.reports]}),
            sequence=event.sequence,
            more=event.more,
            items=len(event.reports),
            now=heard.at,
        )


def monitors(caller: Caller, event: MonitorsReported, heard: Heard) -> None:
    device_model.take_monitors(_charger_of(caller), event, now=heard.at)
    live.tell([caller.charger_id], what="report")


def monitors_answered(caller: Caller, event: MonitorsAnswered, heard: Heard) -> None:
    device_model.keep_verdicts(_charger_of(caller), event, now=heard.at)
    live.tell([caller.charger_id], what="report")


def monitors_gone(caller: Caller, event: MonitorsGone, heard: Heard) -> None:
    device_model.forget_monitors(_charger_of(caller), event)
    live.tell([caller.charger_id], what="report")


def alerts(caller: Caller, event: VariableAlerted, heard: Heard) -> None:
    charger = _charger_of(caller)
    for alert in device_model.keep_alerts(charger, event, now=heard.at):
        text = f"{charger}: {alert.place} says {alert.variable_name} is {alert.value or 'beyond its bounds'}"
        notices.write("charger.alert", charger, text, at=heard.at, alert=alert.pk)
    live.tell([charger.pk], what="alert")


def messages(caller: Caller, event: MessagesReported, heard: Heard) -> None:
    device_model.take_messages(_charger_of(caller), event, now=heard.at)
    live.tell([caller.charger_id], what="report")


def message_taken(caller: Caller, event: MessageTaken, heard: Heard) -> None:
    device_model.keep_message(_charger_of(caller), event, now=heard.at)
    live.tell([caller.charger_id], what="report")


def message_gone(caller: Caller, event: MessageGone, heard: Heard) -> None:
    device_model.forget_message(_charger_of(caller), event.message_id)
    live.tell([caller.charger_id], what="report")


def customer(caller: Caller, event: CustomerTold, heard: Heard) -> None:
    device_model.take_customer(_charger_of(caller), event, now=heard.at)
    live.tell([caller.charger_id], what="report")


def profiles(caller: Caller, event: ProfilesReported, heard: Heard) -> None:
    device_model.take_profiles(_charger_of(caller), event, now=heard.at)
    live.tell([caller.charger_id], what="report")


def network_profile(caller: Caller, event: NetworkProfileTaken, heard: Heard) -> None:
    device_model.keep_network_profile(_charger_of(caller), event, now=heard.at)
    live.tell([caller.charger_id], what="report")


def limited(caller: Caller, event: LimitImposed, heard: Heard) -> None:
    charger = _charger_of(caller)
    limit, is_news = device_model.impose_limit(charger, event, now=heard.at)
    if is_news and limit.is_grid_critical:
        who = SOURCES.get(limit.source, limit.source)
        what = f"outlet {event.evse} of {charger}" if event.evse else str(charger)
        text = f"{who[:1].upper()}{who[1:]} limits {what}, and the grid depends on it"
        notices.write("charger.limited_from_outside", charger, text, at=heard.at, limit=limit.pk)
    if is_news:
        energy.want_plan_of_charger(charger.pk, f"{charger} is limited from outside", now=heard.at)
    live.tell([charger.pk], what="limit")


def released(caller: Caller, event: LimitLifted, heard: Heard) -> None:
    charger = _charger_of(caller)
    if device_model.lift_limit(charger, event, now=heard.at):
        energy.want_plan_of_charger(charger.pk, f"A limit of {charger} from outside is lifted", now=heard.at)
    live.tell([caller.charger_id], what="limit")


def needs(caller: Caller, event: NeedsTold, heard: Heard) -> NeedsAnswer:
    """Whether a schedule will come for this vehicle (K15.FR.03-05)."""
    charger = _charger_of(caller)
    if not event.evse:
        return NeedsAnswer(NeedsStatus.REJECTED, UNKNOWN_EVSE)
    answer = _answer_to(charger, event, heard)
    device_model.keep_needs(charger, event, answer, now=heard.at)
    live.tell([charger.pk], what="needs")
    return answer


def _answer_to(charger: Charger, event: NeedsTold, heard: Heard) -> NeedsAnswer:
    """Processing where a plan is made for it: the profile follows when that is done (K15.FR.05, K16)."""
    evse = evse_of(charger.pk, event.evse)
    session = running_sessions([evse.pk]).get(evse.pk)
    if session is not None and not _may_flow(charger, session, event):
        return NeedsAnswer(NeedsStatus.REJECTED, NOT_ALLOWED)
    if session is not None:
        energy_wh = _energy_wanted_wh(event)
        departs_at = event.departs_at if event.departs_at is not None and event.departs_at > heard.at else None
        energy.vehicle_told(session, departs_at, energy_wh, NeedSource.VEHICLE, heard.at)
    is_planned = Wiring.objects.filter(evse=evse, control=Control.MANAGED).exists()
    if session is None or not is_planned or not charger.energy_management_on:
        # By ISO 15118-20 a refusal ends the charge: there it is said apart (K18.FR.04, K19.FR.04).
        none_comes = NeedsStatus.NO_PROFILE if _speaks_of_both_ways(event) else NeedsStatus.REJECTED
        return NeedsAnswer(none_comes, NOT_ENABLED)
    energy.want_plan_of_charger(charger.pk, f"A vehicle at {charger} told what it needs", now=heard.at)
    _give_again(charger, evse, heard)
    return NeedsAnswer(NeedsStatus.PROCESSING)


def _may_flow(charger: Charger, session: Session, event: NeedsTold) -> bool:
    """Is the way in which the vehicle wants energy to flow one that this charge was allowed (2.1 Q01.FR.04)?"""
    terms = ChargeTerms.objects.filter(charger=charger, reference=session.reference or str(session.pk)).first()
    return terms is None or not terms.transfer_modes or event.transfer in terms.transfer_modes


def _speaks_of_both_ways(event: NeedsTold) -> bool:
    """It came by ISO 15118-20, which has modes of control and parameters for both ways."""
    return bool(event.control_mode) or "v2xChargingParameters" in event.told


def _energy_wanted_wh(event: NeedsTold) -> int | None:
    """As it says, or from its charge and the size of its battery; None where it tells neither, or nonsense.

    A vehicle that has energy to give away (2.1) tells it below zero: it wants none.
    """
    wanted_wh = event.energy_wh
    if wanted_wh is None and event.soc_percent is not None and event.capacity_wh is not None:
        target = event.target_soc_percent or event.full_soc_percent or 100
        wanted_wh = event.capacity_wh * (target - event.soc_percent) / 100
    if wanted_wh is None or wanted_wh > MOST_WH:
        return None
    return max(0, round(wanted_wh))


def _give_again(charger: Charger, evse: Evse, heard: Heard) -> None:
    """What the charge there may draw, as it stands: by it a vehicle that asks or differs settles its schedule (K16).

    Never over a newer limit that is on its way.
    """
    on_its_way = IssuedCommand.objects.filter(
        charger=charger, kind=InstallProfile.kind, state__in=[CommandState.REQUESTED, CommandState.SENT]
    )
    given = profile_given(evse)
    session = running_sessions([evse.pk]).get(evse.pk)
    if given is None or session is None or given.reference != session.reference:
        return
    if not charger.energy_management_on or on_its_way.exists():
        return
    try:
        command = InstallProfile(evse=evse.number, profile=given)
        issue_command(charger, command, issued_by=None, now=heard.at)
    except (ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken) as error:
        logger.info("%s: its vehicle's limit was not told again: %s", charger.identity, error)


def _differed_before(schedule: VehicleSchedule) -> bool:
    """A vehicle that keeps to its mind is not told the same for ever."""
    before = VehicleSchedule.objects.filter(evse=schedule.evse, pk__lt=schedule.pk).order_by("-pk").first()
    return before is not None and not before.is_within_limits


def vehicle_schedule(caller: Caller, event: VehicleScheduleTold, heard: Heard) -> bool:
    """False where the vehicle means to draw more than we gave (K15.FR.12)."""
    charger = _charger_of(caller)
    if not event.evse:
        return False
    kept = device_model.keep_vehicle_schedule(charger, event, now=heard.at)
    if not kept.is_within_limits:
        text = f"The vehicle at outlet {event.evse} of {charger} means to draw more than it was given; it was told so"
        notices.write("vehicle.beyond_limit", charger, text, at=heard.at, schedule=kept.pk)
        if not _differed_before(kept):
            _give_again(charger, kept.evse, heard)
    live.tell([charger.pk], what="needs")
    return kept.is_within_limits
