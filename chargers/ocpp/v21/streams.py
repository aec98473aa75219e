"""Streams of monitored values (2.1 N11-N15)."""

from datetime import datetime, timedelta

from chargers.commands import AdjustStream, ReadStreams
from chargers.events import (
    StreamAdjusted,
    StreamClosed,
    StreamDecision,
    StreamFlowed,
    StreamOpened,
    StreamsListed,
    StreamTerms,
)
from chargers.ocpp.dialect import Call, Hearing, Payload
from chargers.ocpp.v2x.versions import v21
from chargers.ocpp.v2x.words import hear_status
from chargers.ocpp.values import moment, number, whole

LARGEST_NUMBER = 2**31 - 1


@v21.tells("OpenPeriodicEventStream")
def opened(said: Payload, heard_at: datetime) -> StreamOpened:
    return StreamOpened(stream=_terms(said["constantStreamData"]))


@v21.answers("OpenPeriodicEventStream")
def opened_answer(decision: StreamDecision) -> Payload:
    if decision.accepted:
        return {"status": "Accepted"}
    return {"status": "Rejected", "statusInfo": {"reasonCode": decision.reason[:20]}}


@v21.tells("ClosePeriodicEventStream")
def closed(said: Payload, heard_at: datetime) -> StreamClosed:
    return StreamClosed(number=_within(said["id"]) or 0)


@v21.tells("NotifyPeriodicEventStream")
def flowed(said: Payload, heard_at: datetime) -> StreamFlowed:
    """Each value is as many seconds after the base time as it says (N15.FR.03)."""
    base = moment(said.get("basetime")) or heard_at
    return StreamFlowed(
        number=_within(said["id"]) or 0,
        values=tuple((_at(base, told.get("t")), str(told["v"])) for told in said["data"]),
        pending=_within(said.get("pending")) or 0,
    )


def _at(base: datetime, offset_s: object) -> datetime:
    offset = number(offset_s)
    if offset is None:
        return base
    try:
        return base + timedelta(seconds=offset)
    except OverflowError:
        return base


@v21.asks(ReadStreams)
def read(command: ReadStreams) -> Call:
    return Call("GetPeriodicEventStream", {})


@v21.hears("GetPeriodicEventStream")
def listed(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    told = tuple(_terms(one) for one in response.get("constantStreamData") or ())
    return Hearing(True, f"{len(told)} open", (StreamsListed(streams=told),))


@v21.asks(AdjustStream)
def adjust(command: AdjustStream) -> Call:
    return Call(
        "AdjustPeriodicEventStream",
        {"id": command.number, "params": _params(command.interval_s, command.values_at_once)},
    )


@v21.hears("AdjustPeriodicEventStream")
def adjusted(request: Payload, response: Payload, heard_at: datetime) -> Hearing:
    hearing = hear_status(response, "Accepted")
    if not hearing.accepted:
        return hearing
    params = request["params"]
    event = StreamAdjusted(number=request["id"], interval_s=params.get("interval"), values_at_once=params.get("values"))
    return Hearing(True, hearing.status, (event,))


def _params(interval_s: int | None, values_at_once: int | None) -> Payload:
    told = {"interval": interval_s, "values": values_at_once}
    return {name: value for name, value in told.items() if value is not None}


def _terms(said: Payload) -> StreamTerms:
    params = said.get("params") or {}
    return StreamTerms(
        number=_within(said["id"]) or 0,
        monitor_id=_within(said["variableMonitoringId"]) or 0,
        interval_s=_within(params.get("interval")),
        values_at_once=_within(params.get("values")),
    )


def _within(said: object) -> int | None:
    """A number as our rows hold it; what is far beyond is a slip."""
    found = whole(said)
    return found if found is not None and 0 <= found <= LARGEST_NUMBER else None
