"""Facts that were stored but not understood, tried again: after a fix of ours, and after a charger's adoption."""

import logging
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from chargers.choices import Standing
from chargers.events import ChargingStarted
from chargers.inbox import Caller, Heard
from chargers.models import UnreadFact
from chargers.ocpp.dialects import DIALECTS
from chargers.services.hear import IN_THE_WAITING_ROOM
from depot.inbox import ONE_AT_A_TIME

logger = logging.getLogger(__name__)


def read_all(now: datetime, charger_id: int | None = None) -> int:
    """Read what can be read now, in the order heard; how many were. A charger's facts stop at the first that fails."""
    waiting = UnreadFact.objects.filter(read_at=None, charger__standing=Standing.ADOPTED).order_by("id")
    if charger_id is not None:
        waiting = waiting.filter(charger=charger_id)
    stuck: set[int] = set()
    count = 0
    # By their keys first: in the midst of reading rows our own writes are refused once others have written (SQLite).
    for key, charger_key in list(waiting.values_list("pk", "charger")):
        if charger_key in stuck:
            continue
        if read_one(UnreadFact.objects.select_related("charger").get(pk=key), now):
            count += 1
        else:
            stuck.add(charger_key)
    return count


def read_after_adoption(now: datetime) -> int:
    """What chargers said in the waiting room, once they are adopted; what fails then waits for a person."""
    adopted = (
        UnreadFact.objects.filter(read_at=None, tries=0, charger__standing=Standing.ADOPTED, why=IN_THE_WAITING_ROOM)
        .values_list("charger", flat=True)
        .distinct()
    )
    return sum(read_all(now, charger_id) for charger_id in set(adopted))


def read_one(fact: UnreadFact, now: datetime) -> bool:
    """Tell the yard this fact, as it was heard; False when it is still not understood, with the reason kept."""
    caller = Caller(fact.charger_id, fact.charger.identity, 0, fact.protocol, Standing(fact.charger.standing))
    heard = Heard(fact.heard_at, fact.action, fact.payload)
    try:
        with transaction.atomic():
            event = DIALECTS[fact.protocol].read(fact.action, fact.payload, fact.heard_at)
            if isinstance(event, ChargingStarted) and fact.answered_reference:
                # The charger already calls it by the number that it was given.
                event = replace(event, reference=fact.answered_reference)
            ONE_AT_A_TIME[type(event)](caller, event, heard)
            UnreadFact.objects.filter(pk=fact.pk).update(read_at=now, tries=fact.tries + 1)
    except Exception as error:
        logger.exception("fact %s is still not understood", fact.pk)
        UnreadFact.objects.filter(pk=fact.pk).update(why=repr(error)[:2000], tries=fact.tries + 1)
        return False
    return True
