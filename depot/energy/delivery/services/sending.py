"""What goes out now: every reduction, and raises inside the room there is."""

import logging

from django.db import transaction

from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken, issue_command
from depot.energy.delivery.learning import FOLLOWS_UPDATES, learn_refusal, show
from depot.energy.delivery.models import Fallback, State
from depot.energy.delivery.services.hoping import hoped_ledger
from depot.energy.delivery.services.round import LOOK_AGAIN, Proposal, Round
from depot.energy.ledger import Ledger

logger = logging.getLogger(__name__)


def send_reductions(of: Round, proposals: list[Proposal]) -> list[Proposal]:
    left, hoped = [], _hoped_where_over(of, proposals)
    for proposal in proposals:
        verdict = of.ledger.ask(proposal.after(of.now))
        if verdict.may_send and verdict.is_reduction and not _takes_back(of, proposal, hoped):
            send(of, proposal)
        else:
            left.append(proposal)
    return left


def _hoped_where_over(of: Round, proposals: list[Proposal]) -> Ledger | None:
    return hoped_ledger(of, proposals) if of.ledger.overloads() else None


def _takes_back(of: Round, proposal: Proposal, hoped: Ledger | None) -> bool:
    """Of one that was told to give way and has not answered a whole plan is no raise; yet it would not help either."""
    if hoped is None or not proposal.is_plan:
        return False
    after = proposal.station.hoped([proposal.command], now=of.now, since=of.now - LOOK_AGAIN)
    return hoped.stays_over(after, of.ledger.units[after.key])


def send_raises(of: Round, proposals: list[Proposal]) -> list[Proposal]:
    left, hoped = [], _hoped_where_over(of, proposals)
    for proposal in proposals:
        target = proposal.target
        if proposal.station.is_open or proposal.station.charger.pk in of.busy():
            of.wait(proposal, State.SENT, "the charger has not answered yet")
            continue
        verdict = of.ledger.ask(proposal.after(of.now))
        if _takes_back(of, proposal, hoped):
            of.wait(proposal, State.NO_ROOM, "others need the power")
            left.append(proposal)
        elif not verdict.may_send:
            of.wait(proposal, State.NO_ROOM, f"no room on {', '.join(verdict.stands_in_the_way)}")
            left.append(proposal)
        elif target.not_before is not None and target.not_before > of.now and proposal.is_plan:
            of.wait(proposal, State.TOO_SOON, "")
        else:
            send(of, proposal)
    return left


def send(of: Round, proposal: Proposal) -> None:
    target, station = proposal.target, proposal.station
    if of.was_just_refused(proposal):
        of.wait(proposal, State.TOO_SOON, "the charger has just refused it")
        return
    after = proposal.after(of.now)
    try:
        with transaction.atomic():
            row = issue_command(station.charger, proposal.command, issued_by=of.actor, now=of.now)
    except ChargerOffline:
        target.state = State.OFFLINE
        return
    except (CommandNotSpoken, CommandInvalid) as error:
        logger.warning("%s cannot be told %s: %s", station.charger.identity, proposal.rung, error)
        why = f"cannot be said to it: {error}"
        if proposal.shape.leads:
            show(station.charger, FOLLOWS_UPDATES, "no", why, now=of.now)
        else:
            learn_refusal(station.charger, proposal.rung, "NotSupported", why, now=of.now)
        of.looks.append(of.now)
        return
    except CommandNotAllowed as error:
        target.state, target.why = State.OUT_OF_HANDS, str(error)[:200]
        return
    of.ledger.put(after)
    of.sent[target.evse_id], of.told[station.charger.pk] = row, proposal.command
    target.command, target.rung = row, str(proposal.rung)
    target.sends_plan = proposal.is_plan
    if proposal.is_plan:
        target.state, target.why, target.not_before = State.SENT, "", of.now + station.between_raises
    else:
        target.fallback_state = Fallback.ASKED
