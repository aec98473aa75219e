"""What a TransactionEvent of 2.1 says beside the charge: limits (E16), price list and cost (I12)."""

from decimal import Decimal

from chargers.events import NO_LIMIT, ChargeLimit, Terms, ToldCost
from chargers.ocpp.dialect import Payload
from chargers.ocpp.values import whole

# Beyond this no amount can be true.
LARGEST_AMOUNT = 10**12
LARGEST_WHOLE = 2**31 - 1


def read_amount(said: object) -> Decimal | None:
    """A JSON number as the decimal that was written, not as the binary fraction it became."""
    if isinstance(said, bool) or not isinstance(said, int | float) or not abs(said) < LARGEST_AMOUNT:
        return None
    return Decimal(repr(said))


def read_limit(info: Payload) -> ChargeLimit:
    told = info.get("transactionLimit")
    if not told:
        return NO_LIMIT
    return ChargeLimit(
        cost=read_amount(told.get("maxCost")),
        energy_wh=_within(told.get("maxEnergy")),
        duration_s=_within(told.get("maxTime")),
        soc_percent=_within(told.get("maxSoC")),
    )


def write_limit(limit: ChargeLimit) -> Payload:
    told = {
        "maxCost": None if limit.cost is None else float(limit.cost),
        "maxEnergy": limit.energy_wh,
        "maxTime": limit.duration_s,
        "maxSoC": limit.soc_percent,
    }
    return {name: value for name, value in told.items() if value is not None}


def read_terms(said: Payload) -> Terms | None:
    tariff_id = said["transactionInfo"].get("tariffId") or ""
    cost = said.get("costDetails")
    if not tariff_id and not cost:
        return None
    return Terms(tariff_id=tariff_id, cost=_cost(cost) if cost else None)


def _cost(told: Payload) -> ToldCost:
    total = told["totalCost"]
    periods = told.get("chargingPeriods") or ()
    failed = told.get("failureToCalculate")
    return ToldCost(
        currency=total["currency"],
        before_tax=read_amount(total["total"].get("exclTax")),
        with_tax=read_amount(total["total"].get("inclTax")),
        energy_wh=_within(told["totalUsage"]["energy"]),
        tariff_id=next((period["tariffId"] for period in reversed(periods) if period.get("tariffId")), ""),
        failure=(told.get("failureReason") or "no reason told") if failed else "",
    )


def _within(said: object) -> int | None:
    found = whole(said)
    return found if found is not None and 0 <= found <= LARGEST_WHOLE else None
