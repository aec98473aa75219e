"""What was asked of chargers, and how far it came: requested -> accepted -> seen; a command never claims more."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from chargers.choices import CommandState, EffectState
from chargers.models import IssuedCommand
from depot.access.models import User
from depot.access.reach import within_reach
from depot.board import figures
from depot.models import Bay
from sessions.models import Session

# (charger pk, EVSE number, or the session's reference) -> the bay's name
BayNames = Mapping[tuple[int, int | str], str]

TITLES = {
    "start": "Start",
    "stop": "Stop",
    "reset": "Reset",
    "unlock": "Unlock",
    "trigger": "Ask for",
    "availability": "Change availability of",
    "read_settings": "Read settings of",
    "change_settings": "Change settings of",
    "report_settings": "Read all settings of",
    "clear_cache": "Clear the card memory of",
    "install_profile": "Limit",
    "clear_profiles": "Lift limits of",
    "set_monitors": "Set monitors of",
    "clear_monitors": "Delete monitors of",
    "report_monitors": "Ask for the monitors of",
    "set_monitoring_base": "Choose the monitors of",
    "set_monitoring_level": "Choose what is told by",
    "show_message": "Show a message at",
    "clear_message": "Take a message from",
    "report_messages": "Ask for the messages of",
    "customer_information": "Ask about a customer at",
    "read_profiles": "Ask for the profiles of",
    "read_composite_schedule": "Ask for the plan of",
    "read_transaction": "Ask how a charge stands at",
    "report_some_settings": "Read some variables of",
    "set_network_profile": "Write a way to the server into",
    "send_data": "Send data to",
    "show_cost": "Show the cost at",
    "reserve": "Reserve",
    "cancel_reservation": "Release",
    "send_local_list": "Send the list of cards to",
    "read_local_list_version": "Ask for the list of cards of",
    "update_firmware": "Update the firmware of",
    "publish_firmware": "Have firmware offered by",
    "unpublish_firmware": "Have firmware withdrawn by",
    "upload_log": "Fetch the log of",
    "upload_diagnostics": "Fetch the diagnostics of",
    "read_certificates": "Ask for the certificates of",
    "install_certificate": "Install a root certificate in",
    "delete_certificate": "Delete a certificate from",
    "give_certificate": "Hand its certificate to",
    "read_streams": "Ask for the streams of",
    "adjust_stream": "Adjust a stream of",
    "set_grid_rule": "Set a grid rule of",
    "report_grid_rules": "Ask for the grid rules of",
    "clear_grid_rules": "Clear grid rules of",
    "send_reserve_signal": "Send the reserve signal to",
    "use_priority": "Choose who charges first at",
    "allow_transfer": "Choose how energy may flow at",
    "update_dynamic_schedule": "Update the dynamic limit of",
    "request_swap": "Ask for a battery swap at",
    "give_default_tariff": "Give a price list to",
    "change_transaction_tariff": "Change the price of a charge at",
    "read_tariffs": "Ask for the price lists of",
    "clear_tariffs": "Take price lists from",
    "await_web_payment": "Await a payment at",
    "raw": "Call",
}
# What a charger's words for no come to; the word itself stands behind it.
REFUSALS = {
    "Occupied": "the place is taken",
    "Faulted": "it is out of order",
    "Unavailable": "it is out of service",
    "NotSupported": "it cannot do that",
    "NotImplemented": "it does not know how",
    "TxNotFound": "it knows no such charge",
    "UnknownTransaction": "it knows no such charge",
    "UnknownVendorId": "it knows nothing of this maker",
    "UnknownMessageId": "it knows no such message",
    "UnknownComponent": "it has no such setting",
    "UnknownVariable": "it has no such setting",
    "UnlockFailed": "the lock did not open",
    "OngoingAuthorizedTransaction": "a charge is under way there",
    "UnknownConnector": "it has no such outlet",
    "ReadOnly": "the setting may only be read",
    "VersionMismatch": "it holds another version of the list",
    "InvalidSignature": "the signature is not right",
    "InternalError": "something failed within it",
    "SecurityError": "it does not allow that",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One command as a line: its shape (dotted ring, tick, diamond, triangle), whom it met, and how it stands."""

    command_id: int
    shape: str
    kind_class: str
    title: str
    who: str
    words: str
    at: datetime
    charger_id: int
    is_over: bool


def latest(user: User, *, limit: int, charger_ids: Collection[int]) -> QuerySet[IssuedCommand]:
    """The newest first."""
    return _newest(user, charger_ids)[:limit]


def latest_of_people(user: User, *, limit: int, charger_ids: Collection[int]) -> QuerySet[IssuedCommand]:
    """What somebody asked for; limits are the emergency's, which has a page of its own."""
    asked = _newest(user, charger_ids).filter(issued_by__isnull=False)
    return asked.exclude(kind__in=["install_profile", "clear_profiles"])[:limit]


def _newest(user: User, charger_ids: Collection[int]) -> QuerySet[IssuedCommand]:
    commands = within_reach(user, IssuedCommand.objects.filter(charger__in=charger_ids))
    return commands.select_related("issued_by", "charger").defer("request", "response", "sealed").order_by("-pk")


def describe(commands: Iterable[IssuedCommand], *, asking: User | None, bays: BayNames | None = None) -> list[Step]:
    rows = list(commands)
    names = bays if bays is not None else bay_names(rows)
    return [_step(row, asking, names) for row in rows]


def bay_names(commands: Sequence[IssuedCommand]) -> dict[tuple[int, int | str], str]:
    """Where each command went: by its EVSE, or by the session that it names."""
    bays = Bay.objects.filter(evse__charger__in={command.charger_id for command in commands}).order_by()
    names: dict[tuple[int, int | str], str] = {
        (charger, number): name for charger, number, name in bays.values_list("evse__charger", "evse__number", "name")
    }
    references = {command.reference for command in commands if command.reference}
    if references:
        sessions = Session.objects.filter(
            charger__in={command.charger_id for command in commands}, reference__in=references
        ).order_by()
        names |= {
            (charger, reference): name
            for charger, reference, name in sessions.values_list("charger", "reference", "bay_name")
            if name
        }
    return names


def _step(command: IssuedCommand, asking: User | None, bays: BayNames) -> Step:
    shape, kind_class, words = stand_of(command)
    return Step(
        command_id=command.pk,
        shape=shape,
        kind_class=kind_class,
        title=title_of(command, bays),
        who=_who(command, asking),
        words=words,
        at=command.issued_at,
        charger_id=command.charger_id,
        is_over=shape != "wait",
    )


def title_of(command: IssuedCommand, bays: BayNames) -> str:
    """`Stop A09`, `Reset CP-12`, `Limit D1 to 6 A`."""
    about = command.evse_number or command.reference
    target = bays.get((command.charger_id, about)) or str(command.charger)
    wording = command.wording if isinstance(command.wording, dict) else {}
    if command.kind == "availability":
        return f"{'Bring back' if wording.get('operative') else 'Take out of service'} {target}"
    if command.kind == "raw":
        return f"{wording.get('action', 'Call')} to {target}"
    if command.kind == "trigger":
        return f"Ask {target} for {wording.get('message', 'a message')}"
    verb = TITLES.get(command.kind, command.kind.replace("_", " ").capitalize())
    limit = _limit_of(wording) if command.kind == "install_profile" else ""
    return f"{verb} {target}{limit}"


def _limit_of(wording: Mapping[str, object]) -> str:
    profile = wording.get("profile")
    if not isinstance(profile, dict):
        return ""
    periods = [period for schedule in profile.get("schedules", ()) for period in schedule.get("periods", ())]
    if len(periods) != 1:
        return ""
    return f" to {periods[0]['limit']:g}\N{NO-BREAK SPACE}{profile['schedules'][0]['unit']}"


def _who(command: IssuedCommand, asking: User | None) -> str:
    if command.issued_by_id is None:
        return "by itself"
    if asking is not None and command.issued_by_id == asking.pk:
        return "you"
    person = command.issued_by
    return (person.get_full_name() or person.get_username()) if person else ""


def stand_of(command: IssuedCommand) -> tuple[str, str, str]:
    """(icon, colour class, words) of how far a command came."""
    if command.effect == EffectState.SEEN:
        # What was asked may show before its own answer comes.
        return "ok", "is-ok", f"Seen{_took(command.issued_at, command.effect_at)}: {_seen(command)}"
    match CommandState(command.state):
        case CommandState.REQUESTED:
            return "wait", "", "Asked; not sent yet"
        case CommandState.SENT:
            return "wait", "", "Sent; the charger has not answered yet"
        case CommandState.REJECTED:
            said = command.status if command.status != "Rejected" else _told_why(command.response)
            return "miss", "is-miss", _with_reason("Refused by the charger", said)
        case CommandState.ERROR:
            # Its description is for whoever wrote it; a code that we have words for says more.
            known = command.error_code in REFUSALS
            said = command.error_code if known else command.error_description or command.error_code
            return "miss", "is-miss", _with_reason("The charger answered with an error", said)
        case CommandState.UNANSWERED:
            return "miss", "is-miss", "No answer from the charger"
        case CommandState.EXPIRED:
            return "miss", "is-miss", "Never sent: the charger could not be reached in time"
        case CommandState.CANCELLED:
            return "note", "", "Taken back before it was sent"
    if command.effect == EffectState.AWAITED:
        return "wait", "", "Accepted; waiting to see it happen"
    if command.effect == EffectState.NOT_SEEN:
        return "risk", "is-risk", command.effect_note or "Accepted, but nothing happened"
    return "ok", "is-ok", f"Accepted{_took(command.sent_at or command.asked_at, command.answered_at)}"


def _told_why(response: object) -> str:
    """What a charger of 2.x says beside its refusal."""
    told = response.get("statusInfo") if isinstance(response, dict) else None
    if not isinstance(told, dict):
        return ""
    return ": ".join(str(told[name]) for name in ("reasonCode", "additionalInfo") if told.get(name))


def _with_reason(words: str, said: str) -> str:
    """`Refused by the charger: it knows no such charge (TxNotFound)`."""
    plain = REFUSALS.get(said.partition(":")[0], "")
    if plain:
        return f"{words}: {plain} ({said})"
    return f"{words}: {said}" if said else words


SEEN = {"start": "a session began", "stop": "the session ended", "reset": "it started again"}


def _seen(command: IssuedCommand) -> str:
    return SEEN.get(command.kind) or command.effect_note or "it happened"


def _took(since: datetime | None, until: datetime | None) -> str:
    if since is None or until is None:
        return ""
    span = until - since
    if span < timedelta(seconds=10):
        return f" after {span.total_seconds():.1f}\N{NO-BREAK SPACE}s"
    return f" after {figures.length(span)}"
