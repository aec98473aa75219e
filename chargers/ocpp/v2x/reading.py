"""What a charger holds and does just now (2.x B08, E14, K08, K09)."""

from datetime import datetime
from functools import partial

from chargers.commands import ReadCompositeSchedule, ReadProfiles, ReadTransaction, ReportSomeSettings
from chargers.events import Setting
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v2x.charging_profiles import KINDS, PURPOSES, PURPOSES_21, ProfileWords, purpose_word
from chargers.ocpp.v2x.versions import both, v21, v201
from chargers.ocpp.v2x.words import hear_status, write_setting


@both.asks(ReadCompositeSchedule)
def composite_schedule(command: ReadCompositeSchedule) -> Call:
    payload: Payload = {"evseId": command.evse, "duration": command.duration_s}
    if command.unit is not None:
        payload["chargingRateUnit"] = command.unit.value
    return Call("GetCompositeSchedule", payload)


def profiles(command: ReadProfiles, words: ProfileWords) -> Call:
    wanted: Payload = {}
    if command.profile_ids:
        # An id says it all (K09.FR.03).
        wanted["chargingProfileId"] = list(command.profile_ids)
    else:
        if command.purpose is not None:
            wanted["chargingProfilePurpose"] = purpose_word(command.purpose, words)
        if command.stack_level is not None:
            wanted["stackLevel"] = command.stack_level
    if not wanted:
        raise CommandNotSpoken("OCPP 2.x reads profiles by id, or by purpose or stack level (K09.FR.03)")
    payload: Payload = {"requestId": command.request_id, "chargingProfile": wanted}
    if command.evse is not None:
        payload["evseId"] = command.evse
    return Call("GetChargingProfiles", payload)


v201.asks(ReadProfiles)(partial(profiles, words=ProfileWords("2.0.1", PURPOSES, KINDS)))
v21.asks(ReadProfiles)(partial(profiles, words=ProfileWords("2.1", PURPOSES_21, KINDS)))


@both.hears("GetChargingProfiles")
def profiles_found(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    return hear_status(response, "Accepted", "NoProfiles")


@both.asks(ReadTransaction)
def transaction(command: ReadTransaction) -> Call:
    return Call("GetTransactionStatus", {} if command.reference is None else {"transactionId": command.reference})


@both.hears("GetTransactionStatus")
def transaction_read(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    goes_on = {True: "Ongoing", False: "Ended"}.get(response.get("ongoingIndicator"), "")  # type: ignore[arg-type]
    queue = "messages waiting" if response["messagesInQueue"] else "all told"
    return Hearing(True, ", ".join(word for word in (goes_on, queue) if word))


@both.asks(ReportSomeSettings)
def report(command: ReportSomeSettings) -> Call:
    payload: Payload = {"requestId": command.request_id}
    if command.settings:
        payload["componentVariable"] = write_choice(command.settings)
    if command.criteria:
        payload["componentCriteria"] = list(command.criteria)
    if len(payload) == 1:
        raise CommandNotSpoken("A report of everything is a base report (B07)")
    return Call("GetReport", payload)


def write_choice(settings: tuple[Setting, ...]) -> list[Payload]:
    """ComponentVariableType: a variable, or all of its component."""
    chosen = [write_setting(setting) for setting in settings]
    for setting, told in zip(settings, chosen, strict=True):
        if not setting.component:
            raise CommandNotSpoken("OCPP 2.x has no variable outside of a component")
        if not setting.variable:
            del told["variable"]
    return chosen


@both.hears("GetReport")
def report_promised(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    # EmptyResultSet: nothing is as was asked for, and no report will come.
    return hear_status(response, "Accepted", "EmptyResultSet")
