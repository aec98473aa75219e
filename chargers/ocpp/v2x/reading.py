"""What a charger holds and does just now (2.x B08, E14, K08, K09)."""

from datetime import datetime
from functools import partial

from chargers.commands import ChargingProfile, ReadCompositeSchedule, ReadProfiles, ReadTransaction, ReportSomeSettings
from chargers.events import ProfileScope, ProfilesReported, ReportKind, ReportPromised, Setting
from chargers.ocpp.dialect import Call, CommandNotSpoken, Hearing, Payload
from chargers.ocpp.v2x.charging_profiles import (
    KINDS,
    PURPOSES,
    PURPOSES_21,
    READ_PURPOSES,
    ProfileWords,
    purpose_word,
    read_profile,
)
from chargers.ocpp.v2x.versions import both, v21, v201
from chargers.ocpp.v2x.words import LARGEST_NUMBER, hear_status, write_setting
from chargers.ocpp.values import whole


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
    hearing = hear_status(response, "Accepted", "NoProfiles")
    if not hearing.accepted or "requestId" not in request:
        return hearing
    wanted = request.get("chargingProfile") or {}
    purpose = wanted.get("chargingProfilePurpose")
    scope = ProfileScope(
        evse=request.get("evseId"),
        profile_ids=tuple(wanted.get("chargingProfileId") or ()),
        purpose=None if purpose is None else READ_PURPOSES.get(purpose),
        stack_level=wanted.get("stackLevel"),
    )
    promised = ReportPromised(
        kind=ReportKind.PROFILES,
        request_id=request["requestId"],
        is_empty=hearing.status == "NoProfiles",
        profiles=scope,
    )
    return Hearing(True, hearing.status, (promised,))


@both.tells("ReportChargingProfiles")
def profiles_reported(said: Payload, heard_at: datetime) -> ProfilesReported:
    evse = whole(said.get("evseId")) or 0
    # Whose profiles they are cannot be told where there is no such EVSE.
    is_there = 0 <= evse <= LARGEST_NUMBER
    read = [_profile(told) if is_there else None for told in said.get("chargingProfile") or ()]
    return ProfilesReported(
        request_id=whole(said.get("requestId")) or 0,
        more=bool(said.get("tbc")),
        evse=evse if is_there else 0,
        source=str(said.get("chargingLimitSource") or ""),
        profiles=tuple(profile for profile in read if profile is not None),
        unreadable=read.count(None),
    )


def _profile(told: Payload) -> ChargingProfile | None:
    try:
        return read_profile(told)
    except (KeyError, ValueError, TypeError):
        return None


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
    return hear_report_of_settings(request, hear_status(response, "Accepted", "EmptyResultSet"))


def hear_report_of_settings(request: Payload, hearing: Hearing) -> Hearing:
    """A promise of a report of variables, where the answer is one."""
    if not hearing.accepted or "requestId" not in request:
        return hearing
    is_empty = hearing.status == "EmptyResultSet"
    promised = ReportPromised(kind=ReportKind.SETTINGS, request_id=request["requestId"], is_empty=is_empty)
    return Hearing(True, hearing.status, (promised,))
