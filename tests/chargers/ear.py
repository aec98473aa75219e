"""Hears frames as the line does and hands them to the inbox's table, without the network between."""

from datetime import datetime
from typing import Any

from django.db import transaction

from chargers.choices import Standing
from chargers.events import Event, SeveralTold
from chargers.inbox import Caller, Heard
from chargers.models import Charger
from chargers.ocpp import repairs, schemas
from chargers.ocpp.dialects import DIALECTS
from depot import batch
from depot.inbox import BY_THE_BATCH, ONE_AT_A_TIME
from depot.intake import Item
from tests.factories import THURSDAY, connect

Payload = dict[str, Any]


class Ear:
    def __init__(self, charger: Charger) -> None:
        self.charger = charger
        connection = connect(charger)
        self.caller = Caller(charger.pk, charger.identity, connection.pk, charger.protocol, Standing.ADOPTED)
        self.notes: list[str] = []  # what was repaired in the last frame

    def hear(self, action: str, payload: Payload, *, at: datetime = THURSDAY) -> Payload:
        """What is answered; it keeps its schema, if it has one. A frame that is refused fails the test."""
        protocol = self.caller.protocol
        repaired, self.notes, broken = repairs.repair(protocol, action, payload)
        assert broken is None, broken
        event = DIALECTS[protocol].read(action, repaired, at)
        answer = self._tell(event, Heard(at, action, repaired))
        reply = DIALECTS[protocol].reply(action, answer)
        if schemas.is_sent(protocol, action):
            return {}
        assert schemas.check(protocol, action, reply, response=True) is None
        return reply

    def _tell(self, event: Event[Any], heard: Heard) -> Any:
        if isinstance(event, SeveralTold):
            for told in event.events:
                self._tell(told, heard)
            return None
        answer: Any = batch.ALONE
        if isinstance(event, BY_THE_BATCH):
            [answer] = batch.store([Item(self.caller, event, heard)])
        if answer is batch.ALONE:
            with transaction.atomic():
                answer = ONE_AT_A_TIME[type(event)](self.caller, event, heard)
        return answer
