"""Which function answers what a charger of 2.1 tells of the grid, of streams, of swaps and of money.

Each runs in the atomic block that the inbox opened, and returns the answer that the event expects.
"""

from collections.abc import Callable, Mapping
from typing import Any

from billing.onsite import services as onsite
from chargers.commands import Rates
from chargers.events import (
    BatterySwapped,
    CostShown,
    DynamicLimitAsked,
    DynamicLimitTaken,
    Event,
    GridAlarmed,
    GridRulesCleared,
    GridRulesReported,
    GridRuleSwitched,
    GridRuleTaken,
    PaymentSettled,
    PriorityMoved,
    Receipt,
    ReserveSignalTaken,
    SettlementState,
    StreamAdjusted,
    StreamClosed,
    StreamDecision,
    StreamOpened,
    StreamsListed,
    SwapStep,
    TariffsGone,
    TariffsListed,
    TariffTaken,
    TransferAllowed,
    VatDecision,
    VatNumberAsked,
    WebPaymentAwaited,
)
from chargers.grid import services as grid
from chargers.inbox import Caller, Heard
from chargers.models import Charger
from chargers.streams import services as streams
from chargers.swapping import services as swapping
from depot import live
from depot.notices import services as notices


def _charger_of(caller: Caller) -> Charger:
    live.tell([caller.charger_id], what="onsite")
    return Charger.objects.get(pk=caller.charger_id)


# Streams


def open_stream(caller: Caller, event: StreamOpened, heard: Heard) -> StreamDecision:
    return streams.open_stream(_charger_of(caller), event.stream, now=heard.at)


def close_stream(caller: Caller, event: StreamClosed, heard: Heard) -> None:
    streams.close_stream(_charger_of(caller), event.number, now=heard.at)


def adjust_stream(caller: Caller, event: StreamAdjusted, heard: Heard) -> None:
    streams.adjust_stream(_charger_of(caller), event)


def list_streams(caller: Caller, event: StreamsListed, heard: Heard) -> None:
    streams.keep_listed(_charger_of(caller), event, now=heard.at)


# The grid


def take_rule(caller: Caller, event: GridRuleTaken, heard: Heard) -> None:
    grid.take_rule(_charger_of(caller), event, now=heard.at)


def report_rules(caller: Caller, event: GridRulesReported, heard: Heard) -> None:
    grid.keep_report(_charger_of(caller), event, now=heard.at)


def clear_rules(caller: Caller, event: GridRulesCleared, heard: Heard) -> None:
    grid.drop_rules(_charger_of(caller), event)


def switch_rule(caller: Caller, event: GridRuleSwitched, heard: Heard) -> None:
    grid.switch_rule(_charger_of(caller), event)


def alarm(caller: Caller, event: GridAlarmed, heard: Heard) -> None:
    charger = _charger_of(caller)
    begun = grid.keep_alarm(charger, event, now=heard.at)
    if begun is not None:
        fault = f" ({begun.fault})" if begun.fault else ""
        notices.write("charger.grid_alarm", charger, f"{charger}: grid alarm {begun.kind}{fault}", at=heard.at)


def signal(caller: Caller, event: ReserveSignalTaken, heard: Heard) -> None:
    grid.follow_signal(_charger_of(caller), event)


def priority(caller: Caller, event: PriorityMoved, heard: Heard) -> None:
    grid.move_priority(_charger_of(caller), event, now=heard.at)


def transfer(caller: Caller, event: TransferAllowed, heard: Heard) -> None:
    grid.allow_transfer(_charger_of(caller), event, now=heard.at)


def dynamic_limit_taken(caller: Caller, event: DynamicLimitTaken, heard: Heard) -> None:
    grid.take_dynamic_limit(_charger_of(caller), event, now=heard.at)


def dynamic_limit_asked(caller: Caller, event: DynamicLimitAsked, heard: Heard) -> Rates | None:
    return grid.dynamic_limit_asked(_charger_of(caller), event.profile_id, now=heard.at)


# Swaps


def swap(caller: Caller, event: BatterySwapped, heard: Heard) -> None:
    charger = _charger_of(caller)
    swapping.keep_swap(charger, event, now=heard.at)
    if event.step is SwapStep.NOT_TAKEN:
        text = f"{charger}: a charged battery was offered and not taken"
        notices.write("charger.battery_not_taken", charger, text, at=heard.at)


# Money


def take_tariff(caller: Caller, event: TariffTaken, heard: Heard) -> None:
    onsite.take_tariff(_charger_of(caller), event, now=heard.at)


def list_tariffs(caller: Caller, event: TariffsListed, heard: Heard) -> None:
    onsite.keep_listed(_charger_of(caller), event, now=heard.at)


def drop_tariffs(caller: Caller, event: TariffsGone, heard: Heard) -> None:
    onsite.drop_tariffs(_charger_of(caller), event)


def settlement(caller: Caller, event: PaymentSettled, heard: Heard) -> Receipt:
    charger = _charger_of(caller)
    if event.state in (SettlementState.REJECTED, SettlementState.FAILED):
        text = f"{charger}: a payment of {event.amount} was not settled: {event.info or event.state}"
        notices.write("charger.payment_not_settled", charger, text, at=heard.at)
    return onsite.keep_settlement(charger, event, now=heard.at)


def vat_number(caller: Caller, event: VatNumberAsked, heard: Heard) -> VatDecision:
    return onsite.judge_vat_number(_charger_of(caller), event, now=heard.at)


def cost_shown(caller: Caller, event: CostShown, heard: Heard) -> None:
    onsite.note_told_cost(_charger_of(caller), event.reference, event.total, now=heard.at)


def web_payment(caller: Caller, event: WebPaymentAwaited, heard: Heard) -> None:
    onsite.await_payment(_charger_of(caller), event, now=heard.at)


HANDLERS: Mapping[type[Event[Any]], Callable[[Caller, Any, Heard], Any]] = {
    CostShown: cost_shown,
    StreamOpened: open_stream,
    StreamClosed: close_stream,
    StreamAdjusted: adjust_stream,
    StreamsListed: list_streams,
    GridRuleTaken: take_rule,
    GridRulesReported: report_rules,
    GridRulesCleared: clear_rules,
    GridRuleSwitched: switch_rule,
    GridAlarmed: alarm,
    ReserveSignalTaken: signal,
    PriorityMoved: priority,
    TransferAllowed: transfer,
    DynamicLimitTaken: dynamic_limit_taken,
    DynamicLimitAsked: dynamic_limit_asked,
    BatterySwapped: swap,
    TariffTaken: take_tariff,
    TariffsListed: list_tariffs,
    TariffsGone: drop_tariffs,
    PaymentSettled: settlement,
    VatNumberAsked: vat_number,
    WebPaymentAwaited: web_payment,
}
