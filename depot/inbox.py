"""THE TABLE: which function answers which event of a charger.

Two kinds of rows. One at a time: an atomic block of its own. By the batch: written set-based for all chargers at once.
What cannot be understood is stored raw and acknowledged; what cannot be stored is not answered.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from django.db import transaction

from chargers import trace
from chargers.events import (
    Booted,
    CertificatesRead,
    ChainAsked,
    ChargingEnded,
    ChargingStarted,
    ChargingUpdated,
    CommandAnswered,
    CommandSent,
    CommandUnanswered,
    Connected,
    ContractRequested,
    CustomerTold,
    DataTransferred,
    Disconnected,
    Event,
    HeartbeatSent,
    JobProgressed,
    LimitImposed,
    LimitLifted,
    MessageGone,
    MessagesReported,
    MessageTaken,
    MetersRead,
    MonitorsAnswered,
    MonitorsGone,
    MonitorsReported,
    NeedsTold,
    NetworkProfileTaken,
    ProfilesReported,
    ReportPromised,
    ReservationUpdated,
    RevocationAsked,
    SecurityEventHappened,
    SettingsReported,
    SeveralTold,
    SigningRequested,
    StartDecision,
    StatusChanged,
    StreamFlowed,
    TokenDecision,
    TokenPresented,
    TokenStatus,
    VariableAlerted,
    VehicleScheduleTold,
)
from chargers.inbox import Caller, DatabaseAway, Heard
from chargers.services import keep_unread_fact
from chargers.services.hear import IN_THE_WAITING_ROOM, PROVISIONAL_IDS_FROM, has_room
from chargers.trace import recorder
from depot import batch, certificates, clock, handlers, live, reports, reserving
from depot.intake import BatchLane, Item, is_away, one_at_a_time
from depot.onsite import handlers as onsite
from depot.plug_and_charge import handlers as plug_and_charge

logger = logging.getLogger(__name__)

A = TypeVar("A")
Handler = Callable[[Caller, Any, Heard], Any]

ONE_AT_A_TIME: dict[type[Event[Any]], Handler] = {
    Booted: handlers.boot,
    TokenPresented: plug_and_charge.token,
    ChargingStarted: handlers.start,
    ChargingUpdated: handlers.update,
    ChargingEnded: handlers.end,
    MetersRead: handlers.stray_readings,  # those that the batch could not place
    StatusChanged: handlers.telling_status,  # those that end or contradict a session
    DataTransferred: handlers.data,
    JobProgressed: handlers.job,
    SecurityEventHappened: handlers.security_event,
    SettingsReported: reports.variables,
    VariableAlerted: reports.alerts,
    ReportPromised: reports.promised,
    MonitorsReported: reports.monitors,
    MonitorsAnswered: reports.monitors_answered,
    MonitorsGone: reports.monitors_gone,
    MessagesReported: reports.messages,
    MessageTaken: reports.message_taken,
    MessageGone: reports.message_gone,
    CustomerTold: reports.customer,
    ProfilesReported: reports.profiles,
    NetworkProfileTaken: reports.network_profile,
    LimitImposed: reports.limited,
    LimitLifted: reports.released,
    NeedsTold: reports.needs,
    VehicleScheduleTold: reports.vehicle_schedule,
    ReservationUpdated: reserving.ended_by_charger,
    SigningRequested: plug_and_charge.sign,
    CertificatesRead: certificates.held,
    ContractRequested: plug_and_charge.contract,
    RevocationAsked: plug_and_charge.revocation,
    ChainAsked: plug_and_charge.chain,
    CommandSent: handlers.command_sent,
    CommandAnswered: handlers.command_answered,
    CommandUnanswered: handlers.command_unanswered,
    **onsite.HANDLERS,
}
# Their handlers may wait for somebody outside: no transaction may be open meanwhile, and they open their own.
ASK_OTHERS_FIRST = {TokenPresented, SigningRequested, ContractRequested, RevocationAsked, ChainAsked}
BY_THE_BATCH = (HeartbeatSent, StatusChanged, MetersRead, Connected, Disconnected, StreamFlowed)
# Facts about a transaction, and what is answered when one is stored but not understood.
VALID = TokenDecision(TokenStatus.ACCEPTED)
FACTS: dict[type[Event[Any]], Callable[[str, Any], Any]] = {
    ChargingStarted: lambda reference, event: StartDecision(
        event.reference or reference, VALID if event.token is not None else None
    ),
    ChargingUpdated: lambda reference, event: VALID if event.token is not None else None,
    ChargingEnded: lambda reference, event: VALID if event.token is not None else None,
    MetersRead: lambda reference, event: None,
}


class Inbox:
    """The roof's filling of the port `chargers.inbox`."""

    def __init__(self) -> None:
        self.lane = BatchLane(self._commit_batch, lambda: recorder.holds_something)
        self._trace_failed = False

    def now(self) -> datetime:
        return clock.now()

    async def handle(self, caller: Caller, event: Event[A], heard: Heard) -> A:
        if isinstance(event, SeveralTold):
            for told in event.events:
                await self.handle(caller, told, heard)
            return None  # type: ignore[return-value]
        item = Item(caller, event, heard)
        try:
            if isinstance(event, BY_THE_BATCH):
                answer = await self.lane.put(item)
                if answer is not batch.ALONE:
                    return answer  # type: ignore[no-any-return]
            else:
                self.lane.flush_soon()
            return await one_at_a_time(self._store, item)  # type: ignore[no-any-return]
        except Exception as error:
            if type(event) not in FACTS or is_away(error) or isinstance(error, DatabaseAway):
                raise
            logger.exception("%s: %s is kept unread", caller.identity, type(event).__name__)
            reference = await self.keep_unread(caller, heard, repr(error))
            return FACTS[type(event)](reference, event)  # type: ignore[no-any-return]

    async def keep_unread(self, caller: Caller, heard: Heard, why: str) -> str:
        reference: str = await one_at_a_time(partial(_keep_raw, why), Item(caller, HeartbeatSent(), heard))
        return reference

    def _store(self, item: Item) -> Any:
        handler = ONE_AT_A_TIME[type(item.event)]
        if type(item.event) in ASK_OTHERS_FIRST:
            return handler(item.caller, item.event, item.heard)
        with transaction.atomic():
            return handler(item.caller, item.event, item.heard)

    def _commit_batch(self, items: Sequence[Item]) -> list[Any]:
        """One transaction for all: the facts, and what was traced meanwhile."""
        # A trace that failed is tried alone, so that it never costs a charger's word.
        rows, oddities = recorder.take() if not (self._trace_failed and items) else ([], {})
        try:
            with transaction.atomic():
                answers = batch.store(items)
                trace.write(rows, oddities)
                # Now, and not when the call was heard: its row is written with its answer, a batch later.
                live.tell(traced={row[0] for row in rows})
        except Exception as error:
            if items or is_away(error):
                recorder.put_back(rows, oddities)
                self._trace_failed = bool(rows)
                raise
            logger.exception("%d traced calls could not be written and are dropped", len(rows))
        else:
            self._trace_failed = self._trace_failed and bool(items)
        return answers if items else []


def _keep_raw(why: str, item: Item) -> str:
    with transaction.atomic():
        if why == IN_THE_WAITING_ROOM and not has_room(item.caller.charger_id):
            # Bounded: what is beyond is acknowledged and counted, for a stranger must not fill our disk.
            recorder.count(item.caller.charger_id, "waiting room: not kept", item.heard.action, item.heard.at)
            return str(PROVISIONAL_IDS_FROM)
        fact = keep_unread_fact(
            item.caller.charger_id,
            item.caller.protocol,
            item.heard.action,
            item.heard.payload or {},
            heard_at=item.heard.at,
            why=why,
        )
        handlers.unread_fact_kept(item.caller, fact, item.heard)
        return fact.answered_reference
