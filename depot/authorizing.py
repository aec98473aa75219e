"""A card at a charger: may it charge, where, and what people hear of a charge that began though we say no."""

from dataclasses import replace

from chargers.choices import Protocol, Standing
from chargers.events import TokenDecision, TokenPresented, TokenStatus
from chargers.inbox import Caller, Heard
from chargers.models import Charger
from chargers.services import ChargerOffline, CommandInvalid, CommandNotAllowed, CommandNotSpoken
from depot import queries
from depot.energy.delivery import starting
from depot.notices import services as notices
from sessions import services as sessions
from sessions.models import Session


def token(caller: Caller, event: TokenPresented, heard: Heard) -> TokenDecision:
    """Authorize: judged at the EVSE that the charger names, else at each that it has."""
    if caller.standing != Standing.ADOPTED:
        return TokenDecision(TokenStatus.INVALID)
    anywhere = queries.place_of(caller.charger_id, event.evse)
    places = queries.places_of(caller.charger_id, now=heard.at)
    if event.evse:
        anywhere, places = places.get(event.evse, anywhere), {}
    decision = sessions.authorize(event, place=anywhere, now=heard.at, places=places)
    if decision.is_master_pass and decision.status is TokenStatus.ACCEPTED and caller.protocol == Protocol.V16:
        return _stop_all(caller, decision, heard)
    if decision.status is TokenStatus.ACCEPTED:
        starting.expect_start(caller.charger_id, event.evse, now=heard.at)
    return decision


def _stop_all(caller: Caller, decision: TokenDecision, heard: Heard) -> TokenDecision:
    """A master pass at a charger of 1.6, which has no word for it: what C16.FR.02 makes of it is asked for by us."""
    charger = Charger.objects.get(pk=caller.charger_id)
    for session in Session.objects.running().filter(charger=charger).select_related("charger"):
        try:
            sessions.request_stop(session, requested_by=None, now=heard.at)
        except (ChargerOffline, CommandNotSpoken, CommandInvalid, CommandNotAllowed) as error:
            text = f"{charger}: a master pass was shown, and session {session.pk} could not be stopped: {error}"
            notices.write("session.not_stopped", charger, text, at=heard.at, session=session.pk)
    # Accepted, the charger would take the card for one that starts.
    return replace(decision, status=TokenStatus.INVALID, why="A master pass stops charges and starts none")


def tell_of_refused(charger: Charger, outcome: sessions.Outcome, heard: Heard) -> None:
    """The charger began though we say no: from its own list or cache, or because it was left alone with the card."""
    session = outcome.session
    if session is None or not outcome.is_news or not session.token_why or session.started_heard_at != heard.at:
        return
    where = f"{charger}, {session.bay_name}" if session.bay_name else str(charger)
    text = f"{where}: session {session.pk} began with a card to which we say no. {session.token_why}"
    notices.write("session.not_authorized", charger, text, at=heard.at, session=session.pk)
